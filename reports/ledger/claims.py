"""The claims ledger: what the sources state, what our run gives, and an honest verdict on every row.

The ledger itself is `claims.toml`. A row may name a reproducing function, ``"module:function"``; it takes the run's
context and returns a number, a truth value for a claim in words, a `Reproduction` with a note, or None if not obtained.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol, cast

from energy.cost import NeuronCost
from ipcircuit.errors import InputError, IpcircuitError
from reports.ledger.ledger import Claim, Ledger, load_ledger

VERDICTS = ("reproduced", "differs", "not yet", "needs data", "failed")


class ClaimContext(Protocol):
    """What reproducing functions may ask of a run. Everything is computed once, when first asked for."""

    @property
    def device(self) -> Mapping[str, Any]:
        """Numbers of the single device, by name (see `reports.thermal_mtj.reproduce_ipnet`)."""
        ...

    @property
    def plasticity(self) -> Mapping[str, float]:
        """Numbers of the ECRAM neuron's short-term plasticity, by name (see `reports.ecram_lif.plasticity_figures`)."""
        ...

    @property
    def topologies(self) -> Sequence[Mapping[str, Any]]:
        """Rows of the ECRAM topologies' common table (see `reports.ecram_lif.topology_rows.topology_row`)."""
        ...

    @property
    def selectivity(self) -> Mapping[str, float]:
        """Numbers of the temporal filters, by name (see `reports.filters.filter_runs`)."""
        ...

    @property
    def signed(self) -> Mapping[str, float]:
        """Numbers of the orthogonal junction, by name (see `reports.signed_mtj.signed_runs`)."""
        ...

    def cost(self, circuit: str) -> NeuronCost:
        """Cost record of a circuit."""
        ...

    def truth_table(self) -> Sequence[Mapping[str, Any]]:
        """Rows of the differential neuron's truth table, each with `correct` and `noise_margin_V`."""
        ...


@dataclass(frozen=True)
class Reproduction:
    """A reproduced value with what must be said about it; value None: not obtained."""

    value: float | bool | None
    note: str = ""


ReproducingFunction = Callable[[ClaimContext], "float | bool | Reproduction | None"]


@dataclass(frozen=True)
class ClaimResult:
    """One row of `claims --json`. `ratio`: reproduced / published; to the nearest end of a range, 1 inside it."""

    id: str
    seed: int
    quantity: str
    unit: str
    published: float | list[float] | str
    reproduced: float | bool | None
    ratio: float | None
    verdict: str
    note: str

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with the contract's keys."""
        return asdict(self)


class Evaluation(tuple[ClaimResult, ...]):
    """Results in ledger order, with a count by verdict."""

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of rows by verdict, every verdict named."""
        return {verdict: sum(row.verdict == verdict for row in self) for verdict in VERDICTS}


def resolve(function: str) -> ReproducingFunction:
    """The function behind ``"module:function"``.

    Raises:
        InputError: the module cannot be imported or has no such function.
    """
    module, _, name = function.partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise InputError(f"cannot import {module!r}: {error}", where="claims.toml: function", found=function) from error
    if not callable(found):
        raise InputError("no such function", where="claims.toml: function", found=function)
    return cast(ReproducingFunction, found)


def evaluate(context: ClaimContext, ledger: Ledger | None = None, ids: Iterable[str] | None = None) -> Evaluation:
    """Run every reproducing function and judge each row; a row that fails does not take its neighbours with it.

    Args:
        context: the run.
        ledger: the shipped one by default.
        ids: rows to evaluate, by id (``"A5.base"``) or group (``"A5"``); all by default.

    Raises:
        InputError: an id that the ledger does not have.
    """
    ledger = ledger or load_ledger()
    return Evaluation(_evaluate_row(claim, context, ledger) for claim in _select(ledger, ids))


def _select(ledger: Ledger, ids: Iterable[str] | None) -> list[Claim]:
    if ids is None:
        return list(ledger.claims)
    wanted = set(ids)
    known = {claim.id for claim in ledger.claims} | {claim.group for claim in ledger.claims}
    if unknown := sorted(wanted - known):
        raise InputError("unknown claim", where="ids", found=", ".join(unknown))
    return [claim for claim in ledger.claims if {claim.id, claim.group} & wanted]


def _evaluate_row(claim: Claim, context: ClaimContext, ledger: Ledger) -> ClaimResult:
    if not claim.function:
        needs = f"needs {claim.data}" if claim.data else ""
        return _result(claim, ledger, None, claim.status, "; ".join(filter(None, (needs, claim.reason))))
    try:
        answer = resolve(claim.function)(context)
    except IpcircuitError as error:
        return _result(claim, ledger, None, "failed", str(error))
    reproduction = answer if isinstance(answer, Reproduction) else Reproduction(answer)
    value = reproduction.value
    if value is None:
        return _result(claim, ledger, None, "not yet", reproduction.note or "not obtained in this run")
    if isinstance(value, bool) != isinstance(claim.published, str) or not math.isfinite(value):
        found = f"{claim.function} returned {value!r} for a claim of {claim.published!r}"
        return _result(claim, ledger, None, "failed", found)
    if claim.agrees(value):
        return _result(claim, ledger, value, "reproduced", reproduction.note)
    reason = claim.reason or "no reason is recorded yet"
    return _result(claim, ledger, value, "differs", "; ".join(filter(None, (reproduction.note, reason))))


def _result(claim: Claim, ledger: Ledger, value: float | bool | None, verdict: str, said: str) -> ClaimResult:
    settled = [(number, ledger.decisions[number]) for number in claim.decisions]
    decisions = [f"decision {number}: {decision.text} ({decision.reason})" for number, decision in settled]
    note = "; ".join(filter(None, (said, claim.note, *decisions)))
    published = list(claim.published) if isinstance(claim.published, tuple) else claim.published
    return ClaimResult(
        claim.id, claim.seed, claim.quantity, claim.unit, published, value, claim.ratio(value), verdict, note
    )
