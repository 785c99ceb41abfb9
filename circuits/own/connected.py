"""A circuit with what is connected to its ports, as decks, and the numbers of it that can be set."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.cells.devices import DeviceSubCircuit
from circuits.cells.layout import subcircuits_of
from circuits.conditions import Analysis, Conditions, transient_deck
from circuits.events import Event
from circuits.own import ports
from circuits.own.arguments import defaults_of, device_settings, put, size_settings, stimulus_settings
from circuits.own.balance import Balance
from circuits.own.curves import Curve
from circuits.own.operation import Operation
from circuits.own.stimulus import Input, with_spikes
from circuits.own.variation import as_made
from circuits.parts import Part
from circuits.testbench import Settings, Testbench, numeric_fields
from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job

IDLE = 1e-6  # s, run without stimulus; its second half is measured
STEPS = 1000  # at least, of a run


class _AtSupply(Conditions):
    """Conditions of a testbench that states none: its own supply."""


@dataclass(frozen=True)
class ConnectedCircuit(Testbench):
    """A circuit between supplies, stimuli and loads.

    Attributes:
        circuit: the PySpice subcircuit, or the class (or function) that makes it. Its arguments that are numbers can be
            set; those that are declared devices take parameter files.
        supplies: port to voltage (V) of the supplies whose energy counts. The highest is V_DD (1 V without any);
            with another `v_dd` in the conditions all are scaled by the same factor.
        inputs: port to stimulus; their energy counts.
        operation: a `Period` of time, or the `SpikeInterval`.
        outputs: ports with a load; the first is where spikes are counted.
        biases: port to voltage (V) of what serves many circuits, energy not counted; 0 is ground.
        unconnected: ports that are left open.
        sizes: arguments of `circuit` that differ from their defaults.
        loads: port to capacitance (F); an output that is not named has that of the conditions.
        initial_V: port to voltage at t = 0 where the operating point is not the state of rest.
        spike_level: share of V_DD that a spike crosses upwards.
        fed_by: path of a device below the circuit (``"xjunction"``) to the port that its heat comes from; may be left
            out where only one source delivers energy.
        meters: component to a 0 V source in the circuit (``"xpart.vmeter"``) through which V_DD feeds a part of it.
        paid_per: component to the event that it is paid for, where that is not the operation: an input pulse, an output
            spike, or time (a static current).
        write_input: input port that needs a write driver, if any.
        paper: components that a published source counts; "" for the device heats.
        overlay_um2: area by component of what lies above the logic, beside capacitors.
        capacitor_F_m2: density of capacitors above the logic; assumed: 2 fF/µm² of metal-insulator-metal ones.
        estimate_J: energy per spike by hand, by contribution; or a function of the testbench that calculates it.
        curves: curves that `check` compares.
    """

    circuit: SubCircuit | Callable[..., SubCircuit] | None = None
    supplies: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    operation: Operation | None = None
    outputs: tuple[str, ...] = ("output",)
    biases: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    unconnected: tuple[str, ...] = field(default=(), kw_only=True)
    sizes: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    loads: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    initial_V: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    spike_level: float = field(default=0.5, kw_only=True)
    fed_by: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    meters: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    paid_per: Mapping[str, Event] = field(default_factory=dict, kw_only=True)
    write_input: str = field(default="", kw_only=True)
    paper: tuple[str, ...] = field(default=(), kw_only=True)
    overlay_um2: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    capacitor_F_m2: float = field(default=2e-3, kw_only=True)
    estimate_J: Mapping[str, float] | Callable[[Any], Mapping[str, float]] = field(default_factory=dict, kw_only=True)
    curves: tuple[Curve, ...] = field(default=(), kw_only=True)
    conditions: Conditions = field(default_factory=_AtSupply, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.conditions, _AtSupply):
            object.__setattr__(self, "conditions", Conditions(v_dd=max(self.supplies.values(), default=1.0)))

    @property
    def name(self) -> str:
        return str(self.build().name)

    @property
    def summary(self) -> str:
        """First line of the circuit's docstring."""
        made = self.build() if self.circuit is None else self.circuit
        kind = made if inspect.isclass(made) or inspect.isfunction(made) else type(made)
        text = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0] if kind is not SubCircuit else ""
        return text.rstrip(".") or "a circuit of one's own"

    def build(self) -> SubCircuit:
        """The circuit in its sizes."""
        if self.circuit is None:
            raise InputError("no circuit", where=type(self).__name__, allowed="circuit=…, or a method `build`")
        return self.circuit if isinstance(self.circuit, SubCircuit) else self.circuit(**self.sizes)

    def stimuli(self) -> Mapping[str, Input]:
        """Stimulus by port: `inputs`; of a subclass also what depends on its numbers."""
        return self.inputs

    def operations(self) -> Operation:
        """Operations of the run: `operation`; of a subclass also what depends on its numbers."""
        if self.operation is None:
            raise InputError("no operation", where=type(self).__name__, allowed="operation=…, or a method `operations`")
        return self.operation

    def surround(self, circuit: Circuit) -> None:
        """Add what else stands around the circuit, such as the generator of a bias; here nothing."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `circuit` with a default that is a number or a device, as they are set."""
        return {**defaults_of(self.circuit), **self.sizes}

    @property
    def instance_parameters(self) -> Mapping[str, float]:
        """Parameters of the subcircuit that its instance sets; here none."""
        return {}

    def size(self, name: str) -> Any:
        """An argument of `circuit`, set or by default."""
        return self.arguments[name]

    def number(self, name: str) -> float:
        """A number of a stimulus by its name in `settings`, ``<port>_<number>``."""
        port = next(port for port in self.stimuli() if name.startswith(f"{port}_"))
        return getattr(self.stimuli()[port], name.removeprefix(f"{port}_"))

    @property
    def level_V(self) -> float:
        """Level that a spike crosses."""
        return self.spike_level * self.conditions.v_dd

    @property
    def supply_V(self) -> dict[str, float]:
        """Voltage of each supply under the conditions."""
        scale = self.conditions.v_dd / max(self.supplies.values(), default=1.0)
        return {port: volts * scale for port, volts in self.supplies.items()}

    @property
    def settings(self) -> tuple[Settings, ...]:
        """Sizes of the circuit, numbers of testbench, operation and stimuli (``<port>_<number>``), conditions."""
        numbers = tuple(name for name, value in self.arguments.items() if not isinstance(value, Device))
        own = [name for name in numeric_fields(self) if name not in numbers]
        return (
            size_settings(numbers),
            *(device_settings(name, device) for name, device in self._devices().items()),
            Settings.of("", *own),
            *([] if self.operation is None else [Settings.of("operation", *numeric_fields(self.operation))]),
            *(stimulus_settings(port, signal) for port, signal in self.inputs.items()),
            *super().settings,
        )

    @property
    def devices(self) -> dict[str, tuple[Device, str]]:
        """Declared devices of the circuit, with their mode, by the name of their subcircuit."""
        inner = subcircuits_of(self.build())
        return {str(s.name).lower(): (s.device, s.mode) for s in inner if isinstance(s, DeviceSubCircuit)}

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*super().parts, *(Part(device, put(name)) for name, device in self._devices().items()))

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        """Those of its declared devices."""
        return {device.name: device.variations for device, _ in self.devices.values()}

    def at_ambient(self, temperature_C: float) -> Self:
        """As it is: instances of devices get the temperature of the conditions where the deck is written."""
        return self

    @property
    def declared_devices(self) -> tuple[Device, ...]:
        return tuple({device.name: device for device, _ in self.devices.values()}.values())

    def sampled(self, sample: Sample) -> Self:
        """A random copy; each instance of a device varies by its path."""
        sample = self.conditions.drawn(sample)
        return replace(self, conditions=replace(self.conditions, sample=sample))

    def with_stimulus(self, path: Path) -> Self:
        """The same circuit under the spike times of a file (see `circuits.stimulus`) at its one input of `Spikes`."""
        return replace(self, inputs=with_spikes(self.inputs, path))

    def _devices(self) -> dict[str, Device]:
        return {name: value for name, value in self.arguments.items() if isinstance(value, Device)}

    def _signals(self) -> tuple[str, ...]:
        """Every port that is not ground, and the current of every source."""
        nodes = [str(port).lower() for port in self.build().external_nodes if self._node(str(port)) != 0]
        sources = [port for port, volts in {**self.supply_V, **self.biases}.items() if volts != 0]
        return (*nodes, *(ports.current(port) for port in (*sources, *self.stimuli())))

    def check_ports(self) -> None:
        """Raise InputError unless each port of the circuit is connected, to one thing, and no other port is named."""
        connected = {
            "supplies": self.supplies,
            "biases": self.biases,
            "inputs": self.stimuli(),
            "outputs": self.outputs,
            "unconnected": self.unconnected,
        }
        ports.check_ports(self.build(), connected, several=("outputs",))
        driven = [self.write_input] if self.write_input else []
        sources = [source for signal in self.stimuli().values() if (source := getattr(signal, "source", ""))]
        if odd := [node for node in self.initial_V if not re.fullmatch(r"[\w.]+", node)]:
            raise InputError("no name of a node", where="initial_V", found=odd[0], allowed="a port, xneuron.NODE")
        for name, found, allowed in (
            ("loads", self.loads, self.outputs),
            ("write_input", driven, self.stimuli()),
            ("source of a current", sources, self.supplies),
        ):
            if unknown := [port for port in found if port not in allowed]:
                raise InputError("no such port", where=name, found=unknown[0], allowed=", ".join(allowed))

    def check_uses(self) -> None:
        """Raise InputError for what the circuit uses and the technology lacks; in PySpice that is seen later."""

    def job(self, *, idle: bool = False, report: bool = False) -> Job:
        """The deck of a run; `report`: plain ngspice prints the energy per operation.

        Raises:
            InputError: a port that the circuit does not have, or one of which nothing is said.
        """
        neuron, v_dd = self.build(), self.conditions.v_dd
        self.check_ports()
        self.check_uses()
        if re.search(r"^m", str(neuron), re.MULTILINE | re.IGNORECASE):
            self.conditions.check_supply(0.0, math.inf, "v_dd")
        conditions = self.conditions
        neuron = as_made(neuron, self.devices, self.arguments, conditions.sample, conditions.temperature_C)
        circuit = Circuit(str(neuron.name))
        circuit.subcircuit(neuron)
        for port, volts in {**self.supply_V, **self.biases}.items():
            if volts != 0:
                ports.supply(circuit, port, volts)
        for port, signal in self.stimuli().items():
            steady = idle or signal.edge(v_dd) == 0.0
            text = repr(signal.rest(v_dd)) if steady else self._waveform(signal)
            ports.drive(circuit, port, signal, text)
        nodes = (self._node(str(port)) for port in neuron.external_nodes)
        circuit.X(ports.NEURON, neuron.name, *nodes, **self.instance_parameters)
        for port in self.outputs:
            ports.load(circuit, port, self.loads.get(port, self.conditions.output_load_F))
        self.surround(circuit)
        for port, volts in self.initial_V.items():
            circuit.raw_spice += f".ic V({port})={volts!r}\n"
        stop = IDLE if idle else self.operations().stop
        deck = transient_deck(
            circuit, self.conditions, Analysis(stop, stop / STEPS, self._report(circuit) if report else ())
        )
        saved = tuple(dict.fromkeys((*self._signals(), *self._balance(deck).signals)))
        return Job(self.name, f"{'idle' if idle else 'operation'}, {self.conditions.label()}", deck, saved)

    def _waveform(self, signal: Input) -> str:
        return signal.waveform(self.conditions.v_dd, self.operations().starts, self.operations().stop).spice()

    def jobs(self) -> list[Job]:
        """The operations, and the circuit without a stimulus."""
        return [self.job(), self.job(idle=True)]

    def netlist(self) -> str:
        return self.job(report=True).deck

    def _node(self, port: str) -> str | int:
        """Node of a port; a bias of 0 V is ground."""
        return 0 if {**self.biases, **self.supplies}.get(port) == 0 else port

    def _balance(self, deck: str) -> Balance:
        return Balance.of(deck, self.devices, f"x{ports.NEURON}")

    def _report(self, circuit: Circuit) -> tuple[str, ...]:
        """``.meas`` lines for plain ngspice, and the meter that they read."""
        voltages = [port for port, volts in self.supplies.items() if volts]
        voltages += [port for port, signal in self.stimuli().items() if signal.quantity == "V"]
        currents = [p for p, s in self.stimuli().items() if s.quantity == "A" and not getattr(s, "source", "")]
        ports.add_meter(circuit, voltages, currents)
        window = self.operations().windows(np.empty(0))
        if window is None:
            return ports.spike_measures(self.outputs[0], self.level_V)
        return ports.period_measures(*window)
