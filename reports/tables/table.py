"""A table of the report: a pandas frame of plain SI numbers, written as CSV and JSON, and how its cells read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ipcircuit.files import write_text_atomic
from ipcircuit.units import si, split_unit, with_unit, words

NOT_OBTAINED = si(None, "")


@dataclass(frozen=True)
class Cell:
    """One cell for HTML: its text, the number behind it (None: none), and whether it lines up as a number."""

    text: str
    value: float | None
    numeric: bool


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: file name without ending.
        title, caption: for people.
        rows: column name to value, one mapping per row; a name ends in its unit (``energy_J``). None: not obtained.
        headings: column name to heading; by default the name without underscores, its unit in brackets.
        formats: column name to the text of a value; by default from the name's unit.
        missing: text of a cell that has no value.
        hidden: columns that are only in the files, because another one shows them in words.
    """

    name: str
    title: str
    caption: str
    rows: Sequence[Mapping[str, Any]]
    headings: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    missing: str = NOT_OBTAINED
    hidden: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """All column names, in order of first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def shown(self) -> list[str]:
        """The columns of the page."""
        return [name for name in self.columns if name not in self.hidden]

    def frame(self) -> pd.DataFrame:
        """The plain values; a value that was not obtained is None."""
        return pd.DataFrame(
            [[row.get(name) for name in self.columns] for row in self.rows], columns=self.columns, dtype=object
        )

    def heading(self, column: str) -> str:
        """Text above a column."""
        return self.headings.get(column, words(column))

    def is_numeric(self, column: str) -> bool:
        """Whether a column holds numbers, and lines up on the right."""
        return any(self._cell(column, row.get(column)).numeric for row in self.rows)

    def cells(self) -> list[list[Cell]]:
        """Every cell as it is shown, row by row."""
        return [[self._cell(column, row.get(column)) for column in self.shown] for row in self.rows]

    def _cell(self, column: str, value: Any) -> Cell:
        form = self.formats.get(column) or (lambda v: default_text(column, v))
        number = None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
        return Cell(self.missing if value is None else form(value), number, number is not None)

    def to_json(self) -> dict[str, Any]:
        """Title, caption, columns and rows; missing values are null."""
        rows = [{name: row.get(name) for name in self.columns} for row in self.rows]
        return {"name": self.name, "title": self.title, "caption": self.caption, "columns": self.columns, "rows": rows}

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write ``NAME.csv`` and ``NAME.json`` into `folder`. Floats keep all their digits; an empty CSV field is None.

        Raises:
            InputError: the folder cannot be written.
            ValueError: a number is NaN or infinite.
        """
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        csv = self.frame().to_csv(index=False, lineterminator="\n")
        return write_text_atomic(folder / f"{self.name}.csv", csv), write_text_atomic(
            folder / f"{self.name}.json", text
        )


def default_text(column: str, value: Any) -> str:
    """How a value reads: with the unit that the column's name ends in, four digits, words as they are."""
    return with_unit(value, split_unit(column)[1])


def percent(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:.2f} %"


def ratio(value: float) -> str:
    """A ratio with three digits, thousands separated."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def millivolt(value: float) -> str:
    """A voltage in mV, whatever its size: columns of margins compare at a glance."""
    return f"{1e3 * value:.1f} mV"
