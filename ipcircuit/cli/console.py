"""Output for people and machines: tables and JSON on stdout, progress, warnings and errors on stderr."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ipcircuit.cli import streams
from ipcircuit.cli.progress import progress_bar as progress_bar  # part of the output, used from here
from ipcircuit.siblings import SIBLINGS
from ipcircuit.units import UNITS, in_full, prefixed, si, split_unit, with_unit, words

NOT_OBTAINED = si(None, "")
_BREAK = re.compile(r"\s*\n\s*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SPAN = 1e-4  # smallest over largest value that one prefix still suits


def print_json(data: object) -> None:
    """Strict JSON on stdout. NaN and infinity are errors: a value that was not obtained is null.

    Raises:
        ValueError: the data hold NaN or infinity.
    """
    text = json_text(data)
    sys.stdout.write(text if streams.writes_unicode(sys.stdout) else json_text(data, ascii_only=True))


def json_text(data: object, ascii_only: bool = False) -> str:
    """Strict JSON as a file's text. Raises ValueError as `print_json` does."""
    return json.dumps(data, indent=2, ensure_ascii=ascii_only, allow_nan=False) + "\n"


def print_line(text: str) -> None:
    """A line on stdout."""
    sys.stdout.write(f"{printable(text)}\n")


def print_lines(texts: Iterable[str]) -> None:
    """Sentences on stdout, each wrapped to the terminal's width."""
    import shutil

    from ipcircuit.cli.table import wrapped

    width = shutil.get_terminal_size().columns
    for text in texts:
        sys.stdout.write("".join(f"{line}\n" for line in wrapped(printable(text), width, hanging="  ")))


def print_error(message: str) -> None:
    """One line on stderr, never wrapped or coloured into something that cannot be searched for."""
    sys.stderr.write(f"ipcircuit: error: {printable(_BREAK.sub(' ', message.strip()))}\n")


def print_note(message: str) -> None:
    """One line on stderr that is no error."""
    sys.stderr.write(f"ipcircuit: {printable(message)}\n")


def printable(text: str) -> str:
    """Text of anywhere without control characters, which a terminal would obey."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


@contextlib.contextmanager
def warnings_as_messages() -> Iterator[None]:
    """Warnings of this project as one line on stderr, without the place in the code; others as Python shows them."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *location: Any, **more: Any) -> None:
            if category.__module__.partition(".")[0] in ("ipcircuit", *SIBLINGS):
                sys.stderr.write(f"ipcircuit: warning: {printable(str(message))}\n")
            else:
                others(message, category, *location, **more)

        warnings.showwarning = show
        yield


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    below: str = "",
    groups: Mapping[int, str] | None = None,
) -> None:
    """A table on stdout that fits the terminal, or 80 columns where there is none.

    Args:
        columns: headings; the first column names the row.
        right: headings of the columns of values.
        below: text under the table.
        groups: text of a line before a row, by the row's index.
    """
    import shutil

    from ipcircuit.cli.table import table_lines, wrapped

    width = shutil.get_terminal_size().columns
    lines = [_bold(line) for line in wrapped(printable(title), width)]
    cells = [[printable(cell) for cell in row] for row in rows]
    headings = {index: printable(text) for index, text in (groups or {}).items()}
    lines += table_lines(columns, cells, right, width, _bold, headings)
    lines += wrapped("\n".join(map(printable, below.split("\n"))), width, hanging="  ")
    sys.stdout.write("\n".join(lines) + "\n\n")


