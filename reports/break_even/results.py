"""Ratios that figures, tables and sentences of the opening chapter share; each worked out once per process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from energy.break_even.analysis import BreakEven
from energy.break_even.costing import Costing, costing, tasks
from energy.break_even.counter import Counter, counter
from energy.break_even.scenario import Scenario
from energy.cost import SCOPES
from ipcircuit.errors import InputError
from ipcircuit.units import in_full
from reports.ledger.record import Claim, ledgers
from reports.ratio import SAMPLES as RATIO_SAMPLES
from reports.ratio import analysed as analysed_ratio

CLAIM = "A13.lstm"  # whose ratio the page opens with
SAMPLES, SEED = RATIO_SAMPLES, 0
TARGET = 100.0


@dataclass(frozen=True)
class Named:
    """An analysed ratio with its names.

    Attributes:
        other: system that the device is compared with, by name. label: the same in words.
    """

    other: str
    label: str
    scope: str
    result: BreakEven


@cache
def claim() -> Claim:
    """The claim whose ratio the page opens with."""
    return next(claim for ledger in ledgers() for claim in ledger.claims if claim.id == CLAIM)


def headline_task() -> Costing:
    """Costs of the claim's task."""
    compared = claim().compared
    assert compared is not None  # of this claim; the ledger's tests say so
    return costing(compared.task)


def headline_system() -> str:
    """The system that the claim compares with, by name."""
    compared = claim().compared
    assert compared is not None
    return compared.against


@cache
def against() -> Counter:
    """What lowers the claim's ratio, in the default scenario."""
    return counter(headline_task(), headline_system())


@cache
def analysed(other: str, scope: str) -> Named | InputError:
    """A system of the claim's task against the device in a scope, or why there is no ratio."""
    try:
        asked = scope == Scenario().scope  # conditions for the target are shown in this scope alone
        chosen = Scenario(scope=scope)  # type: ignore[arg-type]
        result = analysed_ratio(headline_task(), other, chosen, seed=SEED, target=TARGET, conditions=asked)
    except InputError as error:
        return error
    return Named(other, label(result.title["other"]), scope, result)


def headline() -> Named:
    """The claim's own system in the default scope.

    Raises:
        InputError: its energy, or the device's, was not obtained.
    """
    return _obtained(headline_system())


def rival() -> Named | None:
    """The system that lowers the claim's ratio most, in the default scope; None: none does."""
    change = against().rival
    return None if change is None else _obtained(change.other)


def _obtained(other: str) -> Named:
    found = analysed(other, Scenario().scope)
    if isinstance(found, InputError):
        raise found
    return found


def systems() -> Mapping[str, Mapping[str, Named | InputError]]:
    """Every system of the claim's task in every scope, or why there is no ratio."""
    return {other: {scope: analysed(other, scope) for scope in SCOPES} for other in headline_task().others}


def label(system: str) -> str:
    """A system's name, shorter."""
    return system.replace("NVIDIA ", "").replace(" 80GB HBM3", "")


def with_interval(result: BreakEven) -> str:
    """A ratio with its central 95 %."""
    low, high = map(in_full, result.interval)
    return f"{in_full(result.nominal)} ({low} to {high})"


@dataclass(frozen=True)
class Comparison:
    """A system beside the device on one task, every parameter as stated.

    Attributes:
        about: the system in words.
        ratios: by scope; None: not obtained, for the `reason`.
        score: its name, where both have one. device_score, other_score: of the task.
    """

    task: str
    other: str
    about: str
    ratios: Mapping[str, float | None]
    reason: str
    score: str | None
    device_score: float | None
    other_score: float | None

    @property
    def as_good(self) -> bool | None:
        """Whether the other system's score is at least the device's; None: not known."""
        if self.device_score is None or self.other_score is None:
            return None
        return self.other_score >= self.device_score


@cache
def comparisons() -> tuple[Comparison, ...]:
    """Every task that has costs, against all that its device can be compared with."""
    return tuple(_comparison(name, other) for name in tasks() for other in costing(name).others)


def _comparison(name: str, other: str) -> Comparison:
    task, ratios, reason = costing(name), dict[str, float | None](), ""
    score, scores = None, (None, None)
    for scope in SCOPES:
        try:
            ratio = task.ratio(other, Scenario(scope=scope))  # type: ignore[arg-type]
        except InputError as error:
            ratios[scope], reason = None, str(error)
            continue
        ratios[scope] = ratio.nominal
        own, its = ratio.device.conditions, ratio.other.conditions
        score = next((key for key in own if isinstance(own[key], float) and isinstance(its.get(key), float)), None)
        scores = (own[score], its[score]) if score else (None, None)
    return Comparison(name, other, task.about.get(other, other), ratios, reason, score, *scores)
