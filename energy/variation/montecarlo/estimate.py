"""Mean, sigma and yield at reference, from many copies at screening and a subset of them simulated at both fidelities.

Only copies that work have energies, so a mean is a ratio: the sum of energy x works over the sum of works. The control
variate is the same ratio at screening, over the subset (n) and over all copies (N):

    mean = reference_n - beta (screening_n - screening_N),    and so for the logarithm of sigma.

With beta = 1 the mean is unbiased against the reference, whatever the screening says: a poor screening only widens the
interval. The beta of least variance comes from the subset, which costs a bias of the order 1/n, below a tenth of the
standard error (tests/energy/test_estimate.py); subsets with fewer than `FEWEST` pairs keep 1.

The yield is post-stratified: the subset says which share works at reference of the copies that work at screening, and
of those that do not. It is unbiased where the subset has copies of both kinds; a kind that is not in it keeps the
screening's decision, a bias of at most 1/(e n).

Intervals of means and sigmas are those of the linearized estimators, with Student's quantile; of the yield, quantiles
of Jeffreys' posterior. Fidelities that agree on all of the subset may disagree elsewhere: half a disagreement is added
to those seen (Jeffreys' prior), for an energy as large as its spread. Copies are taken as independent; those of Latin
hypercubes and Sobol sequences have intervals of their own (`replicates`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipcircuit.errors import InputError

CONFIDENCE = 0.95
FEWEST = 10  # pairs from which a coefficient is estimated
UNSEEN = 0.5  # disagreements beside those seen: Jeffreys' prior
_DRAWS = 5000  # of the posterior of a yield: the ends of its interval within 2 % of its width

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Estimate:
    """A statistic at reference.

    Attributes:
        low, high: 95 % interval; None where there are too few copies for one.
        variance_reduction: variance of the same statistic of the subset's reference copies alone, over that of this
            one; None where either is not known.
    """

    value: float
    low: float | None = None
    high: float | None = None
    variance_reduction: float | None = None


def yield_estimate(
    screening: Flags, reference: Flags, subset: Indices, confidence: float = CONFIDENCE, worth: float | None = None
) -> Estimate:
    """Share of copies that work at reference.

    Args:
        worth: plain copies that tell the share at screening as well as these do; None: as many as there are.
        screening: whether each copy works at screening, shape (N,).
        reference: whether those of the subset work at reference, shape (n,).
        subset: positions of the latter among the former, shape (n,), chosen without regard to any outcome.

    Raises:
        InputError: no subset, or positions that are none.
    """
    _check(screening, reference, subset)
    at_screening = screening[subset]
    # Counts in the subset: [fails, works at screening][fails, works at reference]
    counts = [[int(np.sum((at_screening == s) & (reference == r))) for r in (False, True)] for s in (False, True)]
    working = int(screening.sum())
    value = sum(
        size * (works / (fails + works) if fails + works else believed)
        for size, (fails, works), believed in zip((len(screening) - working, working), counts, (0.0, 1.0), strict=True)
    ) / len(screening)
    draws = np.random.default_rng(0)
    plain = 1.0 if worth is None else worth / len(screening)
    share = draws.beta(plain * working + UNSEEN, plain * (len(screening) - working) + UNSEEN, _DRAWS)
    among = [draws.beta(works + UNSEEN, fails + UNSEEN, _DRAWS) for fails, works in counts]
    posterior = (1 - share) * among[False] + share * among[True]
    low, high = (float(q) for q in np.quantile(posterior, [(1 - confidence) / 2, (1 + confidence) / 2]))
    a, b = (float(np.sum(reference == works)) + UNSEEN for works in (True, False))
    alone = a * b / ((a + b) ** 2 * (a + b + 1))  # of Jeffreys' posterior of the subset's copies
    return Estimate(
        value,
        min(low, value) if value > 0 else 0.0,
        max(high, value) if value < 1 else 1.0,
        alone / float(np.var(posterior)),
    )


def mean_estimate(
    screening: Values, reference: Values, subset: Indices, confidence: float = CONFIDENCE
) -> Estimate | None:
    """Mean over the copies that count at reference; None if none of the subset does.

    Args:
        screening: value of each copy at screening, NaN for one that does not count, shape (N,).
        reference: values of the subset at reference, likewise, shape (n,).
        subset: as `yield_estimate`.

    Raises:
        InputError: as `yield_estimate`.
    """
    _check(screening, reference, subset)
    control = screening[subset]
    if not np.isfinite(reference).any():
        return None
    mean = float(np.nanmean(reference))
    if not np.isfinite(control).any():
        return _alone(mean, reference - mean, confidence)
    deviations = screening - float(np.nanmean(screening))
    v = np.nan_to_num(deviations[subset], nan=0.0) / np.isfinite(control).mean()  # its mean is the subset's difference
    beta, unbiased = _coefficient(np.nan_to_num(reference - mean, nan=0.0) / np.isfinite(reference).mean(), v)
    share = len(subset) / len(screening)  # the more of the copies are in the subset, the less there is to correct
    value = mean - share * beta * float(v.mean()) - (1 - share) * unbiased
    return _controlled(value, beta, reference - value, deviations, subset, confidence)


def _coefficient(u: Values, v: Values) -> tuple[float, float]:
    """Coefficient of u on v, and the mean of each v times the coefficient of the others, which is all but unbiased."""
    centred, n = v - v.mean(), len(v)
    products, squares = centred * (u - u.mean()), centred**2
    without = squares.sum() - n / max(1, n - 1) * squares
    if np.count_nonzero(v) < FEWEST or without.min() <= 1e-9 * squares.sum():
        return 1.0, float(v.mean())
    others = (products.sum() - n / (n - 1) * products) / without
    return float(products.sum() / squares.sum()), float(np.mean(others * v))


def sigma_estimate(
    screening: Values, reference: Values, subset: Indices, confidence: float = CONFIDENCE
) -> Estimate | None:
    """Standard deviation over the copies that count at reference; None if fewer than two of the subset do.

    Args and errors are those of `mean_estimate`.
    """
    _check(screening, reference, subset)
    control = screening[subset]
    if np.isfinite(reference).sum() < 2:
        return None
    sigma, of_control, overall = (_sigma(values) for values in (reference, control, screening))
    if sigma == 0:
        return Estimate(0.0)
    pairs = np.isfinite(reference) & np.isfinite(control)
    if of_control == 0 or not pairs.any():
        return sigma_of(reference[np.isfinite(reference)], confidence)
    # Of normal values the square of their correlation, which has smaller errors than fourth moments.
    beta = _correlation(reference[pairs], control[pairs]) ** 2 if pairs.sum() >= FEWEST else 1.0
    corrected = math.log(sigma) - beta * math.log(of_control / overall)
    # Both around what is known best: of the subset alone they would differ by more than the fidelities do.
    centre = mean_estimate(screening, reference, subset)
    squares = _squares(reference, centre.value if centre else 0.0, math.exp(corrected))
    controls = _squares(screening, float(np.nanmean(screening)), overall)
    found = _controlled(corrected, beta, squares, controls, subset, confidence)
    return _exponential(found, int(np.isfinite(reference).sum()))


def sigma_of(values: Values, confidence: float = CONFIDENCE) -> Estimate:
    """Standard deviation of values of one fidelity, all of which count."""
    sigma = _sigma(values)
    if sigma == 0:
        return Estimate(sigma)
    found = _alone(math.log(sigma), _squares(values, float(np.mean(values)), sigma), confidence)
    return _exponential(found, len(values))


def _exponential(logarithm: Estimate, n: int) -> Estimate:
    """From the logarithm of a standard deviation of `n` values; of a few values its interval says nothing."""
    value = math.exp(logarithm.value)
    if logarithm.low is None or logarithm.high is None or n < FEWEST:
        return Estimate(value)
    return Estimate(value, math.exp(logarithm.low), math.exp(logarithm.high), logarithm.variance_reduction)


def _correlation(x: Values, y: Values) -> float:
    """Correlation of pairs; 0 where one of them is always the same."""
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0 and np.ptp(y) > 0 else 0.0


def _sigma(values: Values) -> float:
    """Standard deviation of those that count; 0 for fewer than two."""
    counted = values[np.isfinite(values)]
    return float(np.std(counted, ddof=1)) if len(counted) > 1 else 0.0


def _check(screening: NDArray, reference: NDArray, subset: Indices) -> None:
    if not 0 < len(subset) == len(reference) <= len(screening):
        counts = f"{len(screening)} screening, {len(reference)} reference, {len(subset)} positions"
        raise InputError("copies make no estimate", found=counts, allowed="1 … N of N, a position for each")
    if len(np.unique(subset)) != len(subset) or subset.min() < 0 or subset.max() >= len(screening):
        raise InputError("positions are not those of different copies", where="subset", allowed="0 … N - 1, once each")


def _squares(values: Values, mean: float, sigma: float) -> Values:
    """Influence of each copy on the logarithm of the standard deviation, times the share that counts."""
    return (((values - mean) / sigma) ** 2 - 1) / 2


def _controlled(
    value: float, beta: float, of_reference: Values, of_screening: Values, subset: Indices, confidence: float
) -> Estimate:
    """A corrected statistic with its interval.

    Args:
        beta: coefficient of the correction.
        of_reference, of_screening: influence of each copy times the share that counts, NaN for one that does not,
            shapes (n,) and (N,).
    """
    counted, inside = np.isfinite(of_reference), of_screening[subset]
    n, share = int(counted.sum()), len(subset) / len(of_screening)
    freedom = n - 2 if n >= FEWEST else n - 1
    if freedom < 1:
        return Estimate(value)
    # In units of the reference's influence: the shares of copies that count may differ between the fidelities.
    u = np.nan_to_num(of_reference, nan=0.0)
    v = np.nan_to_num(inside, nan=0.0) * (counted.mean() / np.isfinite(inside).mean())
    others = np.nan_to_num(np.delete(of_screening, subset), nan=0.0) / np.isfinite(of_screening).mean()
    alone = float(np.var(of_reference[counted], ddof=1))
    residual = u - beta * (1 - share) * v
    paired = (float(np.sum((residual - residual.mean()) ** 2)) + UNSEEN * alone) / (freedom * n)
    further = (beta * (1 - share)) ** 2 * float(np.var(others)) / len(others) if len(others) else 0.0
    return _interval(value, paired, further, freedom, alone / n, confidence)


def _alone(value: float, of_reference: Values, confidence: float) -> Estimate:
    """A statistic of the subset where screening has nothing to correct it by."""
    counted = of_reference[np.isfinite(of_reference)]
    if len(counted) < 2:
        return Estimate(value)
    variance = float(counted @ counted) / (len(counted) * (len(counted) - 1))
    return _interval(value, variance, 0.0, len(counted) - 1, variance, confidence)


def _interval(value: float, paired: float, further: float, freedom: int, alone: float, confidence: float) -> Estimate:
    """Student's interval of a sum of two independent parts, of which only `paired` has a poorly known variance."""
    from scipy.special import stdtrit  # not at import: `ipcircuit list` needs none of it

    variance = paired + further
    if variance == 0:
        return Estimate(value, value, value)
    welch = freedom * (variance / paired) ** 2 if paired > 0 else math.inf  # Welch and Satterthwaite
    half = float(stdtrit(min(welch, 1e9), (1 + confidence) / 2)) * math.sqrt(variance)
    return Estimate(value, value - half, value + half, alone / variance)
