"""Uncertainty of fitted parameters: both ways of carrying it against each other and against known answers."""

import math

import numpy as np
import pytest

from ipcircuit.devices.parameter_file import Fit, ParameterFile
from ipcircuit.devices.propagation import draws, ends, from_draws, from_ends, moved, principal_axes, uncertain
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter

Q = 1.959964  # normal quantile of 95 %


def file_of(covariance: np.ndarray, values: tuple[float, ...] = (230.0, 410.0, 1e-7), **fit: object) -> ParameterFile:
    names = tuple("abc"[: len(values)])
    parameters = (Parameter(n, v, "", "", "lab", "measured", minimum=0.0) for n, v in zip(names, values, strict=True))
    rows = tuple(map(tuple, covariance.tolist()))
    return ParameterFile(tuple(parameters), Fit(device="d", names=names, covariance=rows, **fit))  # type: ignore[arg-type]


def covariance(sigma: tuple[float, ...], *pairs: tuple[int, int, float]) -> np.ndarray:
    correlation = np.eye(len(sigma))
    for i, j, r in pairs:
        correlation[i, j] = correlation[j, i] = r
    return np.outer(sigma, sigma) * correlation


MIXED = file_of(covariance((4.6, 8.2, 3e-9), (0, 1, 0.8), (1, 2, -0.3)))


def energy(file: ParameterFile) -> dict[str, float | None]:
    """Two resistances and a time in one product, in units that differ by ten orders."""
    v = file.values()
    return {"energy": 0.64 / (v["a"] + v["b"]) * v["c"], "nothing": None}


def test_both_ways_agree_with_each_other_and_with_the_gradient() -> None:
    """Spreads of 2 to 3 %: relative variance of the product by hand. 1500 draws know a width within 1.8 % at one
    sigma, and the product is linear within half a per cent."""
    fitted = energy(MIXED)
    assert fitted["energy"] is not None
    linear = from_ends(fitted, [(energy(a), energy(b)) for a, b in ends(MIXED)])["energy"]
    drawn = from_draws([energy(f) for f in draws(MIXED, 1500, seed=1)], 0.95)["energy"]
    assert MIXED.fit is not None
    gradient = np.array([-1 / 640, -1 / 640, 1 / 1e-7])
    half = Q * fitted["energy"] * math.sqrt(gradient @ np.array(MIXED.fit.covariance) @ gradient)
    assert linear.high - linear.low == pytest.approx(2 * half, rel=0.005)
    assert drawn.high - drawn.low == pytest.approx(2 * half, rel=0.06)
    assert drawn.value == pytest.approx(fitted["energy"], rel=0.003)


def test_moments_of_the_draws_are_those_of_the_fit() -> None:
    """Within five standard errors of 1500 draws."""
    assert MIXED.fit is not None
    values = np.array([list(f.values().values()) for f in draws(MIXED, 1500, seed=3)])
    assert np.abs((values.mean(0) - [230.0, 410.0, 1e-7]) / MIXED.fit.sigma).max() < 5 / math.sqrt(1500)
    assert np.abs(np.corrcoef(values.T) - MIXED.fit.correlation).max() < 5 / math.sqrt(1500)


def test_one_parameter_s_own_interval_is_what_any_monotonic_result_gets() -> None:
    """An interval of a likelihood is not symmetric, and neither is a reciprocal."""
    file = file_of(np.array([[16.0]]), (230.0,), intervals={"a": (225.0, 242.0)})
    pairs = [({"i": 1 / low.values()["a"]}, {"i": 1 / high.values()["a"]}) for low, high in ends(file)]
    interval = from_ends({"i": 1 / 230.0}, pairs)["i"]
    assert (interval.low, interval.high) == (pytest.approx(1 / 242), pytest.approx(1 / 225))


def test_draws_keep_an_interval_that_is_not_symmetric() -> None:
    file = file_of(np.array([[16.0]]), (230.0,), intervals={"a": (225.0, 242.0)})
    values = np.sort([f.values()["a"] for f in draws(file, 2000, seed=2)])
    low, high = np.quantile(values, [0.025, 0.975])
    assert (low, high) == (pytest.approx(225, abs=0.6), pytest.approx(242, abs=1.2))
    assert (values < 230).mean() == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(2000))


def test_fully_correlated_parameters_share_an_axis() -> None:
    """Half the simulations; a parameter without variance needs none."""
    file = file_of(covariance((2.3, 4.1, 0.0), (0, 1, 1.0)))
    assert file.fit is not None
    assert np.abs(principal_axes(file.fit)) == pytest.approx(np.array([[1.0, 1.0, 0.0]]))
    ((one, other),) = ends(file)
    scales = sorted(f.values()["a"] / 230.0 for f in (one, other))
    assert scales == pytest.approx([1 - 0.01 * Q, 1 + 0.01 * Q])
    assert all(f.values()["a"] / 230.0 == pytest.approx(f.values()["b"] / 410.0) for f in (one, other))


def test_the_same_seed_gives_the_same_draws_whatever_their_number() -> None:
    assert draws(MIXED, 5, seed=7)[:3] == draws(MIXED, 3, seed=7)
    assert draws(MIXED, 1, seed=7) != draws(MIXED, 1, seed=8)


def test_values_stay_within_their_ranges() -> None:
    file = file_of(np.array([[1e6]]), (230.0,))
    assert moved(file, np.array([-3.0])).values() == {"a": 0.0}


def test_what_was_not_obtained_has_no_interval() -> None:
    assert from_ends({"x": 1.0, "y": None}, [({"x": None, "y": 1.0}, {"x": 1.1, "y": 1.0})]) == {}
    assert from_draws([{"x": 1.0}, {"x": None}], 0.95) == {}


def test_a_file_without_a_fit_says_nothing_of_its_uncertainty() -> None:
    file = ParameterFile(MIXED.parameters, path="plain.toml")
    assert uncertain(MIXED)
    assert not uncertain(file)
    assert not uncertain(None)
    assert not uncertain(file_of(np.zeros((3, 3))))
    with pytest.raises(InputError, match=r"plain.toml: says nothing .*\[fit\] has names and covariance"):
        ends(file)
