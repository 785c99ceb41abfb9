"""Distributions of what varies between copies, each as a function of a standard normal deviate.

That way every distribution is sampled by the same deviates, and correlations between quantities are those of their
deviates (a Gaussian copula). All functions take one deviate, or those of many copies in an array.
"""

from __future__ import annotations

import math
from enum import StrEnum
from statistics import NormalDist

from ipcircuit.sampling.columns import Number, of_each

CUT = 3.0  # standard deviations at which a truncated normal distribution ends


class Distribution(StrEnum):
    """Distribution of a factor, or of a shift: see `factor` and `shift`."""

    LOGNORMAL = "lognormal"
    NORMAL = "normal"
    UNIFORM = "uniform"
    TRUNCATED_NORMAL = "truncated normal"


def standardized(distribution: Distribution, deviate: Number) -> Number:
    """The deviate of a symmetric distribution for that of the normal one at the same probability.

    Uniform: within ±√3, so that its standard deviation is 1. Truncated normal: within ±3; its standard deviation is
    0.987.
    """
    if distribution is Distribution.UNIFORM:
        return of_each(_uniform, deviate)
    return of_each(_truncated, deviate) if distribution is Distribution.TRUNCATED_NORMAL else deviate


def _uniform(deviate: float) -> float:
    return math.sqrt(3) * math.erf(deviate / math.sqrt(2))


def _truncated(deviate: float) -> float:
    normal = NormalDist()
    outside = normal.cdf(-CUT)
    # Of the lower half, where a probability near 0 keeps its digits.
    below = normal.inv_cdf(outside + normal.cdf(-abs(deviate)) * (1 - 2 * outside))
    return math.copysign(max(below, -CUT), deviate) if below < 0 else 0.0


def factor(distribution: Distribution, sigma: float, deviate: Number) -> Number:
    """What a quantity is multiplied with: exp(sigma · z) if log-normal, else 1 + sigma · z."""
    if distribution is Distribution.LOGNORMAL:
        return of_each(math.exp, sigma * deviate)
    return 1 + sigma * standardized(distribution, deviate)


def shift(distribution: Distribution, sigma: float, deviate: Number) -> Number:
    """What is added to a quantity: sigma · z. A log-normal one does not exist."""
    return sigma * standardized(distribution, deviate)
