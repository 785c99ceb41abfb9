"""Evaluation of the ledgers: what the papers state, what our run gives, and an honest verdict on every row."""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, cast

from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Progress
from reports.attempt import Failure, attempt
from reports.ledger.record import Claim, Ledger, ledgers
from reports.section import Run
from reports.workers import side_by_side

VERDICTS = ("reproduced", "differs", "not comparable", "not yet", "needs data", "failed")


@dataclass(frozen=True)
class Reproduction:
    """A reproduced value with what must be said about it; value None: not obtained."""

    value: float | bool | None
    note: str = ""


Value = float | bool | Reproduction | None
Answer = Value | Mapping[str, Value]
"""What a reproducing function returns: a value, or values by key."""


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


def resolve(function: str) -> Callable[[Run], Answer]:
    """The function behind ``"module:function"``.

    Raises:
        InputError: the module cannot be imported or has no such function.
    """
    try:
        attribute = pkgutil.resolve_name(function)
    except ImportError as error:
        raise InputError(f"cannot import: {error}", where="ledger: function", found=function) from error
    except AttributeError:
        attribute = None
    if not callable(attribute):
        raise InputError("no such function", where="ledger: function", found=function)
    return cast(Callable[[Run], Answer], attribute)


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
    run: Run | None = None,
    papers: Sequence[Ledger] | None = None,
    ids: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run every reproducing function once and judge each row; a row that fails does not take its neighbours with it.

    Args:
        run: options of the run; with more than one process, the functions of each package run in one of their own.
        papers: ledgers of all families by default.
        ids: see `select`.
        progress: called with (done, total) packages.

    Raises:
        InputError: a bad ledger, or an id that no ledger has.
    """
    run = run or Run()
    rows = select(ledgers() if papers is None else papers, ids)
    packages = by_package(claim.function for _, claim in rows if claim.function)
    share = run.shared(len(packages))
    tasks = [(functions, share) for functions in packages.values()]
    found = side_by_side(answers, tasks, run.processes, progress)
    return judge(rows, {function: answer for part in found for function, answer in part.items()})


def by_package(functions: Iterable[str]) -> dict[str, list[str]]:
    """Functions by the package of their module: those of one package share what they compute."""
    packages: dict[str, list[str]] = {}
    for function in dict.fromkeys(functions):
        packages.setdefault(function.partition(":")[0].rpartition(".")[0], []).append(function)
    return packages


def answers(functions: Iterable[str], run: Run) -> dict[str, Answer | Failure]:
    """What each reproducing function returns, or its failure."""
    return {function: attempt(function, lambda f=function: resolve(f)(run)) for function in functions}


def judge(rows: Iterable[tuple[Ledger, Claim]], found: Mapping[str, Answer | Failure]) -> Evaluation:
    """Verdicts on claims, given what their functions returned."""
    return Evaluation(_judged(claim, ledger, found.get(claim.function)) for ledger, claim in rows)


def decided(claim: Claim, ledger: Ledger) -> list[str]:
    """Decisions that a claim rests on, as they stand at the end of its result's note."""
    settled = [(number, ledger.decisions[number]) for number in claim.decisions]
    return [f"decision {number}: {decision.text} ({decision.reason})" for number, decision in settled]


def _judged(claim: Claim, ledger: Ledger, answer: Answer | Failure) -> ClaimResult:
    value, verdict, said = _verdict(claim, answer)
    return ClaimResult(
        claim.id,
        ledger.paper.number,
        claim.quantity,
        claim.unit,
        list(claim.published) if isinstance(claim.published, tuple) else claim.published,
        value,
        None if claim.instead else claim.ratio(value),
        verdict,
        None if verdict == "needs data" else claim.evidence,
        "; ".join(filter(None, (*said, claim.note, *decided(claim, ledger)))),
    )


def _verdict(claim: Claim, answer: Answer | Failure) -> tuple[float | bool | None, str, tuple[str, ...]]:
    """Value, verdict and what must be said first."""
    if not claim.function:
        return None, claim.status, (f"needs {claim.data}" if claim.data else "", claim.reason)
    reproduction = _reproduction(claim, answer)
    if isinstance(reproduction, Failure):
        return None, "failed", (reproduction.cause,)
    value = reproduction.value
    if value is None and claim.status == "needs data":
        return None, claim.status, (f"needs {claim.data}", reproduction.note)
    if value is None:
        return None, "not yet", (reproduction.note or "not obtained in this run",)
    if isinstance(value, bool) != isinstance(claim.published, str) or not math.isfinite(value):
        return None, "failed", (f"{claim.function} returned {value!r} for a claim of {claim.published!r}",)
    if claim.instead:
        return value, "not comparable", (reproduction.note, claim.instead)
    if claim.agrees(value):
        return value, "reproduced", (reproduction.note,)
    return value, "differs", (reproduction.note, claim.reason or "no reason is recorded yet")


def _reproduction(claim: Claim, answer: Answer | Failure) -> Reproduction | Failure:
    """A claim's own part of an answer."""
    if isinstance(answer, Failure):
        return answer
    if isinstance(answer, Mapping) != bool(claim.key):
        return Failure(claim.function, f"{claim.function}: a mapping is returned exactly when the row has a key")
    if isinstance(answer, Mapping):
        if claim.key not in answer:
            return Failure(claim.function, f"{claim.function}: no key {claim.key!r}; allowed: {', '.join(answer)}")
        answer = answer[claim.key]
    return answer if isinstance(answer, Reproduction) else Reproduction(answer)
