"""Probabilities of rare failures found by a prediction, against closed forms that no plane fits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from ipcircuit.errors import InputError
from ipcircuit.reliability.guided import guided_probability

POOL = 2**16


def test_a_sphere_which_planes_cannot_describe() -> None:
    """Fails where the sum of 20 squares is above its 99.9 % quantile; the prediction knows 18 of the 20."""
    radius = float(chi2.isf(1e-3, 20))
    held, plain = 0, []
    for seed in range(8):
        result, guide = guided_probability(
            lambda z: radius - (z**2).sum(axis=1),
            lambda z: radius - 2 - (z[:, :18] ** 2).sum(axis=1),
            20,
            seed=seed,
            budget=300,
            pool=POOL,
        )
        estimate = result.estimate
        held += estimate.low < 1e-3 < estimate.high
        plain.append(estimate.plain_rows or 0.0)
        assert abs(estimate.probability - 1e-3) < 3.5 * estimate.standard_error
        assert (guide.pool, result.evaluations) == (POOL, 300)
        assert guide.scatter == pytest.approx(2.0, rel=0.4)  # of χ² of two degrees
    assert held >= 6  # of 8 at 95 %; fewer with a probability of 0.6 %
    assert np.median(plain) > 5 * 300


def test_a_prediction_that_says_nothing_costs_width_and_no_bias() -> None:
    estimates = [
        guided_probability(lambda z: 1.5 - z[:, 0], lambda z: 0.3 * z[:, 1], 2, seed=seed, budget=400, pool=2**15)[
            0
        ].estimate
        for seed in range(20)
    ]
    mean = np.mean([e.probability for e in estimates])
    error = np.sqrt(np.mean([e.standard_error**2 for e in estimates]) / 20)
    assert abs(mean - norm.sf(1.5)) < 3 * error
    assert sum(e.low < norm.sf(1.5) < e.high for e in estimates) >= 16


def test_a_reference_that_judges_otherwise_corrects_the_estimate() -> None:
    """Screening has 0.3 too much room: the estimate is the reference's."""
    result, _ = guided_probability(
        lambda z: 3.3 - z[:, 0],
        lambda z: 3.3 - z[:, 0] + 0.1 * z[:, 1],
        3,
        seed=2,
        budget=600,
        pool=2**18,
        reference=lambda z: 3.0 - z[:, 0],
        reference_rows=300,
    )
    estimate = result.estimate
    assert estimate.reference_rows == 300
    assert estimate.disagreeing > 10
    assert abs(estimate.probability - norm.sf(3)) < 3 * estimate.standard_error
    with pytest.raises(InputError, match="too few copies; found 59; allowed: 60 or more"):
        guided_probability(lambda z: z[:, 0], lambda z: z[:, 0], 1, seed=0, budget=59)
    with pytest.raises(InputError, match="too few copies have a value"):
        guided_probability(lambda z: np.full(len(z), -np.inf), lambda z: z[:, 0], 1, seed=0, budget=60, pool=2**13)
