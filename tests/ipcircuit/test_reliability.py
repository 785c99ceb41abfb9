"""Probabilities of rare failures and indices of sensitivity, against closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chi2, norm

from ipcircuit.errors import InputError
from ipcircuit.reliability.importance import Mixture, Reliability, failure_probability, least_budget
from ipcircuit.reliability.planes import fit_planes
from ipcircuit.reliability.shares import limit_shares, spread_effects, variance_shares
from ipcircuit.reliability.sobol import design, indices

Limit = Callable[[np.ndarray], np.ndarray]


def _direction(dimensions: int) -> np.ndarray:
    vector = np.random.default_rng(99).standard_normal(dimensions)
    return vector / np.linalg.norm(vector)


def _errors(result: Reliability, truth: float) -> float:
    """Distance from the truth in standard errors."""
    return abs(result.estimate.probability - truth) / result.estimate.standard_error


@pytest.mark.parametrize("dimensions", [30, 100])
@pytest.mark.parametrize("beta", [2.0, 3.0, 4.0])
def test_a_linear_limit_fails_with_the_normal_probability_of_its_distance(dimensions: int, beta: float) -> None:
    u = _direction(dimensions)
    result = failure_probability(lambda z: beta - z @ u, dimensions, seed=1, budget=3000)
    assert _errors(result, norm.sf(beta)) < 3
    # A shift to the design point: E[w²] = exp(β²)Φ(−2β), ten per cent of the rows excepted.
    rows = result.estimate.rows
    shifted = np.sqrt((np.exp(beta**2) * norm.sf(2 * beta) / norm.sf(beta) ** 2 - 1) / rows)
    assert result.estimate.coefficient_of_variation == pytest.approx(shifted, rel=0.15)
    assert not result.warnings
    (way,) = result.ways
    assert way.distance == pytest.approx(beta, rel=1e-6)
    assert way.point == pytest.approx(beta * u, abs=1e-6)
    assert result.evaluations == 3000


@pytest.mark.parametrize(
    ("limit", "truth", "ways"),
    [
        (lambda a: 3 - np.abs(a), 2 * norm.sf(3), 2),
        (lambda a: np.minimum(2.8 - a, 3.3 + a), norm.sf(2.8) + norm.sf(3.3), 2),
        (lambda a: 9 - a**2, chi2.sf(9, 1), None),  # as the first, but curved: more planes than ways
    ],
    ids=["two-sided", "unequal sides", "quadratic"],
)
def test_all_ways_to_fail_are_found(limit: Limit, truth: float, ways: int | None) -> None:
    u = _direction(30)
    result = failure_probability(lambda z: limit(z @ u), 30, seed=2, budget=3000)
    assert _errors(result, truth) < 3
    assert not result.warnings
    assert ways in (None, len(result.ways))
    assert {np.sign(way.point @ u) for way in result.ways} == {-1.0, 1.0}


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    u, inside = _direction(10), 0
    for seed in range(60):
        estimate = failure_probability(lambda z: 3 - z @ u, 10, seed=seed, budget=500).estimate
        inside += estimate.low < norm.sf(3) < estimate.high
    assert inside >= 52  # of 60 at 95 %: fewer in 4 of 1000 cases


def test_where_the_search_misses_failures_it_says_so() -> None:
    """A sphere in three of twenty deviates is no set of planes: its estimates are poor, and every one says so."""
    results = [
        failure_probability(lambda z: 14 - np.sum(z[:, :3] ** 2, axis=1), 20, seed=seed, budget=1000)
        for seed in range(2)
    ]
    assert all(result.warnings for result in results)
    assert "the search missed a way to fail" in results[0].warnings[0]


def test_a_subset_at_reference_corrects_what_screening_gets_wrong() -> None:
    """The screening limit is a fifth of a standard deviation too generous: half of the failures are missed."""
    u = _direction(20)
    result = failure_probability(
        lambda z: 3 - z @ u, 20, seed=3, budget=3000, reference=lambda z: 2.8 - z @ u, reference_rows=400
    )
    screening = float(np.mean(result.weights * result.fails))
    assert abs(screening - norm.sf(3)) < 3 * result.estimate.standard_error
    assert _errors(result, norm.sf(2.8)) < 3
    assert result.estimate.low < norm.sf(2.8) < result.estimate.high
    assert (result.estimate.reference_rows, result.estimate.disagreeing > 10) == (400, True)
    # Two that agree: the interval is wider by a disagreement that could have been.
    same = failure_probability(
        lambda z: 3 - z @ u, 20, seed=3, budget=3000, reference=lambda z: 3 - z @ u, reference_rows=100
    ).estimate
    alone = failure_probability(lambda z: 3 - z @ u, 20, seed=3, budget=3000).estimate
    assert same.disagreeing == 0
    assert same.probability == alone.probability
    one = alone.probability * alone.rows / alone.failing / 100
    assert same.standard_error == pytest.approx(np.hypot(alone.standard_error, one))


def test_failures_without_a_value_count_and_unknown_rows_do_not() -> None:
    u = np.eye(10)[0]

    def limit(z: np.ndarray) -> np.ndarray:
        values = 2 - z @ u
        values[z[:, 1] > 1.5] = -np.inf
        values[z[:, 2] > 1.0] = np.nan
        return values

    result = failure_probability(limit, 10, seed=4, budget=3000)
    assert _errors(result, 1 - norm.cdf(2) * norm.cdf(1.5)) < 3
    assert result.unknown == pytest.approx(norm.sf(1) * (result.unknown + result.estimate.rows), rel=0.15)


def test_more_rows_of_a_mixture_begin_with_the_same() -> None:
    """A larger budget simulates what a smaller one had not; the weights are those of the densities."""
    mixture = Mixture(np.array([[0.0, 0.0], [2.0, -1.0]]), np.array([0.25, 0.75]))
    few, many = mixture.draw(10, [1, 2]), mixture.draw(4000, [1, 2])
    assert np.array_equal(few, many[:10])
    assert many.mean(axis=0) == pytest.approx([1.5, -0.75], abs=0.1)
    density = 0.25 * norm.pdf(many).prod(axis=1) + 0.75 * norm.pdf(many - [2.0, -1.0]).prod(axis=1)
    assert mixture.weights(many) == pytest.approx(norm.pdf(many).prod(axis=1) / density)


def test_no_failure_is_an_upper_end_and_a_warning() -> None:
    result = failure_probability(lambda z: 9 + 0.1 * np.tanh(z[:, 0]), 5, seed=0, budget=1000)
    assert (result.estimate.probability, result.estimate.low, result.estimate.plain_rows) == (0.0, 0.0, None)
    assert 0 < result.estimate.high < 0.03  # three in the 100 plain ones of the search and those of the estimate
    assert "no copy of the estimate fails" in result.warnings[0]


def test_what_cannot_be_estimated_is_refused() -> None:
    with pytest.raises(InputError, match=r"found 100; allowed: 1010 or more for 100 deviates"):
        failure_probability(lambda z: z[:, 0], 100, seed=0, budget=100)
    for value, says in ((1.0, "does not vary"), (-np.inf, "too few copies have a value")):
        with pytest.raises(InputError, match=says):
            failure_probability(lambda z, value=value: np.full(len(z), value), 3, seed=0, budget=least_budget(3))
    with pytest.raises(InputError, match="nothing varies"):
        failure_probability(lambda z: z, 0, seed=0, budget=1000)


def test_the_lowest_of_four_planes_is_found_from_its_values() -> None:
    """What a differential neuron is: two comparators, each wrong in two ways."""
    rng = np.random.default_rng(0)
    slopes, offsets = rng.standard_normal((4, 12)), np.array([9.0, 10.0, 11.0, 10.0])
    z = rng.standard_normal((600, 12))
    planes = fit_planes(z, (offsets + z @ slopes.T).min(axis=1))
    order = np.argsort(planes.offsets)
    assert planes.offsets[order] == pytest.approx(np.sort(offsets), rel=1e-6)
    assert sorted(planes.slopes[:, 0]) == pytest.approx(sorted(slopes[:, 0]), rel=1e-6)


def test_shares_of_a_linear_function_are_its_squared_coefficients() -> None:
    """y = 3 z0 + 2 z1 + z2 + noise of variance 2: of 16, 9, 4 and 1 are explained, and 14 sixteenths in all."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2000, 6))
    values = 5 + z @ [3, 2, 1, 0, 0, 0] + np.sqrt(2) * rng.standard_normal(2000)
    shares = variance_shares(z, values)
    assert shares is not None
    truth = np.array([9, 4, 1, 0, 0, 0]) / 16
    assert np.all((shares.low - 0.01 <= truth) & (truth <= shares.high + 0.01))
    assert shares.shares == pytest.approx(truth, abs=0.03)
    assert shares.explained == pytest.approx(14 / 16, abs=0.02)
    assert shares.slopes == pytest.approx([3, 2, 1, 0, 0, 0], abs=0.12)
    assert variance_shares(z, np.full(2000, 0.1)) is None
    with pytest.raises(InputError, match=r"found 10; allowed: 14 or more for 6 deviates"):
        variance_shares(z[:10], values[:10])


