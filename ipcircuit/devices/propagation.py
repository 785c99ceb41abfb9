"""Uncertainty of fitted parameters, carried into what is computed from them.

Two ways, of which the tests compare one with the other:

    ends    the parameters at both ends of the interval along each principal axis of their correlations, all else as
            fitted; the changes of a result add up in squares. Two evaluations per axis; exact to first order in the
            parameters, and for a single free parameter for any monotonic result. For results without noise.
    draws   random parameter sets: for results that are random themselves, or far from linear.

A value moves with a standard normal variate z by z · sigma of the covariance, or, where the file has an interval, by
z / q times the distance of that end from the value, q the normal quantile of the level: an interval that is not
symmetric stays so. A value does not leave the range of its parameter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from ipcircuit.devices.parameter_file import Fit, ParameterFile
from ipcircuit.errors import InputError
from ipcircuit.statistics import prediction_interval

DRAWS = 16
_SMALLEST = 1e-9  # eigenvalue of the correlations, of n at most; below is rounding
Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Interval:
    """A result with its interval."""

    value: float
    low: float
    high: float


def principal_axes(fit: Fit) -> np.ndarray:
    """Orthogonal directions of the free parameters in standard deviations, shape (axes, n); none without variance.

    The squares of a column add up to 1 (to 0 for a parameter without variance): parameters that are fully correlated
    share an axis.
    """
    if not fit.names:
        return np.zeros((0, 0))
    eigenvalues, vectors = np.linalg.eigh(fit.correlation)
    used = eigenvalues > _SMALLEST * len(fit.names)
    return (np.sqrt(eigenvalues[used]) * vectors[:, used]).T[::-1]


def quantile(level: float) -> float:
    """Standard normal deviate that is exceeded on neither side with probability `level`."""
    return float(ndtri((1 + level) / 2))


def moved(file: ParameterFile, z: np.ndarray) -> ParameterFile:
    """The file with its free parameters at standard normal deviates `z`, shape (n,), from their values."""
    fit = _fit(file)
    values = {}
    for name, deviate, sigma in zip(fit.names, z, fit.sigma, strict=True):
        p = next(p for p in file.parameters if p.name == name)
        step = float(sigma)
        if name in fit.intervals:
            low, high = fit.intervals[name]
            step = (high - p.value if deviate > 0 else p.value - low) / quantile(fit.level)
        values[name] = min(max(p.value + float(deviate) * step, p.minimum), p.maximum)
    moved = tuple(replace(p, value=values[p.name]) if p.name in values else p for p in file.parameters)
    # Without covariance and intervals: they belong to the fitted values.
    return ParameterFile(moved, Fit(device=fit.device), file.path, file.sha256)


def ends(file: ParameterFile) -> list[tuple[ParameterFile, ParameterFile]]:
    """The file with its parameters at the lower and upper end of the interval along each principal axis."""
    q = quantile(_fit(file).level)
    return [(moved(file, -q * axis), moved(file, q * axis)) for axis in principal_axes(_fit(file))]


def draws(file: ParameterFile, count: int, seed: int) -> list[ParameterFile]:
    """`count` random sets of parameters; the i-th depends on the seed and on i alone."""
    axes = principal_axes(_fit(file))
    normal = (np.random.default_rng([seed, index]).standard_normal(len(axes)) for index in range(count))
    return [moved(file, deviates @ axes) for deviates in normal]


def _fit(file: ParameterFile) -> Fit:
    if file.fit is None or not file.fit.names:
        allowed = "a file of `ipcircuit fit`, whose [fit] has names and covariance"
        raise InputError("says nothing of how well its parameters are known", where=file.path, allowed=allowed)
    return file.fit


def uncertain(file: ParameterFile | None) -> bool:
    """Whether a file says how well its parameters are known."""
    return file is not None and file.fit is not None and len(principal_axes(file.fit)) > 0


def from_ends(fitted: Values, pairs: Sequence[tuple[Values, Values]]) -> dict[str, Interval]:
    """Intervals of results by name, from those at the fitted values and at both ends of each axis.

    What was not obtained everywhere has no interval.
    """
    intervals = {}
    for name, value in fitted.items():
        changes = [(_less(low.get(name), value), _less(high.get(name), value)) for low, high in pairs]
        if value is None or any(None in change for change in changes):
            continue
        up, down = (math.hypot(*(max(0.0, *(s * x for x in c if x is not None)) for c in changes)) for s in (1, -1))
        intervals[name] = Interval(value, value - down, value + up)
    return intervals


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def from_draws(results: Sequence[Values], level: float) -> dict[str, Interval]:
    """Mean of results by name, and the interval that holds a further draw with probability `level` (Student)."""
    intervals = {}
    for name in results[0]:
        values = [v for r in results if (v := r.get(name)) is not None]
        if len(values) == len(results) > 1:
            mean, low, high = prediction_interval(values, level)
            intervals[name] = Interval(mean, low, high)
    return intervals
