"""A stretched exponential as a sum of exponentials: exact where it is one, and its error reported."""

from __future__ import annotations

import numpy as np
import pytest

from ipcircuit.devices.ecram.relaxation import exponential_sum, stretched_exponential
from ipcircuit.errors import InputError


def test_one_exponential_is_itself() -> None:
    found = exponential_sum(10e-6, 1.0, terms=1)
    assert found.weights == (1.0,)
    assert found.taus == pytest.approx((10e-6,), rel=1e-9)
    assert found.max_error < 1e-12


@pytest.mark.parametrize("beta", [0.4, 0.6, 0.8])
def test_more_terms_leave_less(beta: float) -> None:
    errors = [exponential_sum(1e-5, beta, terms=n).max_error for n in (1, 2, 3)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0


def test_reported_error_is_the_error() -> None:
    found = exponential_sum(10e-6, 0.6)
    t = 10e-6 * np.geomspace(1e-3, 20, 400)
    error = found(t) - stretched_exponential(t, 10e-6, 0.6)
    assert found.max_error == pytest.approx(np.abs(error).max(), rel=1e-9)
    assert found.rms_error == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-9)
    assert 0.02 < found.max_error < 0.04  # two poles are not a stretched exponential, and say so
    assert sum(found.weights) == pytest.approx(1.0)
    assert found(0.0) == pytest.approx(1.0)
    assert found.taus[0] < 10e-6 < found.taus[1]


def test_time_constant_scales_the_taus_alone() -> None:
    short, long = exponential_sum(1e-6, 0.5), exponential_sum(1e-3, 0.5)
    assert long.weights == pytest.approx(short.weights)
    assert long.taus == pytest.approx([1e3 * tau for tau in short.taus])


@pytest.mark.parametrize(("tau", "beta", "terms"), [(0.0, 0.5, 2), (1.0, 0.0, 2), (1.0, 1.2, 2), (1.0, 0.5, 0)])
def test_impossible_forms_are_refused(tau: float, beta: float, terms: int) -> None:
    with pytest.raises(InputError, match="no such stretched exponential"):
        exponential_sum(tau, beta, terms)
