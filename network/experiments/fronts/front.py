"""Fronts of accuracy and energy, and the ratio of two of them at equal accuracy.

A front is what a family can do: its points that no other of its points beats. Between two of them energy is
interpolated, its logarithm in proportion to the score.

Two fronts are compared at the highest score that both reach. Where a family at its cheapest is more accurate than the
other at its best, these two points are compared if the intervals of their scores overlap: nobody can tell them apart.
If not, there is no ratio, and `bound` says what the better one spends less all the same. Intervals are 95 %, from
`RESAMPLES` draws in which each point's seeds are drawn anew with their scores and energies, and the price of a circuit
is off by one factor for all points of its family.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ipcircuit.statistics import mean_interval
from network.experiments.memory.capacity import pareto, unbeaten
from network.experiments.runs import Estimate

RESAMPLES = 400
LEAST_OVERLAP = 0.5  # share of the draws in which two fronts must overlap for an interval
_QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class FrontPoint:
    """One network of a family on a task.

    Attributes:
        task, family, label: as in the plan.
        scores: by seed. energies_J: per sample by seed, in the same order.
        price_low, price_high: ends of the interval of the energy over the energy, from the spread of the cost records
            (95 % of their mean); 1 where there is none.
        basis: of the energy.
        runs: names of the stored runs, one per seed.
        source: where these runs are stored.
    """

    task: str
    family: str
    label: str
    scores: tuple[float, ...]
    energies_J: tuple[float, ...]
    price_low: float = 1.0
    price_high: float = 1.0
    basis: str = ""
    runs: tuple[str, ...] = ()
    source: str = ""

    @cached_property
    def score(self) -> Estimate:
        """Mean over the seeds with its interval, which ends at 1: no score is above it."""
        mean, low, high = mean_interval(self.scores)
        return Estimate(mean, low, None if high is None else min(high, 1.0), len(self.scores))

    @cached_property
    def energy(self) -> Estimate:
        """Mean over the seeds, J, with its interval: of seeds and of prices, as independent errors."""
        mean, low, high = mean_interval(self.energies_J)
        down = math.hypot(mean - (mean if low is None else low), mean * (1 - self.price_low))
        up = math.hypot((mean if high is None else high) - mean, mean * (self.price_high - 1))
        known = max(down, up) > 1e-9 * mean  # else a digital estimate, the same for every seed
        return Estimate(mean, mean - down, mean + up, len(self.scores)) if known else Estimate(mean, None, None, 1)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with means and intervals."""
        return {
            "family": self.family,
            "network": self.label,
            "score": _json(self.score),
            "energy_J": _json(self.energy),
            "seeds": len(self.scores),
            "basis": self.basis,
            "runs": list(self.runs),
            "source": self.source,
        }


def _json(estimate: Estimate) -> dict[str, float | None]:
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high}


@dataclass(frozen=True)
class Front:
    """All points of a family on a task in one account; `best` are those on the front.

    Attributes:
        chance: score of guessing; a point whose interval reaches down to it is not on the front.
    """

    task: str
    family: str
    points: tuple[FrontPoint, ...]
    chance: float = -math.inf

    @cached_property
    def best(self) -> tuple[FrontPoint, ...]:
        """Points that no other one beats, the cheapest first: each is better than those before it."""
        able = [p for p in self.points if (p.score.mean if p.score.low is None else p.score.low) > self.chance]
        chosen = pareto([(p.energy.mean, p.score.mean) for p in able])
        unique = {(p.energy.mean, p.score.mean): p for p, good in zip(able, chosen, strict=True) if good}
        return tuple(unique[key] for key in sorted(unique))

    def energy_at(self, score: float) -> float | None:
        """Energy at a score, J; None where the front does not reach it, or its cheapest point is better."""
        return _interpolated([(p.energy.mean, p.score.mean) for p in self.best], score)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        rows = [{**point.to_json(), "on_front": point in self.best} for point in self.points]
        return {"family": self.family, "points": rows}


def _interpolated(front: Sequence[tuple[float, float]], score: float) -> float | None:
    """Energy at a score on points (energy, score), both rising."""
    if not front or not front[0][1] <= score <= front[-1][1]:
        return None
    energies, scores = zip(*front, strict=True)
    return float(np.exp(np.interp(score, scores, np.log(energies))))


@dataclass(frozen=True)
class EqualAccuracy:
    """Energy of another family over that of a first one, at equal accuracy: above 1 the first one takes less.

    Attributes:
        first, other: families.
        score: at which both are compared, the highest that both reach; None where the fronts do not overlap.
        ratio, low, high: with its 95 % interval (None: single seeds, or fronts that hardly overlap).
        bound: where the fronts do not overlap: energy of the less accurate one at its best against that of the more
            accurate one at its cheapest, as other over first: a bound in favour of the more accurate one, if it is also
            the cheaper one; else None.
        reason: why there is no ratio.
    """

    task: str
    first: str
    other: str
    score: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    bound: float | None = None
    reason: str = ""

    @property
    def factor(self) -> float | None:
        """The ratio, or the bound where there is none."""
        return self.bound if self.ratio is None else self.ratio

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return dict(vars(self))


