"""Effect of each factor on a ratio: Sobol indices, ends of its range, and the value at which the ratio crosses 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ipcircuit.ranges import Range
from ipcircuit.reliability.sobol import SobolIndices, design, indices

_GRID = 65  # values of a factor at which the ratio is looked at, between which it is taken to be monotonic
_HALVINGS = 50
_NEGLIGIBLE = 1e-9  # decades


class Uncertain(Protocol):
    """A number that is not known exactly; `energy.break_even.problem.Factor` is one."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def nominal(self) -> float: ...
    @property
    def range(self) -> Range: ...


def choices_of(factor: Uncertain) -> tuple[Any, ...]:
    """Values of a factor that is a choice (`energy.break_even.mixture.ChoiceFactor`); none of a number."""
    return getattr(factor, "values", ())


class Problem(Protocol):
    """A function of factors, positive and compared with 1; `energy.break_even.problem.Ratio` is one."""

    @property
    def factors(self) -> Sequence[Uncertain]: ...
    def values(self, columns: Mapping[str, np.ndarray], /) -> np.ndarray: ...


def at_probabilities(problem: Problem, u: np.ndarray) -> dict[str, np.ndarray]:
    """Values of the factors at probabilities of their laws, shape (n, factors): columns for `Problem.values`."""
    return {factor.name: factor.range.values(u[:, i]) for i, factor in enumerate(problem.factors)}


def nominal_columns(problem: Problem, rows: int) -> dict[str, np.ndarray]:
    """Every factor as stated, in columns of `rows`."""
    return {factor.name: np.full(rows, factor.nominal) for factor in problem.factors}


def nominal_value(problem: Problem) -> float:
    """The ratio with every factor as stated."""
    return float(problem.values(nominal_columns(problem, 1))[0])


@dataclass(frozen=True)
class Design:
    """Values at the rows of a Sobol design, shape (factors + 2, base rows); the first two are independent samples."""

    values: np.ndarray

    @property
    def sample(self) -> np.ndarray:
        """Values of independent rows, shape (2 base rows,)."""
        return self.values[:2].ravel()

    def indices(self, seed: int, *, logarithm: bool) -> SobolIndices | None:
        """Indices of the values or of their logarithm; None where nothing varies."""
        return indices(np.log10(self.values) if logarithm else self.values, seed)


def evaluate_design(problem: Problem, base_rows: int, seed: int) -> Design:
    """Values at the rows of a design (`ipcircuit.reliability.sobol`).

    Raises:
        InputError: base rows that are no power of two, or too few.
    """
    from scipy.special import ndtr

    names = [factor.name for factor in problem.factors]
    a, b = (at_probabilities(problem, ndtr(rows)) for rows in design((), len(names), base_rows, seed))
    mixed = (problem.values({**a, name: b[name]}) for name in names)
    return Design(np.stack([problem.values(a), problem.values(b), *mixed]))


@dataclass(frozen=True)
class Bar:
    """Ratio with one factor at the ends of its range, all others as stated: a bar of the tornado chart.

    Attributes:
        low, high: ends of the range. at_low, at_high: ratio there.
    """

    factor: str
    unit: str
    nominal: float
    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def decades(self) -> float:
        """Length of the bar in the logarithm of the ratio; infinite where that is not positive at both ends."""
        if min(self.at_low, self.at_high) <= 0:
            return math.inf if self.at_low != self.at_high else 0.0
        return abs(math.log10(self.at_high / self.at_low))

    @property
    def rising(self) -> bool:
        """Whether the ratio is larger at the high end."""
        return self.at_high > self.at_low


def tornado(problem: Problem) -> tuple[Bar, ...]:
    """A bar for each factor, the longest first."""
    factors = problem.factors
    columns = nominal_columns(problem, 2 * len(factors))
    for i, factor in enumerate(factors):
        columns[factor.name][2 * i : 2 * i + 2] = factor.range.low, factor.range.high
    ends = problem.values(columns).reshape(-1, 2).tolist() if factors else []
    bars = [
        Bar(f.name, f.unit, f.nominal, f.range.low, f.range.high, low, high)
        for f, (low, high) in zip(factors, ends, strict=True)
    ]
    return tuple(sorted(bars, key=lambda bar: -bar.decades))


