"""Tables of plain text that fit a given width without cutting a cell.

A value stays together with its unit. Text wraps between words, headings first. Where that leaves a column too narrow to
read, its text stands below each row, long texts first, then the last column; columns of values that still do not fit
follow in a table of their own.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

GAP = 2  # blanks between columns
NARROWEST = 16  # characters in which a column of longer texts can still be read
INDENT = 4  # of text below its row
_GLUE = re.compile(r"(?<=[\d±]) (?=\S)")  # a number and its unit; textwrap breaks at ordinary blanks only


@dataclass(frozen=True)
class _Layout:
    """Columns that stand beside each other, headings first, the texts below each row, and those above some by index."""

    rows: Sequence[Sequence[str]]
    below: Sequence[Sequence[str]]
    right: Sequence[bool]
    above: Mapping[int, str] = field(default_factory=dict)


def table_lines(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[str],
    width: int,
    bold: Callable[[str], str] = str,
    groups: Mapping[int, str] | None = None,
) -> list[str]:
    """Lines of a table, headings first.

    Args:
        columns: headings; the first column names the row.
        rows: a text for each column.
        right: headings of the columns of values, which line up on the right and never move below the row.
        width: characters that a line may have.
        bold: applied to each line of the headings.
        groups: text of a line before a row, by the row's index: what the rows from there on have in common.
    """
    glued = [list(columns), *([_GLUE.sub("\u00a0", cell) for cell in row] for row in rows)]
    above = {index + 1: text for index, text in (groups or {}).items()}
    layout = _Layout(glued, [()] * len(glued), [column in right for column in columns], above)
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
        lengths = {index: max(len(cells[index]) for cells in layout.rows) for index in texts}
        chosen = max(texts, key=lambda index: (lengths[index] if lengths[index] > NARROWEST else 0, index))
        return _lines(_moved_below(layout, chosen), width, bold)
    return _in_parts(layout, width, bold)


def _widths(layout: _Layout, width: int) -> list[int] | None:
    """Width of each column, the widest ones narrowed until all fit, headings before cells; None where they cannot."""
    natural, cells_only, least = [], [], []
    for cells, right in zip(zip(*layout.rows, strict=True), layout.right, strict=True):
        longest = max(map(len, cells))
        word = max(len(word) for cell in cells for word in cell.split(" "))
        natural.append(longest)
        cells_only.append(max(map(len, cells[1:]), default=0))
        least.append(word if right or longest <= NARROWEST else max(word, NARROWEST))
    room = width - GAP * (len(natural) - 1)
    if sum(least) > room:
        return None
    while sum(natural) > room:
        wrapping = [i for i in range(len(natural)) if natural[i] > least[i]]
        headings = [i for i in wrapping if natural[i] > cells_only[i]]
        natural[max(headings or wrapping, key=lambda i: natural[i])] -= 1
    return natural


def _moved_below(layout: _Layout, index: int) -> _Layout:
    """The layout with one column's texts below the rows, before what already stands there."""
    below = [(cells[index], *texts) for cells, texts in zip(layout.rows, layout.below, strict=True)]
    rest = _part(layout, [i for i in range(len(layout.right)) if i != index])
    return replace(rest, below=below)


def _in_parts(layout: _Layout, width: int, bold: Callable[[str], str]) -> list[str]:
    """The columns of values in two tables, each with the first column; two columns stay as they are."""
    count = len(layout.right)
    if count == 2:
        return _set(layout, [max(map(len, cells)) for cells in zip(*layout.rows, strict=True)], width, bold)
    middle = (count + 1) // 2
    first, second = _part(layout, range(middle)), _part(layout, [0, *range(middle, count)])
    second = replace(second, below=[()] * len(second.rows))
    return [*_lines(first, width, bold), "", *_lines(second, width, bold)]


def _part(layout: _Layout, columns: Sequence[int]) -> _Layout:
    rows = [[cells[i] for i in columns] for cells in layout.rows]
    return replace(layout, rows=rows, right=[layout.right[i] for i in columns])


def _set(layout: _Layout, widths: Sequence[int], width: int, bold: Callable[[str], str]) -> list[str]:
    rows = [
        [
            *wrapped(layout.above.get(number, ""), width, hanging="  "),
            *_row(cells, widths, layout.right, bottom=not number),
            *wrapped("; ".join(filter(None, texts)), width, " " * INDENT),
        ]
        for number, (cells, texts) in enumerate(zip(layout.rows, layout.below, strict=True))
    ]
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    return [*map(bold, rows[0]), rule, *(line for lines in rows[1:] for line in lines)]


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], bottom: bool) -> list[str]:
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
