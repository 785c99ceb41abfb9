"""First-order and total Sobol indices of a function of independent standard normal deviates, or of groups of them.

The first-order index is the share of the variance that a group explains alone, the total index that in which it takes
part: S = V[E(y | z_g)] / V[y] and T = E[V(y | all but z_g)] / V[y]. Two matrices A and B of n rows are drawn from a
scrambled Sobol sequence; AB_g is A with the group's columns of B: n (groups + 2) rows. Estimators: Saltelli et al.,
Comput. Phys. Commun. 181, 259, 2010, for S, Jansen, Comput. Phys. Commun. 117, 35, 1999, for T. Intervals: bootstrap
over the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.sampling.plans import MOST_DIMENSIONS, normal

_RESAMPLED = 500
_BITS = 30  # of a Sobol point
FEWEST_BASE_ROWS = 16


@dataclass(frozen=True)
class SobolIndices:
    """Indices by group, shape (groups,), with the ends of their 95 % intervals.

    Attributes:
        rows: base rows of which all values are known.
    """

    first: np.ndarray
    first_low: np.ndarray
    first_high: np.ndarray
    total: np.ndarray
    total_low: np.ndarray
    total_high: np.ndarray
    rows: int


def rows_needed(base_rows: int, groups: int) -> int:
    """Rows of a design."""
    return base_rows * (groups + 2)


def check_base_rows(base_rows: int) -> None:
    """Raise InputError for a number that is no power of two, or too small."""
    if base_rows < FEWEST_BASE_ROWS or base_rows & (base_rows - 1):
        allowed = f"a power of two, {FEWEST_BASE_ROWS} or more"
        raise InputError("not a number of base rows", where="Sobol indices", found=base_rows, allowed=allowed)


def design(groups: Sequence[Sequence[int]], dimensions: int, base_rows: int, seed: int) -> np.ndarray:
    """Rows of A, of B and of AB_g for each group in turn: shape (groups + 2, base rows, dimensions).

    Args:
        groups: columns of each.
        base_rows: a power of two: then the sequence is balanced.

    Raises:
        InputError: another number of rows, or more deviates than a Sobol sequence has dimensions.
    """
    check_base_rows(base_rows)
    if 2 * dimensions > MOST_DIMENSIONS:
        allowed = f"up to {MOST_DIMENSIONS // 2}"
        raise InputError("too many deviates", where="Sobol indices", found=dimensions, allowed=allowed)
    from scipy.stats import qmc

    make: Any = qmc.Sobol  # `seed` is named `rng` since scipy 1.15
    uniform = make(2 * dimensions, bits=_BITS, seed=np.random.default_rng(seed)).random(base_rows)
    both = normal(uniform + 2.0 ** -(_BITS + 1))
    a, b = both[:, :dimensions], both[:, dimensions:]
    mixed = np.repeat(a[None], len(groups), axis=0)
    for rows, columns in zip(mixed, groups, strict=True):
        rows[:, list(columns)] = b[:, list(columns)]
    return np.concatenate([a[None], b[None], mixed])


def indices(values: np.ndarray, seed: int) -> SobolIndices | None:
    """Indices from the values of a design's rows, shape (groups + 2, base rows); NaN where not obtained.

    A base row of which any value is missing is left out. None where fewer than 16 are left, or nothing varies.
    """
    known = values[:, np.isfinite(values).all(axis=0)]
    n = known.shape[1]
    if n < FEWEST_BASE_ROWS or np.ptp(known[:2]) <= 1e-12 * np.abs(known[:2]).max():
        return None
    terms = _terms(known)
    first, total = _estimates(terms.mean(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):  # a resample may not vary
        resampled = np.array([_estimates(counts @ terms / n) for counts in _resamples(seed, n)])
    low, high = np.nanquantile(resampled, [0.025, 0.975], axis=0)
    return SobolIndices(first, low[0], high[0], total, low[1], high[1], n)


@lru_cache(maxsize=1)  # the same for all functions of one design
def _resamples(seed: int, n: int) -> np.ndarray:
    """How often each of n rows is in each resample of them, shape (resamples, n)."""
    generator = np.random.default_rng([seed, n])
    counts = [np.bincount(generator.integers(n, size=n), minlength=n) for _ in range(_RESAMPLED)]
    return np.array(counts, dtype=float)


def _terms(values: np.ndarray) -> np.ndarray:
    """Of each base row what the estimates need the means of, shape (rows, 2 + 3 groups)."""
    centred = values - values[:2].mean()
    a, b, change = centred[0], centred[1], centred[2:] - centred[0]
    return np.concatenate([[(a + b) / 2, (a**2 + b**2) / 2], change, b * change, change**2]).T


def _estimates(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices from the means of `_terms`, (groups,) each."""
    mean, square = means[:2]
    change, product, changed = means[2:].reshape(3, -1)
    variance = square - mean**2
    return (product - mean * change) / variance, changed / (2 * variance)