@dataclass(frozen=True)
class Crossing:
    """Value of a factor at which the ratio is 1, all others as stated.

    Attributes:
        distance: from the stated value, in lengths of the range (of its logarithm, if its law is one of it).
        above_when: ``"larger"`` or ``"smaller"``: for which values of the factor the ratio is above 1.
    """

    factor: str
    unit: str
    nominal: float
    value: float
    distance: float
    above_when: str


def crossings(problem: Problem) -> tuple[Crossing, ...]:
    """Values within their ranges at which factors alone bring the ratio to 1, the nearest to the stated value first.

    Choices are left out: between them there is no value.
    """
    factors = problem.factors
    numbers = np.array([i for i, factor in enumerate(factors) if not choices_of(factor)], dtype=int)
    if not len(numbers):
        return ()
    places = np.linspace(0, 1, _GRID)
    above = _alone(problem, np.tile(places, len(numbers)), np.repeat(numbers, _GRID)) > 1
    above = above.reshape(-1, _GRID)
    row, step = np.nonzero(above[:, 1:] != above[:, :-1])
    if not len(row):
        return ()
    index, rising = numbers[row], above[row, step + 1]
    low, high = places[step], places[step + 1]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = (_alone(problem, middle, index) > 1) == rising
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    rows = [
        _crossing(factors[i], place, up)
        for i, place, up in zip(index.tolist(), ((low + high) / 2).tolist(), rising.tolist(), strict=True)
    ]
    nearest: dict[str, Crossing] = {}
    for row in sorted(rows, key=lambda row: row.distance):
        nearest.setdefault(row.factor, row)
    return tuple(nearest.values())


def _crossing(factor: Uncertain, place: float, rising: bool) -> Crossing:
    value = float(_from_place(factor.range, np.array([place]))[0])
    distance = abs(place - _place(factor.range, factor.nominal))
    return Crossing(factor.name, factor.unit, factor.nominal, value, distance, "larger" if rising else "smaller")


def _alone(problem: Problem, places: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Ratio with factor `index[i]` at `places[i]` between the ends of its range (0 … 1), all others as stated."""
    columns = nominal_columns(problem, len(places))
    for i, factor in enumerate(problem.factors):
        rows = index == i
        columns[factor.name][rows] = _from_place(factor.range, places[rows])
    return problem.values(columns)


def _from_place(within: Range, places: np.ndarray) -> np.ndarray:
    if within.log:
        return within.low * (within.high / within.low) ** places
    return within.low + places * (within.high - within.low)


def _place(within: Range, value: float) -> float:
    if within.log:
        return math.log(value / within.low) / math.log(within.high / within.low) if value > 0 else -math.inf
    return (value - within.low) / (within.high - within.low)


@dataclass(frozen=True)
class Together:
    """Ratio with this factor and all before it at the ends of their ranges that bring it nearer to 1 or past it."""

    factor: str
    unit: str
    value: float
    ratio: float


def together(problem: Problem, bars: Sequence[Bar]) -> tuple[Together, ...]:
    """The fewest factors, the strongest first, whose ends together bring the ratio past 1; all, if that does not do.

    Args:
        bars: of `tornado`; those of choices are left out.
    """
    choices = {factor.name for factor in problem.factors if choices_of(factor)}
    bars = [bar for bar in bars if bar.decades > _NEGLIGIBLE and bar.factor not in choices]
    if not bars:
        return ()
    above = nominal_value(problem) > 1
    columns = nominal_columns(problem, len(bars))
    ends = [bar.low if bar.rising == above else bar.high for bar in bars]
    for i, (bar, end) in enumerate(zip(bars, ends, strict=True)):
        columns[bar.factor][i:] = end
    ratios = problem.values(columns)
    crossed = np.flatnonzero((ratios > 1) != above)
    count = int(crossed[0]) + 1 if len(crossed) else len(bars)
    rows = zip(bars, ends, ratios.tolist(), strict=True)
    return tuple(Together(bar.factor, bar.unit, end, ratio) for bar, end, ratio in [*rows][:count])


def index_rows(problem: Problem, found: SobolIndices | None) -> list[dict[str, Any]]:
    """A dictionary per factor, the largest total index first; empty where nothing varies."""
    if found is None:
        return []
    names = [factor.name for factor in problem.factors]
    keys = ("first", "first_low", "first_high", "total", "total_low", "total_high")
    columns = {key: getattr(found, key) for key in keys}
    order = np.argsort(-found.total, kind="stable")
    return [{"factor": names[i], **{key: float(column[i]) for key, column in columns.items()}} for i in order]
