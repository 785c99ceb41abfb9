"""Random mismatch: a deck in which every transistor has a threshold shift, and a current factor, of its own.

Pelgrom's law gives σ(ΔV_th) = A_VT / √(W·L) for the difference of two equal devices, thus σ = A_VT / √(2·W·L) for one,
and the same with A_β for the relative current factor, which scales the width. Assumed: Gaussian and independent;
nothing else varies. A technology without A_β has the same current factor everywhere. The sample's spreads
(`ipcircuit.spreads`) replace what is assumed, under the names of `ipcircuit.technology.variations`.

A SPICE deck describes cells once and uses them often. Here each use that holds transistors becomes a cell of its own,
whose transistors carry the shift as the BSIM4 instance parameter ``delvto``; a transistor that is a subcircuit of its
library has a voltage source in series with its gate instead (below threshold within 6 % the same). Instances keep
their names, and so do all signals. A transistor is named by its path below the instance at the top of the deck:
several such instances of one circuit (replicas in different states) are the same copy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ipcircuit.distributions import factor, shift
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Variation
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.spice.expressions import number
from ipcircuit.spice.models import Card
from ipcircuit.spice.netlist import Subcircuit, command, read, tokenize
from ipcircuit.spreads import NONE, Spreads, deviates
from ipcircuit.technology import catalog
from ipcircuit.technology.record import Technology
from ipcircuit.technology.variations import OWNER, POLARITIES, variations

_SOURCE = "vshift_"  # begins the names of the sources


def device_sigma(width_m: float, length_m: float, constant: Parameter | None = None) -> float:
    """σ of one device: of V_th (V) for A_VT (default: that of lp28), of the relative current factor for A_β."""
    return 1e6 * (constant or catalog.technology().a_vt).value / _root_area(width_m, length_m)


def _root_area(width_m: float, length_m: float) -> float:
    """√(2·W·L), µm."""
    return math.sqrt(2 * width_m * length_m * 1e12)


def stated_variations(spreads: Spreads | None, technology: Technology) -> tuple[Variation, ...]:
    """Variations of a technology's transistors with what spreads state of them."""
    return (spreads or NONE).of(OWNER, variations(technology))


@dataclass(frozen=True)
class Transistor:
    """A transistor of a deck, with what its deviations are drawn from.

    Attributes:
        name: its path below the circuit, the same in all replicas.
        width: as written in the deck; in m with its copies `m`: `width_m`.
        is_element: an element M, with ``delvto``; else a subcircuit of the library.
    """

    name: str
    width: float
    width_m: float
    length_m: float
    polarity: str | None
    is_element: bool

    def law(self, stated: Sequence[Variation]) -> Callable[[Any], tuple[Any, Any]]:
        """Threshold shift (V) and factor of the width as a function of the copy, or of many (`SampleColumns`).

        Args:
            stated: from `stated_variations`.

        Raises:
            InputError: a transistor of no known polarity where thresholds of all of a polarity are shifted.
        """
        threshold, current, *shared = stated
        if self.polarity is None and any(variation.sigma for variation in shared):
            problem = "a transistor of no known polarity has no threshold that all of a polarity share"
            raise InputError(problem, where=self.name, allowed="the n and p transistors of the technology")
        mine = [v for v, of in zip(shared, POLARITIES, strict=True) if of == self.polarity and v.sigma]
        names = [self.name, f"{self.name} beta", *(f"{self.name} {v.key}" for v in mine)]
        area, drawn = _root_area(self.width_m, self.length_m), [threshold, current, *mine]
        threshold_sigma, current_sigma = threshold.sigma / area, current.sigma / area

        def deviation(sample: Any) -> tuple[Any, Any]:
            z_threshold, z_current, *z_mine = deviates(sample, OWNER, drawn, names)
            volts = shift(threshold.distribution, threshold_sigma, z_threshold)
            for variation, deviate in zip(mine, z_mine, strict=True):
                volts += shift(variation.distribution, variation.sigma, deviate)
            return volts, factor(current.distribution, current_sigma, z_current)

        return deviation


def transistors(deck: Sequence[str], technology: Technology, card: Card) -> dict[str, Transistor]:
    """Transistors of a deck by name; arguments and errors as of `with_mismatch`."""
    copy = _Copy(RecordingSample(0, 0), technology, card)
    for _ in copy.statements(read(deck), ""):
        pass
    return {transistor.name: transistor for transistor in copy.transistors.values()}


def with_mismatch(
    deck: Sequence[str], sample: Sample, technology: Technology | None = None, card: Card | None = None
) -> list[str]:
    """The lines of a deck (without title and models) as those of one random copy.

    Args:
        deck: in the technology (`ipcircuit.technology.retarget`).
        technology, card: default lp28, and a technology's typical models.

    Raises:
        InputError: a transistor without width and length, or cells that do not end.
    """
    process = technology or catalog.technology()
    copy = _Copy(sample, process, card or process.models())
    return list(copy.statements(read(deck), ""))


