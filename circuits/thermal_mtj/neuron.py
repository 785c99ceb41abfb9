"""The thermal MTJ neurons of Liu et al. as circuits, and what a testbench needs to know of them.

A neuron has one or two halves, a junction under its reference each, and two-inverter comparators that read them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.layout import shared
from circuits.cells.static import And2, Inverter
from circuits.cells.trim import add_code
from circuits.conditions import Conditions
from circuits.thermal_mtj.half import Half, designed_half, further_nodes
from circuits.thermal_mtj.sense.sizes import MtjSizes
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

SET_BY_CIRCUIT = ("initial_ap", "r_series")  # parameters of a junction that no measurement of it decides
States = tuple[bool, ...]
Probabilities = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ThermalMtjConditions(Conditions):
    """Conditions with the levels of an operation.

    Attributes:
        amplitude: set voltage across a P-state junction, V.
        v_read: read voltage at the divider's input, V.
        reference: ``"mtj"`` (a junction held in P) or ``"resistor"`` in the divider.
    """

    v_dd: float = 0.80
    amplitude: float = 0.80
    v_read: float = 0.80
    reference: str = "mtj"

    def label(self) -> str:
        return f"{self.amplitude:.3f} V set, {super().label()}"

    def record(self) -> dict[str, float | str]:
        levels = {"amplitude_V": self.amplitude, "v_read_V": self.v_read}
        return {**levels, **super().record(), "reference": self.reference}


class ComparatorNeuron(SubCircuit):
    """The comparator-based neuron (Fig. 2d). Nodes: input, output, vdd, vss, and variate in sampled mode.

    ``divider`` inside is the comparator's input; ``Vcomparator`` carries the comparator's supply current.

    Args:
        mode: ``"mean_field"``, ``"sampled"`` or ``"static"``: in place of dividers their levels in both states of the
            junctions, and these states (0 V is P, 1 V is AP), at nodes ``parallel``, ``antiparallel``, ``state``.
        initial: AP state of each junction at t = 0.
    """

    def __init__(
        self,
        halves: tuple[Half, ...],
        mode: str,
        initial: States,
        conditions: ThermalMtjConditions,
        name: str,
        sizes: MtjSizes,
        codes: tuple[int, ...],
        share: float | None = None,
    ) -> None:
        variate = further_nodes(mode, "")
        super().__init__(name, "input", "output", "vdd", "vss", *sizes.pins, *variate)
        comparator = sizes.add_comparator(self, share)
        divider = halves[0].add_to(self, mode, initial[0], conditions.reference, variate)
        self.V("comparator", "vdd", "vdd_comparator", 0)
        lines = add_code(self, "", sizes.legs, codes[0], conditions.v_dd)
        nodes = (divider, "output", *sizes.comparator_nodes, "vdd_comparator", "vss", *lines)
        self.X("comparator", comparator, *nodes)
        sizes.add_strobe(self, "vdd_comparator")


class DifferentialNeuron(SubCircuit):
    """The 24-transistor differential neuron (Fig. S8): two MTJ neurons and the subtraction of their spikes.

    Nodes: input, reference, plus, minus, vdd, vss, and variate_temporal, variate_reference in sampled mode. Output
    channel 1 is `reference`, channel 2 temporal minus reference on the lines `plus` and `minus`. Four comparator
    inverters, two inverters and two AND gates: 6 inverters + 2 AND = 24 transistors. ``Vcomparators`` and ``Vlogic``
    carry the supply currents of comparators and logic. Args as `ComparatorNeuron`.
    """

    def __init__(
        self,
        halves: tuple[Half, ...],
        mode: str,
        initial: States,
        conditions: ThermalMtjConditions,
        name: str,
        sizes: MtjSizes,
        codes: tuple[int, ...],
        share: float | None = None,
    ) -> None:
        further = [further_nodes(mode, half.suffix) for half in halves]
        pins = [node for nodes in further for node in nodes]
        super().__init__(name, "input", "reference", "plus", "minus", "vdd", "vss", *sizes.pins, *pins)
        comparator = sizes.add_comparator(self, share)
        self.subcircuit(shared(Inverter))
        self.subcircuit(shared(And2))
        for i, half in enumerate(halves):
            divider = half.add_to(self, mode, initial[i], conditions.reference, further[i])
            spike = half.label
            lines = add_code(self, half.suffix, sizes.legs, codes[i], conditions.v_dd)
            nodes = (divider, spike, *sizes.comparator_nodes, "vdd_comparators", "vss", *lines)
            self.X(f"comparator{half.suffix}", comparator, *nodes)
        sizes.add_strobe(self, "vdd_comparators")
        self.V("comparators", "vdd", "vdd_comparators", 0)
        self.V("logic", "vdd", "vdd_logic", 0)
        self.X("not_temporal", "inverter", "temporal", "temporal_bar", "vdd_logic", "vss")
        self.X("not_reference", "inverter", "reference", "reference_bar", "vdd_logic", "vss")
        self.X("and_plus", "and2", "temporal", "reference_bar", "plus", "vdd_logic", "vss")
        self.X("and_minus", "and2", "temporal_bar", "reference", "minus", "vdd_logic", "vss")


@dataclass(frozen=True)
class MtjNeuron:
    """An MTJ neuron circuit.

    Attributes:
        name, summary: for lists and messages.
        halves: one per active junction.
        outputs: output nodes of the subcircuit, in the order of its pins after the input.
        supplies: component name to the ammeter that carries its supply current.
        logic: output levels for the junctions' states (True is AP).
        builder: (halves, mode, initial states, conditions, name, sizes, codes, share of the read voltage at which
            latches decide) to the PySpice subcircuit.
        cycle: pulse protocol.
        designed: the halves that the input's amplitudes are designed for, at 27 °C; None: `halves` themselves.
        sizes: of comparators and references.
        trim: code of each half's comparator; None: a copy that is not trimmed yet, and the design, have code 0.
        published: energy per operation (J) and area (µm²) that the source states, by name.
    """

    name: str
    summary: str
    halves: tuple[Half, ...]
    outputs: tuple[str, ...]
    supplies: Mapping[str, str] = field(hash=False)
    logic: Callable[[States], tuple[bool, ...]]
    builder: Callable[
        [tuple[Half, ...], str, States, ThermalMtjConditions, str, MtjSizes, tuple[int, ...], float | None], SubCircuit
    ]
    cycle: Cycle = field(default_factory=lambda: Cycle(read=True))
    designed: tuple[Half, ...] | None = None
    sizes: MtjSizes = field(default_factory=MtjSizes)
    trim: tuple[int, ...] | None = None
    published: Mapping[str, float] = field(default_factory=dict, hash=False)

    def build(
        self, mode: str, initial: States, conditions: ThermalMtjConditions, name: str | None = None
    ) -> SubCircuit:
        """The subcircuit with its junctions in `mode`, starting in `initial`; `name` of its own, or the circuit's."""
        named = name or f"{self.name}_neuron"
        share = self.latch_share(conditions.v_read)
        return self.builder(self.halves, mode, initial, conditions, named, self.sizes, self.codes, share)

    def latch_share(self, v_read: float) -> float | None:
        """Share of a read voltage (V) amid the levels of the dividers as designed, where latches decide."""
        if not self.sizes.clocked:
            return None
        divider = self.designed_halves[0].divider
        return (divider.level_parallel(v_read) + divider.level_antiparallel(v_read)) / (2 * v_read)

    @property
    def codes(self) -> tuple[int, ...]:
        """Code of each half's comparator."""
        return self.trim or (0,) * len(self.halves)

    @property
    def overlay_um2(self) -> dict[str, float]:
        """Area of the latches' resistors, above the logic."""
        return {"ladder resistors": len(self.halves) * self.sizes.ladder_um2} if self.sizes.clocked else {}

    def with_code(self, code: int) -> MtjNeuron:
        """The same neuron with this code in all comparators."""
        return replace(self, trim=(code,) * len(self.halves))

    @property
    def trims(self) -> bool:
        """Whether its copies have a code to be found."""
        return self.sizes.legs > 0 and self.trim is None

    def outcomes(self) -> Iterator[States]:
        """All combinations of junction states."""
        return itertools.product((False, True), repeat=len(self.halves))

    def weight(self, states: States, probabilities: Iterable[Any]) -> Any:
        """Probability of an outcome; the junctions switch independently.

        Args:
            probabilities: of each half; of many copies arrays.
        """
        return math.prod(p if switched else 1 - p for switched, p in zip(states, probabilities, strict=True))

    def spikes_per_operation(self, probabilities: Iterable[Any]) -> Any:
        """Expected number of output lines that fire in one operation; of many copies an array, as in `weight`."""
        return sum(self.weight(s, probabilities) * sum(self.logic(s)) for s in self.outcomes())

    @property
    def design(self) -> MtjNeuron:
        """The neuron as designed, of a random copy; at the same ambient temperature."""
        if self.designed is None:
            return self
        return replace(self, halves=self.designed, designed=None).at_ambient(*self.halves[0].ambient)

    def with_device(self, **values: float) -> MtjNeuron:
        """The same neuron with other parameters of its heat-sensitive junction; the divider follows its resistances."""
        return self.with_junction(self.halves[0].device.with_parameters(**values))

    def with_junction(self, device: Device) -> MtjNeuron:
        """The same neuron with another heat-sensitive junction.

        The reference junction of a differential neuron stays: it is another pillar, which no measurement of this one
        describes.
        """
        first, *others = self.halves
        changed = designed_half(first.label, first.suffix, device, first.diameter_m, self.sizes)
        return replace(self, halves=(changed, *others))

    def with_sizes(self, **values: Any) -> MtjNeuron:
        """The same neuron with other sizes. Raises InputError for one out of its range."""
        sizes = replace(self.sizes, **values)
        halves = tuple(designed_half(h.label, h.suffix, h.device, h.diameter_m, sizes) for h in self.halves)
        return replace(self, halves=halves, sizes=sizes)

    def sampled(self, sample: Sample) -> MtjNeuron:
        """A random copy: junctions and references differ, each by itself; the drive stays that of the design."""
        return replace(self, halves=tuple(half.sampled(sample) for half in self.halves), designed=self.designed_halves)

    def at_ambient(self, temperature_C: float, reference: str = "mtj") -> MtjNeuron:
        """The same neuron at an ambient temperature, °C; references and drive stay those of the design.

        Args:
            reference: ``"mtj"`` or ``"resistor"`` in the divider.
        """
        halves = tuple(half.at_ambient(temperature_C, reference) for half in self.halves)
        if halves == self.halves:
            return self
        return replace(self, halves=halves, designed=None if halves == self.designed_halves else self.designed_halves)

    @property
    def designed_halves(self) -> tuple[Half, ...]:
        """The halves that the input's amplitudes are designed for, at 27 °C."""
        return self.designed or self.halves

    def input_amplitude(self, device_volts: float) -> float:
        """V_IN (V) that puts `device_volts` across every P-state junction as designed (the dividers have one ratio)."""
        return self.designed_halves[0].divider.input_for(device_volts)

    def reset_amplitude(self) -> float:
        """V_IN (V) that puts the cycle's reset voltage across an AP-state junction as designed."""
        return -self.designed_halves[0].divider.input_for_antiparallel(-self.cycle.reset_amplitude)

    def check(self, conditions: ThermalMtjConditions) -> None:
        """Raise InputError for a drive outside the devices' validity or a supply outside the card's."""
        v_in = self.input_amplitude(conditions.amplitude)
        for half in self.halves:
            half.device.check_voltage(half.divider.level_antiparallel(v_in), where=f"{self.name}: amplitude")
        self.check_conditions(conditions)

    def check_conditions(self, conditions: ThermalMtjConditions) -> None:
        """Raise InputError for an amplitude that sets nothing or a supply outside the card's."""
        if conditions.amplitude <= 0:
            raise InputError(
                "set amplitude must be positive", where=self.name, found=conditions.amplitude, allowed="> 0 V"
            )
        conditions.check_supply(0.5, 1.2, self.name)


