"""Sizes of the thermal MTJ neurons that a designer chooses: comparators, and the references of the dividers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from PySpice.Spice.Netlist import Netlist

from circuits.cells.layout import shared
from circuits.cells.static import LENGTH, LONG, NMOS_WIDTH, ThresholdComparator
from circuits.cells.trim import TrimmedComparator
from ipcircuit.errors import InputError
from ipcircuit.technology import catalog
from ipcircuit.technology.mismatch import device_sigma
from ipcircuit.technology.record import Technology

#: Name to its lowest and highest value: a transistor of minimum width at least, widths that are still a cell.
LIMITS = {
    "sense_width": (NMOS_WIDTH, 100e-6),
    "sense_ratio": (0.05, 20.0),
    "sense_length": (LENGTH, LONG),
    "restore_scale": (1.0, 100.0),
    "reference_factor": (0.2, 5.0),
    "reference_rows": (1.0, 10.0),
    "trim_legs": (0.0, 3.0),
    "trim_share": (0.05, 10.0),
}
WHOLE = ("reference_rows", "trim_legs")
UNITS = {"sense_width": "m", "sense_length": "m"}


@dataclass(frozen=True)
class MtjSizes:
    """Sizes, SI; the defaults put the comparator's threshold at 0.380 V, mid-window at V_DD = V_READ = 0.8 V.

    Attributes:
        sense_width: of the sense inverter's n transistor, m.
        sense_ratio: its n width over its p width, which sets the threshold.
        sense_length: of both, m.
        restore_scale: widths of the second inverter over those of minimum-size logic.
        reference_factor: a divider's reference over the geometric mean of its junction's two resistances.
        trim_legs: n legs, and as many p legs, that a comparator's code switches on (`circuits.cells.trim`); 0: no trim.
        trim_share: width of the smallest leg over that of the sense transistor of its kind.
        reference_rows: pillars in series in each of as many parallel strings that make one reference. Their independent
            deviations average: the whole deviates by a pillar's spread over this number.

    Raises:
        InputError: a value out of its range.
    """

    sense_width: float = 200e-9
    sense_ratio: float = 2.0
    sense_length: float = LENGTH
    restore_scale: float = 1.0
    reference_factor: float = 1.0
    reference_rows: float = 1.0
    trim_legs: float = 0.0
    trim_share: float = 1.0

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low * (1 - 1e-9) <= value <= high * (1 + 1e-9) or (name in WHOLE and value != round(value)):
                kind = "a whole number, " if name in WHOLE else ""
                allowed = f"{kind}{low:g} … {high:g} {UNITS.get(name, '')}".rstrip()
                raise InputError("size out of range", where=name, found=value, allowed=allowed)
        if self.legs and self.trim_share * min(self.sense_width, self.sense_pmos) < NMOS_WIDTH * (1 - 1e-9):
            allowed = f"a leg of at least {NMOS_WIDTH:g} m"
            raise InputError(
                "the smallest trim leg is too narrow", where="trim_share", found=self.trim_share, allowed=allowed
            )
        if self.sense_pmos < NMOS_WIDTH * (1 - 1e-9):
            allowed = f"a p transistor of at least {NMOS_WIDTH:g} m"
            found = f"sense_width {self.sense_width:g} m, sense_ratio {self.sense_ratio:g}"
            raise InputError("the sense inverter is too narrow", where="sense_ratio", found=found, allowed=allowed)

    @property
    def sense_pmos(self) -> float:
        """Width of the sense inverter's p transistor, m."""
        return self.sense_width / self.sense_ratio

    @property
    def comparator(self) -> tuple[float, ...]:
        """Arguments of the comparator's class."""
        sizes = (self.sense_width, self.sense_pmos, self.sense_length, self.restore_scale)
        return (*sizes, self.trim_legs, self.trim_share) if self.legs else sizes

    @property
    def legs(self) -> int:
        """Trim legs of each kind."""
        return round(self.trim_legs)

    def add_comparator(self, circuit: Netlist) -> str:
        """Define the comparator in a circuit; its name."""
        kind = TrimmedComparator if self.legs else ThresholdComparator
        subcircuit = shared(kind, *self.comparator)
        circuit.subcircuit(subcircuit)
        return str(subcircuit.name)

    @property
    def rows(self) -> int:
        """Pillars in each direction of a reference."""
        return round(self.reference_rows)

    def threshold_sigma(self, technology: Technology | None = None) -> float:
        """σ of the sense inverter's switching point (V), if both devices move it with equal weight (assumed)."""
        process = technology or catalog.technology()
        scales = process.width_scale, process.length_scale
        sigmas = (
            device_sigma(width * scales[0], self.sense_length * scales[1], process.a_vt)
            for width in (self.sense_width, self.sense_pmos)
        )
        return math.hypot(*sigmas) / 2

    def changed(self) -> dict[str, float]:
        """What differs from the defaults, by name with unit, for records."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {f"{name}_{UNITS[name]}" if name in UNITS else name: value for name, value in own.items()}
