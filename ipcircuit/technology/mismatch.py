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

from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.expressions import number
from ipcircuit.spice.netlist import Subcircuit, command, read, tokenize
from ipcircuit.technology.targets import MISMATCH


def device_sigma(width_m: float, length_m: float) -> float:
    """σ(V_th) of one device, V."""
    return MISMATCH.a_vt_V_um / math.sqrt(2 * width_m * length_m * 1e12)


def with_mismatch(deck: Sequence[str], sample: Sample) -> list[str]:
    """The lines of a deck (without title and models) as those of one random copy.

    Raises:
        InputError: a transistor without width and length, or cells that do not end.
    """
    return list(_statements(read(deck), "", sample))


def transistor_shifts(deck: Sequence[str]) -> dict[str, float]:
    """V_th shift (V) by path of every transistor of a deck that `with_mismatch` wrote; others have none."""
    shifts: dict[str, float] = {}

    def visit(cell: Subcircuit, path: str) -> None:
        for statement in cell.statements:
            shift = re.search(r"\bdelvto=(\S+)", statement)
            if shift:
                shifts[path + command(statement)] = float(shift[1])
            if (used := _used(cell, statement)) is not None:
                visit(used[1], _below(cell, path, statement))

    visit(read(deck), "")
    return shifts


def _has_transistors(cell: Subcircuit) -> bool:
    return any(command(s)[0] == "m" or _used(cell, s) is not None for s in cell.statements)


def _used(cell: Subcircuit, statement: str) -> tuple[str, Subcircuit] | None:
    """Name and definition of the cell that a statement instantiates, if it holds transistors."""
    if command(statement)[0] != "x":
        return None
    name, definition = cell.used_by(statement)
    return (name, definition) if definition is not None and _has_transistors(definition) else None


def _below(cell: Subcircuit, path: str, instance: str) -> str:
    """Path below an instance; those at the top of the deck are copies of one circuit and have none of their own."""
    return path if cell.parent is None else f"{path}{command(instance)}."


def _statements(cell: Subcircuit, path: str, sample: Sample) -> Iterator[str]:
    """A cell's content: first the cells without transistors, as they were, then one copy for each use of the others."""
    for inner in cell.inner.values():
        if not _has_transistors(inner):
            yield from (inner.header, *_statements(inner, path, sample), f".ends {inner.name}")
    written: list[str] = []
    for statement in cell.statements:
        used = _used(cell, statement)
        if used is not None:
            name, definition = used
            copy = f"{name}_of_{command(statement)}"
            header = definition.header.split()
            yield " ".join([header[0], copy, *header[2:]])
            yield from _statements(definition, _below(cell, path, statement), sample)
            yield f".ends {copy}"
            last = rf"(?<=\s){re.escape(name)}(?=\s|$)(?!.*\s{re.escape(name)}(\s|$))"
            written.append(re.sub(last, copy, statement))
        elif command(statement)[0] == "m":
            written.append(_shifted(statement, path, sample))
        else:
            written.append(statement)
    yield from written


def _shifted(transistor: str, path: str, sample: Sample) -> str:
    name = path + command(transistor)
    sizes = {key: number(text) for key, text in tokenize(transistor.lower())[1].items()}
    width, length = sizes.get("w"), sizes.get("l")
    if not width or not length:
        raise InputError("a transistor without width and length has no mismatch", where=name, found=transistor)
    sigma = device_sigma(width * (sizes.get("m") or 1), length)
    return f"{transistor} delvto={sigma * sample.normal(name)!r}"
