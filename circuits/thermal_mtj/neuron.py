"""The thermal MTJ neurons of Liu et al. as circuits, and what a testbench needs to know of them.

A neuron has one or two halves, a junction under its reference each, and two-inverter comparators that read them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.devices import add_device, add_reference, array_ohm
from circuits.cells.layout import shared
from circuits.cells.static import And2, Inverter
from circuits.cells.trim import add_code
from circuits.conditions import Conditions
from circuits.thermal_mtj.divider import Divider
from circuits.thermal_mtj.sizes import MtjSizes
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.units import NOMINAL_C

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


@dataclass(frozen=True)
class Made:
    """One half of a random copy as numbers: parameters of its junction, and the resistance under which it is."""

    junction: Mapping[str, float]
    reference_ohm: float


@dataclass(frozen=True)
class Half:
    """One junction with its divider.

    Attributes:
        suffix: ending of its instance and node names.
        diameter_m: of the junction's pillar.
        pillars_ohm: of a reference of several pillars, string after string of as many in series; empty: a single one.
        nominal_ohm: the reference's resistance and those of its pillars at 27 °C, where it is at another temperature.
    """

    label: str
    suffix: str
    device: Device
    reference_ohm: float
    diameter_m: float
    pillars_ohm: tuple[float, ...] = ()
    nominal_ohm: tuple[float, ...] = ()

    @property
    def divider(self) -> Divider:
        return Divider(self.device, self.reference_ohm)

    @property
    def diameters_m(self) -> tuple[float, ...]:
        """Pillars of the junction and of its reference, which has the area of its resistance at equal RA."""
        gain = self.at_ambient(NOMINAL_C).divider.gain_parallel
        reference = self.diameter_m * (gain / (1 - gain)) ** 0.5
        return self.diameter_m, *(reference for _ in self.pillars_ohm or (self.reference_ohm,))

    @property
    def rows(self) -> int:
        """Pillars in series in each string of the reference, and strings side by side."""
        return math.isqrt(len(self.pillars_ohm)) or 1

    def with_reference(self, ohms: float, rows: int) -> Half:
        """The same half with another reference: `rows` strings of as many pillars, each of `ohms`, or a single one."""
        return replace(self, reference_ohm=ohms, pillars_ohm=(ohms,) * rows**2 if rows > 1 else ())

    def with_pillars(self, ohms: tuple[float, ...]) -> Half:
        """The same half as made, with the pillars that its reference really has."""
        return replace(self, reference_ohm=array_ohm(ohms), pillars_ohm=ohms)

    @property
    def made(self) -> Made:
        """This half as numbers."""
        return Made(self.device.values(), self.reference_ohm)

    def sampled(self, sample: Sample) -> Half:
        """This half in a random copy."""
        cold = self.at_ambient(NOMINAL_C)
        made = cold.drawn_pillars(sample)
        cold = cold.with_pillars(made) if cold.pillars_ohm else replace(cold, reference_ohm=made[0])
        cold = replace(cold, device=cold.device.varied(sample, f"mtj{self.suffix}"))
        return cold.at_ambient(*self.ambient)

    def drawn(self, sample: Sample) -> Made:
        """`made` of `sampled`, which at 27 °C needs no device of its own."""
        if self.nominal_ohm or self.device.temperature_C != NOMINAL_C:
            return self.sampled(sample).made
        ohms = self.drawn_pillars(sample)
        junction = self.device.varied_values(sample, f"mtj{self.suffix}")
        return Made(junction, array_ohm(ohms) if self.pillars_ohm else ohms[0])

    def drawn_pillars(self, sample: Sample) -> tuple[float, ...]:
        """Resistances of the reference's pillars in a random copy."""
        return tuple(
            _reference(ohms).varied_values(sample, name)["resistance"] for name, _, _, ohms in self.references("")
        )

    def at_ambient(self, temperature_C: float, reference: str = "mtj") -> Half:
        """The same half at an ambient temperature, °C; a reference that is a ``"resistor"`` does not depend on it."""
        ohms, nominal = self.nominal_ohm or (self.reference_ohm, *self.pillars_ohm), ()
        if reference == "mtj" and temperature_C != NOMINAL_C:
            base, nominal = mtj_reference.declare(), ohms
            made = (base.with_parameters(resistance=each).at_ambient(temperature_C) for each in nominal)
            ohms = tuple(each.values()["resistance"] for each in made)
        device = self.device.at_ambient(temperature_C)
        return replace(self, device=device, reference_ohm=ohms[0], pillars_ohm=ohms[1:], nominal_ohm=nominal)

    @property
    def ambient(self) -> tuple[float, str]:
        """Arguments of `at_ambient` that lead from 27 °C to this half."""
        return self.device.temperature_C, "mtj" if self.nominal_ohm else "resistor"

    def add_to(
        self, circuit: SubCircuit, mode: str, ap: bool, conditions: ThermalMtjConditions, variate: tuple[str, ...]
    ) -> str:
        """Add the junction ``Xmtj<suffix>`` under its reference; the name of the node between them."""
        output, values = f"divider{self.suffix}", {"initial_ap": float(ap)}
        if mode == "static":
            parallel, antiparallel, state = (f"V({node})" for node in variate)
            level = f"{parallel} + {state}*({antiparallel} - {parallel})"
            circuit.raw_spice += f"B{output} {output} vss V={level}\n"
            return output
        if mode == "mean_field":
            values["r_series"] = self.reference_ohm  # only this mode needs to know the divider's resistance
        device = self.device.with_parameters(**values)
        add_device(circuit, f"mtj{self.suffix}", (output, "vss", *variate), mtj_thermal.declare(), device, mode)
        for name, top, bottom, ohms in self.references(output):
            add_reference(circuit, name, top, bottom, ohms, conditions.reference)
        return output

    def references(self, output: str) -> Iterator[tuple[str, str, str, float]]:
        """Name, upper and lower node, and resistance (ohm) of each pillar between ``input`` and the output."""
        if not self.pillars_ohm:
            yield f"ref{self.suffix}", "input", output, self.reference_ohm
        for i, ohms in enumerate(self.pillars_ohm):
            string, place = divmod(i, self.rows)
            nodes = ["input", *(f"ref{self.suffix}_{string}_{k}" for k in range(1, self.rows)), output]
            yield f"ref{self.suffix}_{string}_{place}", nodes[place], nodes[place + 1], ohms