def comparator() -> MtjNeuron:
    """The comparator neuron with Liu et al.'s heat-sensitive 200 nm junction."""
    device = mtj_thermal.declare().with_set(THERMAL_200NM)
    return MtjNeuron(
        "comparator",
        "comparator-based MTJ neuron: divider and two-inverter comparator (Fig. 2d)",
        (designed_half("mtj", "", device, 200e-9),),
        ("output",),
        {"comparator": "vcomparator"},
        lambda s: (s[0],),
        ComparatorNeuron,
    )


def differential() -> MtjNeuron:
    """The differential neuron with Liu et al.'s 200 nm (temporal) and 100 nm (reference) junctions."""
    base = mtj_thermal.declare()
    halves = (
        designed_half("temporal", "_temporal", base.with_set(THERMAL_200NM), 200e-9),
        designed_half("reference", "_reference", base.with_set(REFERENCE_100NM), 100e-9),
    )
    return MtjNeuron(
        "differential",
        "24-transistor differential MTJ neuron: reference channel and ternary difference (Fig. S8)",
        halves,
        ("reference", "plus", "minus"),
        {"comparators": "vcomparators", "logic": "vlogic"},
        lambda s: (s[1], s[0] and not s[1], s[1] and not s[0]),
        DifferentialNeuron,
        published={"energy_per_operation_J": 0.6e-9, "area_um2": 1.5},  # Liu et al., Methods
    )
