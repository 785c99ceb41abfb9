"""Conditions for a target: limits of a few factors within which the ratio reaches it almost always.

A box in the probabilities of the factors is made smaller step by step, after the patient rule induction method
(Friedman and Fisher, Stat. Comput. 9, 123, 1999): each step takes a fifth off that side of that factor which raises the
ratio's 5 % quantile most. Then limits that turn out not to be needed are dropped, and the others are loosened as far as
they can be. The ratio's share of values at the target is counted in new rows that the search has not seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from energy.break_even.effects import Bar, Problem, at_probabilities, choices_of
from ipcircuit.statistics import wilson_interval

SHARE = 0.95  # of the values within the conditions that reach the target
_PEEL = 0.2
_ROWS = 1024  # of a step
_ROUNDING = 1e-9
_NARROWEST = 0.02  # part of a factor's probability that a condition leaves
_MOST_STEPS = 400
_MOST_MORE_STEPS = 20
_IRRELEVANT = 0.01  # of the longest bar: a factor with a shorter one gets no condition
_MARGIN = 0.01  # beyond `SHARE` in the search, whose rows are fewer


@dataclass(frozen=True)
class Condition:
    """Limits of a factor; None: none to that side.

    Attributes:
        probability: that the factor is within them, by its law.
        values: of a choice, those that are allowed; it has no limits.
    """

    factor: str
    unit: str
    at_least: float | None
    at_most: float | None
    nominal: float
    probability: float
    values: tuple[Any, ...] = ()
    chosen: Any = None

    @property
    def met(self) -> bool:
        """Whether the value as stated is within them."""
        if self.values:
            return self.chosen in self.values
        return (self.at_least is None or self.nominal >= self.at_least) and (
            self.at_most is None or self.nominal <= self.at_most
        )


@dataclass(frozen=True)
class Conditions:
    """What must hold for the ratio to reach a target.

    Attributes:
        reachable: whether `share` is at least `SHARE`, by the low end of its interval.
        conditions: that must all hold; empty: none is needed. Where the target is not reachable, the most favourable
            that were found.
        probability: that they hold together, by the laws of the factors.
        share: of the ratio's values within them that reach the target, with its interval.
        low_quantile: ratio that a share of `SHARE` of the values within them reaches.
        rows: from which `share` was counted.
    """

    target: float
    reachable: bool
    conditions: tuple[Condition, ...]
    probability: float
    share: float
    share_low: float
    share_high: float
    low_quantile: float
    rows: int

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        rows = [asdict(condition) | {"met": condition.met} for condition in self.conditions]
        return asdict(self) | {"share_wanted": SHARE, "conditions": rows}


def conditions_for(problem: Problem, bars: Sequence[Bar], target: float, rows: int, seed: int) -> Conditions:
    """Conditions within which the ratio reaches `target`.

    Args:
        bars: of `energy.break_even.effects.tornado`; factors without effect get no condition.
        rows: new ones from which the result is counted.
    """
    search = _Search(problem, _relevant(problem, bars), target, seed)
    corner = search.corner(bars)
    if not search.promising(corner):
        return _counted(problem, corner, target, rows, seed)
    box = search.loosened(search.peeled(search.whole()))
    found = _counted(problem, box, target, rows, seed)
    for _ in range(_MOST_MORE_STEPS):  # the count of more rows is stricter than that of the search
        if found.reachable or (smaller := search.smaller(box)) is None:
            break
        box = smaller
        found = _counted(problem, box, target, rows, seed)
    return found


def _relevant(problem: Problem, bars: Sequence[Bar]) -> list[int]:
    longest = max((bar.decades for bar in bars), default=0.0)
    names = {bar.factor for bar in bars if bar.decades > _IRRELEVANT * longest}
    return [i for i, factor in enumerate(problem.factors) if factor.name in names]


def _uniform(dimensions: int, rows: int, key: Sequence[int]) -> np.ndarray:
    return np.random.default_rng(key).random((rows, dimensions))


class _Search:
    """Boxes of shape (factors, 2), in probabilities, and what the ratio does in them."""

    def __init__(self, problem: Problem, relevant: Sequence[int], target: float, seed: int) -> None:
        self._problem, self._relevant, self._target, self._seed = problem, relevant, target, seed
        self._drawn = 0
        numbers = [len(choices_of(factor)) for factor in problem.factors]
        self._steps = [1 / n if n else 0.0 for n in numbers]  # choices are taken off whole

    def whole(self) -> np.ndarray:
        return np.tile([0.0, 1.0], (len(self._problem.factors), 1))

    def corner(self, bars: Sequence[Bar]) -> np.ndarray:
        """The narrowest box at the favourable ends of all factors that have an effect."""
        box, rising = self.whole(), {bar.factor: bar.rising for bar in bars}
        for i in self._relevant:
            up = rising[self._problem.factors[i].name]
            width = self._steps[i] or _NARROWEST
            box[i] = (1 - width, 1) if up else (0, width)
        return box

    def promising(self, corner: np.ndarray) -> bool:
        """Whether the target is reached anywhere, at the corner or among plain rows."""
        return any(float(self._sample(box)[1].max()) >= self._target for box in (corner, self.whole()))

    def peeled(self, box: np.ndarray) -> np.ndarray:
        """The box made smaller until enough of it reaches the target, or it cannot be made smaller."""
        for _ in range(_MOST_STEPS):
            if self._reaches(box) or (smaller := self.smaller(box)) is None:
                return box
            box = smaller
        return box

    def smaller(self, box: np.ndarray) -> np.ndarray | None:
        """The best step from a box; None where none is left."""
        u, values = self._sample(box)
        best, place = -math.inf, None
        for i in self._relevant:
            narrowest, step, width = self._steps[i] or _NARROWEST, self._steps[i], box[i, 1] - box[i, 0]
            if width <= narrowest * (1 + _ROUNDING):
                continue
            cut = width - step if step else max(narrowest, (1 - _PEEL) * width)
            for side, kept in ((0, u[:, i] >= box[i, 1] - cut), (1, u[:, i] <= box[i, 0] + cut)):
                if (quantile := _low_quantile(values[kept])) > best:
                    best, place = quantile, (i, side, cut)
        if place is None:
            return None
        i, side, cut = place
        smaller = box.copy()
        smaller[i, side] = box[i, 1 - side] + (cut if side else -cut)
        return smaller

    def loosened(self, box: np.ndarray) -> np.ndarray:
        """The box with limits dropped that are not needed, the smallest cuts first, then moved out by halves."""
        if not self._reaches(box):
            return box
        cuts = sorted((abs(box[i, side] - side), i, side) for i in self._relevant for side in (0, 1))
        for _, i, side in cuts:
            box = self._moved(box, i, side, float(side))
        for _ in range(3):
            for _, i, side in reversed(cuts):
                step = self._steps[i] * (1 if side else -1)
                place = np.clip(box[i, side] + step, 0, 1) if step else (box[i, side] + side) / 2
                box = self._moved(box, i, side, float(place))
        return box

    def _moved(self, box: np.ndarray, i: int, side: int, place: float) -> np.ndarray:
        if box[i, side] == place:
            return box
        moved = box.copy()
        moved[i, side] = place
        return moved if self._reaches(moved) else box

    def _reaches(self, box: np.ndarray) -> bool:
        _, values = self._sample(box)
        return float(np.mean(values >= self._target)) >= SHARE + _MARGIN

    def _sample(self, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """New rows in a box, and the ratio there."""
        self._drawn += 1
        u = _in_box(box, _uniform(len(box), _ROWS, [self._seed, 1, self._drawn]))
        return u, self._problem.values(at_probabilities(self._problem, u))


def _in_box(box: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    return box[:, 0] + uniform * (box[:, 1] - box[:, 0])


def _low_quantile(values: np.ndarray) -> float:
    """Value that a share of `SHARE` of them reaches."""
    if not len(values):
        return -math.inf
    place = int((1 - SHARE) * len(values))
    return float(np.partition(values, place)[place])


def _counted(problem: Problem, box: np.ndarray, target: float, rows: int, seed: int) -> Conditions:
    u = _in_box(box, _uniform(len(box), rows, [seed, 2]))
    values = problem.values(at_probabilities(problem, u))
    reaching = int(np.sum(values >= target))
    low, high = wilson_interval(reaching, rows, 0.95)
    conditions = tuple(
        _condition(factor, ends)
        for factor, ends in zip(problem.factors, box, strict=True)
        if ends[0] > 0 or ends[1] < 1
    )
    probability = math.prod(condition.probability for condition in conditions)
    quantile = _low_quantile(values)
    return Conditions(target, low >= SHARE, conditions, probability, reaching / rows, low, high, quantile, rows)


def _condition(factor: Any, ends: np.ndarray) -> Condition:
    probability = float(ends[1] - ends[0])
    if choices := choices_of(factor):
        first, last = np.rint(ends * len(choices)).astype(int)
        allowed = choices[first:last]
        return Condition(factor.name, "", None, None, factor.nominal, probability, allowed, factor.chosen)
    low, high = factor.range.values(ends).tolist() if ends[0] > 0 and ends[1] < 1 else (None, None)
    if ends[0] == 0:
        high = float(factor.range.values(ends[1:])[0])
    elif ends[1] == 1:
        low = float(factor.range.values(ends[:1])[0])
    return Condition(factor.name, factor.unit, low, high, factor.nominal, probability)