@lru_cache(maxsize=64)
def _reference(ohms: float) -> Device:
    return mtj_reference.declare().with_parameters(resistance=ohms)


def _further(mode: str, suffix: str) -> tuple[str, ...]:
    """Nodes of a neuron that one half needs in a mode."""
    names = {"sampled": ("variate",), "static": ("parallel", "antiparallel", "state")}.get(mode, ())
    return tuple(f"{name}{suffix}" for name in names)


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
    ) -> None:
        variate = _further(mode, "")
        super().__init__(name, "input", "output", "vdd", "vss", *variate)
        comparator = sizes.add_comparator(self)
        divider = halves[0].add_to(self, mode, initial[0], conditions, variate)
        self.V("comparator", "vdd", "vdd_comparator", 0)
        lines = add_code(self, "", sizes.legs, codes[0], conditions.v_dd)
        self.X("comparator", comparator, divider, "output", "vdd_comparator", "vss", *lines)


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
    ) -> None:
        further = [_further(mode, half.suffix) for half in halves]
        pins = [node for nodes in further for node in nodes]
        super().__init__(name, "input", "reference", "plus", "minus", "vdd", "vss", *pins)
        comparator = sizes.add_comparator(self)
        self.subcircuit(shared(Inverter))
        self.subcircuit(shared(And2))
        for i, half in enumerate(halves):
            divider = half.add_to(self, mode, initial[i], conditions, further[i])
            spike = half.label
            lines = add_code(self, half.suffix, sizes.legs, codes[i], conditions.v_dd)
            self.X(f"comparator{half.suffix}", comparator, divider, spike, "vdd_comparators", "vss", *lines)
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
        builder: (halves, mode, initial states, conditions, name, sizes, codes) to the PySpice subcircuit.
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
    builder: Callable[[tuple[Half, ...], str, States, ThermalMtjConditions, str, MtjSizes, tuple[int, ...]], SubCircuit]
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
        return self.builder(self.halves, mode, initial, conditions, named, self.sizes, self.codes)

    @property
    def codes(self) -> tuple[int, ...]:
        """Code of each half's comparator."""
        return self.trim or (0,) * len(self.halves)

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

    def weight(self, states: States, probabilities: Probabilities) -> float:
        """Probability of an outcome; the junctions switch independently."""
        return math.prod(p if switched else 1 - p for switched, p in zip(states, probabilities, strict=True))

    def spikes_per_operation(self, probabilities: Probabilities) -> float:
        """Expected number of output lines that fire in one operation."""
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
        changed = _half(first.label, first.suffix, device, first.diameter_m, self.sizes)
        return replace(self, halves=(changed, *others))

    def with_sizes(self, **values: float) -> MtjNeuron:
        """The same neuron with other sizes. Raises InputError for one out of its range."""
        sizes = replace(self.sizes, **values)
        halves = tuple(_half(h.label, h.suffix, h.device, h.diameter_m, sizes) for h in self.halves)
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


def _half(label: str, suffix: str, device: Device, diameter_m: float, sizes: MtjSizes | None = None) -> Half:
    values, chosen = device.values(), sizes or MtjSizes()
    # the geometric mean of both states puts the read levels symmetrically (in ratio) around one half
    ohms = chosen.reference_factor * (values["r_parallel"] * values["r_antiparallel"]) ** 0.5
    return Half(label, suffix, device, ohms, diameter_m).with_reference(ohms, chosen.rows)


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
        ComparatorNeuron,
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
        DifferentialNeuron,
        published={"energy_per_operation_J": 0.6e-9, "area_um2": 1.5},  # Liu et al., Methods
    )
