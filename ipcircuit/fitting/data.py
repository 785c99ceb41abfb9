"""Measured data: a CSV file per set, read by what its observable needs, in SI units afterwards."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.fitting.observable import SMALLEST, Observable, Quantity
from ipcircuit.records import Name, Positive, PositiveCount, read_text, record
from ipcircuit.units import factor

MOST_POINTS = 20_000
SIGMA, FIRED, TRIALS = "sigma", "fired", "trials"


@record
class MeasuredFile:
    """A table ``[[data]]``.

    Attributes:
        file: CSV with a line of headings, beside the data file.
        observable: what it holds.
        name: of the set in tables and figures; default: the file's, without ending.
        columns: headings by name, of the observable's quantities, `sigma`, `fired` and `trials`; default: the name.
        units: units of columns by name; default: SI.
        constants: conditions that are the same for all rows, SI.
        sigma: error bar of every row, in SI units.
        relative_sigma: error bar as a share of the measured value.
        trials: pulses per row of a probability, where no column has them.
        weight: weight of each squared residual.
        source: where the data come from.
    """

    file: Name
    observable: Name
    name: str = ""
    columns: Mapping[str, Name] = field(default_factory=dict)
    units: Mapping[str, Name] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    sigma: Positive | None = None
    relative_sigma: Annotated[float, Field(gt=0, le=1)] | None = None
    trials: PositiveCount | None = None
    weight: Positive = 1.0
    source: str = ""


@dataclass(frozen=True)
class DataSet:
    """Measurements of one observable; arrays of shape (n,), SI.

    `sigma` is None where the file states no error: then the residuals tell it. `trials` is None but for counted
    probabilities.
    """

    name: str
    file: str
    observable: Observable
    conditions: Mapping[str, np.ndarray] = field(hash=False)
    value: np.ndarray = field(hash=False)
    sigma: np.ndarray | None = field(hash=False)
    trials: np.ndarray | None = field(hash=False)
    weight: float = 1.0
    source: str = ""

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True)
class _Table:
    """A CSV file: cells by heading, with the line of each row."""

    file: str
    columns: Mapping[str, tuple[str, ...]]
    lines: tuple[int, ...]

    def numbers(self, heading: str, quantity: Quantity, scale: float) -> np.ndarray:
        """A column in SI units. Raises InputError with line and column for what is no number or out of range."""
        out = np.empty(len(self.lines))
        for i, (line, cell) in enumerate(zip(self.lines, self.columns[heading], strict=True)):
            where = f"{self.file}: line {line}: {heading}"
            try:
                value = float(cell)
            except ValueError:
                raise InputError("not a number", where=where, found=cell) from None
            if not math.isfinite(value):
                raise InputError("not a finite number", where=where, found=cell)
            out[i] = value * scale
            if not quantity.holds(out[i]):
                raise InputError(f"{quantity.name} out of range", where=where, found=cell, allowed=quantity.allowed)
        return out


def read_data(item: MeasuredFile, observable: Observable, plan: Path, where: str) -> DataSet:
    """The measurements of one table ``[[data]]``, at `where` in the data file `plan`.

    Raises:
        InputError: naming the file and field, or line and column.
    """
    known = _quantities(observable)
    for kind, names in (("columns", item.columns), ("units", item.units), ("constants", item.constants)):
        for name in names:
            if name not in known:
                raise InputError(
                    f"{observable.name} has no such quantity",
                    where=f"{where}: {kind}",
                    found=name,
                    allowed=", ".join(known),
                )
    table = _read_table(plan.parent / item.file)
    columns = {name: item.columns.get(name, name) for name in known}
    for name in item.columns:
        if columns[name] not in table.columns:
            raise InputError(
                "no such column", where=f"{table.file}: line 1", found=columns[name], allowed=", ".join(table.columns)
            )
    present = {name: heading for name, heading in columns.items() if heading in table.columns}
    read = {
        name: table.numbers(heading, known[name], _scale(item.units.get(name), known[name], where))
        for name, heading in present.items()
    }
    conditions = {q.name: _condition(q, read, item, table, where) for q in observable.conditions}
    value, sigma, trials = _measured(observable, read, item, table, where)
    name = item.name or Path(item.file).stem
    return DataSet(name, item.file, observable, conditions, value, sigma, trials, item.weight, item.source)


def _quantities(observable: Observable) -> dict[str, Quantity]:
    """Everything a column can hold, by name."""
    extra = [Quantity(SIGMA, observable.value.unit, "standard deviation of the value", minimum=SMALLEST)]
    if observable.counted:
        extra += [
            Quantity(FIRED, "", "pulses after which it had happened", minimum=0, whole=True),
            Quantity(TRIALS, "", "pulses in all", minimum=1, whole=True),
        ]
    return {q.name: q for q in (*observable.conditions, observable.value, *extra)}


def _scale(unit: str | None, quantity: Quantity, where: str) -> float:
    scale = 1.0 if unit is None else factor(unit, quantity.unit)
    if scale is None:
        allowed = f"{quantity.unit} with an SI prefix, such as m{quantity.unit}" if quantity.unit else "%"
        raise InputError("unknown unit", where=f"{where}: units: {quantity.name}", found=unit, allowed=allowed)
    return scale


def _condition(
    quantity: Quantity, read: Mapping[str, np.ndarray], item: MeasuredFile, table: _Table, where: str
) -> np.ndarray:
    """A condition of each row: a column, a constant, or its default."""
    name, rows = quantity.name, len(table.lines)
    if name in item.constants:
        if name in read and name in item.columns:
            raise InputError("both a column and a constant", where=f"{where}: constants", found=name)
        value = item.constants[name]
        if not quantity.holds(value):
            raise InputError("out of range", where=f"{where}: constants: {name}", found=value, allowed=quantity.allowed)
        return np.full(rows, value)
    if name in read:
        return read[name]
    if quantity.default is None:
        headings = ", ".join(table.columns)
        raise InputError(
            f"no column for {name} ({quantity.description})",
            where=f"{table.file}: line 1",
            found=headings,
            allowed=f"a heading {name!r}, columns.{name} or constants.{name}",
        )
    return np.full(rows, quantity.default)


def _measured(
    observable: Observable, read: Mapping[str, np.ndarray], item: MeasuredFile, table: _Table, where: str
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Value, error bar and number of trials of each row."""
    trials = np.full(len(table.lines), float(item.trials)) if item.trials is not None else read.get(TRIALS)
    if trials is not None and not observable.counted:
        raise InputError("trials belong to a probability", where=f"{where}: trials", found=observable.name)
    name = observable.value.name
    if FIRED in read and name not in read:
        if trials is None:
            raise InputError("counts without their trials", where=f"{table.file}: line 1", allowed="a column trials")
        for line, k, n in zip(table.lines, read[FIRED], trials, strict=True):
            if k > n:
                raise InputError(
                    "more than its trials", where=f"{table.file}: line {line}: {FIRED}", found=k, allowed=f"0 … {n:g}"
                )
        value = read[FIRED] / trials
    elif name in read:
        value = read[name]
    else:
        raise InputError(
            f"no column for {name} ({observable.value.description})",
            where=f"{table.file}: line 1",
            found=", ".join(table.columns),
            allowed=f"a heading {name!r} or columns.{name}",
        )
    stated = [
        text
        for text, given in (
            ("sigma", SIGMA in read),
            ("sigma =", item.sigma is not None),
            ("relative_sigma", item.relative_sigma is not None),
            ("trials", trials is not None),
        )
        if given
    ]
    if len(stated) > 1:
        raise InputError("more than one kind of error bar", where=where, found=", ".join(stated), allowed="one")
    sigma = read.get(SIGMA)
    if item.sigma is not None:
        sigma = np.full(len(value), item.sigma)
    if item.relative_sigma is not None:
        sigma = item.relative_sigma * np.abs(value)
        if not sigma.all():
            line = table.lines[int(np.flatnonzero(sigma == 0)[0])]
            raise InputError("relative_sigma of a value of 0", where=f"{table.file}: line {line}: {name}")
    return value, sigma, trials


