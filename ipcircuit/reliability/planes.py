"""The lowest of a few planes over standard normal deviates, fitted to values: g(z) ≈ min_k (offset_k + slope_k · z).

A margin is the smallest distance from several wrong decisions, each of which is close to linear in the deviates: one
plane describes one way to fail. The fit alternates between giving each row to its lowest plane and least squares in
each plane (Magnani and Boyd, Optim. Eng. 10, 1, 2009). It grows from one plane: a plane's rows are split along the
directions in which its residuals are most concave, the best split is kept, and the number of planes is that of the
least Bayesian information criterion (after Hannah and Dunson, J. Mach. Learn. Res. 14, 3261, 2013).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

MOST_PLANES = 8
_ITERATIONS = 40
_DIRECTIONS = 3  # tried per plane
_EXACT = 1e-6  # share of the variance that is left


@dataclass(frozen=True)
class Planes:
    """Planes over d deviates: `offsets` of shape (k,), `slopes` of shape (k, d), in the unit of the values."""

    offsets: np.ndarray
    slopes: np.ndarray

    def heights(self, z: np.ndarray) -> np.ndarray:
        """Every plane at the rows of `z`, shape (n, k)."""
        return self.offsets + z @ self.slopes.T

    def predict(self, z: np.ndarray) -> np.ndarray:
        """The lowest plane at the rows of `z`, shape (n,)."""
        return self.heights(z).min(axis=1)

    @property
    def distances(self) -> np.ndarray:
        """Signed distance of the origin from each plane's zero, in standard deviations; infinite for a level plane."""
        lengths = np.linalg.norm(self.slopes, axis=1)
        return np.divide(self.offsets, lengths, out=np.full(len(lengths), np.inf), where=lengths > 0)

    def nearest_points(self) -> np.ndarray:
        """Point of each plane's zero that is nearest to the origin, shape (k, d); planes must not be level."""
        squares = np.sum(self.slopes**2, axis=1, keepdims=True)
        return -self.offsets[:, None] * self.slopes / squares


def fit_planes(
    z: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None = None,
    start: Planes | None = None,
    most: int = MOST_PLANES,
) -> Planes:
    """The planes that describe `values` (n,) at the rows of `z` (n, d) best.

    Args:
        weights: of the squared residuals, (n,).
        start: planes of an earlier fit; the result has at least as many.
        most: planes.
    """
    data = _Data(z, values, np.ones(len(z)) if weights is None else weights)
    planes = data.one() if start is None else data.alternated(start)
    best, criterion = planes, data.criterion(planes)
    while len(planes.offsets) < most and data.loss(planes) > _EXACT * data.spread:
        split = [s for s in data.splits(planes) if len(s.offsets) > len(planes.offsets)]
        if not split:
            break
        planes = min(split, key=data.loss)
        if (value := data.criterion(planes)) < criterion:
            best, criterion = planes, value
        elif len(planes.offsets) > len(best.offsets) + 1:
            break
    return best


@dataclass(frozen=True)
class _Data:
    """What is fitted."""

    z: np.ndarray
    values: np.ndarray
    weights: np.ndarray

    @property
    def spread(self) -> float:
        """Weighted sum of squares about the mean."""
        mean = np.average(self.values, weights=self.weights)
        return float(self.weights @ (self.values - mean) ** 2)

    def loss(self, planes: Planes) -> float:
        """Weighted sum of squared residuals."""
        return float(self.weights @ (self.values - planes.predict(self.z)) ** 2)

    def criterion(self, planes: Planes) -> float:
        """Bayesian information criterion, with the effective number of rows."""
        n = _effective(self.weights)
        left = max(self.loss(planes) / self.spread, 1e-8) if self.spread > 0 else 1.0
        return float(n * np.log(left) + planes.slopes.size * np.log(n) + len(planes.offsets) * np.log(n))

    def one(self) -> Planes:
        """A single plane."""
        return _stacked([self._plane(np.full(len(self.z), True))])

    def alternated(self, start: Planes) -> Planes:
        """Planes after least squares in the rows of each, until no row changes its plane."""
        planes, owners = start, None
        enough = 1.3 * (self.z.shape[1] + 1)  # rows that decide a plane
        for _ in range(_ITERATIONS):
            now = planes.heights(self.z).argmin(axis=1)
            if owners is not None and np.array_equal(now, owners):
                break
            owners, fitted = now, []
            for k in range(len(planes.offsets)):
                rows = owners == k
                old = np.concatenate([[planes.offsets[k]], planes.slopes[k]])
                n = _effective(self.weights[rows])
                fitted.append(old if n == 0 else self._plane(rows, old, 0.0 if n >= enough else enough / n))
            planes = _stacked(fitted)
        return planes

    def splits(self, planes: Planes) -> Iterator[Planes]:
        """Fits with one plane more: the rows of each are parted where its residuals are most concave."""
        owners = planes.heights(self.z).argmin(axis=1)
        for k in range(len(planes.offsets)):
            rows = owners == k
            if _effective(self.weights[rows]) < 2.5 * (self.z.shape[1] + 1):
                continue
            z, weights = self.z[rows], self.weights[rows]
            centred = z - np.average(z, axis=0, weights=weights)
            residuals = self.values[rows] - planes.heights(z)[:, k]
            directions = np.linalg.eigh((centred * (residuals * weights)[:, None]).T @ centred)[1]
            others = [np.concatenate([[planes.offsets[j]], planes.slopes[j]]) for j in range(len(planes.offsets))]
            del others[k]
            for direction in directions[:, :_DIRECTIONS].T:
                along = np.full(len(rows), -np.inf)
                along[rows] = centred @ direction
                above = along > np.median(along[rows])
                parts = [self._plane(above), self._plane(rows & ~above)]
                yield self.alternated(_stacked([*others, *parts]))

    def _plane(self, rows: np.ndarray, near: np.ndarray | None = None, pull: float = 0.0) -> np.ndarray:
        """Least squares, offset first; with too few rows pulled towards the plane `near`."""
        z, weights = self.z[rows], self.weights[rows]
        inputs = np.column_stack([np.ones(len(z)), z])
        near = np.zeros(inputs.shape[1]) if near is None else near
        normal = (inputs * weights[:, None]).T @ inputs
        ridge = 1e-9 * np.trace(normal) / len(normal) + pull * weights.mean()
        right = inputs.T @ (weights * (self.values[rows] - inputs @ near))
        return near + np.linalg.solve(normal + ridge * np.eye(len(normal)), right)


def _effective(weights: np.ndarray) -> float:
    """Effective number of rows; 0 of none."""
    return float(weights.sum() ** 2 / (weights @ weights)) if weights.size else 0.0


def _stacked(planes: list[np.ndarray]) -> Planes:
    table = np.array(planes)
    return Planes(table[:, 0], table[:, 1:])
