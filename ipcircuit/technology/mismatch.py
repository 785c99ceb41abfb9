"""Random threshold mismatch: a deck in which every transistor has a threshold shift of its own.

Pelgrom's law gives σ(ΔV_th) = A_VT / √(W·L) for the difference of two equal devices, thus σ = A_VT / √(2·W·L) for one.
Assumed: Gaussian and independent; widths, lengths and currents do not vary beside it.

A SPICE deck describes cells once and uses them often. Here each use that holds transistors becomes a cell of its own,
whose transistors carry the shift as the BSIM4 instance parameter ``delvto``. Instances keep their names, and so do all
signals. A transistor is named by its path below the instance at the top of the deck: several such instances of one
circuit (replicas in different states) are the same copy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.deck import number
from ipcircuit.technology.targets import MISMATCH


def device_sigma(width_m: float, length_m: float) -> float:
    """σ(V_th) of one device, V."""
    return MISMATCH.a_vt_V_um / math.sqrt(2 * width_m * length_m * 1e12)


@dataclass
class _Cell:
    """A ``.subckt`` (or, without a header, the deck itself) with the cells that are defined within it."""

    header: str
    outer: _Cell | None
    lines: list[str] = field(default_factory=list)
    cells: dict[str, _Cell] = field(default_factory=dict)
    end: str = ""

    def find(self, name: str) -> _Cell | None:
        """A cell by name, seen from within this one."""
        inner = self.cells.get(name.lower())
        return inner if inner is not None or self.outer is None else self.outer.find(name)

    @property
    def has_transistors(self) -> bool:
        if any(line.startswith(("m", "M")) for line in self.lines):
            return True
        used = (self.find(word) for line in self.lines if line.startswith(("x", "X")) for word in line.split()[1:])
        return any(cell.has_transistors for cell in used if cell is not None)


def with_mismatch(deck: Sequence[str], sample: Sample) -> list[str]:
    """The lines of a deck (without title and models) as those of one random copy.

    Raises:
        InputError: a transistor without width and length, or cells that do not end.
    """
    top = _read(deck)
    return list(_lines(top, "", sample))


def transistor_shifts(deck: Sequence[str]) -> dict[str, float]:
    """V_th shift (V) by path of every transistor of a deck that `with_mismatch` wrote; others have none."""
    found: dict[str, float] = {}

    def visit(cell: _Cell, path: str) -> None:
        for line in cell.lines:
            shift = re.search(r"\bdelvto=(\S+)", line)
            if shift:
                found[path + line.split()[0].lower()] = float(shift[1])
            if line.startswith(("x", "X")) and (used := _used(cell, line)) is not None:
                visit(used[1], path if cell.outer is None else f"{path}{line.split()[0].lower()}.")

    visit(_read(deck), "")
    return found


def _read(deck: Sequence[str]) -> _Cell:
    cell = _Cell("", None)
    for line in deck:
        command = line.split()[0].lower() if line.split() else ""
        if command == ".subckt":
            inner = _Cell(line, cell)
            cell.cells[line.split()[1].lower()] = inner
            cell = inner
        elif command == ".ends" and cell.outer is not None:
            cell.end = line
            cell = cell.outer
        else:
            cell.lines.append(line)
    if cell.outer is not None:
        raise InputError("a subcircuit has no .ends", where="deck", found=cell.header)
    return cell


def _used(cell: _Cell, line: str) -> tuple[str, _Cell] | None:
    """Name and definition of what an instance line uses, if it holds transistors: its last word but parameters."""
    words = [word for word in line.split()[1:] if "=" not in word]
    found = cell.find(words[-1]) if words else None
    return (words[-1], found) if found is not None and found.has_transistors else None


def _lines(cell: _Cell, path: str, sample: Sample) -> Iterator[str]:
    """A cell's content: first the cells without transistors, as they were, then one copy for each use of the others."""
    for inner in cell.cells.values():
        if not inner.has_transistors:
            yield from (inner.header, *_lines(inner, path, sample), inner.end)
    written: list[str] = []
    for line in cell.lines:
        used = _used(cell, line) if line.startswith(("x", "X")) else None
        if used is not None:
            name, definition = used
            instance = line.split()[0].lower()
            copy = f"{name}_of_{instance}"
            below = path if cell.outer is None else f"{path}{instance}."
            header = definition.header.split()
            yield " ".join([header[0], copy, *header[2:]])
            yield from _lines(definition, below, sample)
            yield f".ends {copy}"
            line = re.sub(rf"(?<=\s){re.escape(name)}(?=\s|$)(?!.*\s{re.escape(name)}(\s|$))", copy, line)
        elif line.startswith(("m", "M")):
            line = _shifted(line, path, sample)
        written.append(line)
    yield from written


def _shifted(line: str, path: str, sample: Sample) -> str:
    name = path + line.split()[0].lower()
    sizes = dict(re.findall(r"\b([wlm])=(\S+)", line.lower()))
    width, length = (number(sizes.get(key, "")) for key in "wl")
    if not width or not length:
        raise InputError("a transistor without width and length has no mismatch", where=name, found=line)
    sigma = device_sigma(width * (number(sizes.get("m", "1")) or 1), length)
    return f"{line} delvto={sigma * sample.normal(name)!r}"
