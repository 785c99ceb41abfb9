"""Evaluation of the ledgers: what the papers state, what our run gives, and an honest verdict on every row."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, cast

from ipcircuit.errors import InputError, IpcircuitError
from reports.ledger.record import Claim, Ledger, ledgers
from reports.section import Run

VERDICTS = ("reproduced", "differs", "not comparable", "not yet", "needs data", "failed")


@dataclass(frozen=True)
class Reproduction:
    """A reproduced value with what must be said about it; value None: not obtained."""

    value: float | bool | None
    note: str = ""


Value = float | bool | Reproduction | None
ReproducingFunction = Callable[[Run], "Value | Mapping[str, Value]"]


@dataclass(frozen=True)
class ClaimResult:
    """One row of ``claims --json``. `ratio`: reproduced / published; to the nearest end of a range, 1 inside it."""

    id: str
    seed: int
    quantity: str
    unit: str
    published: float | list[float] | str
    reproduced: float | bool | None
    ratio: float | None
    verdict: str
    evidence: str | None
    note: str

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with the contract's keys."""
        return asdict(self)


class Evaluation(tuple[ClaimResult, ...]):
    """Results in ledger order, with counts."""

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of rows by verdict, every verdict named."""
        return {verdict: sum(row.verdict == verdict for row in self) for verdict in VERDICTS}

    def with_evidence(self, evidence: str) -> Evaluation:
        """The rows of one kind of evidence."""
        return Evaluation(row for row in self if row.evidence == evidence)


def resolve(function: str) -> ReproducingFunction:
    """The function behind ``"module:function"``.

    Raises:
        InputError: the module cannot be imported or has no such function.
    """
    module, _, name = function.partition(":")
    try:
        attribute = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise InputError(f"cannot import {module!r}: {error}", where="ledger: function", found=function) from error
    if not callable(attribute):
        raise InputError("no such function", where="ledger: function", found=function)
    return cast(ReproducingFunction, attribute)


def select(papers: Sequence[Ledger], ids: Iterable[str] | None = None) -> list[tuple[Ledger, Claim]]:
    """Claims with their ledgers, in ledger order.

    Args:
        ids: claims by id (``"A5.base"``) or group (``"A5"``); all by default.

    Raises:
        InputError: an id that no ledger has.
    """
    rows = [(ledger, claim) for ledger in papers for claim in ledger.claims]
    if ids is None:
        return rows
    wanted = set(ids)
    known = {name for _, claim in rows for name in (claim.id, claim.group)}
    if unknown := sorted(wanted - known):
        raise InputError("unknown claim", where="ids", found=", ".join(unknown))
    return [(ledger, claim) for ledger, claim in rows if {claim.id, claim.group} & wanted]


def evaluate(
    run: Run | None = None, papers: Sequence[Ledger] | None = None, ids: Iterable[str] | None = None
) -> Evaluation:
    """Run every reproducing function once and judge each row; a row that fails does not take its neighbours with it.

    Args:
        run: options of the run.
        papers: ledgers of all families by default.
        ids: see `select`.

    Raises:
        InputError: a bad ledger, or an id that no ledger has.
    """
    answers = _Answers(run or Run())
    chosen = select(ledgers() if papers is None else papers, ids)
    return Evaluation(judge(claim, ledger, answers.of(claim)) for ledger, claim in chosen)


class _Answers:
    """What each reproducing function returned, or its error."""

    def __init__(self, run: Run) -> None:
        self._run, self._answers = run, dict[str, Any]()

    def of(self, claim: Claim) -> Reproduction | Exception:
        """The answer for a claim: its value of a mapping where the claim has a key."""
        if not claim.function:
            return Reproduction(None)
        if claim.function not in self._answers:
            try:
                self._answers[claim.function] = resolve(claim.function)(self._run)
            except Exception as error:  # a plug-in's function may raise anything; the row names it
                self._answers[claim.function] = error
        answer = self._answers[claim.function]
        if isinstance(answer, Exception):
            return answer
        if isinstance(answer, Mapping) != bool(claim.key):
            return InputError("a function returns a mapping exactly when its row has a key", where=claim.function)
        if claim.key:
            if claim.key not in answer:
                keys = ", ".join(map(str, answer))
                return InputError("no such key", where=claim.function, found=claim.key, allowed=keys)
            answer = answer[claim.key]
        return answer if isinstance(answer, Reproduction) else Reproduction(answer)


def judge(claim: Claim, ledger: Ledger, answer: Reproduction | Exception) -> ClaimResult:
    """Verdict on one row."""
    value, verdict, said = _verdict(claim, answer)
    settled = [(number, ledger.decisions[number]) for number in claim.decisions]
    decisions = [f"decision {number}: {decision.text} ({decision.reason})" for number, decision in settled]
    return ClaimResult(
        claim.id,
        ledger.paper.number,
        claim.quantity,
        claim.unit,
        list(claim.published) if isinstance(claim.published, tuple) else claim.published,
        value,
        None if claim.instead else claim.ratio(value),
        verdict,
        claim.evidence,
        "; ".join(filter(None, (*said, claim.note, *decisions))),
    )


def _verdict(claim: Claim, answer: Reproduction | Exception) -> tuple[float | bool | None, str, tuple[str, ...]]:
    """Value, verdict and what must be said first."""
    if not claim.function:
        return None, claim.status, (f"needs {claim.data}" if claim.data else "", claim.reason)
    if isinstance(answer, Exception):
        cause = str(answer) if isinstance(answer, IpcircuitError) else f"{type(answer).__name__}: {answer}"
        return None, "failed", (cause,)
    value = answer.value
    if value is None:
        return None, "not yet", (answer.note or "not obtained in this run",)
    if isinstance(value, bool) != isinstance(claim.published, str) or not math.isfinite(value):
        return None, "failed", (f"{claim.function} returned {value!r} for a claim of {claim.published!r}",)
    if claim.instead:
        return value, "not comparable", (answer.note, claim.instead)
    if claim.agrees(value):
        return value, "reproduced", (answer.note,)
    return value, "differs", (answer.note, claim.reason or "no reason is recorded yet")


ClaimContext = Any  # of functions that still take the run's context