def test_what_moves_a_yield_is_told_by_the_margin_and_by_the_copies_that_fail() -> None:
    """Two-sided, |a·z| < 1.75: no linear regression sees it. The shares are the squared direction cosines."""
    cosines = np.array([0.8, 0.5, 0.3, 0.1, 0.1, 0.0])
    cosines /= np.linalg.norm(cosines)
    z = np.random.default_rng(1).standard_normal((4000, 6))
    margins = 1.75 - np.abs(z @ cosines)
    one, planes, limit = (
        variance_shares(z, margins),
        variance_shares(z, margins, most_planes=4),
        limit_shares(z, margins),
    )
    assert one is not None
    assert planes is not None
    assert limit is not None
    assert one.explained == pytest.approx(0, abs=0.01)
    assert planes.explained == pytest.approx(1)
    for shares in (planes, limit):
        assert shares.shares == pytest.approx(cosines**2, abs=1e-6)
    counted = spread_effects(z, margins < 0)
    assert counted is not None
    assert np.all(np.abs(counted.shares - cosines**2) < 3 * (counted.high - counted.shares) / 1.96)
    assert np.all(counted.high - counted.shares < 0.1)
    # One-sided and rare: dP/dz of Φ(-β) is φ(β) along the direction; weighted copies tell it.
    rare = failure_probability(lambda z: 3 - z @ cosines, 6, seed=0, budget=3000)
    weighted = spread_effects(rare.z, rare.fails, rare.weights)
    assert weighted is not None
    assert weighted.slopes == pytest.approx(norm.pdf(3) * cosines, abs=0.1 * norm.pdf(3))
    assert weighted.shares == pytest.approx(cosines**2, abs=0.06)
    assert spread_effects(z[:50], margins[:50] < -10) is None


