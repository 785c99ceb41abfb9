"""Estimates at reference from copies at screening and a subset at both, on populations whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri

from energy.variation.montecarlo.estimate import Estimate, mean_estimate, sigma_estimate, yield_estimate
from ipcircuit.errors import InputError
from ipcircuit.statistics import mean_interval

REPETITIONS, COPIES, SUBSET = 200, 1500, 75
YIELD, SIGMA = 0.7, 0.035


def _population(
    seed: int, offset: float = 0.0, noise: float = 0.02, flipped: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Energies of `COPIES` copies at screening and at reference, NaN where they do not work, shape (COPIES,) each.

    A copy works where its margin (a standard normal + 0.52) is positive; screening shifts it by `offset` and `noise`,
    and decides a share `flipped` of the copies wrongly. Energies are 1 ± `SIGMA`, at screening 5e-4 more and with 5 %
    of the spread as errors of their own; they do not depend on the margin.
    """
    draw = np.random.default_rng([14, seed])
    margin, energy, other, error = draw.standard_normal((4, COPIES))
    margin = margin + ndtri(YIELD)
    works = margin > 0
    believed = (margin + offset + noise * other > 0) ^ (draw.random(COPIES) < flipped)
    energy = 1 + SIGMA * energy
    screening = energy + 5e-4 + 0.05 * SIGMA * error
    return np.where(believed, screening, np.nan), np.where(works, energy, np.nan)


def width(estimate: Estimate | None) -> float:
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


@pytest.mark.parametrize(
    ("population", "disagree"),
    [({}, 0.005), ({"offset": 0.1}, 0.035), ({"noise": 0.0, "flipped": 0.004}, 0.004), ({"noise": 2.0}, 0.3)],
    ids=["alike", "offset", "rare disagreements", "poor screening"],
)
def test_intervals_hold_the_truth_as_often_as_they_say(population: dict[str, float], disagree: float) -> None:
    """95 %; where disagreements are rare the yield's are wider, for those that the subset does not show."""
    subset, truths = np.arange(SUBSET), (1.0, SIGMA, YIELD)
    found: list[list[Estimate]] = []
    disagreements = 0
    for seed in range(REPETITIONS):
        screening, reference = _population(seed, **population)
        works, believed = np.isfinite(reference), np.isfinite(screening)
        disagreements += int(np.sum(works != believed))
        both = screening, reference[:SUBSET], subset
        estimates = mean_estimate(*both), sigma_estimate(*both), yield_estimate(believed, works[:SUBSET], subset)
        found.append([e for e in estimates if e is not None])
    assert disagreements / (REPETITIONS * COPIES) == pytest.approx(disagree, rel=0.15)
    for truth, estimates in zip(truths, zip(*found, strict=True), strict=True):
        covered = sum(holds(e, truth) for e in estimates) / REPETITIONS
        most = 1.0 if truth == YIELD and disagree < 0.01 else 0.99
        assert 0.91 <= covered <= most, (truth, covered)
        errors = np.array([e.value for e in estimates]) - truth
        # Its own scatter over 200 repetitions is 0.07 of a standard error.
        assert abs(errors.mean()) < 0.25 * errors.std(), truth
        reduction = float(np.mean([e.variance_reduction or 0.0 for e in estimates]))
        assert (reduction > 4) == (disagree < 0.3), (truth, reduction)


def test_a_mean_is_unbiased_whatever_screening_says() -> None:
    """Energies at screening that are a curve of those at reference, skewed, and of copies that do not work."""
    means = []
    for seed in range(1000):
        draw = np.random.default_rng([15, seed])
        reference = np.exp(0.5 * draw.standard_normal(300))
        screening = np.where(reference > 0.6, 3 * reference**2, np.nan)
        estimate = mean_estimate(screening, reference[:30], np.arange(30))
        assert estimate is not None
        means.append(estimate.value)
    truth, error = math.exp(0.125), np.std(means) / math.sqrt(len(means))
    assert abs(np.mean(means) - truth) < 3 * error
    assert 3 * error < 0.1 * np.std(means)


def test_with_all_copies_at_reference_screening_changes_nothing() -> None:
    screening, reference = _population(1, offset=0.3)
    everything = np.arange(COPIES)
    estimate = mean_estimate(screening, reference, everything)
    values = reference[np.isfinite(reference)]
    mean, low, high = mean_interval(values.tolist())
    assert estimate is not None
    assert estimate.value == pytest.approx(mean, rel=1e-12)
    assert width(estimate) == pytest.approx((high or 0.0) - (low or 0.0), rel=2e-3)  # half a disagreement of 1,500
    sigma = sigma_estimate(screening, reference, everything)
    assert sigma is not None
    assert sigma.value == pytest.approx(np.std(values, ddof=1), rel=1e-12)
    assert width(sigma) / sigma.value == pytest.approx(2 * 1.96 / math.sqrt(2 * len(values)), rel=0.1)
    share = yield_estimate(np.isfinite(screening), np.isfinite(reference), everything)
    assert share.value == len(values) / COPIES


def test_a_subset_without_disagreement_leaves_room_for_one() -> None:
    """Of 100 pairs that agree, up to 2.5 % may disagree (97.5 % quantile of Jeffreys' posterior)."""
    screening, reference = np.ones(1_000_000, bool), np.ones(100, bool)
    found = yield_estimate(screening, reference, np.arange(100))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - 0.0246, abs=0.002)
    none = yield_estimate(~screening, ~reference, np.arange(100))
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.0246, abs=0.002)
    # A kind of copies that the subset lacks keeps the screening's decision, and says nothing of its width.
    screening[:50_000] = False
    found = yield_estimate(screening, reference, np.arange(900_000, 900_100))
    assert found.value == 0.95
    assert holds(found, 0.94)
    assert holds(found, 0.99)
    energies = 1 + SIGMA * np.random.default_rng(0).standard_normal(100_000)
    mean = mean_estimate(energies, energies[:100], np.arange(100))
    assert width(mean) > 2 * 1.96 * SIGMA * math.sqrt(0.5) / 100


def test_few_copies_and_none() -> None:
    nothing, values = np.full(20, np.nan), np.linspace(1.0, 2.0, 20)
    three = np.array([4, 7, 19])
    assert mean_estimate(values, nothing[three], three) is None
    assert sigma_estimate(values, nothing[three], three) is None
    one = mean_estimate(values, values[[3]], np.array([3]))
    assert one is not None
    assert one.value == pytest.approx(1.5)  # screening's mean, moved by nothing
    assert one.low is None
    alone = mean_estimate(nothing, values[three], three)  # nothing works at screening
    assert alone is not None
    assert alone.value == pytest.approx(values[three].mean())
    assert alone.variance_reduction == 1
    few = mean_estimate(values, values[three] + 1, three)
    assert few is not None
    assert few.value == pytest.approx(2.5)
    assert few.low is not None
    assert few.low < 2.5
    same = np.full(20, 3.0)
    assert mean_estimate(same, same[three], three) == Estimate(3.0, 3.0, 3.0)
    assert sigma_estimate(same, same[three], three) == Estimate(0.0)
    for subset in ([], [0, 0], [20], [-1]):
        with pytest.raises(InputError):
            mean_estimate(values, values[: len(subset)], np.array(subset, int))
