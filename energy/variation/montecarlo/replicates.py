"""Intervals of Latin hypercube and Sobol samples, from the scatter between independent plans (scramblings).

Copies of one plan depend on each other, which is what makes their mean better than that of plain copies; how much
better, one plan does not tell. Several independent ones do: a statistic is worked out without each of them in turn (the
jackknife over random groups: Wolter, Introduction to Variance Estimation, 2007, chapter 4), and the scatter of these
values is its variance, whatever the statistic is. Student's quantile is that of as many plans less one.

A yield has Wilson's interval of as many plain copies as have the same variance, fewer by the square of the ratio of
Student's quantiles (Korn and Graubard, Surv. Methodol. 24, 193, 1998). Counts are whole numbers, each plan's known to
1/12 of a squared copy at best; where all copies work, or none, there is no scatter, and the interval is that of plain
copies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from energy.variation.montecarlo.estimate import CONFIDENCE, UNSEEN, Estimate, Flags, Indices, Values

Groups = NDArray[np.intp]  # plan of each copy, shape (copies,)


def jackknife(statistic: Callable[[Flags], float | None], groups: Groups) -> float | None:
    """Variance of a statistic of all copies; None where it cannot be told without one of the plans.

    Args:
        statistic: of the copies that are chosen, shape (copies,); None where they have none.
    """
    plans = np.unique(groups)
    values = [statistic(groups != plan) for plan in plans]
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < len(values) or len(values) < 2:
        return None
    return float(np.var(known)) * (len(known) - 1)


def quantile(plans: int, confidence: float = CONFIDENCE) -> float:
    """Student's, two-sided."""
    from scipy.special import stdtrit

    return float(stdtrit(plans - 1, (1 + confidence) / 2))


def with_interval(
    estimate: Estimate, variance: float | None, plans: int, *, unseen: float = 0.0, logarithmic: bool = False
) -> Estimate:
    """The estimate with the interval of a variance; with its own where that is not known.

    Args:
        variance: from `jackknife`; of the logarithm if `logarithmic`.
        unseen: variance of what the copies cannot show (`UNSEEN`).
    """
    if variance is None or (logarithmic and estimate.value <= 0):
        return estimate
    half = quantile(plans) * math.sqrt(variance + unseen)
    if logarithmic:
        return replace(estimate, low=estimate.value * math.exp(-half), high=estimate.value * math.exp(half))
    return replace(estimate, low=estimate.value - half, high=estimate.value + half)


def worth(share: float, copies: int, variance: float | None, plans: int) -> float:
    """Plain copies that tell a share as well as these do, less what is lost by knowing that from few plans."""
    if variance is None or not 0 < share < 1:
        return float(copies)
    least = plans / 12 / copies**2
    plain = share * (1 - share) / max(variance, least)
    return plain * (quantile(copies) / quantile(plans)) ** 2


def wilson(share: float, copies: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval of a share of a number of copies that need not be whole."""
    from scipy.special import ndtri

    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    centre = (share + z2 / (2 * copies)) / (1 + z2 / copies)
    half = math.sqrt(z2 * (share * (1 - share) / copies + z2 / (4 * copies**2))) / (1 + z2 / copies)
    return max(0.0, centre - half), min(1.0, centre + half)


def of_subset(
    statistic: Callable[[Values, Values, Indices], Estimate | None],
    screening: NDArray,
    reference: NDArray,
    subset: Indices,
) -> Callable[[Flags], float | None]:
    """A statistic of both fidelities (`estimate.mean_estimate` and the like) as one of chosen copies."""
    places = np.full(len(screening), -1)

    def value(chosen: Flags) -> float | None:
        places[:] = np.cumsum(chosen) - 1
        inside = chosen[subset]
        if not inside.any():
            return None
        found = statistic(screening[chosen], reference[inside], places[subset[inside]])
        return None if found is None else found.value

    return value


def unseen_of(reference: Values) -> float:
    """Variance (of a mean) of half a disagreement that the pairs do not show, for an energy as large as its spread."""
    counted = reference[np.isfinite(reference)]
    return UNSEEN * float(np.var(counted)) / len(counted) ** 2 if len(counted) else 0.0
