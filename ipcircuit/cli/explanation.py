"""A claim in words on one screen: labels at the left, texts wrapped beside them, commands unbroken."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from ipcircuit.cli import console
from ipcircuit.cli.table import wrapped
from ipcircuit.units import with_unit

_LABEL = 11  # characters of the widest label and a blank


def show_explanation(row: Mapping[str, Any]) -> None:
    """Print `reports.explain.Explanation.to_json`."""
    width = shutil.get_terminal_size().columns
    lines = [console.printable(line) for line in wrapped(f"{row['id']}: {row['quantity']}", width, hanging="  ")]
    for label, text in _parts(row):
        lines += _labelled(label, text, width)
    for line in lines:
        console.print_line(line)


def _parts(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and text of each part; an empty label goes on with the one before."""
    published = row["published"]
    stated = published.strip('"') if isinstance(published, str) else with_unit(published, row["unit"])
    yield "published", f"{stated} ({row['where']})"
    if row["sentence"]:
        yield "", f"“{row['sentence']}”"
    yield "", row["citation"]
    yield "ours", _ours(row)
    if row["note"]:
        yield "", row["note"]
    for decision in row["decisions"]:
        yield f"decision {decision['number']}"[: _LABEL - 1], decision["text"]
    yield "again", row["command"]


def _ours(row: Mapping[str, Any]) -> str:
    if row["reproduced"] is None:
        return row["verdict"]
    value = with_unit(row["reproduced"], row["unit"])
    ratio = "" if row["ratio"] is None else f", {console.number(row['ratio'], 3)} of the published figure"
    evidence = f"; evidence: {row['evidence'].replace('_', ' ')}" if row["evidence"] else ""
    return f"{value}{ratio}: {row['verdict']}{evidence}"


def _labelled(label: str, text: str, width: int) -> list[str]:
    """A text beside its label."""
    lines = wrapped(console.printable(text), width - _LABEL)
    return [f"{label if not i else '':<{_LABEL}}{line}".rstrip() for i, line in enumerate(lines)]
