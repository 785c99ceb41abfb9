"""Statistics over random copies, by quantity: of one fidelity as it is, or of both, corrected to the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import stdev

import numpy as np
from numpy.typing import NDArray

from energy.variation.montecarlo import replicates
from energy.variation.montecarlo.estimate import (
    CONFIDENCE,
    UNSEEN,
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


def of_one(copies: Copies, typical: Mapping[str, float | None], groups: replicates.Groups | None = None) -> Summary:
    """Statistics of copies of one fidelity: Student's intervals of means, Wilson's of the yield.

    Args:
        typical: quantities of the circuit as designed, by name.
        groups: independent plan of each copy, from whose scatter the intervals are; None: of plain copies.
    """
    working, known = int(copies.works.sum()), int(copies.simulated.sum())
    share = Estimate(working / known, *wilson_interval(working, known, CONFIDENCE))
    if groups is not None:
        share = _share_of_plans(share, copies.works[copies.simulated], groups[copies.simulated])
    spreads = {}
    for name in copies.names:
        counted = _counted(copies, name)
        values: list[float] = counted[np.isfinite(counted)].tolist()
        if values:
            mean, low, high = mean_interval(values, CONFIDENCE)
            of_sigma = sigma_of(np.array(values))
            if groups is not None and len(values) > 1:
                of_mean, of_sigma = _of_plans(Estimate(mean, low, high), of_sigma, counted, groups)
                low, high = of_mean.low, of_mean.high
            sigma = stdev(values) if len(values) > 1 else None
            ends = min(values), max(values), len(values)
            spreads[name] = Spread(typical.get(name), mean, sigma, low, high, *ends, of_sigma.low, of_sigma.high)
    return Summary(share, spreads, {}, {})


def of_both(
    screening: Copies, reference: Copies, typical: Mapping[str, float | None], groups: replicates.Groups | None = None
) -> Summary:
    """Statistics at reference from copies at screening, the first of which were also simulated at reference.

    Args:
        groups: as of `of_one`, of all copies.
    """
    known, first = screening.simulated, len(reference)
    pairs = known[:first] & reference.simulated
    subset = (np.cumsum(known) - 1)[:first][pairs]  # places among the copies that are known at screening
    plans = None if groups is None or pairs.sum() < 2 * len(np.unique(groups)) else groups[known]
    worth = None if plans is None else _worth(screening.works[known], plans)
    share = yield_estimate(screening.works[known], reference.works[pairs], subset, worth=worth)
    best = screening.updated(reference)
    spreads: dict[str, Spread] = {}
    correction = {"yield": share.value - float(screening.works[known].mean())}
    reduction = {"yield": share.variance_reduction}
    for name in reference.names:
        controls, values = _counted(screening, name)[known], _counted(reference, name)[pairs]
        mean, sigma = mean_estimate(controls, values, subset), sigma_estimate(controls, values, subset)
        if mean is None:
            continue
        if plans is not None:
            mean, sigma = _of_plans_corrected(mean, sigma, controls, values, subset, plans)
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


def _worth(works: NDArray[np.bool_], groups: replicates.Groups) -> float:
    """Plain copies that tell the share that works as well as these."""
    variance = replicates.jackknife(lambda chosen: float(works[chosen].mean()), groups)
    return replicates.worth(float(works.mean()), len(works), variance, len(np.unique(groups)))


def _share_of_plans(share: Estimate, works: NDArray[np.bool_], groups: replicates.Groups) -> Estimate:
    return replace(
        share, **dict(zip(("low", "high"), replicates.wilson(share.value, _worth(works, groups)), strict=True))
    )


def _of_plans(
    mean: Estimate, sigma: Estimate, counted: NDArray[np.float64], groups: replicates.Groups
) -> tuple[Estimate, Estimate]:
    """Mean and sigma of values, NaN where a copy does not count, with intervals from the scatter between plans."""
    plans = len(np.unique(groups))

    def statistic(
        of: Callable[[NDArray[np.float64]], float], least: int
    ) -> Callable[[NDArray[np.bool_]], float | None]:
        def value(chosen: NDArray[np.bool_]) -> float | None:
            values = counted[chosen & np.isfinite(counted)]
            return of(values) if len(values) >= least else None

        return value

    def log_sigma(values: NDArray[np.float64]) -> float:
        deviation = float(np.std(values, ddof=1))
        return math.log(deviation) if deviation > 0 else math.nan

    of_mean = replicates.jackknife(statistic(lambda values: float(values.mean()), 1), groups)
    of_sigma = replicates.jackknife(statistic(log_sigma, 2), groups)
    spread = replicates.with_interval(sigma, of_sigma, plans, logarithmic=True) if sigma.low is not None else sigma
    return replicates.with_interval(mean, of_mean, plans), spread


def _of_plans_corrected(
    mean: Estimate,
    sigma: Estimate | None,
    controls: NDArray[np.float64],
    values: NDArray[np.float64],
    subset: NDArray[np.intp],
    groups: replicates.Groups,
) -> tuple[Estimate, Estimate | None]:
    """The same of estimates from both fidelities."""
    plans = len(np.unique(groups))
    of_mean = replicates.jackknife(replicates.of_subset(mean_estimate, controls, values, subset), groups)
    mean = replicates.with_interval(mean, of_mean, plans, unseen=replicates.unseen_of(values))
    if sigma is None or sigma.low is None or sigma.value <= 0:
        return mean, sigma
    of_sigma = replicates.jackknife(replicates.of_subset(_log_sigma, controls, values, subset), groups)
    pairs = int(np.isfinite(values).sum())
    unseen = UNSEEN / 2 / pairs**2  # of a logarithm: half of the relative variance
    return mean, replicates.with_interval(sigma, of_sigma, plans, unseen=unseen, logarithmic=True)


def _log_sigma(controls: NDArray[np.float64], values: NDArray[np.float64], subset: NDArray[np.intp]) -> Estimate | None:
    sigma = sigma_estimate(controls, values, subset)
    return None if sigma is None or sigma.value <= 0 else Estimate(math.log(sigma.value))


def _counted(copies: Copies, name: str) -> NDArray[np.float64]:
    """A quantity of the copies that count for it, NaN for the others, shape (copies,)."""
    values = copies.column(name)
    return values if name in OF_ALL_COPIES else np.where(copies.works, values, np.nan)
