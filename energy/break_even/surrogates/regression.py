"""Regression of one quantity over the unit box: a polynomial of second degree and a Gaussian process on what it leaves.

Fitted by scikit-learn; evaluated here with numpy alone, from the numbers that a file keeps.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import Positive, record

AT_ONCE = 2048  # points that are evaluated together: bounds the memory
DIGITS = 9  # of numbers in a file, significant
NOISE = (1e-8, 1e-1)  # bounds of the noise variance over that of the residue: ngspice's own errors
LENGTHS = (0.1, 50.0)  # bounds of the length scales, in widths of the box
VARIANCES = (1e-3, 1e5)  # bounds of the kernel's variance over that of the residue
MOST_SEARCHED = 192  # points by which the kernel is found; the weights are of all
#: Variance, length scale and noise from which the likelihood is maximised; it has several maxima, the best is taken.
STARTS = ((1.0, 0.5, 1e-2), (100.0, 0.5, 1e-2), (100.0, 1.0, 1e-6))
EXACT = 1e-7  # relative residue of a polynomial that is all there is
Floats = Annotated[tuple[float, ...], Field(strict=False)]


@record
class Regression:
    """One quantity.

    Attributes:
        scale: ``log``: of its logarithm, where it is positive at all points; ``linear``.
        polynomial: coefficients of the terms of `terms`, in units of the quantity or its logarithm.
        lengths: length scales of the squared-exponential kernel by coordinate, in widths of the box; empty: no process.
        weights: of the fitted points, amplitude included.
        shift: added to the result or its logarithm, so that the design has exactly its simulated value.

    Raises:
        InputError: numbers that do not belong together.
    """

    scale: Literal["log", "linear"]
    polynomial: Floats
    lengths: Annotated[tuple[Positive, ...], Field(strict=False)] = ()
    weights: Floats = ()
    shift: float = 0.0

    def check(self, dimensions: int, points: int) -> None:
        """Raise InputError unless it is one over so many coordinates and fitted points."""
        expected = (len(terms(np.zeros((1, dimensions)))[0]), dimensions if self.weights else 0)
        if (len(self.polynomial), len(self.lengths)) != expected or len(self.weights) not in (0, points):
            found = f"{len(self.polynomial)} terms, {len(self.lengths)} lengths, {len(self.weights)} weights"
            allowed = f"{expected[0]} terms, {dimensions} lengths, {points} weights"
            raise InputError("numbers of a regression do not belong together", found=found, allowed=allowed)

    def offset(self, wanted: float, found: float) -> float:
        """What to add to `shift` so that a value becomes another one."""
        return math.log(wanted / found) if self.scale == "log" else wanted - found

    def values(self, at: np.ndarray, fitted: np.ndarray) -> np.ndarray:
        """The quantity at places in the box.

        Args:
            at: shape (n, coordinates), 0 … 1. fitted: places of the fitted points, shape (points, coordinates).

        Returns:
            Shape (n,).
        """
        return values_of({"": self}, at, fitted)[""]

    def part(self, at: np.ndarray, rows: np.ndarray, fitted: np.ndarray) -> np.ndarray:
        """The same at some places, whose `terms` are given."""
        inner = self._inner(at, rows, fitted)
        return np.exp(inner) if self.scale == "log" else inner

    def _inner(self, at: np.ndarray, rows: np.ndarray, fitted: np.ndarray) -> np.ndarray:
        inner = rows @ np.array(self.polynomial) + self.shift
        if not self.weights:
            return inner
        # exp(-|a - b|²/2) as one matrix product: a · b - |a|²/2 - |b|²/2.
        a, b = at / np.array(self.lengths), fitted / np.array(self.lengths)
        ones = np.ones((len(a), 1)), np.ones((len(b), 1))
        left = np.hstack([a, -0.5 * (a**2).sum(1, keepdims=True), ones[0]])
        kernel = left @ np.hstack([b, ones[1], -0.5 * (b**2).sum(1, keepdims=True)]).T
        return inner + np.exp(kernel, out=kernel) @ np.array(self.weights)


def values_of(regressions: Mapping[str, Regression], at: np.ndarray, fitted: np.ndarray) -> dict[str, np.ndarray]:
    """Several quantities at places in the box, as `Regression.values`."""
    values = {name: np.empty(len(at)) for name in regressions}
    for i in range(0, len(at), AT_ONCE):
        some = at[i : i + AT_ONCE]
        rows = terms(some)
        for name, regression in regressions.items():
            values[name][i : i + AT_ONCE] = regression.part(some, rows, fitted)
    return values


def terms(at: np.ndarray) -> np.ndarray:
    """Terms of the polynomial: 1, coordinates from the middle of the box, and their products in pairs."""
    x = 2 * at - 1
    pairs = itertools.combinations_with_replacement(range(x.shape[1]), 2)
    return np.column_stack([np.ones(len(x)), *x.T, *(x[:, i] * x[:, j] for i, j in pairs)])


def constant(value: float, dimensions: int) -> Regression:
    """One positive value everywhere."""
    return Regression("log", (0.0,) * terms(np.zeros((1, dimensions))).shape[1], shift=math.log(value))


def fit(
    at: np.ndarray, values: np.ndarray, *, design: np.ndarray, value: float, seed: int, enough: float = EXACT
) -> Regression:
    """Regression of simulated values.

    Args:
        at: places of the points in the box, shape (points, coordinates). values: at them, shape (points,).
        design: place of the circuit as designed. value: there, which the regression then has exactly.
        enough: residue of the polynomial, relative, below which no process is fitted.
    """
    scale = "log" if np.all(values > 0) and value > 0 else "linear"
    y = np.log(values) if scale == "log" else values
    rows = terms(at)
    coefficients = np.linalg.lstsq(rows, y, rcond=None)[0]
    residue = y - rows @ coefficients
    size, typical = float(residue.std()), float(np.abs(y).max()) if scale == "linear" else 1.0
    lengths, weights = (), ()
    if size > enough * typical:  # else the polynomial is all
        lengths, weights = _process(at, residue, size, seed)
    raw = Regression(scale, _rounded(coefficients), lengths, weights)
    found = float(raw.values(design[None, :], at)[0])
    return replace(raw, shift=raw.offset(value, found))


def _process(
    at: np.ndarray, residue: np.ndarray, size: float, seed: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    def fitted(kernel: Any, count: int, **how: Any) -> Any:
        process = GaussianProcessRegressor(kernel, alpha=1e-12, random_state=seed, **how)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: a coordinate without effect
            return process.fit(at[:count], residue[:count] / size)

    tried = []
    for variance, length, noise in STARTS:
        lengths: Any = np.full(at.shape[1], length)
        kernel = ConstantKernel(variance, VARIANCES) * RBF(lengths, LENGTHS) + WhiteKernel(noise, NOISE)
        tried.append(fitted(kernel, MOST_SEARCHED))
    best = max(tried, key=lambda each: each.log_marginal_likelihood_value_)
    process = fitted(best.kernel_, len(at), optimizer=None)
    smooth = process.kernel_.k1
    weights = size * smooth.k1.constant_value * np.ravel(process.alpha_)
    lengths = np.broadcast_to(smooth.k2.length_scale, at.shape[1:])
    return _rounded(lengths), tuple(map(float, weights))  # not rounded: they are large and cancel


def _rounded(values: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)
