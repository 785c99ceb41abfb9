"""Intervals for counted outcomes and for means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev

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


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float | None, float | None]:
    """Mean of independent values and its Student-t interval; the interval of a single value is None.

    Raises:
        InputError: no values, or a confidence outside 0 … 1.
    """
    if not values:
        raise InputError("no values")
    if not 0 < confidence < 1:
        raise InputError("confidence out of range", found=confidence, allowed="above 0, below 1")
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, None, None
    from scipy.special import stdtrit  # Student's quantile without the second that scipy.stats takes to load

    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half
