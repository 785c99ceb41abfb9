"""A table of the report: plain SI numbers, written as CSV and JSON, and how its cells read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ipcircuit.files import write_text_atomic
from ipcircuit.units import in_full, in_unit, si, split_unit, with_unit, words

NOT_OBTAINED = si(None, "")
_T = TypeVar("_T")
Rows = Sequence[Mapping[str, Any]]
Form = str | Callable[[Any], str]
"""How a value reads: a format as `ipcircuit.units.in_unit` takes it, a key of `FORMS`, or a function."""


@dataclass(frozen=True)
class Cell:
    """One cell for HTML: its text, the number behind it (None: none), and whether it lines up as a number."""

    text: str
    value: float | None
    numeric: bool


@dataclass(frozen=True)
class Detail:
    """Part of what a row opens to: a label and its text; `code`: the text is a command."""

    label: str
    text: str
    code: bool = False


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: file name without ending.
        title, caption: for people.
        rows: column name to value, one mapping per row; a name ends in its unit (``energy_J``). None: not obtained.
        headings: column name to heading; by default the name without underscores and unit. A name with ``*`` stands
            for several columns; what it leaves open takes the place of a ``*`` in the heading.
        formats: column name (or one with ``*``) to how a value reads; by default with the name's unit.
        missing: text of a cell that has no value.
        hidden: columns that are only in the files, because another one shows them in words.
        choices: columns of few different words, by which a reader chooses rows.
        anchor: column whose value names its row, for links to ``#NAME-VALUE``; empty: none.
        details: what each row opens to, row by row; empty: no row opens.
    """

    name: str
    title: str
    caption: str
    rows: Rows
    headings: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, Form] = field(default_factory=dict)
    missing: str = NOT_OBTAINED
    hidden: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    anchor: str = ""
    details: Sequence[Sequence[Detail]] = ()

    @cached_property
    def columns(self) -> list[str]:
        """All column names, in order of first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @cached_property
    def shown(self) -> list[str]:
        """The columns of the page."""
        return [name for name in self.columns if name not in self.hidden]

    def heading(self, column: str) -> str:
        """Text above a column."""
        text, rest = _for_column(self.headings, column)
        return words(column) if text is None else text.replace("*", rest)

    def anchor_of(self, row: int) -> str:
        """The name of a row on its page; empty: it has none."""
        return f"{self.name}-{self.rows[row][self.anchor]}" if self.anchor else ""

    def is_numeric(self, column: str) -> bool:
        """Whether a column holds numbers, and lines up on the right."""
        return any(self._cell(column, row.get(column)).numeric for row in self.rows)

    def cells(self) -> list[list[Cell]]:
        """Every cell as it is shown, row by row."""
        return [[self._cell(column, row.get(column)) for column in self.shown] for row in self.rows]

    def _cell(self, column: str, value: Any) -> Cell:
        form, _ = _for_column(self.formats, column)
        form = FORMS.get(form, form) if isinstance(form, str) else form
        number = None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
        if value is None:
            text = self.missing
        elif isinstance(form, str):
            text = in_unit(value, form)
        else:
            text = default_text(column, value) if form is None else form(value)
        return Cell(text, number, number is not None)

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
        lines = io.StringIO()
        writer = csv.DictWriter(lines, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        paths = [folder / f"{self.name}.{kind}" for kind in ("csv", "json")]
        return write_text_atomic(paths[0], lines.getvalue()), write_text_atomic(paths[1], text)


def attributes(record: object, *names: str) -> dict[str, Any]:
    """Part of a row: attributes of a record by name."""
    return {name: getattr(record, name) for name in names}


def default_text(column: str, value: Any) -> str:
    """How a value reads: with the unit that the column's name ends in, four digits, words as they are."""
    return with_unit(value, split_unit(column)[1])


FORMS: Mapping[str, Callable[[Any], str]] = {"ratio": in_full, "signed": lambda value: f"{value:g}".replace("-", "−")}


def _for_column(known: Mapping[str, _T], column: str) -> tuple[_T | None, str]:
    """What is known of a column, under its name or one with ``*``, and the text that the ``*`` stands for."""
    if column in known:
        return known[column], ""
    for name, value in known.items():
        head, star, tail = name.partition("*")
        if star and column.startswith(head) and column.endswith(tail):
            return value, column[len(head) : len(column) - len(tail)]
    return None, ""
