"""A mean over seeds with its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Mean:
    """Mean of a sample with Student's interval; `low` and `high` are None for a single value."""

    mean: float
    low: float | None
    high: float | None
    n: int

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Mean:
    """Mean and confidence interval of independent, roughly normal values.

    Raises:
        InputError: no values, or a confidence outside 0 … 1.
    """
    from scipy.stats import t

    if not values or not 0 < confidence < 1:
        raise InputError("makes no interval", where="values, confidence", found=(len(values), confidence))
    middle = fmean(values)
    if len(values) == 1:
        return Mean(middle, None, None, 1)
    half = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return Mean(middle, middle - half, middle + half, len(values))
