"""Intervals of Latin hypercube and Sobol samples: coverage and width, of copies whose outcomes are functions."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from energy.variation.copies.outcome import Outcome, Status
from energy.variation.montecarlo import replicates
from energy.variation.montecarlo.summary import Summary, of_both, of_one
from energy.variation.montecarlo.table import Copies
from ipcircuit.sampling.plans import plan
from ipcircuit.sampling.plans import replicates as groups_of

NAMES = [f"d{i}" for i in range(6)]
WEIGHTS = np.array([1.0, 0.8, 0.5, 0.3, 0.2, 0.1])
SIGMA = math.sqrt(float(WEIGHTS @ WEIGHTS))
SEEDS, COPIES, PLANS = 60, 256, 8
SHARE = float(norm.cdf(1.3))
NOTHING: Mapping[str, float | None] = {}


def _copies(z: np.ndarray, shift: float = 0.0) -> Copies:
    """Energy 10 + a weighted sum; a copy works where another sum is below 1.3 σ. At screening both are shifted."""
    energies, levels = 10 + z @ WEIGHTS + shift, z @ WEIGHTS[::-1] / SIGMA + shift
    outcomes = [
        Outcome("c", "", Status.WORKS if level < 1.3 else Status.WRONG, {"energy_J": energy, "margin_V": 1.3 - level})
        for energy, level in zip(energies.tolist(), levels.tolist(), strict=True)
    ]
    return Copies.of([None] * len(z), ["energy_J", "margin_V"], outcomes)  # pyright: ignore[reportArgumentType]


def _summaries(method: str, *, grouped: bool, pairs: int = 0) -> list[Summary]:
    found = []
    for seed in range(SEEDS):
        z = plan(method, seed, NAMES, COPIES, PLANS).deviates
        assert z is not None
        groups = groups_of(method, COPIES, PLANS) if grouped else None
        if pairs:
            found.append(of_both(_copies(z, 0.05), _copies(z[:pairs]), NOTHING, groups))
        else:
            found.append(of_one(_copies(z), NOTHING, groups))
    return found


def _held(intervals: list[tuple[float, float]], truth: float) -> int:
    return sum(low <= truth <= high for low, high in intervals)


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_intervals_hold_the_truth_and_are_narrower_than_those_of_plain_copies(method: str) -> None:
    """A linear margin has no interactions: its mean gains most. 95 % of 60 are 57; fewer than 51: 0.07 %."""
    assert binomtest(51, SEEDS, 0.95, alternative="less").pvalue < 0.01
    own, plain = (_summaries(method, grouped=grouped) for grouped in (True, False))
    margins = [s.spreads["margin_V"] for s in own]
    truths = {"margin": 1.3, "sigma": 1.0, "yield": SHARE}
    intervals = {
        "margin": [(m.low or 0, m.high or 0) for m in margins],
        "sigma": [(m.sigma_low or 0, m.sigma_high or 0) for m in margins],
        "yield": [(s.share.low or 0, s.share.high or 0) for s in own],
    }
    for name, truth in truths.items():
        assert _held(intervals[name], truth) >= 51, name
    before = [s.spreads["margin_V"] for s in plain]
    width, plain_width = (np.mean([(m.high or 0) - (m.low or 0) for m in found]) for found in (margins, before))
    assert width < plain_width / 8
    widths = [np.mean([(s.share.high or 0) - (s.share.low or 0) for s in found]) for found in (own, plain)]
    assert widths[0] < widths[1]
    # of copies that work: a mean that is a ratio
    energies = [s.spreads["energy_J"] for s in own]
    ratio = WEIGHTS @ WEIGHTS[::-1] / SIGMA * -norm.pdf(1.3) / SHARE
    assert _held([(e.low or 0, e.high or 0) for e in energies], 10 + float(ratio)) >= 51


def test_intervals_of_both_fidelities_hold_the_truth_of_the_reference() -> None:
    found = _summaries("sobol", grouped=True, pairs=64)
    margins = [s.spreads["margin_V"] for s in found]
    assert _held([(m.low or 0, m.high or 0) for m in margins], 1.3) >= 51
    assert _held([(s.share.low or 0, s.share.high or 0) for s in found], SHARE) >= 51
    plain = [s.spreads["margin_V"] for s in _summaries("sobol", grouped=False, pairs=64)]
    assert np.mean([(m.high or 0) - (m.low or 0) for m in margins]) < 0.7 * np.mean(
        [(m.high or 0) - (m.low or 0) for m in plain]
    )


def test_what_plans_are_worth_by_hand() -> None:
    groups = np.arange(64) % 4
    values = np.array([1.0, 2.0, 3.0, 6.0])[groups]
    # means 1, 2, 3, 6: variance of their mean is s²/4 with s² = 14/3
    assert replicates.jackknife(lambda chosen: float(values[chosen].mean()), groups) == pytest.approx(14 / 12)
    assert replicates.jackknife(lambda chosen: None if chosen[0] else 1.0, groups) is None
    low, high = replicates.wilson(0.9, 100)
    exact = binomtest(90, 100).proportion_ci(0.95, "wilson")
    assert (low, high) == pytest.approx((exact.low, exact.high))
    # a quarter of the plain variance, less (t of 7 over that of 255, 2.365 / 1.969)² = 1.44
    plain = 0.9 * 0.1 / 256
    assert replicates.worth(0.9, 256, plain / 4, 8) == pytest.approx(4 * 256 / 1.442, rel=1e-3)
    assert replicates.worth(1.0, 256, 0.0, 8) == 256  # all work: as of plain copies
    # no scatter at all: counts are whole numbers, 8/12 of a squared copy in all
    assert replicates.worth(0.9, 256, 0.0, 8) == pytest.approx(0.09 * 256**2 / (8 / 12) / 1.442, rel=1e-3)
