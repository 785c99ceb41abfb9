"""The claims ledger with its verdicts, and the decisions about open points of the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reports.ledger.claims import ClaimResult
from reports.ledger.ledger import Decision, load_ledger
from reports.tables.table import Table, ratio, with_unit

_SHOWN_UNITS = {"-": "", "1": "", "um2": "µm²"}


def _value(value: object, unit: str) -> str | None:
    """A claim's value in words: a number or range with its unit, or the words themselves."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " to ".join(str(_value(part, unit)) for part in value)
    if isinstance(value, int | float):
        return with_unit(value, _SHOWN_UNITS.get(unit, unit))
    return str(value)


def _short(note: str, decisions: Mapping[int, Decision]) -> str:
    """A row's note with its decisions by number; their words are in a table of their own."""
    for number, decision in decisions.items():
        note = note.replace(f"decision {number}: {decision.text} ({decision.reason})", f"decision {number}")
    return note


def ledger(results: Iterable[ClaimResult]) -> Table:
    """All rows; `published` and `reproduced` in words, the plain number of the latter beside it."""
    settled = load_ledger().decisions
    rows = [
        {
            "id": r.id,
            "quantity": r.quantity,
            "published": _value(r.published, r.unit),
            "reproduced": _value(r.reproduced, r.unit),
            "reproduced_SI": None if r.reproduced is None else float(r.reproduced),
            "unit": r.unit,
            "ratio": r.ratio,
            "verdict": r.verdict,
            "note": _short(r.note, settled),
        }
        for r in results
    ]
    return Table(
        "claims",
        "Published against reproduced",
        "One row per published figure. “not yet”: the system is not built; “needs data”: a data set or a "
        "measurement that is not there. The ratio is reproduced over published; to the nearest end of a range, 1 "
        "inside it. Decisions are spelt out in the table below.",
        rows,
        formats={"ratio": ratio},
        missing="—",
        hidden=("reproduced_SI", "unit"),
    )


def decisions() -> Table:
    """How open points of the sources were settled."""
    rows = [{"number": n, "decision": d.text, "reason": d.reason} for n, d in sorted(load_ledger().decisions.items())]
    return Table("decisions", "How open points were settled", "Each is a note on the ledger's rows it bears on.", rows)
