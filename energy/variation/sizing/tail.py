"""Yield from the decision margins of random copies, where hardly any of them fails.

A copy fails if its worst decision does. Each decision's margin is nearly normal over the copies, so the smallest of K
alike ones has the distribution function

    F(t) = 1 - (1 - Φ((t - μ) / σ))^K ≈ K Φ((t - μ) / σ)    in its lower tail,

which also holds where two margins are opposite (a level that moves up leaves one state and nears the other: K = 2).
μ and σ are fitted to the lower half of the margins, the upper half being censored: it says nothing of the tail. What
the fits of different K say is averaged by their likelihoods. From 200 copies this tells 99.9 % from 99.7 %; counting
failures would need ten times as many. It is an extrapolation, and an estimate says beside it how many copies really
failed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr, ndtri

from ipcircuit.statistics import wilson_interval

MODES = (1, 2, 4, 8)  # K
FEWEST = 24  # margins that are fitted; fewer are counted
_BOUND = 1e-12  # of a share, so that its deviate is finite
_TWO_SIDED = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True)
class Yield:
    """Share of copies that work: an estimate and its 95 % interval.

    Attributes:
        working, copies: counted.
        fitted: whether the estimate is from the margins; else it is the count's.
    """

    share: float
    low: float
    high: float
    working: int
    copies: int
    fitted: bool


def estimated(margins: Sequence[float | None], works: Sequence[bool]) -> Yield:
    """Yield of copies, from their margins where there are enough of them.

    Args:
        margins: of each copy (V); None: a copy without one, which counts as it works.
        works: whether each copy works.
    """
    working, copies = sum(works), len(works)
    known = np.array([margin for margin in margins if margin is not None])
    others = [w for margin, w in zip(margins, works, strict=True) if margin is None]
    if len(known) < FEWEST or float(np.ptp(known)) == 0:
        return Yield((working + 0.5) / (copies + 1), *wilson_interval(working, copies, 0.95), working, copies, False)
    centre, error = tail_deviate(known)
    share, low, high = (
        (len(known) * float(ndtr(centre + sign * _TWO_SIDED * error)) + sum(others)) / copies for sign in (0, -1, 1)
    )
    return Yield(share, low, high, working, copies, True)


def tail_deviate(margins: np.ndarray) -> tuple[float, float]:
    """Standard normal deviate of the share of margins above 0, and its standard error; margins (V) of shape (n,)."""
    ordered = np.sort(margins)
    limit, unit = float(np.median(ordered)), float(ordered.std())
    lower = (ordered[ordered <= limit] - limit) / unit
    above = len(ordered) - len(lower)
    fits = [_fit(lower, above, limit / unit, modes) for modes in MODES]
    likelihoods = np.array([-cost for cost, _, _ in fits])
    weights = np.exp(likelihoods - likelihoods.max())
    weights /= weights.sum()
    deviates, errors = (np.array([fit[i] for fit in fits]) for i in (1, 2))
    mean = float(weights @ deviates)
    return mean, math.sqrt(float(weights @ (errors**2 + (deviates - mean) ** 2)))


def _fit(lower: np.ndarray, above: int, limit: float, modes: int) -> tuple[float, float, float]:
    """Negative log-likelihood, deviate of the share above 0, and its standard error, of one number of modes.

    Args:
        lower: margins up to the median, relative to it, in units of the spread.
        above: number of the others.
        limit: the median in the same units.
    """

    def cost_and_slope(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        mean, log_sigma = parameters
        scale = math.exp(-log_sigma)
        x, top = (lower - mean) * scale, mean * scale
        density = math.log(modes) - 0.5 * x**2 - 0.5 * math.log(2 * math.pi) - log_sigma + (modes - 1) * log_ndtr(-x)
        pull = x + (modes - 1) * _mills(-x)
        upper = above * modes * float(_mills(np.array(top)))
        slope = np.array([scale * (pull.sum() + upper), (x * pull).sum() - len(x) - top * upper])
        return -float(density.sum()) - above * modes * float(log_ndtr(top)), -slope

    def cost(parameters: np.ndarray) -> float:
        return cost_and_slope(parameters)[0]

    def share(parameters: np.ndarray) -> float:
        return deviate(float(np.exp(modes * log_ndtr((parameters[0] + limit) * math.exp(-parameters[1])))))

    start = np.array([-float(ndtri(1 - 0.5 ** (1 / modes))), 0.0])
    best = minimize(cost_and_slope, start, jac=True, method="BFGS", options={"gtol": 1e-4}).x
    steps = 1e-3 * np.eye(2)
    slope = np.array([(share(best + step) - share(best - step)) / 2e-3 for step in steps])
    variance = float(slope @ np.linalg.pinv(_curvature(cost, best, steps)) @ slope)
    return cost(best), share(best), math.sqrt(max(0.0, variance))


def _mills(x: np.ndarray) -> np.ndarray:
    """φ(x) / Φ(x)."""
    return np.exp(-0.5 * x**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(x))


def _curvature(cost: Callable[[np.ndarray], float], at: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Second derivatives, shape (2, 2)."""
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    return np.array(
        [[sum(p * q * cost(at + p * a + q * b) for p, q in signs) / (4 * 1e-6) for b in steps] for a in steps]
    )


def deviate(share: float) -> float:
    """Standard normal deviate of a share: 3.09 for 99.9 %."""
    return float(ndtri(min(max(share, _BOUND), 1 - _BOUND)))
