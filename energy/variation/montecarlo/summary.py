"""Statistics over random copies, by quantity: of one fidelity as it is, or of both, corrected to the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import stdev

import numpy as np
from numpy.typing import NDArray

from energy.variation.montecarlo.estimate import (
    CONFIDENCE,
    Estimate,
    mean_estimate,
    sigma_estimate,
    sigma_of,
    yield_estimate,
)
from energy.variation.montecarlo.table import Copies
from ipcircuit.statistics import mean_interval, wilson_interval

#: Over all copies that have them: over those that work, a margin would be above zero by definition.
OF_ALL_COPIES = frozenset({"margin_V"})


@dataclass(frozen=True)
class Spread:
    """Distribution of one quantity over the copies that work; of a margin, over all copies.

    Attributes:
        typical: of the circuit as designed; None where not obtained.
        mean, sigma: over the copies; sigma None with fewer than two.
        low, high: 95 % interval of the mean; None with fewer than two.
        minimum, maximum: over the copies, each at the reference fidelity where it was simulated so.
        runs: copies that have the quantity.
        sigma_low, sigma_high: 95 % interval of sigma; None with fewer than ten.
    """

    typical: float | None
    mean: float
    sigma: float | None
    low: float | None
    high: float | None
    minimum: float
    maximum: float
    runs: int
    sigma_low: float | None = None
    sigma_high: float | None = None


@dataclass(frozen=True)
class Summary:
    """Yield and spreads of one Monte Carlo run.

    Attributes:
        share: yield with its 95 % interval.
        spreads: by quantity; one that no copy has is left out.
        correction: by quantity and ``yield``: mean at reference less that at screening; empty with one fidelity.
        variance_reduction: by quantity and ``yield``: see `estimate.Estimate`; empty likewise.
        disagreements: copies of the subset that work at one fidelity only: (reference, screening).
    """

    share: Estimate
    spreads: Mapping[str, Spread]
    correction: Mapping[str, float]
    variance_reduction: Mapping[str, float]
    disagreements: tuple[int, int] = (0, 0)


def of_one(copies: Copies, typical: Mapping[str, float | None]) -> Summary:
    """Statistics of copies of one fidelity: Student's intervals of means, Wilson's of the yield.

    Args:
        typical: quantities of the circuit as designed, by name.
    """
    working, known = int(copies.works.sum()), int(copies.simulated.sum())
    share = Estimate(working / known, *wilson_interval(working, known, CONFIDENCE))
    spreads = {}
    for name in copies.names:
        counted = _counted(copies, name)
        values: list[float] = counted[np.isfinite(counted)].tolist()
        if values:
            mean, low, high = mean_interval(values, CONFIDENCE)
            of_sigma = sigma_of(np.array(values))
            sigma = stdev(values) if len(values) > 1 else None
            ends = min(values), max(values), len(values)
            spreads[name] = Spread(typical.get(name), mean, sigma, low, high, *ends, of_sigma.low, of_sigma.high)
    return Summary(share, spreads, {}, {})


def of_both(screening: Copies, reference: Copies, typical: Mapping[str, float | None]) -> Summary:
    """Statistics at reference from copies at screening, the first of which were also simulated at reference."""
    known, first = screening.simulated, len(reference)
    pairs = known[:first] & reference.simulated
    subset = (np.cumsum(known) - 1)[:first][pairs]  # places among the copies that are known at screening
    share = yield_estimate(screening.works[known], reference.works[pairs], subset)
    best = screening.updated(reference)
    spreads: dict[str, Spread] = {}
    correction = {"yield": share.value - float(screening.works[known].mean())}
    reduction = {"yield": share.variance_reduction}
    for name in reference.names:
        controls, values = _counted(screening, name)[known], _counted(reference, name)[pairs]
        mean, sigma = mean_estimate(controls, values, subset), sigma_estimate(controls, values, subset)
        if mean is None:
            continue
        counted = _counted(best, name)
        counted = counted[np.isfinite(counted)]
        of_sigma = (None, None, None) if sigma is None else (sigma.value, sigma.low, sigma.high)
        ends = float(counted.min()), float(counted.max()), len(counted)
        spreads[name] = Spread(typical.get(name), mean.value, of_sigma[0], mean.low, mean.high, *ends, *of_sigma[1:])
        if np.isfinite(controls).any():
            correction[name] = mean.value - float(np.nanmean(controls))
        reduction[name] = mean.variance_reduction
    here, there = reference.works[pairs], screening.works[:first][pairs]
    disagreements = int(np.sum(here & ~there)), int(np.sum(there & ~here))
    known_reduction = {name: value for name, value in reduction.items() if value is not None}
    return Summary(share, spreads, correction, known_reduction, disagreements)


def _counted(copies: Copies, name: str) -> NDArray[np.float64]:
    """A quantity of the copies that count for it, NaN for the others, shape (copies,)."""
    values = copies.column(name)
    return values if name in OF_ALL_COPIES else np.where(copies.works, values, np.nan)