def transistor_shifts(deck: Sequence[str]) -> dict[str, float]:
    """V_th shift (V) by path of every transistor of a deck that `with_mismatch` wrote; others have none."""
    shifts: dict[str, float] = {}

    def visit(cell: Subcircuit, path: str) -> None:
        for statement in cell.statements:
            if shift := re.search(r"\bdelvto=(\S+)", statement):
                shifts[path + command(statement)] = float(shift[1])
            elif command(statement).startswith(_SOURCE):
                shifts[path + command(statement).removeprefix(_SOURCE)] = float(statement.split()[-1])
            elif (definition := cell.used_by(statement)[1] if command(statement)[0] == "x" else None) is not None:
                visit(definition, _below(cell, path, statement))

    visit(read(deck), "")
    return shifts


def _below(cell: Subcircuit, path: str, instance: str) -> str:
    """Path below an instance; those at the top of the deck are copies of one circuit and have none of their own."""
    return path if cell.parent is None else f"{path}{command(instance)}."


@dataclass(frozen=True)
class _Copy:
    """One random copy of what is made in a technology."""

    sample: Sample
    technology: Technology
    card: Card
    transistors: dict[tuple[str, str], Transistor] = field(default_factory=dict)

    @cached_property
    def _stated(self) -> tuple[Variation, ...]:
        return stated_variations(self.sample.spreads, self.technology)

    def statements(self, cell: Subcircuit, path: str) -> Iterator[str]:
        """A cell's content: the cells without transistors, as they were, then one copy for each use of the others."""
        for inner in cell.inner.values():
            if not self._has_transistors(inner):
                yield from (inner.header, *self.statements(inner, path), f".ends {inner.name}")
        written: list[str] = []
        for statement in cell.statements:
            used = self._used(cell, statement)
            if used is not None:
                name, definition = used
                copy = f"{name}_of_{command(statement)}"
                header = definition.header.split()
                yield " ".join([header[0], copy, *header[2:]])
                yield from self.statements(definition, _below(cell, path, statement))
                yield f".ends {copy}"
                last = rf"(?<=\s){re.escape(name)}(?=\s|$)(?!.*\s{re.escape(name)}(\s|$))"
                written.append(re.sub(last, copy, statement))
            elif self._is_transistor(cell, statement):
                written.extend(self._shifted(statement, path))
            else:
                written.append(statement)
        yield from written

    def _is_transistor(self, cell: Subcircuit, statement: str) -> bool:
        """True for an element M, and for an X of a transistor of the library."""
        letter = command(statement)[0]
        if letter != "x":
            return letter == "m"
        name, definition = cell.used_by(statement)
        return definition is None and self.card.subcircuits.get(name.lower(), False)

    def _has_transistors(self, cell: Subcircuit) -> bool:
        return any(self._is_transistor(cell, s) or self._used(cell, s) is not None for s in cell.statements)

    def _used(self, cell: Subcircuit, statement: str) -> tuple[str, Subcircuit] | None:
        """Name and definition of the cell that a statement instantiates, if it holds transistors."""
        if command(statement)[0] != "x":
            return None
        name, definition = cell.used_by(statement)
        return (name, definition) if definition is not None and self._has_transistors(definition) else None

    def _shifted(self, transistor: str, path: str) -> Iterator[str]:
        """A transistor with its own threshold and current factor, and the source in series with its gate."""
        word = command(transistor)
        known = self._known(transistor, path, word)
        volts, widening = known.law(self._stated)(self.sample)
        if widening != 1:
            transistor = re.sub(r"\bw\s*=\s*\S+", f"w={known.width * widening!r}", transistor, flags=re.IGNORECASE)
        if known.is_element:
            yield f"{transistor} delvto={volts!r}"
            return
        label, drain, gate, *rest = transistor.split()
        yield f"{_SOURCE}{label} {gate} {gate}_{label.lower()} {volts!r}"
        yield " ".join([label, drain, f"{gate}_{label.lower()}", *rest])

    def _known(self, transistor: str, path: str, word: str) -> Transistor:
        name = path + (word[1:] if word.startswith("xm") else word)  # the same copy, whatever the library's elements
        if (name, transistor) not in self.transistors:
            sizes = {key: number(text) for key, text in tokenize(transistor.lower())[1].items()}
            width, length = sizes.get("w"), sizes.get("l")
            if not width or not length:
                raise InputError("a transistor without width and length has no mismatch", where=name, found=transistor)
            metres = width * (sizes.get("m") or 1) * self.card.unit_m, length * self.card.unit_m
            polarity = self._polarity(transistor, word)
            self.transistors[name, transistor] = Transistor(name, width, *metres, polarity, word[0] == "m")
        return self.transistors[name, transistor]

    def _polarity(self, transistor: str, word: str) -> str | None:
        """``"n"`` or ``"p"``; None for another subcircuit of the library than the two transistors."""
        model = tokenize(transistor.lower())[0][-1 if word[0] == "x" else 5]
        for polarity in POLARITIES:
            if self.card.device(polarity).name.lower() == model:
                return polarity
        kind = re.search(rf"^\.model\s+{re.escape(model)}\s+([np])mos\b", self.card.text.lower(), re.MULTILINE)
        return kind[1] if kind else None
