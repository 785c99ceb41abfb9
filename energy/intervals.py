"""Intervals of an energy from the spread of its cost record: each kind says something else, so they stay apart.

The mean of the copies lies where its interval says with 95 %: as many copies average out. One copy is within σ of the
mean in two of three cases. The interval of a fit is what the measurements of the device leave open, which all copies
share. A record without spread has no interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from energy.cost import NeuronCost


class Kind(StrEnum):
    """What an interval is of, in the words of JSON."""

    MEAN = "mean_of_copies"
    COPY = "copy"
    FIT = "fit"


LABELS = {Kind.MEAN: "mean of copies, 95 %", Kind.COPY: "one copy, mean ± σ", Kind.FIT: "fit of the device"}


@dataclass(frozen=True)
class Interval:
    """Ends of an interval, J (or of a ratio)."""

    low: float
    high: float

    def moved(self, value: float, count: float, total: float) -> Interval:
        """Interval of a `total` that grows by `count` times what one energy of `value` J grows by."""
        return Interval(total + count * (self.low - value), total + count * (self.high - value))

    def inverse(self, numerator: float) -> Interval | None:
        """Interval of `numerator` over a value in this one; None where that reaches 0."""
        return Interval(numerator / self.high, numerator / self.low) if self.low > 0 else None


def intervals(cost: NeuronCost, scope: str, energy: str = "energy_per_operation") -> dict[Kind, Interval]:
    """Intervals of an energy of a cost record, J, by kind; empty without spread."""
    spread, stem = cost.spread or {}, f"{scope}_{energy}"
    mean, sigma = spread.get(f"{stem}_mean_J"), spread.get(f"{stem}_sigma_J")
    ends = {
        Kind.MEAN: (spread.get(f"{stem}_low_J"), spread.get(f"{stem}_high_J")),
        Kind.COPY: (None, None) if mean is None or sigma is None else (mean - sigma, mean + sigma),
        Kind.FIT: (spread.get(f"fit_{stem}_low_J"), spread.get(f"fit_{stem}_high_J")),
    }
    return {kind: Interval(low, high) for kind, (low, high) in ends.items() if low is not None and high is not None}


def scaled_intervals(
    cost: NeuronCost, scope: str, count: float, total: float | None, energy: str = "energy_per_operation"
) -> dict[Kind, Interval]:
    """Intervals of `total` (J), of which `count` times the record's energy is a part; the rest is taken as known."""
    value = getattr(cost.scopes[scope], f"{energy}_J")
    if total is None or value is None:
        return {}
    return {kind: one.moved(value, count, total) for kind, one in intervals(cost, scope, energy).items()}


def record(by_kind: Mapping[Kind, Interval]) -> dict[str, dict[str, float]] | None:
    """Ends by kind as JSON has them, J; None where there are none."""
    return {str(kind): {"low_J": one.low, "high_J": one.high} for kind, one in by_kind.items()} or None


def summed(records: Iterable[Mapping[str, Mapping[str, float]] | None]) -> dict[str, dict[str, float]] | None:
    """`record` of a sum, of the kinds that every part has: ends add up, as of parts that are off together."""
    parts = [each or {} for each in records]
    kinds = [str(kind) for kind in LABELS if parts and all(kind in part for part in parts)]
    return {k: {end: math.fsum(part[k][end] for part in parts) for end in ("low_J", "high_J")} for k in kinds} or None
