"""Conditions of a simulation, and complete decks: options, models, the PySpice circuit, one analysis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from PySpice.Spice.Netlist import Circuit

from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.cards.needed import undefined
from ipcircuit.spice.models import Card
from ipcircuit.spreads import NONE, Spreads
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.mismatch import with_mismatch
from ipcircuit.technology.record import Technology
from ipcircuit.technology.retarget import retargeted
from ipcircuit.units import COLDEST_C, HOTTEST_C

HIGHEST_SUPPLY, LARGEST_LOAD = 100.0, 1e-3  # V, F; beyond any circuit
MOST_STEPS = 10_000_000  # of a transient: more take longer than any time limit
# Gear at tightened tolerances: trapezoidal integration rings, and loose gear is poor while a junction switches.
OPTIONS = ".options method=gear reltol=1e-4 trtol=1 bypass=1"


class Fidelity(StrEnum):
    """How much effort a simulation makes: `SCREENING` is cheaper and less exact (docs/methods/variation.md)."""

    REFERENCE = "reference"
    SCREENING = "screening"


#: Solver options, and the factor by which the largest step of a transient is longer. ngspice's own tolerances (1e-3, 7)
#: are too loose for screening: relaxation oscillators then lose copies that work, and junctions that precess switch.
SOLVER = {
    Fidelity.REFERENCE: (OPTIONS, 1.0),
    Fidelity.SCREENING: (".options method=gear reltol=3e-4 trtol=2 bypass=1", 2.5),
}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Conditions of a simulation; a family adds its own fields.

    Attributes:
        v_dd: supply, V.
        corner, temperature_C: of the CMOS.
        technology: what the circuit's transistors are made in.
        output_load_F: capacitance on each output line.
        device: which parameter file its device has, for results; ``""``: its own parameters.
        sample: random copy whose transistors are simulated; None: all as designed.
        fidelity: with which effort it is simulated.
        spreads: those of its random copies in place of the declared ones.
    """

    v_dd: float = 1.0
    corner: str = "tt"
    temperature_C: float = 27.0
    technology: Technology = field(default_factory=technology)
    output_load_F: float = 1e-15  # assumed: one gate and some 5 µm of wire
    device: str = ""
    sample: Sample | None = None
    fidelity: Fidelity = Fidelity.REFERENCE
    spreads: Spreads = NONE

    def __post_init__(self) -> None:
        _require("temperature", self.temperature_C, COLDEST_C, HOTTEST_C, "°C", least=True)
        _require("v_dd", self.v_dd, 0.0, HIGHEST_SUPPLY, "V")
        if self.output_load_F != 0:
            _require("output_load_F", self.output_load_F, 0.0, LARGEST_LOAD, "F")

    @property
    def solver(self) -> tuple[str, float]:
        """Solver options, and the factor on the largest step of a transient (`SOLVER`)."""
        return SOLVER[self.fidelity]

    def check_supply(self, low: float, high: float, where: str) -> None:
        """Raise InputError for a supply outside the range in which a circuit works or the technology's transistors do.

        Args:
            low, high: of the circuit where the nominal supply is 1 V, V.
        """
        scale, rated = self.technology.supply_scale, self.technology.v_dd
        low, high = max(low * scale, rated.minimum), min(high * scale, rated.maximum)
        if not low <= self.v_dd <= high:
            allowed = f"{low:g} … {high:g} V"
            raise InputError("supply outside the card's range", where=where, found=self.v_dd, allowed=allowed)

    def supply_in(self, technology: Technology, volts: float) -> float:
        """A supply (V) moved to another technology: scaled with the nominal one, up to what the transistors stand."""
        scaled = round(volts * technology.supply_scale / self.technology.supply_scale, 12)
        return min(scaled, technology.v_dd.maximum)

    def drawn(self, sample: Sample) -> Sample:
        """A sample with the spreads of these conditions, if it has none yet."""
        return replace(sample, spreads=self.spreads) if self.spreads and sample.spreads is None else sample

    def label(self) -> str:
        """Short text for messages and results."""
        text = f"V_DD {self.v_dd:g} V, {self.corner}, {self.temperature_C:g} °C"
        return text if self.sample is None else f"{text}, {self.sample.label()}"

    def record(self) -> dict[str, float | str]:
        """By name with unit, for a cost record."""
        technology = self.technology
        return {
            "v_dd_V": self.v_dd,
            "corner": self.corner,
            "temperature_C": self.temperature_C,
            **({} if technology.is_default else {"technology": technology.name}),
            "models": technology.card_label,
            "output_load_F": self.output_load_F,
            **({"device": self.device} if self.device else {}),
            **({} if self.fidelity is Fidelity.REFERENCE else {"fidelity": self.fidelity.value}),
            **({"spreads": self.spreads.label()} if self.spreads else {}),
        }