def print_values(title: str, heading: str, values: Mapping[str, Any]) -> None:
    """A table of names and values, two of them to a line where they fit.

    Args:
        heading: of the names.
        values: by name, which may end in a unit: ``energy_J``, or ``gates, J``.
    """
    import shutil

    cells = [_named_value(name, value) for name, value in values.items()]
    half = -(-len(cells) // 2)
    pairs = [(*first, *second) for first, second in zip_longest(cells[:half], cells[half:], fillvalue=("", ""))]
    columns = [heading, "value", heading, "value"]
    needed = sum(max(map(len, column)) for column in zip(columns, *pairs, strict=True)) + 2 * (len(columns) - 1)
    if half < 2 or needed > shutil.get_terminal_size().columns:
        print_table(title, columns[:2], cells, right=["value"])
    else:
        print_table(title, columns, pairs, right=["value"])


def _named_value(name: str, value: Any) -> tuple[str, str]:
    """A name without its unit, and the value with it."""
    first, comma, unit = name.rpartition(", ")
    text, unit = (first.replace("_", " "), unit) if comma and unit in UNITS else (words(name), split_unit(name)[1])
    return text, with_unit(value, unit)


def _bold(line: str) -> str:
    return f"\x1b[1m{line}\x1b[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else line


def number(value: float | None, digits: int = 4) -> str:
    """A plain number for a table cell; large ones in full, with thousands separated."""
    if value is None:
        return NOT_OBTAINED
    return in_full(value, digits) if abs(value) < 1e9 else f"{value:.{digits}g}"


def interval(low: float | None, high: float | None, form: Callable[[float], str] = number) -> str:
    """``low to high``; empty where there is none."""
    return "" if low is None or high is None else f"{form(low)}\u00a0to\u00a0{form(high)}"


def scaled(
    rows: Sequence[Sequence[float | None]], unit: str, missing: str = NOT_OBTAINED, digits: int = 4
) -> tuple[str, list[list[str]]]:
    """Values that share one unit: the unit for a heading, such as `` (pJ)``, and the text of each cell.

    Where one prefix does not suit them all, the unit of the heading is empty and each cell has its own.

    Args:
        unit: without prefix; one that takes none, such as ``µm²``, is kept.
        missing: text of None.
        digits: significant digits.
    """
    sizes = [abs(v) for row in rows for v in row if v and math.isfinite(v)]
    if unit in ("", "µm²") or not sizes:
        return f" ({unit})" if unit else "", [
            [missing if v is None else number(v, digits) for v in row] for row in rows
        ]
    if min(sizes) < SPAN * max(sizes):
        return "", [[missing if v is None else si(v, unit, digits) for v in row] for row in rows]
    scale, label = prefixed(max(sizes), unit)
    return f" ({label})", [[missing if v is None else number(v / scale, digits) for v in row] for row in rows]


def scaled_row(name: str, values: Sequence[float | None], unit: str) -> tuple[str, ...]:
    """A row whose values share one unit, which stands beside its name."""
    label, cells = scaled([values], unit)
    return (name + label, *cells[0])


def condition_text(conditions: Mapping[str, Any]) -> str:
    """``name = value`` pairs in one line, values with their units."""
    texts = {words(name): with_unit(value, split_unit(name)[1]) for name, value in conditions.items()}
    return ", ".join(f"{name}\u00a0=\u00a0{text}".replace(" ", "\u00a0") for name, text in texts.items())


def percent(value: float | None) -> str:
    """A share in per cent, without the sign."""
    return "" if value is None else f"{100 * value:.1f}"


def shares(value: float, low: float, high: float) -> tuple[str, str]:
    """A share and its interval in per cent, with as many decimals as two digits of its width ask for."""
    decimals = min(max(1, 1 - math.floor(math.log10(max(100 * (high - low), 1e-12)))), 12)
    share, *ends = (f"{100 * number:.{decimals}f}" for number in (value, low, high))
    return share, "\u00a0to\u00a0".join(ends)


def grouped(names: Sequence[str]) -> dict[int, str]:
    """Groups of a table's rows: where each name is first the row's, in rows that lie together."""
    return {index: name for index, name in enumerate(names) if index == 0 or names[index - 1] != name}


def file_lines(folder: Path | None) -> list[str]:
    """A line that says where the files are, if there are any."""
    return [f"files in {folder}"] if folder else []
