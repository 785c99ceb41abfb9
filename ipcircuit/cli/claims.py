"""The command `claims`: published figures against reproduced ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ipcircuit.cli import console
from ipcircuit.cli.options import Jobs, Json, Runs
from ipcircuit.units import si

_PREFIXED_UNITS = ("J", "V", "A", "W", "s", "ohm", "F", "Hz")  # printed with SI prefixes; others as they are


def command(runs: Runs = None, jobs: Jobs = None, json: Json = False) -> None:
    """Published figures against what this project reproduces, row by row."""
    from reports.ledger.evaluate import evaluate
    from reports.page.context import build_context

    with console.progress_bar("evaluating claims") as progress:
        context: Any = build_context(n_jobs=jobs, progress=progress, runs=runs)
        rows = [row.to_json() for row in evaluate(context)]
    console.print_json(rows) if json else show_claims(rows)


def show_claims(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each claim; notes stand below the table, each once, with the rows that they belong to."""
    columns = ["id", "quantity", "published", "reproduced", "ratio", "verdict"]
    cells: list[tuple[str, ...]] = []
    notes: dict[str, list[str]] = {}
    for r in rows:
        ratio = "" if r["ratio"] is None else console.number(r["ratio"])
        values = (_claimed(r[key], r["unit"]) for key in ("published", "reproduced"))
        cells.append((r["id"], r["quantity"], *values, ratio, r["verdict"]))
        if r["note"]:
            notes.setdefault(r["note"], []).append(r["id"])
    below = "\n".join(f"{', '.join(ids)}: {note}" for note, ids in notes.items())
    counts = Counter(r["verdict"] for r in rows)
    title = "published against reproduced: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    console.print_table(title, columns, cells, right=columns[2:5], below=below)


def _claimed(value: Any, unit: str) -> str:
    """A claim's value is a number or a range with a unit, or a word that stands for itself."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " to ".join(_claimed(part, unit) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    return si(value, unit) if unit in _PREFIXED_UNITS else f"{value:.4g} {unit.removeprefix('1')}".strip()
