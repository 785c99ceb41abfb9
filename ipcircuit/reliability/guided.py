"""Probability of a rare failure where a cheap prediction of the limit state says which rows may fail.

For limit states that no few planes describe: a trimmed comparator fails where its codes leave a gap, a sawtooth in many
deviates. A large pool of plain rows is drawn, and the limit state predicted for each. Some rows are judged first, plain
ones and the lowest predictions, to which a straight line of judged over predicted values is fitted, with its scatter.
The estimate takes none of these: its own rows are drawn from the pool, a fifth of them evenly, the others in proportion
to the square root of the probability with which they fail by that line and its scatter, which is best where the line
holds (Neyman's allocation). With the inverse of the probability of being drawn as weight, the mean of weight times
failure is unbiased whatever the prediction says, for two-phase samples as for importance sampling (Särndal, Swensson
and Wretman, Model Assisted Survey Sampling, 1992, chapter 9); a poor prediction makes the interval wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.reliability.importance import LimitState, Reliability, estimated, warnings_of

POOL = 2**20  # rows: failures of 1e-4 are a hundred of them
EVEN_SHARE = 0.2  # of the estimate's rows, whatever is predicted
LEAST_BUDGET = 60
_CHUNK = 2**13  # rows in memory
_LOWEST = 0.005  # share of the pool from which rows of the first kind are judged first
_PILOT_SHARE, _LEAST_PILOT = 0.25, 24

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Guide:
    """Straight line of judged values over predicted ones, from rows judged first.

    Attributes:
        pool: rows for which the limit state was predicted.
        offset, slope, scatter: judged = offset + slope * predicted, and the standard deviation about it.
        judged: rows that the line is fitted to.
        predicted_probability: share of the pool that fails by the line and its scatter; it enters no estimate.
    """

    pool: int
    offset: float
    slope: float
    scatter: float
    judged: int
    predicted_probability: float


def guided_probability(
    limit_state: LimitState,
    predict: Predict,
    dimensions: int,
    *,
    seed: int,
    budget: int,
    reference: LimitState | None = None,
    reference_rows: int = 0,
    pool: int = POOL,
) -> tuple[Reliability, Guide]:
    """Probability that a limit state of independent standard normal deviates is below 0; no `ways` to fail.

    Args:
        predict: about the values of `limit_state`, of many rows, shape (n, dimensions).
        pool: rows that are predicted, a multiple of 8192.
        limit_state, dimensions, seed, budget, reference, reference_rows: as of
            `ipcircuit.reliability.importance.failure_probability`.

    Raises:
        InputError: a budget below `LEAST_BUDGET`, or values of which no line can be fitted.
    """
    if budget < LEAST_BUDGET:
        raise InputError("too few copies", where="budget", found=budget, allowed=f"{LEAST_BUDGET} or more")
    drawn = _Pool(seed, pool, dimensions)
    predicted = np.concatenate([predict(rows) for rows in drawn.chunks()])
    choices = [np.random.default_rng([seed, 1, part]) for part in range(2)]
    pilot, plain = _pilot(predicted, max(_LEAST_PILOT, int(_PILOT_SHARE * budget)), choices[0])
    line = _fitted(predicted[pilot], limit_state(drawn.rows(pilot)))
    believed = _failing(line, predicted)
    chances = (1 - EVEN_SHARE) * np.sqrt(believed) / np.sqrt(believed).sum() + EVEN_SHARE / pool
    chosen = choices[1].choice(pool, size=budget - len(pilot), p=chances / chances.sum())
    unique, places = np.unique(chosen, return_inverse=True)
    z = drawn.rows(unique)
    values = limit_state(z)[places]
    again = np.full(len(chosen), np.nan)
    if reference is not None and reference_rows:  # the first of independent rows are a random choice of them
        first, where = np.unique(places[:reference_rows], return_inverse=True)
        again[:reference_rows] = reference(z[first])[where]
    known = ~np.isnan(values)
    weights = (1 / (pool * chances[chosen]))[known]
    z, values, again = z[places][known], values[known], again[known]
    fails = values < 0
    estimate = estimated(weights, fails, again, plain + EVEN_SHARE * len(z), pool)
    result = Reliability(
        estimate, (), budget, int(np.sum(~known)), warnings_of(estimate, weights * fails), z, weights, fails
    )
    return result, Guide(pool, *line, len(pilot), float(believed.mean()))


class _Pool:
    """Plain rows that are drawn again when they are asked for."""

    def __init__(self, seed: int, size: int, dimensions: int) -> None:
        self._seed, self._size, self._dimensions = seed, size, dimensions

    def chunks(self) -> Iterator[np.ndarray]:
        """All rows, shape (8192, dimensions) each."""
        return (self._chunk(number) for number in range(self._size // _CHUNK))

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """Rows of these numbers, shape (n, dimensions)."""
        rows = np.empty((len(numbers), self._dimensions))
        chunks, places = np.divmod(numbers, _CHUNK)
        for chunk in np.unique(chunks).tolist():
            rows[chunks == chunk] = self._chunk(chunk)[places[chunks == chunk]]
        return rows

    def _chunk(self, number: int) -> np.ndarray:
        return np.random.default_rng([self._seed, 0, number]).standard_normal((_CHUNK, self._dimensions))


def _pilot(predicted: np.ndarray, rows: int, choices: np.random.Generator) -> tuple[np.ndarray, int]:
    """Numbers of the rows that are judged first, and how many of them are plain."""
    plain = choices.choice(len(predicted), size=rows // 2, replace=False)
    lowest = np.argsort(predicted, kind="stable")[: max(rows, int(_LOWEST * len(predicted)))]
    low = choices.choice(np.setdiff1d(lowest, plain), size=rows - rows // 2, replace=False)
    return np.concatenate([plain, low]), len(plain)


def _fitted(predicted: np.ndarray, judged: np.ndarray) -> tuple[float, float, float]:
    """Offset, slope and scatter of a line through those that have a value. Raises InputError where there are few."""
    usable = np.isfinite(judged)
    if usable.sum() < _LEAST_PILOT // 2:
        found = f"{int(usable.sum())} of {len(judged)}"
        raise InputError("too few copies have a value of what is limited", where="limit", found=found)
    x, y = predicted[usable], judged[usable]
    variance = float(np.var(x))
    slope = float(np.mean((x - x.mean()) * (y - y.mean()))) / variance if variance > 0 else 0.0
    offset = float(y.mean() - slope * x.mean())
    scatter = float(np.sqrt(np.sum((y - offset - slope * x) ** 2) / (len(x) - 2)))
    return offset, slope, max(scatter, 1e-6 * float(np.abs(y).max()))


def _failing(line: tuple[float, float, float], predicted: np.ndarray) -> np.ndarray:
    """Probability of failing by the line and its scatter; nowhere so small that no row is likely to be drawn."""
    from scipy.special import ndtr

    offset, slope, scatter = line
    return np.maximum(ndtr(-(offset + slope * predicted) / scatter), 1e-12)
