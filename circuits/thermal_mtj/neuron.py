"""What a testbench needs to know of an MTJ neuron: its halves, outputs, supplies, logic, and how to build it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from PySpice.Spice.Netlist import SubCircuit

from circuits.thermal_mtj.comparator import ComparatorNeuron
from circuits.thermal_mtj.conditions import ThermalMtjConditions
from circuits.thermal_mtj.differential import DifferentialNeuron
from circuits.thermal_mtj.divider import Divider
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

States = tuple[bool, ...]
Probabilities = tuple[float, ...]


@dataclass(frozen=True)
class Half:
    """One junction with its divider.

    Attributes:
        suffix: ending of its instance and node names.
        diameter_m: of the junction's pillar.
    """

    label: str
    suffix: str
    device: Device
    reference_ohm: float
    diameter_m: float

    @property
    def divider(self) -> Divider:
        return Divider(self.device, self.reference_ohm)

    @property
    def diameters_m(self) -> tuple[float, float]:
        """Pillars of the junction and of its reference, which has the area of its resistance at equal RA."""
        gain = self.divider.gain_parallel
        return self.diameter_m, self.diameter_m * (gain / (1 - gain)) ** 0.5


@dataclass(frozen=True)
class MtjNeuron:
    """An MTJ neuron circuit.

    Attributes:
        name, summary: for lists and messages.
        halves: one per active junction.
        outputs: output nodes of the subcircuit, in the order of its pins after the input.
        supplies: component name to the ammeter that carries its supply current.
        logic: output levels for the junctions' states (True is AP).
        builder: (halves, mode, initial states, conditions, name) to the PySpice subcircuit.
        cycle: pulse protocol.
        designed: the halves that the input's amplitudes are designed for; None: `halves` themselves.
    """

    name: str
    summary: str
    halves: tuple[Half, ...]
    outputs: tuple[str, ...]
    supplies: Mapping[str, str] = field(hash=False)
    logic: Callable[[States], tuple[bool, ...]]
    builder: Callable[[tuple[Half, ...], str, States, ThermalMtjConditions, str], SubCircuit]
    cycle: Cycle = field(default_factory=lambda: Cycle(read=True))
    designed: tuple[Half, ...] | None = None

    def build(
        self, mode: str, initial: States, conditions: ThermalMtjConditions, name: str | None = None
    ) -> SubCircuit:
        """The subcircuit with its junctions in `mode`, starting in `initial`; `name` of its own, or the circuit's."""
        return self.builder(self.halves, mode, initial, conditions, name or f"{self.name}_neuron")

    def outcomes(self) -> Iterator[States]:
        """All combinations of junction states."""
        return itertools.product((False, True), repeat=len(self.halves))

    def weight(self, states: States, probabilities: Probabilities) -> float:
        """Probability of an outcome; the junctions switch independently."""
        weight = 1.0
        for switched, p in zip(states, probabilities, strict=True):
            weight *= p if switched else 1 - p
        return weight

    def spikes_per_operation(self, probabilities: Probabilities) -> float:
        """Expected number of output lines that fire in one operation."""
        return sum(self.weight(s, probabilities) * sum(self.logic(s)) for s in self.outcomes())

    def with_device(self, **values: float) -> MtjNeuron:
        """The same neuron with other parameters of its heat-sensitive junction; the divider follows its resistances."""
        first = self.halves[0]
        return replace(
            self,
            halves=(
                _half(first.label, first.suffix, first.device.with_parameters(**values), first.diameter_m),
                *self.halves[1:],
            ),
        )

    def sampled(self, sample: Sample) -> MtjNeuron:
        """A random copy: junctions and references differ, each by itself; the drive stays that of the design."""
        base = mtj_reference.declare()

        def copy(half: Half) -> Half:
            reference = base.with_parameters(resistance=half.reference_ohm).varied(sample, f"ref{half.suffix}")
            device = half.device.varied(sample, f"mtj{half.suffix}")
            return replace(half, device=device, reference_ohm=reference.values()["resistance"])

        return replace(self, halves=tuple(copy(half) for half in self.halves), designed=self.halves)

    def input_amplitude(self, device_volts: float) -> float:
        """V_IN (V) that puts `device_volts` across every P-state junction (the dividers have one ratio)."""
        return (self.designed or self.halves)[0].divider.input_for(device_volts)

    def reset_amplitude(self) -> float:
        """V_IN (V) that puts the cycle's reset voltage across an AP-state junction."""
        return -(self.designed or self.halves)[0].divider.input_for_antiparallel(-self.cycle.reset_amplitude)

    def check(self, conditions: ThermalMtjConditions) -> None:
        """Raise InputError for a drive outside the devices' validity or a supply outside the card's."""
        v_in = self.input_amplitude(conditions.amplitude)
        for half in self.halves:
            half.device.check_voltage(half.divider.level_antiparallel(v_in), where=f"{self.name}: amplitude")
        if conditions.amplitude <= 0:
            raise InputError(
                "set amplitude must be positive", where=self.name, found=conditions.amplitude, allowed="> 0 V"
            )
        if not 0.5 <= conditions.v_dd <= 1.2:
            raise InputError(
                "supply outside the card's range", where=self.name, found=conditions.v_dd, allowed="0.5 … 1.2 V"
            )


def _half(label: str, suffix: str, device: Device, diameter_m: float) -> Half:
    values = device.values()
    # the geometric mean of both states puts the read levels symmetrically (in ratio) around one half
    return Half(label, suffix, device, (values["r_parallel"] * values["r_antiparallel"]) ** 0.5, diameter_m)


def _build_comparator(
    halves: tuple[Half, ...], mode: str, initial: States, conditions: ThermalMtjConditions, name: str
) -> SubCircuit:
    half = halves[0]
    return ComparatorNeuron(
        half.device, mode, half.reference_ohm, reference=conditions.reference, initial_ap=float(initial[0]), name=name
    )


def _build_differential(
    halves: tuple[Half, ...], mode: str, initial: States, conditions: ThermalMtjConditions, name: str
) -> SubCircuit:
    first, second = halves
    return DifferentialNeuron(
        (first.device, second.device),
        mode,
        (first.reference_ohm, second.reference_ohm),
        reference=conditions.reference,
        initial_ap=(float(initial[0]), float(initial[1])),
        name=name,
    )


def comparator() -> MtjNeuron:
    """The comparator neuron with Liu et al.'s heat-sensitive 200 nm junction."""
    device = mtj_thermal.declare().with_set(THERMAL_200NM)
    return MtjNeuron(
        "comparator",
        "comparator-based MTJ neuron: divider and two-inverter comparator (Fig. 2d)",
        (_half("mtj", "", device, 200e-9),),
        ("output",),
        {"comparator": "vcomparator"},
        lambda s: (s[0],),
        _build_comparator,
    )


def differential() -> MtjNeuron:
    """The differential neuron with Liu et al.'s 200 nm (temporal) and 100 nm (reference) junctions."""
    base = mtj_thermal.declare()
    halves = (
        _half("temporal", "_temporal", base.with_set(THERMAL_200NM), 200e-9),
        _half("reference", "_reference", base.with_set(REFERENCE_100NM), 100e-9),
    )
    return MtjNeuron(
        "differential",
        "24-transistor differential MTJ neuron: reference channel and ternary difference (Fig. S8)",
        halves,
        ("reference", "plus", "minus"),
        {"comparators": "vcomparators", "logic": "vlogic"},
        lambda s: (s[1], s[0] and not s[1], s[1] and not s[0]),
        _build_differential,
    )
