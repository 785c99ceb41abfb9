"""Words of a section: titles, captions, sentences and column headings, in ``prose.toml`` beside the section's code.

A text names the numbers that the code passes, each with a format that may end in a unit: ``{width_s:.1f ns}`` reads
"10.3 ns", ``{share:.0f %}`` "12 %", ``{energy_J:3 J}`` three digits with the prefix that suits them (`in_unit`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from matplotlib.figure import Figure

from ipcircuit.records import parse, read_toml, record
from ipcircuit.units import in_unit
from reports.figures.plot import Plot
from reports.section import Finding
from reports.tables.table import Form, Rows, Table


@record
class Words:
    """Words of one figure (caption, alt), table (caption) or finding (text).

    Attributes:
        name: file name, where it is not the key.
        headings, formats, missing, hidden, choices, anchor: of a `Table`.
    """

    title: str
    caption: str = ""
    alt: str = ""
    text: str = ""
    name: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    missing: str = Table.missing
    hidden: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    anchor: str = ""


class _Filled(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return in_unit(value, format_spec)


_FILLED = _Filled()


@cache
def _read(path: Path) -> dict[str, dict[str, Words]]:
    return parse(dict[str, dict[str, Words]], read_toml(path), path.name)


class Prose:
    """Words beside the module `file`, by kind and key; numbers are passed under the names that the texts use."""

    def __init__(self, file: str) -> None:
        self._path = Path(file).with_name("prose.toml")

    def _words(self, kind: str, key: str) -> Words:
        return _read(self._path)[kind][key]

    def plot(self, key: str, figure: Figure, /, **values: Any) -> Plot:
        """A figure with its words."""
        words = self._words("plot", key)
        texts = (words.name or key, words.title, words.caption, words.alt)
        name, title, caption, alt = (_FILLED.vformat(text, (), values) for text in texts)
        return Plot(name, title, caption, alt, figure)

    def table(self, key: str, rows: Rows, /, formats: Mapping[str, Form] | None = None, **values: Any) -> Table:
        """Rows with their words; `formats` beside the stored ones, for columns that the code names."""
        words = self._words("table", key)
        title, caption = (_FILLED.vformat(text, (), values) for text in (words.title, words.caption))
        headings = {column: _FILLED.vformat(text, (), values) for column, text in words.headings.items()}
        forms, rest = {**words.formats, **(formats or {})}, (words.hidden, words.choices, words.anchor)
        return Table(key, title, caption, rows, headings, forms, words.missing, *rest)

    def finding(self, key: str, /, **values: Any) -> Finding:
        """A finding with its numbers."""
        words = self._words("finding", key)
        return Finding(*(_FILLED.vformat(text, (), values) for text in (words.title, words.text)))
