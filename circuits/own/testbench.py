"""Testbench of a user's own circuit: from stimulus, supplies and what counts as an operation, all else is derived.

The deck, energy by source and by device, the energy balance, latency, spikes, idle power, random copies and the numbers
that ``--set`` changes. A subclass overrides only what differs. docs/your_own_neuron.md goes through it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.cells.devices import DeviceSubCircuit
from circuits.cells.layout import subcircuits_of
from circuits.conditions import Analysis, Conditions, transient_deck
from circuits.own import ports
from circuits.own.balance import Balance
from circuits.own.curves import Curve, compared
from circuits.own.operation import Operation
from circuits.own.results import components, delivered_J, idle_power_W, latency_s, pulse_input
from circuits.own.stimulus import Input
from circuits.testbench import CurveCheck, Measurement, Settings, Testbench, numeric_fields
from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result
from ipcircuit.spice.transient import Transient

IDLE = 1e-6  # s, run without stimulus; its second half is measured
STEPS = 1000  # at least, of a run
#: F/m², assumed: 2 fF/µm² of a metal-insulator-metal capacitor above the logic.
CAPACITOR_DENSITY = 2e-3
_AT_SUPPLY = Conditions()


@dataclass(frozen=True)
class CircuitTestbench(Testbench):
    """A circuit between supplies, stimuli and loads.

    Attributes:
        circuit: the PySpice subcircuit, or the class (or function) that makes it; its numeric arguments can be set.
        supplies: port to voltage (V) of the supplies whose energy counts. The highest is V_DD; with another `v_dd` in
            the conditions all are scaled by the same factor.
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
        write_input: input port that needs a write driver, if any.
        paper: components that a published source counts; "" for the device heats.
        overlay_um2: area by component of what lies above the logic, beside capacitors.
        estimate_J: energy per spike by hand, by contribution; or a function of the testbench that calculates it.
        curves: curves that `check` compares.
    """

    circuit: SubCircuit | Callable[..., SubCircuit]
    supplies: Mapping[str, float]
    inputs: Mapping[str, Input]
    operation: Operation
    outputs: tuple[str, ...] = ("output",)
    biases: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    unconnected: tuple[str, ...] = field(default=(), kw_only=True)
    sizes: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    loads: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    initial_V: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    spike_level: float = field(default=0.5, kw_only=True)
    fed_by: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    meters: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    write_input: str = field(default="", kw_only=True)
    paper: tuple[str, ...] = field(default=(), kw_only=True)
    overlay_um2: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    estimate_J: Mapping[str, float] | Callable[[Any], Mapping[str, float]] = field(default_factory=dict, kw_only=True)
    curves: tuple[Curve, ...] = field(default=(), kw_only=True)
    conditions: Conditions = field(default=_AT_SUPPLY, kw_only=True)

    def __post_init__(self) -> None:
        if not self.supplies or not max(self.supplies.values()) > 0:
            raise InputError("no supply", where="supplies", found=dict(self.supplies), allowed="port to voltage, V")
        if self.conditions is _AT_SUPPLY:
            object.__setattr__(self, "conditions", Conditions(v_dd=max(self.supplies.values())))

    @property
    def name(self) -> str:
        return str(self.build().name)

    @property
    def summary(self) -> str:
        """First line of the circuit's docstring."""
        kind = self.circuit if inspect.isclass(self.circuit) or inspect.isfunction(self.circuit) else type(self.circuit)
        text = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0] if kind is not SubCircuit else ""
        return text.rstrip(".") or "a circuit of one's own"

    def build(self) -> SubCircuit:
        """The circuit in its sizes."""
        return self.circuit if isinstance(self.circuit, SubCircuit) else self.circuit(**self.sizes)

    def surround(self, circuit: Circuit) -> None:
        """Add what else stands around the circuit, such as the generator of a bias; here nothing."""

    def size(self, name: str) -> float:
        """An argument of `circuit`, set or by default."""
        return {**_sizes(self.circuit), **self.sizes}[name]

    def number(self, name: str) -> float:
        """A number of a stimulus by its name in `settings`, ``<port>_<number>``."""
        port = next(port for port in self.inputs if name.startswith(f"{port}_"))
        return getattr(self.inputs[port], name.removeprefix(f"{port}_"))

    def estimate(self) -> Mapping[str, float]:
        """Energy per spike by hand (J), by contribution."""
        return self.estimate_J(self) if callable(self.estimate_J) else self.estimate_J

    def spikes(self, run: Transient) -> np.ndarray:
        """Times of the spikes of a run (s): the first output crosses `spike_level` upwards."""
        return run.crossings(self.outputs[0], self.level_V, up=True)

    def warnings(self, run: Transient, spikes_s: np.ndarray) -> tuple[str, ...]:
        """In which way the circuit did not work, a sentence each: here, that it never fires."""
        window = self.operation.windows(spikes_s)
        if window is None:
            return (f"{spikes_s.size} spikes at {self.outputs[0]}, and no interval: an operation is the whole run",)
        return () if self._measured(spikes_s, window).size else (f"no spike at {self.outputs[0]}",)

    @property
    def level_V(self) -> float:
        """Level that a spike crosses."""
        return self.spike_level * self.conditions.v_dd

    @property
    def supply_V(self) -> dict[str, float]:
        """Voltage of each supply under the conditions."""
        scale = self.conditions.v_dd / max(self.supplies.values())
        return {port: volts * scale for port, volts in self.supplies.items()}

    @property
    def settings(self) -> tuple[Settings, ...]:
        """Sizes of the circuit, numbers of testbench, operation and stimuli (``<port>_<number>``), conditions."""
        sizes = Settings(tuple(_sizes(self.circuit)), lambda b, values: replace(b, sizes={**b.sizes, **values}))
        own = [name for name in numeric_fields(self) if name not in sizes.names]
        return (
            sizes,
            Settings.of("", *own),
            Settings.of("operation", *numeric_fields(self.operation)),
            *(_port_settings(port, signal) for port, signal in self.inputs.items()),
            *super().settings,
        )

    @property
    def devices(self) -> dict[str, tuple[Device, str]]:
        """Declared devices of the circuit, with their mode, by the name of their subcircuit."""
        inner = subcircuits_of(self.build())
        return {str(s.name).lower(): (s.device, s.mode) for s in inner if isinstance(s, DeviceSubCircuit)}

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        return {device.name: device.variations for device, _ in self.devices.values()}

    def sampled(self, sample: Sample) -> Self:
        """A random copy."""
        return replace(self, conditions=replace(self.conditions, sample=sample))

    def _signals(self) -> tuple[str, ...]:
        """Every port that is not ground, and the current of every source."""
        nodes = [str(port).lower() for port in self.build().external_nodes if self._node(str(port)) != 0]
        sources = [port for port, volts in {**self.supply_V, **self.biases}.items() if volts != 0]
        return (*nodes, *(ports.current(port) for port in (*sources, *self.inputs)))

    def job(self, *, idle: bool = False, report: bool = False) -> Job:
        """The deck of a run; `report`: plain ngspice prints the energy per operation.

        Raises:
            InputError: a port that the circuit does not have, or one of which nothing is said.
        """
        neuron, v_dd = self.build(), self.conditions.v_dd
        self._check(neuron)
        circuit = Circuit(str(neuron.name))
        circuit.subcircuit(neuron)
        for port, volts in {**self.supply_V, **self.biases}.items():
            if volts != 0:
                ports.supply(circuit, port, volts)
        for port, signal in self.inputs.items():
            steady = idle or signal.edge(v_dd) == 0.0
            text = repr(signal.rest(v_dd)) if steady else signal.waveform(v_dd, self.operation.starts).spice()
            ports.drive(circuit, port, signal, text)
        circuit.X(ports.NEURON, neuron.name, *(self._node(str(port)) for port in neuron.external_nodes))
        for port in self.outputs:
            ports.load(circuit, port, self.loads.get(port, self.conditions.output_load_F))
        self.surround(circuit)
        for port, volts in self.initial_V.items():
            circuit.raw_spice += f".ic V({port})={volts!r}\n"
        stop = IDLE if idle else self.operation.stop
        deck = transient_deck(
            circuit, self.conditions, Analysis(stop, stop / STEPS, self._report(circuit) if report else ())
        )
        saved = tuple(dict.fromkeys((*self._signals(), *self._balance(deck).signals)))
        return Job(self.name, f"{'idle' if idle else 'operation'}, {self.conditions.label()}", deck, saved)

    def jobs(self) -> list[Job]:
        """The operations, and the circuit without a stimulus."""
        return [self.job(), self.job(idle=True)]

    def netlist(self) -> str:
        return self.job(report=True).deck

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        run, idle = results
        assert isinstance(run, Transient)
        assert isinstance(idle, Transient)
        spikes, supplies, balance = self.spikes(run), self.supply_V, self._balance(self.job().deck)
        window = self.operation.windows(spikes) or (0.0, self.operation.stop, 1)
        start, stop, count = window
        meters = {component: balance.current(f"x{ports.NEURON}.{path}") for component, path in self.meters.items()}
        energy = delivered_J(run, window, supplies, self.inputs, meters, self.conditions.v_dd)
        heat = {path: joule / count for path, joule in balance.device_heat_J(run, start, stop).items()}
        parts, unassigned = components(energy, heat, self.fed_by, self.paper)
        error, inputs = balance.error(run, start, stop), self.inputs.values()
        return Measurement(
            circuit=self.name,
            simulator=run.simulator,
            conditions=self._record(),
            components=parts,
            neuron=self.build(),
            spikes_per_operation=self._measured(spikes, window).size / count or None,
            latency_s=latency_s(spikes, self.operation.starts, inputs, self.conditions.v_dd, start),
            period_s=(stop - start) / count,
            idle_power_W=idle_power_W(idle, supplies),
            pulse_input=pulse_input(run, self.write_input, window) if self.write_input else None,
            overlay_um2=self._overlay_um2(balance),
            details={
                "output_spikes": float(spikes.size),
                **self._times(run, spikes),
                **{f"heat of {path}, J": joule for path, joule in unassigned.items()},
                **({} if error is None else {"energy_balance_error": error}),
            },
            estimate_J=self.estimate(),
            warnings=self.warnings(run, spikes),
        )

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """The `curves`; none without any."""
        return compared(self, self.curves, n_jobs=n_jobs, progress=progress)

    def _record(self) -> dict[str, float | str]:
        """Conditions of a cost record: with the sizes, the operation and the stimuli."""
        numbers = {name: getattr(self.operation, name) for name in numeric_fields(self.operation)}
        for port, signal in self.inputs.items():
            values = {name: getattr(signal, name) for name in numeric_fields(signal)}
            numbers |= {f"{port}_{name}": value for name, value in values.items() if value is not None}
        return {**self.conditions.record(), **_sizes(self.circuit), **self.sizes, **numbers}

    def _measured(self, spikes_s: np.ndarray, window: tuple[float, float, int]) -> np.ndarray:
        return spikes_s[(spikes_s >= window[0]) & (spikes_s < window[1])]

    def _times(self, run: Transient, spikes_s: np.ndarray) -> dict[str, float]:
        """Mean width of the spikes that end, and mean time from their end to the next one."""
        fall = run.crossings(self.outputs[0], self.level_V, up=False)
        ends = [float(fall[fall > rise].min(initial=np.inf)) for rise in spikes_s]
        widths = np.array(ends) - spikes_s
        rests = spikes_s[1:] - np.array(ends[:-1])
        times = {"spike_width_s": widths[np.isfinite(widths)], "rest_s": rests[rests > 0]}
        return {name: float(values.mean()) for name, values in times.items() if values.size}

    def _overlay_um2(self, balance: Balance) -> dict[str, float]:
        """Capacitors of the circuit, and what the user states."""
        inside = [farad for element, farad in balance.capacitors if element.path.startswith(f"x{ports.NEURON}.")]
        capacitors = {"capacitors": math.fsum(inside) / CAPACITOR_DENSITY * 1e12} if inside else {}
        return {**capacitors, **self.overlay_um2}

    def _check(self, neuron: SubCircuit) -> None:
        connected = {
            "supplies": self.supplies,
            "biases": self.biases,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "unconnected": self.unconnected,
        }
        ports.check_ports(neuron, connected, several=("outputs",))
        where = {
            "loads": (self.loads, self.outputs),
            "write_input": ([self.write_input] * bool(self.write_input), self.inputs),
        }
        for name, (found, allowed) in where.items():
            if unknown := [port for port in found if port not in allowed]:
                raise InputError("no such port", where=name, found=unknown[0], allowed=", ".join(allowed))

    def _node(self, port: str) -> str | int:
        """Node of a port; a bias of 0 V is ground."""
        return 0 if {**self.biases, **self.supplies}.get(port) == 0 else port

    def _balance(self, deck: str) -> Balance:
        return Balance.of(deck, self.devices, f"x{ports.NEURON}")

    def _report(self, circuit: Circuit) -> tuple[str, ...]:
        """``.meas`` lines for plain ngspice, and the meter that they read."""
        voltages = [port for port, volts in self.supplies.items() if volts]
        voltages += [port for port, signal in self.inputs.items() if signal.quantity == "V"]
        currents = [p for p, s in self.inputs.items() if s.quantity == "A" and not getattr(s, "source", "")]
        ports.add_meter(circuit, voltages, currents)
        window = self.operation.windows(np.empty(0))
        if window is None:
            return ports.spike_measures(self.outputs[0], self.level_V)
        return ports.period_measures(*window)


def _sizes(circuit: SubCircuit | Callable[..., SubCircuit]) -> dict[str, float]:
    """Numeric arguments of what makes a circuit, with their defaults."""
    if isinstance(circuit, SubCircuit):
        return {}
    defaults = {name: p.default for name, p in inspect.signature(circuit).parameters.items()}
    return {name: float(d) for name, d in defaults.items() if isinstance(d, int | float) and not isinstance(d, bool)}


def _port_settings(port: str, signal: Input) -> Settings:
    """Numbers of a stimulus as ``<port>_<number>``."""
    names = {f"{port}_{name}": name for name in numeric_fields(signal)}

    def apply(bench: Any, values: Mapping[str, float]) -> Any:
        changed = replace(signal, **{names[name]: value for name, value in values.items()})
        return replace(bench, inputs={**bench.inputs, port: changed})

    return Settings(tuple(names), apply)
