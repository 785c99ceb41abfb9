"""What every neuron with an ECRAM synapse shares: the synapse's circuit, and what a testbench must know of a design.

The synapse: an input spike, inverted, pulls the gate of an ECRAM from the supply to ground (its channel hangs on the
supply, so that the gate voltage does not depend on the membrane) and opens a p switch behind it, through which the
channel charges the membrane.

The topologies that use it: `circuits.ecram_lif.delay_feedback`, `circuits.ecram_lif.axon_hillock`,
`circuits.ecram_lif.differential_pair`.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from PySpice.Spice.Netlist import Netlist, SubCircuit

from circuits.cells.devices import add_device
from circuits.cells.static import LONG, NMOS, PMOS, SMALL, Inverter, Switch
from ipcircuit.declaration.device import Device
from ipcircuit.devices.ecram import device as ecram
from ipcircuit.errors import InputError

# Components of the synapse: what inverts the spike, what the channel takes from the supply, heat of the gate.
INPUT_STAGE, SYNAPSE, SYNAPSE_GATE = "input stage", "synapse", "ECRAM synapse gate"
#: Component to the ammeter that carries its supply current, of the synapse.
SYNAPSE_METERS = {INPUT_STAGE: "vinput", SYNAPSE: "vsynapse"}
THERMAL_SLOPE = 0.044  # V, n kT/q at 27 °C: dc sweeps of inverters of the card


class EcramNeuron(SubCircuit):
    """A neuron's subcircuit with input inverter, ECRAM synapse, membrane capacitor and leak already in it.

    Nodes used: input, membrane, leak, vdd, vss; internal: input_bar, channel. The ECRAM is ``Xsynapse``. Each ammeter
    of the design feeds a supply node ``vdd_<name without v>``.

    Args:
        cells: further ones that the neuron uses.
    """

    def __init__(self, design: NeuronDesign, *cells: SubCircuit) -> None:
        super().__init__(design.circuit, *design.pins)
        for cell in (Inverter(), Switch("synapse_switch", PMOS, 500e-9), Switch("leak_switch", NMOS, SMALL, LONG)):
            self.subcircuit(cell)
        for meter in design.meters.values():
            self.V(meter[1:], "vdd", f"vdd_{meter[1:]}", 0)
        self.X("input", "inverter", "input", "input_bar", "vdd_input", "vss")
        add_device(
            self, "synapse", ("channel", "vdd_synapse", "input_bar"), ecram.declare(), design.synapse, ecram.MODE
        )
        self.X("inject", "synapse_switch", "channel", "membrane", "input_bar", "vdd")
        self.C("membrane", "membrane", "vss", design.membrane_F)
        self.X("leak", "leak_switch", "vss", "membrane", "leak", "vss")
        for cell in cells:
            self.subcircuit(cell)


@dataclass(frozen=True, kw_only=True)
class NeuronDesign(ABC):
    """Sizes and settings of a topology, SI; what a testbench needs to build and read it.

    Attributes:
        membrane_F: capacitor from the membrane to ground.
        leak_A: saturation current of the leak transistor.
        synapse: the ECRAM between input and membrane; its gate pulses are negative.

    Class attributes:
        circuit: name of the subcircuit. pins: its nodes. meters: component to ammeter.
        ended_by: node whose fall ends a spike's hold on the membrane, so the refractory time.
        swings: node that must come within a tenth of the supply in every spike.
        resets_to_ground: whether the membrane must be within a tenth of ground at that fall.
        incomplete: what to say when it does not, and what to change.
        static: components of `meters` that draw current for as long as the membrane is charged: a tail current, or a
            short circuit while the membrane climbs, whose energy per interval grows with the interval.
    """

    membrane_F: float = 2e-12
    leak_A: float = 20e-9
    synapse: Device = field(default_factory=lambda: ecram.declare().with_parameters(sign=1.0))

    circuit: ClassVar[str]
    summary: ClassVar[str]
    pins: ClassVar[tuple[str, ...]]
    meters: ClassVar[Mapping[str, str]]
    ended_by: ClassVar[str]
    swings: ClassVar[str]
    resets_to_ground: ClassVar[bool]
    incomplete: ClassVar[tuple[str, str]]
    static: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The registered name."""
        return self.circuit

    @property
    def notes(self) -> str:
        """Text of the design's module, for comments in its decks."""
        return sys.modules[type(self).__module__].__doc__ or ""

    @property
    def devices(self) -> dict[str, tuple[str, Device]]:
        """Label to instance path below the neuron, and device, of every ECRAM."""
        return {"synapse": ("xsynapse", self.synapse)}

    @property
    def ecrams(self) -> tuple[str, ...]:
        """Fields that hold an ECRAM of the circuit."""
        return ("synapse",)

    @property
    def gate_suppliers(self) -> dict[str, str]:
        """Component whose supply feeds a gate, to the label of that gate's ECRAM."""
        return {"synapse": "synapse"}

    @property
    @abstractmethod
    def capacitance_F(self) -> float:
        """All capacitors, F."""

    @abstractmethod
    def build(self) -> SubCircuit:
        """The neuron."""

    @abstractmethod
    def add_bias(self, circuit: Netlist, v_dd: float) -> None:
        """Add what drives the pins other than input, output, membrane and supply."""

    @abstractmethod
    def check(self, v_dd: float, drive: float | None = 1.0) -> None:
        """Raise InputError for sizes or settings with which the circuit cannot work.

        Args:
            drive: currents of the transistors over those of lp28; None: unknown, and what needs it is not judged.
        """

    @abstractmethod
    def estimate(self, v_dd: float, interval_s: float, input_spikes: float) -> dict[str, float]:
        """Energy per output spike by hand (J), by contribution.

        Args:
            interval_s: inter-spike interval.
            input_spikes: input spikes per output spike.
        """

    def with_devices(self, **values: float) -> Self:
        """The same design with other parameters of every ECRAM."""
        return replace(self, synapse=self.synapse.with_parameters(**values)) if values else self

    def record(self) -> dict[str, float | str]:
        """Settings worth showing beside a result, by name with unit."""
        return {"membrane_F": self.membrane_F}

    def require_positive(self, *names: str) -> None:
        """Raise InputError for an attribute that is not above zero."""
        for name in ("membrane_F", "leak_A", *names):
            if not getattr(self, name) > 0:
                raise InputError("must be positive", where=name, found=getattr(self, name))


class AnalyticDesign(NeuronDesign):
    """A design with a hand calculation of its whole inter-spike interval."""

    @abstractmethod
    def interval(self, current_A: float, v_dd: float) -> float:
        """Inter-spike interval (s) by hand under a current into the membrane (A) above the leak."""


def gate_energy(synapse: Device, v_dd: float, seconds: float = 9.5e-9) -> float:
    """Energy (J) of one gate pulse by hand: ionic conductance above threshold, times voltage and time."""
    p = synapse.values()
    return p["g_ion"] * (v_dd - p["v_gate"]) * v_dd * seconds


def add_leak_bias(circuit: Netlist, leak_A: float) -> None:
    """The line ``leak``: a diode-connected copy of the leak transistor that carries its current.

    One such generator serves an array; its current is not part of a neuron's energy. The same holds for other biases.
    """
    circuit.M("bias_leak", "leak", "leak", 0, 0, model=NMOS, w=SMALL, l=LONG)
    circuit.I("leak", 0, "leak", leak_A)