@dataclass(frozen=True)
class Analysis:
    """A transient: `stop` and largest step `step`, s; `measures` are ``.meas`` lines for plain ngspice."""

    stop: float
    step: float = 2e-9
    measures: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        _require("length of the run", self.stop, 0.0, MOST_STEPS * self.step, "s")


def _require(name: str, value: float, low: float, high: float, unit: str, *, least: bool = False) -> None:
    """Raise InputError for a value that is not above `low` (or at `least` so), not up to `high`, or no number."""
    if not (math.isfinite(value) and low <= value <= high and (least or value != low)):
        allowed = f"{'' if least else 'above '}{low:g} … {high:g} {unit}"
        raise InputError("out of range", where=name, found=value, allowed=allowed)


@dataclass(frozen=True)
class Assembly:
    """A complete deck in parts; random copies of a circuit differ in its `body`."""

    head: tuple[str, ...]
    body: tuple[str, ...]
    tail: tuple[str, ...]
    technology: Technology
    card: Card

    def text(self, sample: Sample | None = None, changed: Mapping[str, str] | None = None) -> str:
        """The deck, with the mismatch of a copy.

        Args:
            changed: statements that take the place of those with the same first word, by that word.
        """
        body = [(changed or {}).get(line.partition(" ")[0], line) for line in self.body]
        if sample is not None:
            body = with_mismatch(body, sample, self.technology, self.card)
        return "\n".join((*self.head, *body, *self.tail)) + "\n"


def assembled(circuit: Circuit, conditions: Conditions, commands: Sequence[str], notes: str = "") -> Assembly:
    """Deck of a circuit in the technology of the conditions, without a copy's mismatch."""
    title, *body = str(circuit).splitlines()
    technology = conditions.technology
    card = technology.models(conditions.corner, undefined(body) if technology.card else frozenset())
    if technology.card is not None and (taken := _subcircuits(card.text.splitlines()) & _subcircuits(body)):
        problem = "the card defines a subcircuit of the circuit's own"
        raise InputError(problem, where=str(technology.card), found=", ".join(sorted(taken)), allowed="other names")
    head = (
        title.removeprefix(".title "),
        *(f"* {note}" for note in notes.splitlines() if note),
        conditions.solver[0],
        f".temp {conditions.temperature_C!r}",
        card.text.rstrip(),
    )
    return Assembly(head, tuple(retargeted(body, technology, card)), (*commands, ".end"), technology, card)


def transient_assembly(circuit: Circuit, conditions: Conditions, analysis: Analysis, notes: str = "") -> Assembly:
    """`transient_deck` in parts, without a copy's mismatch."""
    step = analysis.step * conditions.solver[1]
    return assembled(circuit, conditions, [f".tran 1n {analysis.stop!r} 0 {step!r}", *analysis.measures], notes)


def transient_deck(circuit: Circuit, conditions: Conditions, analysis: Analysis, notes: str = "") -> str:
    """Deck text that ``ngspice -b`` runs as it is, from any folder; `notes` are comments in it."""
    return transient_assembly(circuit, conditions, analysis, notes).text(conditions.sample)


def dc_deck(circuit: Circuit, conditions: Conditions, source: str, start: float, stop: float, step: float) -> str:
    """Deck text that sweeps voltage source `source`."""
    return assembled(circuit, conditions, [f".dc {source} {start!r} {stop!r} {step!r}"]).text(conditions.sample)


def _subcircuits(lines: list[str]) -> set[str]:
    return {line.split()[1].lower() for line in lines if line.lower().startswith(".subckt ")}
