"""Tables of plain text that fit a given width without cutting a cell.

A value stays together with its unit. Text wraps between words; where that leaves a column too narrow to read, its text
stands on a line of its own below each row, and columns of numbers that do not fit beside each other follow below.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

GAP = 2  # blanks between columns
NARROWEST = 16  # characters of a text column that can still be read
INDENT = 4  # of text below its row
_GLUE = re.compile(r"(?<=[\d±]) (?=\S)")  # a number and its unit; textwrap breaks at ordinary blanks only


@dataclass(frozen=True)
class _Layout:
    """Columns that stand beside each other, and the texts below each row."""

    columns: Sequence[str]
    rows: Sequence[tuple[Sequence[str], Sequence[str]]]
    right: Sequence[bool]


def table_lines(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[str],
    width: int,
    bold: Callable[[str], str] = str,
) -> list[str]:
    """Lines of a table, headings first.

    Args:
        columns: headings; the first column names the row.
        rows: a text for each column.
        right: headings of the columns of values, which line up on the right and never move below the row.
        width: characters that a line may have.
        bold: applied to each line of the headings.
    """
    glued = [([_GLUE.sub("\u00a0", cell) for cell in row], []) for row in rows]
    layout = _Layout(columns, glued, [column in right for column in columns])
    return [line.replace("\u00a0", " ") for line in _lines(layout, width, bold)]


def wrapped(text: str, width: int, indent: str = "", hanging: str = "") -> list[str]:
    """Text in lines, broken between words only and never between a number and its unit."""
    lines = []
    for paragraph in text.splitlines():
        lines += textwrap.wrap(
            _GLUE.sub("\u00a0", paragraph),
            width,
            initial_indent=indent,
            subsequent_indent=indent + hanging,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return [line.replace("\u00a0", " ") for line in lines]


def _lines(layout: _Layout, width: int, bold: Callable[[str], str]) -> list[str]:
    widths = _widths(layout, width)
    if widths is not None:
        return _set(layout, widths, width, bold)
    texts = [index for index, right in enumerate(layout.right) if index and not right]
    if texts:
        longest = max(texts, key=lambda index: max(len(cells[index]) for cells, _ in layout.rows))
        return _lines(_moved_below(layout, longest), width, bold)
    return _in_parts(layout, width, bold)


def _widths(layout: _Layout, width: int) -> list[int] | None:
    """Width of each column, the widest ones narrowed until all fit; None where they cannot."""
    natural, least = [], []
    for index, heading in enumerate(layout.columns):
        cells = [cells[index] for cells, _ in layout.rows]
        longest = max(len(cell) for cell in (heading, *cells))
        word = max((len(word) for cell in (heading, *cells) for word in cell.split(" ")), default=0)
        natural.append(longest)
        least.append(word if layout.right[index] else max(word, min(longest, NARROWEST)))
    room = width - GAP * (len(natural) - 1)
    if sum(least) > room:
        return None
    while sum(natural) > room:
        index = max((i for i in range(len(natural)) if natural[i] > least[i]), key=lambda i: natural[i])
        natural[index] -= 1
    return natural


def _moved_below(layout: _Layout, index: int) -> _Layout:
    """The layout with one column's texts below the rows, under its heading where several stand there."""
    keep = [i for i in range(len(layout.columns)) if i != index]
    rows = [([cells[i] for i in keep], [cells[index], *below]) for cells, below in layout.rows]
    return _Layout([layout.columns[i] for i in keep], rows, [layout.right[i] for i in keep])


def _in_parts(layout: _Layout, width: int, bold: Callable[[str], str]) -> list[str]:
    """Columns of values in several tables below each other, each with the first column."""
    last = len(layout.columns)
    while last > 2 and _widths(_part(layout, range(1, last)), width) is None:
        last -= 1
    first = _part(layout, range(1, last))
    widths = _widths(first, width) or [max(len(c[i]) for c, _ in first.rows) for i in range(len(first.columns))]
    lines = _set(first, widths, width, bold)
    if last < len(layout.columns):
        rest = _part(layout, range(last, len(layout.columns)))
        lines += ["", *_lines(_Layout(rest.columns, [(cells, ()) for cells, _ in rest.rows], rest.right), width, bold)]
    return lines


def _part(layout: _Layout, columns: range) -> _Layout:
    keep = [0, *columns]
    rows = [([cells[i] for i in keep], below) for cells, below in layout.rows]
    return _Layout([layout.columns[i] for i in keep], rows, [layout.right[i] for i in keep])


def _set(layout: _Layout, widths: Sequence[int], width: int, bold: Callable[[str], str]) -> list[str]:
    lines = [bold(line) for line in _row(layout.columns, widths, layout.right, bottom=True)]
    lines.append("─" * (sum(widths) + GAP * (len(widths) - 1)))
    for cells, below in layout.rows:
        lines += _row(cells, widths, layout.right)
        for text in below:
            lines += wrapped(text, width, " " * INDENT) if text else []
    return lines


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], bottom: bool = False) -> list[str]:
    """The lines of one row; headings line up at the bottom."""
    columns = [
        textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, columns))
    padded = [[""] * (height - len(c)) + c if bottom else c + [""] * (height - len(c)) for c in columns]
    lines = []
    for parts in zip(*padded, strict=True):
        texts = (part.rjust(w) if r else part.ljust(w) for part, w, r in zip(parts, widths, right, strict=True))
        lines.append((" " * GAP).join(texts).rstrip())
    return lines