def _read_table(path: Path) -> _Table:
    """A CSV file with a line of headings; comma, semicolon or tab between cells, lines that begin with # left out."""
    text = read_text(path).removeprefix("\ufeff")
    kept = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if not kept:
        raise InputError("empty", where=path.name, allowed="a line of headings and rows of numbers")
    first = kept[0][1]
    delimiter = max(",;\t", key=first.count)
    headings = [cell.strip() for cell in _cells(first, delimiter, path.name, kept[0][0])]
    for heading in headings:
        if headings.count(heading) > 1:
            raise InputError("heading given twice", where=f"{path.name}: line {kept[0][0]}", found=heading)
    if len(kept) > MOST_POINTS + 1:
        raise InputError("too many rows", where=path.name, found=len(kept) - 1, allowed=f"up to {MOST_POINTS}")
    if len(kept) == 1:
        raise InputError("no rows", where=path.name, allowed="rows of numbers below the headings")
    rows = []
    for number, line in kept[1:]:
        cells = [cell.strip() for cell in _cells(line, delimiter, path.name, number)]
        if len(cells) != len(headings):
            raise InputError(
                "another number of cells than headings",
                where=f"{path.name}: line {number}",
                found=len(cells),
                allowed=str(len(headings)),
            )
        rows.append(cells)
    columns = {heading: tuple(row[i] for row in rows) for i, heading in enumerate(headings)}
    return _Table(path.name, columns, tuple(number for number, _ in kept[1:]))


def _cells(line: str, delimiter: str, file: str, number: int) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        raise InputError(f"not CSV: {error}", where=f"{file}: line {number}") from None
