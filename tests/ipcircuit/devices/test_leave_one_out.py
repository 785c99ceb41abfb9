"""Leave-one-out refit: known answers with a linear model, blindness to the datum left out, the committed prediction."""

from collections.abc import Mapping

import numpy as np
import pytest

from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.devices.thermal_mtj.leave_one_out import (
    PREDICTED_P_SW,
    PUBLISHED,
    UNKNOWNS,
    leave_one_out,
    predicted_p_sw,
    refit,
    simulated_figures,
)
from ipcircuit.errors import InputError

TRUE = {name: 1.05 * declare().values()[name] for name in UNKNOWNS}
MIXING = np.random.default_rng(0).uniform(0.2, 1.0, (len(PUBLISHED), len(TRUE)))


def linear(values: Mapping[str, float]) -> dict[str, float]:
    """Every figure a known mixture of the unknowns, relative to `TRUE`."""
    shares = np.array([values[name] / TRUE[name] for name in UNKNOWNS])
    return dict(zip(PUBLISHED, (MIXING @ shares).tolist(), strict=True))


def test_a_figure_left_out_is_predicted_by_the_rest_alone() -> None:
    published = linear(TRUE)
    assert predicted_p_sw(published, linear) == pytest.approx(published["p_sw"], rel=1e-4)
    for other in (0.0, 1e3):
        assert predicted_p_sw({**published, "p_sw": other}, linear) == predicted_p_sw(published, linear)
    moved = predicted_p_sw({**published, "base": 1.05 * published["base"]}, linear)
    assert abs(moved / published["p_sw"] - 1) > 1e-3


def test_refit_finds_known_values_and_says_when_it_cannot() -> None:
    names = list(TRUE)[:2]
    start = {name: declare().values()[name] for name in names}

    def two(values: Mapping[str, float]) -> dict[str, float]:
        return linear({**TRUE, **values})

    targets = {name: linear(TRUE)[name] for name in ("p_sw", "heated")}
    assert refit(two, targets, start) == pytest.approx({name: TRUE[name] for name in names}, rel=1e-4)
    with pytest.raises(InputError, match="do not determine the unknowns"):
        refit(two, {"p_sw": targets["p_sw"]}, start)
    with pytest.raises(InputError, match="cannot be met"):
        refit(lambda values: {"p_sw": 1.0, "heated": 1.0}, targets, start)


def test_every_figure_of_the_calibration_has_a_prediction_or_a_reason() -> None:
    rows = leave_one_out()
    assert set(rows) == {"A3.p_sw", "A5.base", "A5.heated", "A5.cooled", "A6.shift_090", "A7.break"}
    for claim, row in rows.items():
        assert row.claim == claim
        assert row.reason
        assert (row.predicted is None) == (row.error is None)
    error = rows["A3.p_sw"].error
    assert error == pytest.approx(PREDICTED_P_SW / 0.1972 - 1)
    assert {claim for claim, row in rows.items() if row.predicted is None} == set(rows) - {"A3.p_sw"}


@pytest.mark.slow
def test_the_committed_prediction_is_current() -> None:
    assert predicted_p_sw() == pytest.approx(PREDICTED_P_SW, rel=0.02)


@pytest.mark.slow
def test_no_figure_follows_from_the_other_four() -> None:
    """The five targets of the calibration are independent: without one of them, its own value is free to move."""
    targets = [name for name in PUBLISHED if name != "base"]
    values = declare().values()
    start = {name: values[name] for name in UNKNOWNS}
    at = simulated_figures(start)
    moved = [simulated_figures({**start, name: start[name] + 0.1 * UNKNOWNS[name]}) for name in start]
    jacobian = np.array([[(m[name] - at[name]) / at[name] for m in moved] for name in targets])
    for i, name in enumerate(targets):
        rest = np.delete(jacobian, i, axis=0)
        free = np.linalg.svd(rest)[2][-1]  # the direction in which no other target changes
        assert np.abs(rest @ free).max() < 1e-3 * abs(jacobian[i] @ free), name
