"""Intervals for counted outcomes, for means and medians, and for one further value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median, stdev
from typing import NamedTuple

from ipcircuit.errors import InputError


def wilson_interval(successes: int, n: int, confidence: float = 0.99) -> tuple[float, float]:
    """Score interval for the probability behind `successes` in `n` independent trials.

    Keeps its coverage near 0 and 1, where the normal approximation fails (Wilson, J. Am. Stat. Assoc. 22, 209, 1927).

    Args:
        successes, n: counts.
        confidence: coverage, 0 to 1 exclusive.

    Returns:
        lower and upper end, within 0 … 1.

    Raises:
        InputError: no trials, more successes than trials, or a confidence outside 0 … 1.
    """
    if not (n > 0 and 0 <= successes <= n):
        raise InputError("counts make no interval", found=f"{successes} of {n}", allowed="0 … n of n, n at least 1")
    if not 0 < confidence < 1:
        raise InputError("confidence out of range", found=confidence, allowed="above 0, below 1")
    from scipy.stats import binomtest  # costs a second: only where an interval is asked for

    interval = binomtest(successes, n).proportion_ci(confidence, "wilson")
    return float(interval.low), float(interval.high)


def _check(values: Sequence[float], confidence: float) -> None:
    if not values:
        raise InputError("no values")
    if not 0 < confidence < 1:
        raise InputError("confidence out of range", found=confidence, allowed="above 0, below 1")


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float | None, float | None]:
    """Mean of independent values and its Student-t interval; the interval of a single value is None.

    Raises:
        InputError: no values, or a confidence outside 0 … 1.
    """
    _check(values, confidence)
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, None, None
    from scipy.special import stdtrit  # Student's quantile without the second that scipy.stats takes to load

    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def share_interval(mean: float, low: float, high: float) -> tuple[float, float]:
    """An interval around the mean of a share, carried over to the logit scale, where its ends stay within 0 and 1.

    The half-widths are divided by p(1 - p), the slope of the logit's inverse (delta method). A share of 0 or 1 has no
    logit: its interval is the point.

    Raises:
        InputError: the mean is no share, or the interval is not around it.
    """
    if not (0 <= mean <= 1 and low <= mean <= high):
        raise InputError("not an interval around a share", found=f"{mean:g} in {low:g} to {high:g}", allowed="0 to 1")
    if mean in (0, 1):
        return mean, mean
    slope, middle = mean * (1 - mean), math.log(mean / (1 - mean))
    low, high = (0.5 + 0.5 * math.tanh((middle + (end - mean) / slope) / 2) for end in (low, high))
    return min(low, mean), max(high, mean)  # of no width, rounding moves both ends off the mean


def prediction_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of independent values, and the interval that holds the next one of them with this probability.

    Student's, for normal values: s · t · sqrt(1 + 1/n) to both sides; it tends to the quantiles of their distribution.

    Raises:
        InputError: fewer than two values, or a confidence outside 0 … 1.
    """
    _check(values[1:], confidence)
    from scipy.special import stdtrit

    n, mean = len(values), math.fsum(values) / len(values)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * stdev(values) * math.sqrt(1 + 1 / n)
    return mean, mean - half, mean + half


class VarianceComponents(NamedTuple):
    """Standard deviation between the means of groups, and within groups; the number of groups."""

    between: float
    within: float
    groups: int


def variance_components(groups: Sequence[Sequence[float]]) -> VarianceComponents | None:
    """How far groups differ, and how far the members of one, by a one-way analysis of variance with random effects.

    The estimate of the variance between groups can be negative, where it is small; it is 0 then. Groups of different
    sizes count with n_0 = (N - Σn²/N)/(k - 1) (Searle, Casella and McCulloch, Variance Components, 1992, section 3.6).

    Returns:
        None: fewer than two groups, or no group with two members.
    """
    filled = [group for group in groups if group]
    count, total = len(filled), sum(map(len, filled))
    if count < 2 or total == count:
        return None
    means = [math.fsum(group) / len(group) for group in filled]
    mean = math.fsum(value for group in filled for value in group) / total
    deviations = (value - m for group, m in zip(filled, means, strict=True) for value in group)
    within = math.fsum(d * d for d in deviations) / (total - count)
    of_means = math.fsum(len(group) * (m - mean) ** 2 for group, m in zip(filled, means, strict=True)) / (count - 1)
    size = (total - math.fsum(len(group) ** 2 for group in filled) / total) / (count - 1)
    return VarianceComponents(math.sqrt(max(of_means - within, 0.0) / size), math.sqrt(within), count)


class MedianInterval(NamedTuple):
    """Median of independent values, and between which two of them it lies with a probability of `coverage`."""

    median: float
    low: float | None
    high: float | None
    coverage: float | None


def median_interval(values: Sequence[float], confidence: float = 0.95) -> MedianInterval:
    """Distribution-free interval of a median: the k-th smallest and the k-th largest value, for the largest k that
    covers the median with at least `confidence` (sign test; Hahn and Meeker, Statistical Intervals, 5.2).

    Of 20 values it is the 6th smallest and 6th largest, which cover the median with 95.9 %. Up to five values cover no
    95 %: then there is no interval.

    Raises:
        InputError: no values, or a confidence outside 0 … 1.
    """
    _check(values, confidence)
    n, ordered, outside = len(values), sorted(values), 0
    k, coverage = 0, None
    while 2 * (k + 1) <= n:
        outside += math.comb(n, k)  # of 2^n: at most k values below the median
        if 1 - outside / 2 ** (n - 1) < confidence:
            break
        k, coverage = k + 1, 1 - outside / 2 ** (n - 1)
    if k == 0:
        return MedianInterval(median(ordered), None, None, None)
    return MedianInterval(median(ordered), ordered[k - 1], ordered[n - k], coverage)