def ratio_at_equal_accuracy(first: Front, other: Front, *, seed: int = 0) -> EqualAccuracy:
    """Compare two families on a task at the highest score that both reach.

    Args:
        first, other: the ratio is the energy of `other` over that of `first`.
        seed: of the draws behind the interval.
    """
    names = first.task, first.family, other.family
    for front in (first, other):
        if not front.best:
            missing = "no point better than chance" if front.points else "no such network on this task"
            return EqualAccuracy(*names, reason=f"{front.family}: {missing}")
    a, b = ([(p.energy.mean, p.score.mean) for p in front.best] for front in (first, other))
    close = _alike(first, other)
    score, ratio = _ratio(a, b, close=close)
    if ratio is None:
        return EqualAccuracy(*names, bound=_bound(a, b), reason=_apart(first, other))
    low, high = _ends(first, other, seed, close=close)
    return EqualAccuracy(*names, score, ratio, low, high)


def _alike(first: Front, other: Front) -> bool:
    """Whether the best score of the worse family and that of the other at its cheapest cannot be told apart."""
    worse, better = sorted((first, other), key=lambda front: front.best[-1].score.mean)
    return not better.best[0].score.above(worse.best[-1].score)


def _ratio(
    a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]], *, close: bool
) -> tuple[float | None, float | None]:
    """The highest score that both reach, and the energy of `b` there over that of `a`; None: they do not overlap.

    `close`: compare, where they do not, the best point of the worse one with the cheapest of the better one.
    """
    score = min(a[-1][1], b[-1][1])
    mine, theirs = _interpolated(a, score), _interpolated(b, score)
    if close and (mine is None or theirs is None):
        mine, theirs = (a[-1][0], b[0][0]) if a[-1][1] < b[0][1] else (a[0][0], b[-1][0])
    return (None, None) if mine is None or theirs is None else (score, theirs / mine)


def _bound(a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]]) -> float | None:
    """Ratio of fronts that do not overlap, if the more accurate one is also the cheaper one."""
    if a[0][1] > b[-1][1]:
        return b[-1][0] / a[0][0] if b[-1][0] > a[0][0] else None
    return b[0][0] / a[-1][0] if b[0][0] < a[-1][0] else None


def _apart(first: Front, other: Front) -> str:
    better, worse = (first, other) if first.best[0].score.mean > other.best[-1].score.mean else (other, first)
    cheapest, most = better.best[0].score.mean, worse.best[-1].score.mean
    return f"no equal accuracy: {better.family} at its cheapest {cheapest:.3g}, {worse.family} at its best {most:.3g}"


def _ends(first: Front, other: Front, seed: int, *, close: bool) -> tuple[float | None, float | None]:
    """Interval of the ratio."""
    if all(len(p.scores) < 2 for front in (first, other) for p in front.best):
        return None, None
    draws = np.random.default_rng(seed)
    drawn = [(_Draw.of(first, draws), _Draw.of(other, draws)) for _ in range(RESAMPLES)]
    mine, theirs = (_redrawn(front, [pair[i] for pair in drawn]) for i, front in enumerate((first, other)))
    ratios = [_ratio(a, b, close=close)[1] for a, b in zip(mine, theirs, strict=True)]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) < LEAST_OVERLAP * RESAMPLES:
        return None, None
    low, high = np.quantile(known, _QUANTILES)
    return float(low), float(high)


class _Draw(NamedTuple):
    """One draw of a front: deviation of all prices in half-widths of their interval, seeds of each point."""

    deviation: float
    seeds: list[np.ndarray]

    @classmethod
    def of(cls, front: Front, draws: np.random.Generator) -> _Draw:
        deviation = float(draws.standard_normal()) / 1.96
        return cls(deviation, [draws.integers(len(p.scores), size=len(p.scores)) for p in front.best])


def _redrawn(front: Front, draws: Sequence[_Draw]) -> list[list[tuple[float, float]]]:
    """The front's points in each draw, and what of them is a front."""
    deviation = np.array([draw.deviation for draw in draws])
    energies, scores = np.empty((2, len(draws), len(front.best)))
    for i, point in enumerate(front.best):
        chosen = np.stack([draw.seeds[i] for draw in draws])
        ends = np.where(deviation > 0, point.price_high, point.price_low)
        factor = 1 + np.abs(deviation) * (ends - 1)
        energies[:, i] = factor * np.mean(np.take(point.energies_J, chosen), axis=1)
        scores[:, i] = np.mean(np.take(point.scores, chosen), axis=1)
    rows = zip(energies.tolist(), scores.tolist(), unbeaten(energies, scores).tolist(), strict=True)
    return [sorted({(e, s) for e, s, good in zip(*row, strict=True) if good}) for row in rows]
