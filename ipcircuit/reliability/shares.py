"""Which deviate moves a value, and which one a probability of failure, from rows at standard normal deviates.

*A value*: planes are fitted to it (`ipcircuit.reliability.planes`; one, unless it is a margin), and a deviate's share
is that of its mean squared slope, times the share of the variance that the planes explain. For a linear function that
is its share of the variance, the square of the standardised regression coefficient; else a derivative-based measure
(Sobol' and Kucherenko, Math. Comput. Simul. 79, 3009, 2009).

*A probability of failure* P: with σ_j scaling the spread of deviate j, the density's score gives, without any model,
dP/d ln σ_j = E[1_fails (z_j² - 1)] and dP/dz_j = E[1_fails z_j] (Rubinstein, Simulation and the Monte Carlo Method).
For a linear limit the shares of dP/d ln σ_j are the squared direction cosines of the design point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.reliability.planes import MOST_PLANES, Planes, fit_planes

_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Shares:
    """Shares by deviate, shape (d,) each.

    Attributes:
        shares, low, high: with the 95 % interval.
        slopes: mean slope: of a value, per standard deviation; of a probability, dP/dz_j.
        explained: share of the variance that is explained; of a probability None.
    """

    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    slopes: np.ndarray
    explained: float | None

    def to_json(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """A dictionary per deviate, the largest share first."""
        order = np.argsort(-self.shares, kind="stable")
        columns = {"share": self.shares, "low": self.low, "high": self.high, "slope": self.slopes}
        return [{"deviate": names[i], **{key: float(column[i]) for key, column in columns.items()}} for i in order]


def least_rows(dimensions: int) -> int:
    """Rows below which the slopes of `variance_shares` are not known."""
    return 2 * (dimensions + 1)


def variance_shares(z: np.ndarray, values: np.ndarray, *, most_planes: int = 1) -> Shares | None:
    """Share of each deviate (n, d) in the variance of `values` (n,); None where they do not vary.

    Args:
        most_planes: 1 for what is smooth, `MOST_PLANES` for the lowest of several distances.

    Raises:
        InputError: fewer rows than `least_rows`.
    """
    fit = _fitted(z, values, most_planes)
    if fit is None:
        return None
    slopes, variances, portions = fit.planes.slopes, fit.variances, fit.portions
    squares = portions @ (slopes**2 - variances)
    errors = portions**2 @ (4 * np.maximum(slopes**2 - variances, 0) * variances + 2 * variances**2)
    scale = fit.explained / max(float(np.sum(np.maximum(squares, 0))), 1e-300)
    return _with_interval(scale * squares, scale * np.sqrt(errors), portions @ slopes, fit.explained)


def limit_shares(z: np.ndarray, margins: np.ndarray) -> Shares | None:
    """Share of each deviate's spread in the probability that a margin (n,) is below 0, from planes fitted to it.

    For planes at distances β_k with direction cosines α_k the shares are those of Σ_k β_k φ(β_k) α_kj². None where the
    margin does not vary, or fails in most copies.

    Raises:
        InputError: fewer rows than `least_rows`.
    """
    fit = _fitted(z, margins, MOST_PLANES)
    if fit is None or fit.planes.distances.min() <= 0:
        return None
    distances, lengths = fit.planes.distances, np.linalg.norm(fit.planes.slopes, axis=1)
    effects = distances * np.exp(-(distances**2 - distances.min() ** 2) / 2)
    effects /= effects.sum()
    squares = (fit.planes.slopes / lengths[:, None]) ** 2
    errors = effects**2 @ (4 * squares * (1 - squares) ** 2 * fit.variances / lengths[:, None] ** 2)
    means = -(effects / distances) @ (fit.planes.slopes / lengths[:, None])
    return _with_interval(effects @ squares, np.sqrt(errors), means, fit.explained)


def spread_effects(z: np.ndarray, fails: np.ndarray, weights: np.ndarray | None = None) -> Shares | None:
    """Share of each deviate's spread in a probability of failure, from rows (n, d) and whether they fail (n,).

    A share below zero is one of a deviate whose spread protects. None where too few rows fail to tell.

    Args:
        weights: of rows that are not plain, as `ipcircuit.reliability.importance.Reliability.weights`.
    """
    n = len(z)
    weights = np.ones(n) if weights is None else weights
    centred = weights * (fails - float(np.mean(weights * fails)))
    terms = centred[:, None] * (z**2 - 1)
    total = terms.sum(axis=1)
    mean, error = float(total.mean()), float(total.std(ddof=1)) / np.sqrt(n)
    if mean < 2 * error or mean <= 0:
        return None
    shares = terms.mean(axis=0) / mean
    errors = (terms - total[:, None] * shares).std(axis=0, ddof=1) / np.sqrt(n) / mean  # of a ratio of means
    half = _NORMAL_95 * errors
    return Shares(shares, shares - half, shares + half, np.mean(centred[:, None] * z, axis=0), None)


@dataclass(frozen=True)
class _Fit:
    """Planes (k) over d deviates: `variances` of their slopes (k, d), the `portions` of the rows that each has (k,)."""

    planes: Planes
    variances: np.ndarray
    portions: np.ndarray
    explained: float


def _fitted(z: np.ndarray, values: np.ndarray, most_planes: int) -> _Fit | None:
    """Planes of values; None where these do not vary. Raises InputError for too few rows."""
    n, d = z.shape
    if n < least_rows(d):
        allowed = f"{least_rows(d)} or more for {d} deviates"
        raise InputError("too few copies to tell what moves a result", where="runs", found=n, allowed=allowed)
    total = float(np.sum((values - values.mean()) ** 2))
    if total <= 1e-20 * float(values @ values):
        return None
    planes = fit_planes(z, values, most=most_planes)
    owners = planes.heights(z).argmin(axis=1)
    used = np.unique(owners)
    planes = Planes(planes.offsets[used], planes.slopes[used])
    variances, portions, left = [], [], 0.0
    for k in range(len(used)):
        rows = owners == used[k]
        residuals = values[rows] - planes.heights(z[rows])[:, k]
        inputs = np.column_stack([np.ones(len(residuals)), z[rows]])
        sum_of_squares = float(residuals @ residuals)
        mean_square = sum_of_squares / max(len(residuals) - d - 1, 1)
        variances.append(mean_square * np.diag(np.linalg.pinv(inputs.T @ inputs))[1:])
        portions.append(len(residuals) / n)
        left += sum_of_squares
    free = max(n - len(used) * (d + 1), 1)
    explained = max(1 - left / free / (total / (n - 1)), 0.0)
    return _Fit(planes, np.array(variances), np.array(portions), explained)


def _with_interval(shares: np.ndarray, errors: np.ndarray, slopes: np.ndarray, explained: float) -> Shares:
    middle, low, high = (np.clip(shares + sign * _NORMAL_95 * errors, 0, 1) for sign in (0, -1, 1))
    return Shares(middle, low, high, slopes, explained)