def test_sobol_indices_of_known_functions() -> None:
    """Ishigami and Homma's function with a = 7, b = 0.1; a linear one, whose indices are its squared coefficients."""
    a, b = 7.0, 0.1
    rows = design([[0], [1], [2]], 3, 2048, seed=0)
    x = np.pi * (2 * norm.cdf(rows) - 1)
    found = indices(np.sin(x[..., 0]) + a * np.sin(x[..., 1]) ** 2 + b * x[..., 2] ** 4 * np.sin(x[..., 0]), seed=0)
    assert found is not None
    alone, second, both = (1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8, b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    variance = alone + second + both
    assert found.first == pytest.approx(np.array([alone, second, 0]) / variance, abs=0.02)
    assert found.total == pytest.approx(np.array([alone + both, second, both]) / variance, abs=0.02)
    # Groups: {0, 2} of 1, 2, 3, 4 has 10 of 30 parts. A row that was not obtained is left out with all of its group.
    rows = design([[0, 2], [1], [3]], 4, 512, seed=1)
    values = rows @ [1.0, 2.0, 3.0, 4.0]
    values[3, 7] = np.nan
    found = indices(values, seed=1)
    assert found is not None
    assert found.rows == 511
    assert found.first == pytest.approx([10 / 30, 4 / 30, 16 / 30], abs=0.02)
    assert found.total == pytest.approx(found.first, abs=0.03)
    assert np.all((found.total_low < found.total) & (found.total < found.total_high))
    assert indices(np.ones((5, 32)), seed=0) is None
    with pytest.raises(InputError, match="power of two"):
        design([[0]], 1, 100, seed=0)
