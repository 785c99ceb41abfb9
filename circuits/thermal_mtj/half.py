"""One half of a thermal MTJ neuron: a junction under its reference, as designed, as made, and at other temperatures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.devices import add_device, add_reference, array_ohm
from circuits.thermal_mtj.reading.divider import Divider
from circuits.thermal_mtj.sense.sizes import MtjSizes
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.units import NOMINAL_C


@dataclass(frozen=True)
class Made:
    """One half of a random copy as numbers: parameters of its junction, and the resistance under which it is."""

    junction: Mapping[str, float]
    reference_ohm: float


@dataclass(frozen=True)
class MadeCopies:
    """One half of many random copies; arrays of shape (copies,)."""

    junction: Mapping[str, np.ndarray]
    reference_ohm: np.ndarray

    @classmethod
    def of(cls, copies: Sequence[Made]) -> MadeCopies:
        """Copies that were made one by one."""
        names = copies[0].junction if copies else ()
        junction = {name: np.array([copy.junction[name] for copy in copies]) for name in names}
        return cls(junction, np.array([copy.reference_ohm for copy in copies]))

    def some(self, places: np.ndarray | Sequence[int]) -> MadeCopies:
        """Some of them."""
        return MadeCopies({name: of[places] for name, of in self.junction.items()}, self.reference_ohm[places])

    def __len__(self) -> int:
        return len(self.reference_ohm)


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

    def drawn_columns(self, samples: SampleColumns) -> tuple[MadeCopies, np.ndarray] | None:
        """`drawn` of many copies, and of which of them `drawn` refuses none; None where it needs devices of its own."""
        if self.nominal_ohm or self.device.temperature_C != NOMINAL_C:
            return None
        junction, hold = self.device.varied_columns(samples, f"mtj{self.suffix}")
        ohms = []
        for name, _, _, nominal in self.references(""):
            pillar, holds = _reference(nominal).varied_columns(samples, name)
            ohms.append(pillar["resistance"])
            hold = hold & holds
        return MadeCopies(junction, array_ohm(ohms) if self.pillars_ohm else ohms[0]), hold

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

    def add_to(self, circuit: SubCircuit, mode: str, ap: bool, reference: str, variate: tuple[str, ...]) -> str:
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
            add_reference(circuit, name, top, bottom, ohms, reference)
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


def drawn_copies(halves: Sequence[Half], samples: SampleColumns) -> tuple[list[MadeCopies], dict[int, InputError]]:
    """Halves of many copies, without those copies that cannot be: these by number, with the reason."""
    columns = [made for half in halves if (made := half.drawn_columns(samples)) is not None]
    together = len(columns) == len(halves)
    hold = np.logical_and.reduce([holds for _, holds in columns]) if together else np.zeros(len(samples), bool)
    alone: dict[int, tuple[Made, ...]] = {}
    refused: dict[int, InputError] = {}
    for number in np.flatnonzero(~hold).tolist():
        try:
            alone[number] = tuple(half.drawn(samples.samples[number]) for half in halves)
        except InputError as error:  # a draw out of the range in which a device's model holds
            refused[number] = error
    if together:
        kept = np.array([number not in refused for number in range(len(samples))])
        return [made.some(kept) for made, _ in columns], refused
    return [MadeCopies.of([row[part] for row in alone.values()]) for part in range(len(halves))], refused


def further_nodes(mode: str, suffix: str) -> tuple[str, ...]:
    """Nodes of a neuron that one half needs in a mode."""
    names = {"sampled": ("variate",), "static": ("parallel", "antiparallel", "state")}.get(mode, ())
    return tuple(f"{name}{suffix}" for name in names)


def designed_half(label: str, suffix: str, device: Device, diameter_m: float, sizes: MtjSizes | None = None) -> Half:
    """A junction with the reference that a neuron of these sizes has for it."""
    values, chosen = device.values(), sizes or MtjSizes()
    # the geometric mean of both states puts the read levels symmetrically (in ratio) around one half
    ohms = chosen.reference_factor * (values["r_parallel"] * values["r_antiparallel"]) ** 0.5
    return Half(label, suffix, device, ohms, diameter_m).with_reference(ohms, chosen.rows)
