"""The claims ledgers with their verdicts, what each row rests on, and the decisions about open points of the papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from energy.break_even.scenario import Scenario
from ipcircuit.units import in_full, with_unit
from reports.explain import Explanation, explanation, find
from reports.ledger.evaluate import ClaimResult
from reports.ledger.record import Claim, Ledger
from reports.prose import Prose
from reports.section import Run
from reports.tables.table import Detail, Rows, Table, attributes

PROSE = Prose(__file__)
RATIOS = {"other", "scope", "ratio", "low", "high", "above_1"}  # columns of a table of analysed ratios of energies


def _short(row: ClaimResult, papers: Sequence[Ledger]) -> str:
    """A row's note with its decisions by number; their words are in a table of their own."""
    note = row.note
    for ledger in papers:
        for number, decision in ledger.decisions.items():
            note = note.replace(f"decision {number}: {decision.text} ({decision.reason})", f"decision {number}")
    return note


def ledger(results: Sequence[ClaimResult], papers: Sequence[Ledger], tables: Iterable[Table] = ()) -> Table:
    """All rows; `published` and `reproduced` in words, the plain number of the latter beside it.

    Args:
        tables: of the report; what one of them says of a ratio of energies stands with the claim that states it.
    """
    ratios = [row for table in tables if set(table.columns) >= RATIOS for row in table.rows]
    found = [find(row.id, papers) for row in results]
    rows = [_row(result, ledger, papers) for result, (ledger, _) in zip(results, found, strict=True)]
    table = PROSE.table("claims", rows)
    explained = [
        list(_details(explanation(claim, ledger, result, Run()), _ratios(claim, ratios)))
        for result, (ledger, claim) in zip(results, found, strict=True)
    ]
    return replace(table, details=explained)


def _row(result: ClaimResult, ledger: Ledger, papers: Sequence[Ledger]) -> dict[str, Any]:
    value = result.reproduced
    return {
        "id": result.id,
        "paper": ledger.paper.key,
        "quantity": result.quantity,
        "published": with_unit(result.published, result.unit),
        "reproduced": None if value is None else with_unit(value, result.unit),
        "reproduced_SI": None if value is None else float(value),
        **attributes(result, "unit", "ratio", "verdict"),
        "evidence": result.evidence and result.evidence.replace("_", " "),
        "note": _short(result, papers),
    }


def _ratios(claim: Claim, ratios: Rows) -> Rows:
    """The report's own analysis of the ratio that a claim states, scope by scope; empty for another scenario."""
    compared = claim.compared
    if compared is None or any(compared.scenario.get(k, v) != v for k, v in _assumed().items()):
        return []
    return [row for row in ratios if row["other"] == compared.against]


def _assumed() -> dict[str, Any]:
    """Choices of the scenario under which the report's ratios stand, but for the scope."""
    return {name: value for name, value in Scenario().to_json().items() if name != "scope"}


def _details(one: Explanation, ratios: Rows) -> Iterator[Detail]:
    """What a claim's row opens to, as `ipcircuit claims --explain` says it."""
    said = f": “{one.sentence}”" if one.sentence else ""
    yield Detail("published", f"{one.citation}, {one.where}{said}")
    if one.note:
        yield Detail("ours", one.note)
    for decision in one.decisions:
        yield Detail(f"decision {decision['number']}", f"{decision['text']} ({decision['reason']})")
    for row in ratios:
        yield Detail(f"simulated, {row['scope']} scope", _interval(row))
    yield Detail("again", one.command, code=True)
    if ratios:
        yield Detail("what it hangs on", f"ipcircuit claims --explain {one.id}", code=True)


def _interval(row: Mapping[str, Any]) -> str:
    if row.get("ratio") is None:
        return str(row.get("remark") or "not obtained")
    ends = f"95 % of values: {in_full(row['low'])} to {in_full(row['high'])}; above 1: {100 * row['above_1']:.3g} %"
    hangs_on = f"; it hangs on {row['hangs_on']} most" if row.get("hangs_on") else ""
    return f"{in_full(row['ratio'])} ({ends}){hangs_on}"


def decisions(papers: Sequence[Ledger]) -> Table:
    """How open points of the papers were settled."""
    rows = [
        {"paper": ledger.paper.key, "number": number, "decision": decision.text, "reason": decision.reason}
        for ledger in papers
        for number, decision in sorted(ledger.decisions.items())
    ]
    return PROSE.table("decisions", rows)
