"""Sizes of the thermal MTJ neurons that a designer chooses: comparators, and the references of the dividers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from PySpice.Spice.Netlist import Netlist

from circuits.cells.clocked import SENSE_LENGTH, LatchComparator
from circuits.cells.layout import shared
from circuits.cells.static import LENGTH, LONG, NMOS_WIDTH, Inverter, ThresholdComparator
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
    "latch_ohm": (1e3, 1e6),
}
INVERTER, LATCH = "inverter", "latch"
#: Settings that are words, with those that they may be.
WORDS = {"sense": (INVERTER, LATCH)}
_OF_INVERTERS = ("sense_ratio", "sense_length", "restore_scale", "trim_legs")
SHEET_OHM, STRIP_M = 500.0, 0.2e-6  # assumed, of resistors between metal layers
WHOLE = ("reference_rows", "trim_legs")
UNITS = {"sense_width": "m", "sense_length": "m", "latch_ohm": "ohm"}


@dataclass(frozen=True)
class MtjSizes:
    """Sizes, SI; the defaults put the comparator's threshold at 0.380 V, mid-window at V_DD = V_READ = 0.8 V.

    Attributes:
        sense: what reads a divider: ``"inverter"``, a pair of inverters with the threshold of the first, or
            ``"latch"``, a clocked sense amplifier against a tap of a ladder on the read voltage.
        sense_width: of the sense inverter's n transistor, or of each transistor of the latch's input pair, m.
        sense_ratio: its n width over its p width, which sets the threshold.
        sense_length: of both, m.
        restore_scale: widths of the second inverter over those of minimum-size logic.
        reference_factor: a divider's reference over the geometric mean of its junction's two resistances.
        trim_legs: n legs, and as many p legs, that a comparator's code switches on (`circuits.cells.trim`); 0: no trim.
        trim_share: width of the smallest leg over that of the sense transistor of its kind.
        reference_rows: pillars in series in each of as many parallel strings that make one reference. Their independent
            deviations average: the whole deviates by a pillar's spread over this number.
        latch_ohm: of the ladder beside each latch, which the set pulse heats, too.

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
    latch_ohm: float = 20e3
    sense: str = INVERTER

    def __post_init__(self) -> None:
        self._check_sense()
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low * (1 - 1e-9) <= value <= high * (1 + 1e-9) or (name in WHOLE and value != round(value)):
                kind = "a whole number, " if name in WHOLE else ""
                allowed = f"{kind}{low:g} … {high:g} {UNITS.get(name, '')}".rstrip()
                raise InputError("size out of range", where=name, found=value, allowed=allowed)
        if self.clocked:
            return
        if self.legs and self.trim_share * min(self.sense_width, self.sense_pmos) < NMOS_WIDTH * (1 - 1e-9):
            allowed = f"a leg of at least {NMOS_WIDTH:g} m"
            raise InputError(
                "the smallest trim leg is too narrow", where="trim_share", found=self.trim_share, allowed=allowed
            )
        if self.sense_pmos < NMOS_WIDTH * (1 - 1e-9):
            allowed = f"a p transistor of at least {NMOS_WIDTH:g} m"
            found = f"sense_width {self.sense_width:g} m, sense_ratio {self.sense_ratio:g}"
            raise InputError("the sense inverter is too narrow", where="sense_ratio", found=found, allowed=allowed)

    def _check_sense(self) -> None:
        if self.sense not in WORDS["sense"]:
            raise InputError("unknown word", where="sense", found=self.sense, allowed=", ".join(WORDS["sense"]))
        plain = {f.name: f.default for f in fields(self)}
        for name in _OF_INVERTERS if self.clocked else ():
            if (value := getattr(self, name)) != plain[name]:
                raise InputError("belongs to sense=inverter", where=name, found=value, allowed=f"{plain[name]:g}")

    @property
    def clocked(self) -> bool:
        """Whether comparators have a strobe."""
        return self.sense == LATCH

    @property
    def pins(self) -> tuple[str, ...]:
        """Pins of the neuron beside those that every neuron has."""
        return ("strobe",) if self.clocked else ()

    @property
    def comparator_nodes(self) -> tuple[str, ...]:
        """Nodes of a comparator between its output and its supply."""
        return ("input", "strobe_bar") if self.clocked else ()

    @property
    def ladder_um2(self) -> float:
        """Area of the resistors of one latch, µm²: the ladder, and the quarter of it before the other input."""
        return 1.25 * self.latch_ohm / SHEET_OHM * (1e6 * STRIP_M) ** 2 if self.clocked else 0.0

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

    def add_comparator(self, circuit: Netlist, share: float | None = None) -> str:
        """Define the comparator in a circuit; its name.

        Args:
            share: of the read voltage at which a latch decides.
        """
        if self.clocked:
            assert share is not None
            latch = shared(LatchComparator, self.sense_width, self.latch_ohm, share)
            circuit.subcircuit(latch)
            return str(latch.name)
        kind = TrimmedComparator if self.legs else ThresholdComparator
        subcircuit = shared(kind, *self.comparator)
        circuit.subcircuit(subcircuit)
        return str(subcircuit.name)

    def add_strobe(self, circuit: Netlist, supply: str) -> None:
        """Add the driver of the strobe to a neuron with latches."""
        if self.clocked:
            circuit.subcircuit(Inverter(500e-9, 1e-6, "strobe_driver"))
            circuit.X("strobe", "strobe_driver", "strobe", "strobe_bar", supply, "vss")

    @property
    def rows(self) -> int:
        """Pillars in each direction of a reference."""
        return round(self.reference_rows)

    def threshold_sigma(self, technology: Technology | None = None) -> float:
        """σ of the threshold (V): of the sense inverter, if both devices move it with equal weight (assumed); of a
        latch that of its input pair."""
        process = technology or catalog.technology()
        scales = process.width_scale, process.length_scale
        if self.clocked:
            return math.sqrt(2) * device_sigma(self.sense_width * scales[0], SENSE_LENGTH * scales[1], process.a_vt)
        sigmas = (
            device_sigma(width * scales[0], self.sense_length * scales[1], process.a_vt)
            for width in (self.sense_width, self.sense_pmos)
        )
        return math.hypot(*sigmas) / 2

    def changed(self) -> dict[str, float | str]:
        """What differs from the defaults, by name with unit, for records."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {f"{name}_{UNITS[name]}" if name in UNITS else name: value for name, value in own.items()}
