"""One claim in words: what the source says, what this project finds, what that rests on, and how to do it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Progress
from reports.ledger.evaluate import ClaimResult, decided, evaluate, select
from reports.ledger.record import Claim, Ledger, ledgers
from reports.ratio import RatioExplanation, explain_ratio
from reports.section import Run


@dataclass(frozen=True)
class Explanation:
    """Everything about one claim.

    Attributes:
        id, quantity, unit, published, reproduced, ratio, verdict, evidence: as in a `ClaimResult`.
        paper, citation, where: key and title of the paper, and the place in it.
        sentence: the paper's own words; empty where the ledger has none.
        note: why it differs, what it waits for, or what else to know.
        decisions: number, text and reason of each open point of the source that the row rests on.
        command: evaluates this row again.
        break_even: of a row that states a ratio of energies, what that hangs on; None of others.
    """

    id: str
    quantity: str
    unit: str
    paper: str
    citation: str
    where: str
    sentence: str
    published: float | list[float] | str
    reproduced: float | bool | None
    ratio: float | None
    verdict: str
    evidence: str | None
    note: str
    decisions: Sequence[Mapping[str, Any]]
    command: str
    break_even: RatioExplanation | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self) | {"break_even": self.break_even and self.break_even.to_json()}


def explain(row: str, run: Run | None = None, progress: Progress | None = None) -> Explanation:
    """Explain one claim; only what it needs is simulated.

    Args:
        row: id of a claim, such as ``A13.lstm``.
        run: options of the run.
        progress: called with (done, total) parts of the evaluation.

    Raises:
        InputError: no such claim, or a group of several.
    """
    papers = ledgers()
    ledger, claim = find(row, papers)
    run = run or Run()
    (result,) = evaluate(run, papers, [claim.id], progress)
    return explanation(claim, ledger, result, run, claim.compared and explain_ratio(claim.compared))


def find(row: str, papers: Sequence[Ledger]) -> tuple[Ledger, Claim]:
    """The claim of an id, with its ledger.

    Raises:
        InputError: no such claim, or a group of several.
    """
    rows = select(papers, [row])
    exact = [(ledger, claim) for ledger, claim in rows if claim.id == row]
    if not exact:
        allowed = ", ".join(claim.id for _, claim in rows)
        raise InputError("several rows; one can be explained at a time", where="--explain", found=row, allowed=allowed)
    return exact[0]


def explanation(
    claim: Claim, ledger: Ledger, result: ClaimResult, run: Run, ratio: RatioExplanation | None = None
) -> Explanation:
    """What is stored of a claim, with the result of its evaluation and, of a ratio of energies, what that hangs on."""
    runs = [] if run.runs is None else ["--runs", str(run.runs)]
    known = ("id", "quantity", "unit", "published", "reproduced", "ratio", "verdict", "evidence")
    return Explanation(
        **{name: getattr(result, name) for name in known},
        paper=ledger.paper.key,
        citation=ledger.paper.citation,
        where=claim.where,
        sentence=ledger.sentence(claim),
        note=result.note.removesuffix("; ".join(decided(claim, ledger))).removesuffix("; "),
        decisions=[{"number": number, **asdict(ledger.decisions[number])} for number in claim.decisions],
        command=shlex.join(["ipcircuit", "claims", "--id", claim.id, *runs]),
        break_even=ratio,
    )
