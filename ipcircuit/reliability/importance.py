"""Probability of a rare failure by importance sampling in the space of standard normal deviates.

A limit state g(z) fails where it is below 0. The search finds where: plain rows first, to which the lowest of a few
planes is fitted (`ipcircuit.reliability.planes`), one per way to fail; then rows around the point of each plane's zero
that is nearest to the origin (the design point of the first-order reliability method, its distance the reliability
index β), and the planes again, the closer to the limit a row the heavier. The estimate takes none of these rows: its
own come from a fixed mixture of normal distributions of unit variance about those points and, for whatever the search
has missed, about the origin. With the ratio of the densities as weight, the mean of weight times failure is unbiased
whatever the mixture; only its scatter depends on the search, and so do the warnings (Bucher, Struct. Saf. 5, 119, 1988;
Owen and Zhou, J. Am. Stat. Assoc. 95, 135, 2000).

With a screening limit state and a reference, a random part of the estimate's rows is judged by both, and the mean
difference, with the same weights, corrects the estimate: it stays unbiased, of the reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.reliability.planes import Planes, fit_planes

#: Values at the rows of an array (n, d): below 0 fails, -inf fails without a value, NaN is not known.
LimitState = Callable[[np.ndarray], np.ndarray]

ENOUGH = 50.0  # effective failing rows below which an interval is not to be trusted
EVEN = 0.15  # of the failing rows are effective where the search found all that fails: 0.3 at β = 5, more at smaller β
PLAIN_SHARE = 0.1  # of the estimate's rows
_SEARCH_PLAIN_SHARE = 0.3
_LEAST_SHARE = 0.05  # of a way to fail
_FARTHER = 2.5  # than the nearest way to fail: thousandths of it
_SAME = 0.7  # standard deviations between points of one way to fail, whose surface is curved
_REFINEMENTS = 2
_NORMAL_95 = 1.959964
_FAR_WEIGHT = 0.02  # in a fit, of rows far from the limit


@dataclass(frozen=True)
class Mixture:
    """Normal distributions of unit variance about `points` (k, d), the first the origin, with their `shares` (k,)."""

    points: np.ndarray
    shares: np.ndarray

    def draw(self, rows: int, seed: Sequence[int]) -> np.ndarray:
        """Independent rows, shape (rows, d); more of a seed begin with the same."""
        places, deviates = (np.random.default_rng([*seed, part]) for part in range(2))
        chosen = np.searchsorted(np.cumsum(self.shares[:-1]), places.random(rows), side="right")
        return self.points[chosen] + deviates.standard_normal((rows, self.points.shape[1]))

    def weights(self, z: np.ndarray) -> np.ndarray:
        """Density of the standard normal distribution over that of the mixture, shape (n,)."""
        from scipy.special import logsumexp

        exponents = z @ self.points.T - np.sum(self.points**2, axis=1) / 2 + np.log(self.shares)
        return np.exp(-np.asarray(logsumexp(exponents, axis=1)))


@dataclass(frozen=True)
class WayToFail:
    """A plane of the limit state: its point nearest to the origin (d,), in standard deviations, and its distance β."""

    point: np.ndarray
    distance: float


@dataclass(frozen=True)
class Estimate:
    """Probability of failure.

    Attributes:
        standard_error: of the probability.
        low, high: 95 % interval, of the logarithm of the probability; with no failure the largest probability at which
            the plain rows would show none in one case of twenty.
        effective_sample_size: (Σw)²/Σw² of all rows of the estimate.
        failing_effective_sample_size: the same of those that fail.
        rows, failing: of the estimate, by the screening limit state.
        reference_rows, disagreeing: judged by the reference too, and how many of them it judges otherwise.
    """

    probability: float
    standard_error: float
    low: float
    high: float
    effective_sample_size: float
    failing_effective_sample_size: float
    rows: int
    failing: int
    reference_rows: int = 0
    disagreeing: int = 0

    @property
    def coefficient_of_variation(self) -> float | None:
        """Standard error over probability; None where nothing failed."""
        return self.standard_error / self.probability if self.probability > 0 else None

    @property
    def plain_rows(self) -> float | None:
        """Plain random rows that would give the same standard error; None where nothing failed."""
        p, error = self.probability, self.standard_error
        return p * (1 - p) / error**2 if 0 < p < 1 and error > 0 else None


@dataclass(frozen=True)
class Reliability:
    """Result of `failure_probability`.

    Attributes:
        ways: to fail, the nearest first.
        evaluations: rows judged by the screening limit state, search and estimate.
        unknown: rows of the estimate of which nothing is known, left out.
        warnings: why the interval is not to be trusted, a sentence each.
        z, weights, fails: the known rows of the estimate: deviates (n, d), weight, and whether they fail.
    """

    estimate: Estimate
    ways: tuple[WayToFail, ...]
    evaluations: int
    unknown: int
    warnings: tuple[str, ...]
    z: np.ndarray
    weights: np.ndarray
    fails: np.ndarray


def least_budget(dimensions: int) -> int:
    """Evaluations below which the search cannot tell a plane."""
    return max(400, 10 * (dimensions + 1))


def failure_probability(
    limit_state: LimitState,
    dimensions: int,
    *,
    seed: int,
    budget: int,
    reference: LimitState | None = None,
    reference_rows: int = 0,
) -> Reliability:
    """Probability that a limit state of independent standard normal deviates is below 0.

    Args:
        limit_state: called with all rows of a stage at once, four times.
        dimensions: number of deviates d.
        budget: evaluations of `limit_state`; at least half of them are the estimate's.
        reference: the limit state that counts, where `limit_state` only resembles it.
        reference_rows: rows of the estimate that it judges, a random choice.

    Raises:
        InputError: no deviates, a budget below `least_budget`, or values of which no plane can be fitted.
    """
    if dimensions < 1:
        raise InputError("nothing varies", where="dimensions", found=dimensions, allowed="1, 2, …")
    if budget < least_budget(dimensions):
        allowed = f"{least_budget(dimensions)} or more for {dimensions} deviates"
        raise InputError("too few copies to find what fails", where="budget", found=budget, allowed=allowed)
    pilot = min(max(10 * dimensions, 100), budget // 4)
    sizes = [pilot, *[min(pilot, budget // 8)] * _REFINEMENTS]
    planes, plain = _search(limit_state, dimensions, sizes, seed)
    mixture = _mixture(planes, PLAIN_SHARE)
    z = mixture.draw(budget - sum(sizes), [seed, len(sizes)])
    values = limit_state(z)
    again = np.full(len(z), np.nan)
    if reference is not None and reference_rows:  # the first of independent rows are a random choice of them
        again[:reference_rows] = reference(z[:reference_rows])
    known = ~np.isnan(values)
    z, values, again, weights = z[known], values[known], again[known], mixture.weights(z[known])
    fails, terms = values < 0, weights * (values < 0)
    estimate = estimated(weights, fails, again, plain + PLAIN_SHARE * len(z))
    unknown = int(np.sum(~known))
    return Reliability(estimate, tuple(_ways(planes)), budget, unknown, warnings_of(estimate, terms), z, weights, fails)


def _search(limit_state: LimitState, dimensions: int, sizes: list[int], seed: int) -> tuple[Planes, int]:
    """The planes near the limit, and the number of plain rows of the first stage that are known."""
    planes, scale, plain = None, 1.0, 0
    z, values = np.zeros((0, dimensions)), np.zeros(0)
    for stage, rows in enumerate(sizes):
        mixture = _plain(dimensions) if planes is None else _mixture(planes, _SEARCH_PLAIN_SHARE)
        drawn = mixture.draw(rows, [seed, stage])
        judged = limit_state(drawn)
        usable = np.isfinite(judged)
        z, values = np.concatenate([z, drawn[usable]]), np.concatenate([values, judged[usable]])
        if planes is None:
            plain, scale = int(np.sum(~np.isnan(judged))), _checked_scale(values, rows, dimensions)
        near = None if planes is None else np.exp(-((values / scale) ** 2) / 2) + _FAR_WEIGHT
        planes = fit_planes(z, values, near, planes)
    assert planes is not None
    return planes, plain


def _checked_scale(values: np.ndarray, rows: int, dimensions: int) -> float:
    """Standard deviation of the values of plain rows. Raises InputError where no plane can be fitted to them."""
    if len(values) < dimensions + 2:
        problem = "too few copies have a value of what is limited"
        raise InputError(problem, where="limit", found=f"{len(values)} of {rows}", allowed=f"{dimensions + 2} or more")
    scale = float(np.std(values))
    if scale <= 1e-12 * float(np.abs(values).max()):
        raise InputError("what is limited does not vary between copies", where="limit", found=float(values[0]))
    return scale


def _ways(planes: Planes) -> list[WayToFail]:
    """Planes that matter, the nearest first: not level, not much farther than that, none twice."""
    distances = planes.distances
    with np.errstate(invalid="ignore", divide="ignore"):
        points = planes.nearest_points()
    ways: list[WayToFail] = []
    for k in np.argsort(distances, kind="stable"):
        near = any(np.linalg.norm(points[k] - way.point) < _SAME for way in ways)
        if np.isfinite(distances[k]) and distances[k] <= distances.min() + _FARTHER and not near:
            ways.append(WayToFail(points[k], float(distances[k])))
    return ways


def _plain(dimensions: int) -> Mixture:
    return Mixture(np.zeros((1, dimensions)), np.ones(1))


def _mixture(planes: Planes, plain_share: float) -> Mixture:
    from scipy.special import ndtr

    ways = _ways(planes)
    probabilities = np.array([float(ndtr(-way.distance)) for way in ways])
    shares = np.maximum(probabilities / max(probabilities.sum(), 1e-300), _LEAST_SHARE)
    points = [way.point if way.distance > 0 else np.zeros_like(way.point) for way in ways]
    shares = (1 - plain_share) * shares / shares.sum()
    return Mixture(np.array([np.zeros_like(points[0]), *points]), np.array([plain_share, *shares]))


def estimated(
    weights: np.ndarray, fails: np.ndarray, again: np.ndarray, plain: float, pool: int | None = None
) -> Estimate:
    """The estimate from all rows, corrected where the reference judged some of them.

    Args:
        again: values of the reference; NaN where there is none.
        plain: plain rows seen.
        pool: plain rows from which these were drawn, whose own share of failures scatters; None: none.

    Raises:
        InputError: no rows.
    """
    if not len(fails):
        raise InputError("no copy of the estimate was simulated", where="limit")
    terms, judged = weights * fails, ~np.isnan(again)
    n, m = len(terms), int(judged.sum())
    probability, variance = float(terms.mean()), float(terms.var(ddof=1)) / n
    differences = weights[judged] * ((again[judged] < 0).astype(float) - fails[judged])
    if m > 1:
        probability += float(differences.mean())
        both = float(np.cov(terms[judged], differences)[0, 1])
        # With no disagreement, the scatter is that of one of typical weight: the next row could have been it.
        least = (float(terms.sum()) / max(int(fails.sum()), 1) / m) ** 2
        variance += max(float(differences.var(ddof=1)) / m, least) + 2 * both / n
    if pool is not None:
        variance += max(probability, 0.0) / pool
    error = math.sqrt(max(variance, 0.0))
    if probability > 0:
        factor = math.exp(_NORMAL_95 * error / probability)
        low, high = probability / factor, min(probability * factor, 1.0)
    else:
        probability, low, high = 0.0, 0.0, 1 - 0.05 ** (1 / max(plain, 1.0))
    disagreeing = int(np.count_nonzero(differences))
    sizes = _effective(weights), _effective(terms)
    return Estimate(probability, error, low, high, *sizes, n, int(fails.sum()), m, disagreeing)


def _effective(weights: np.ndarray) -> float:
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def warnings_of(estimate: Estimate, terms: np.ndarray) -> tuple[str, ...]:
    """Why an estimate's interval is not to be trusted; `terms`: weights of the rows that fail, 0 of others."""
    if estimate.failing == 0:
        return ("no copy of the estimate fails: the upper end is all that is known",)
    effective, share = estimate.failing_effective_sample_size, float(terms.max() / terms.sum())
    if effective >= max(ENOUGH, EVEN * estimate.failing):
        return ()
    reason = "there are too few copies" if effective >= EVEN * estimate.failing else "the search missed a way to fail"
    return (
        f"{estimate.failing} failing copies weigh as much as {effective:.0f} (one has {100 * share:.0f} % of the "
        f"weight): {reason}; the interval is not to be trusted",
    )
