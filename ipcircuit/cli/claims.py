"""The command `claims`: published figures against reproduced ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from ipcircuit.cli import console
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Runs
from ipcircuit.errors import InputError
from ipcircuit.units import with_unit

if TYPE_CHECKING:
    from reports.section import Run


def command(
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="A claim, A5.base, or a group of them, A5; may be given again.")
    ] = None,
    verdict: Annotated[
        list[str] | None, typer.Option(help="Only this verdict, such as differs; may be given again.")
    ] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(help="Only this kind of evidence, such as predicted; may be given again.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="ID", help="One claim in words: what it says, and what it hangs on.")
    ] = None,
    runs: Runs = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Published figures against what this project reproduces, row by row; only what is asked for is simulated."""
    from reports.ledger.evaluate import VERDICTS, evaluate, select
    from reports.ledger.record import Evidence, ledgers
    from reports.section import Run

    if explain is not None:
        _explain(explain, Run(jobs, runs), json, ids or verdict or evidence)
        return
    _check("--verdict", verdict, VERDICTS)
    _check("--evidence", evidence, get_args(Evidence))
    asked = [
        claim.id
        for _, claim in select(ledgers(), ids)
        if (not evidence or claim.evidence in evidence) and (not verdict or claim.function or claim.status in verdict)
    ]
    with console.progress_bar("evaluating claims") as progress:
        results = evaluate(Run(jobs, runs), ids=asked, progress=progress)
    rows = [row.to_json() for row in results if not verdict or row.verdict in verdict]
    console.print_json(rows) if json else show_claims(rows)


def _explain(row: str, run: Run, json: bool, others: Sequence[str] | None) -> None:
    """One claim in words, or as JSON."""
    from ipcircuit.cli.explanation import show_explanation
    from reports.explain import explain

    if others:
        raise InputError("explains one row; --id, --verdict and --evidence choose rows", where="--explain", found=row)
    with console.progress_bar(f"explaining {row}") as progress:
        result = explain(row, run, progress).to_json()
    console.print_json(result) if json else show_explanation(result)


def _check(option: str, words: Sequence[str] | None, allowed: Collection[str]) -> None:
    for word in words or ():
        if word not in allowed:
            raise InputError("unknown", where=option, found=word, allowed=", ".join(allowed))


def show_claims(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each claim; notes stand below the table, each once, with the rows that they belong to."""
    columns = ["id", "quantity", "published", "reproduced", "ratio", "verdict", "evidence"]
    cells: list[tuple[str, ...]] = []
    notes: dict[str, list[str]] = {}
    for r in rows:
        ratio = "" if r["ratio"] is None else console.number(r["ratio"], 3)
        published, reproduced = (
            "" if r[key] is None else with_unit(r[key], r["unit"]) for key in ("published", "reproduced")
        )
        quantity = r["quantity"]
        if isinstance(r["published"], str):  # words take the room of a sentence
            words = r["published"].strip('"')
            published, quantity = "in words", f"{quantity}: “{words}”"
        evidence = (r["evidence"] or "").replace("_", " ")
        cells.append((r["id"], quantity, published, reproduced, ratio, r["verdict"], evidence))
        if r["note"]:
            notes.setdefault(r["note"], []).append(r["id"])
    below = "\n".join(f"{', '.join(ids)}: {note}" for note, ids in notes.items())
    counts = Counter(r["verdict"] for r in rows)
    predictions = sum(r["verdict"] == "reproduced" and r["evidence"] == "predicted" for r in rows)
    title = "published against reproduced: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    if counts["reproduced"]:
        title += f"; of the reproduced {predictions} are predictions"
    console.print_table(title if rows else "no such claims", columns, cells, right=columns[2:5], below=below)
