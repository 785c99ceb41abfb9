"""The command `claims`: published figures against reproduced ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from ipcircuit.cli import console
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Runs
from ipcircuit.errors import InputError
from ipcircuit.units import with_unit

if TYPE_CHECKING:
    from reports.section import Run

#: Of verdicts on a value of our own.
MARKS = {"reproduced": "✓", "differs": "✗", "not comparable": "~"}


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
    """Published figures against what this project reproduces; only what is asked for is simulated.

    All of them are an overview, a line each; those that --id, --verdict or --evidence choose have their notes.
    """
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
    if json:
        console.print_json(rows)
    elif ids or verdict or evidence:
        show_claims(rows)
    else:
        show_overview(rows, {name: text for ledger in ledgers() for name, text in ledger.groups.items()})


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
        quantity = r["quantity"]
        if isinstance(r["published"], str):  # words take the room of a sentence
            words = r["published"].strip('"')
            quantity = f"{quantity}: “{words}”"
        cells.append((r["id"], quantity, *_values(r)))
        if r["note"]:
            notes.setdefault(r["note"], []).append(r["id"])
    below = "\n".join(f"{', '.join(ids)}: {note}" for note, ids in notes.items())
    console.print_table(_title(rows), columns, cells, right=columns[2:5], below=below)


def show_overview(rows: Sequence[Mapping[str, Any]], groups: Mapping[str, str]) -> None:
    """A line for each claim under its group's; those without a value of our own are named below the table.

    Args:
        groups: what the rows of a group have in common, by group (`reports.ledger.record.Ledger.groups`).
    """
    named: dict[str, list[str]] = {}
    cells: list[tuple[str, ...]] = []
    headings: dict[int, str] = {}
    for group, claims in groupby(rows, key=lambda r: r["id"].partition(".")[0]):
        shown = []
        for r in claims:
            label = "read back (input)" if (r["verdict"], r["evidence"]) == ("reproduced", "input") else r["verdict"]
            if r["reproduced"] is None or r["evidence"] == "input":
                named.setdefault(label, []).append(r["id"])
            else:
                shown.append(r)
        if shown:
            headings[len(cells)] = f"{group}  {groups.get(group, shown[0]['quantity'])}"
            cells += [_line(r, r["id"].removeprefix(f"{group}.")) for r in shown]
    columns = ["id", "published", "reproduced", "ratio", "evidence"]
    below = [
        ", ".join(f"{mark} {verdict}" for verdict, mark in MARKS.items()) + "; yes or no: the words hold or do not"
    ]
    below += [f"{label}: {', '.join(_in_short(ids, rows))}" for label, ids in named.items()]
    below.append("notes: claims --id A5, claims --verdict differs; in words: claims --explain A13.lstm")
    console.print_table(_title(rows), columns, cells, right=columns[1:4], below="\n".join(below), groups=headings)


def _line(r: Mapping[str, Any], part: str) -> tuple[str, ...]:
    """Cells of one claim, its verdict as a mark before the part of its id."""
    *values, verdict, evidence = _values(r)
    return (f"{MARKS[verdict]} {part}", *values, evidence)


def _in_short(ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids; the group alone where all of its rows are among them, and their number where several are."""
    members = Counter(r["id"].partition(".")[0] for r in rows)
    texts = []
    for group, part in groupby(ids, key=lambda name: name.partition(".")[0]):
        names = list(part)
        whole = members[group] == len(names)
        texts.append(group if whole else names[0] if len(names) == 1 else f"{len(names)} of {group}")
    return texts


def _values(r: Mapping[str, Any]) -> tuple[str, ...]:
    """Cells of published, reproduced, ratio, verdict and evidence."""
    ratio = "" if r["ratio"] is None else console.number(r["ratio"], 3)
    published, reproduced = (
        "" if r[key] is None else with_unit(r[key], r["unit"]) for key in ("published", "reproduced")
    )
    if isinstance(r["published"], str):
        published = "in words"
    return published, reproduced, ratio, r["verdict"], (r["evidence"] or "").replace("_", " ")


def _title(rows: Sequence[Mapping[str, Any]]) -> str:
    """Counts of the verdicts, and of the predictions among the reproduced."""
    counts = Counter(r["verdict"] for r in rows)
    predictions = sum(r["verdict"] == "reproduced" and r["evidence"] == "predicted" for r in rows)
    title = "published against reproduced: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    if counts["reproduced"]:
        title += f"; of the reproduced {predictions} are predictions"
    return title if rows else "no such claims"
