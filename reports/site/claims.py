"""The claims ledgers with their verdicts, and the decisions about open points of the papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ipcircuit.units import with_unit
from reports.ledger.evaluate import ClaimResult
from reports.ledger.record import Ledger
from reports.prose import Prose
from reports.tables.table import Table, attributes

PROSE = Prose(__file__)


def _short(row: ClaimResult, papers: Sequence[Ledger]) -> str:
    """A row's note with its decisions by number; their words are in a table of their own."""
    note = row.note
    for ledger in papers:
        for number, decision in ledger.decisions.items():
            note = note.replace(f"decision {number}: {decision.text} ({decision.reason})", f"decision {number}")
    return note


def ledger(results: Iterable[ClaimResult], papers: Sequence[Ledger]) -> Table:
    """All rows; `published` and `reproduced` in words, the plain number of the latter beside it."""
    rows = [
        {
            **attributes(r, "id", "quantity"),
            "published": None if r.published is None else with_unit(r.published, r.unit),
            "reproduced": None if r.reproduced is None else with_unit(r.reproduced, r.unit),
            "reproduced_SI": None if r.reproduced is None else float(r.reproduced),
            **attributes(r, "unit", "ratio", "verdict"),
            "evidence": r.evidence and r.evidence.replace("_", " "),
            "note": _short(r, papers),
        }
        for r in results
    ]
    return PROSE.table("claims", rows)


def decisions(papers: Sequence[Ledger]) -> Table:
    """How open points of the papers were settled."""
    rows = [
        {"paper": ledger.paper.key, "number": number, "decision": decision.text, "reason": decision.reason}
        for ledger in papers
        for number, decision in sorted(ledger.decisions.items())
    ]
    return PROSE.table("decisions", rows)
