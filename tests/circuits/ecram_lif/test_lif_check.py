"""The compact LIF neuron against ngspice: the check itself, what can make it fail, and trains that it does not hold."""

from dataclasses import replace

import numpy as np
import pytest

from circuits.conditions import Conditions
from circuits.ecram_lif import stages
from circuits.ecram_lif.check import (
    check_lif,
    compare_spikes,
    compare_train,
    irregular_train,
    predicted_ratios,
    predicted_spikes,
    regular_train,
)
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.plasticity import ablated
from circuits.ecram_lif.response import START, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.stages import FRACTIONS, injection, reduce_lif, stage_sweep, take_off
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import simulate

DESIGN, CONDITIONS = LifDesign(), Conditions()


def simulated(stimulus: Stimulus, design: LifDesign = DESIGN, conditions: Conditions = CONDITIONS) -> np.ndarray:
    return evaluate_lif(design, conditions, stimulus, simulate(lif_job(design, conditions, stimulus))).spikes_s


def test_every_curve_is_within_its_tolerance() -> None:
    checks = check_lif(DESIGN, CONDITIONS)
    assert [c.curve for c in checks if not c.passed] == []
    assert all(c.tolerance == 0.02 for c in checks)
    assert sum(c.curve.startswith("spike times") for c in checks) == 6
    assert all(c.max_error > 1e-5 for c in checks)  # a model, not the circuit itself


def test_stages_by_hand() -> None:
    """Sheet: threshold 0.475 V; the p switch conducts down to |V_tp| = 0.5 … 0.6 V, so that the rest drives."""
    sweep = stage_sweep(DESIGN, CONDITIONS)
    threshold, slope = take_off(sweep)
    assert threshold == pytest.approx(0.475, abs=0.01)
    assert 0.5e-3 < slope < 5e-3  # some 44 mV over the stage's gain
    drive, coupling, curvature, series, error = injection(sweep, 30e3 * np.array(FRACTIONS), threshold)
    assert 0.4 < drive < 0.5
    assert -0.2 < coupling < 0.2
    assert 0 < coupling + curvature * threshold < 0.2
    assert 0 < series < 6e3
    assert error < 0.005


def test_a_current_that_does_not_fall_as_the_membrane_rises_has_no_compact_model(monkeypatch) -> None:
    """As at 1.8 V in a 130 nm process, where the switch saturates: here the charge into a high membrane is raised."""
    monkeypatch.setattr(stages, "_one_pulse", lambda _, __, held_V=0.0: (1e-14 * (1 + held_V), 10.0))
    with pytest.raises(InputError, match=r"input stage, V_DD 1 V, tt, 27 °C: .*does not fall as the membrane rises"):
        reduce_lif.__wrapped__(DESIGN, CONDITIONS)


def test_trains_of_other_seeds_and_intervals() -> None:
    parameters = reduce_lif(DESIGN, CONDITIONS)
    for stimulus in (irregular_train(7), irregular_train(8), regular_train(140e-9), regular_train(320e-9)):
        check = compare_spikes("held out", simulated(stimulus), predicted_spikes(parameters, stimulus))
        assert check.passed, check


def test_compact_model_without_plasticity_fails_the_check() -> None:
    """The check tells the neuron from its ablation; and the ablated circuit agrees with the ablated model."""
    still, stimulus = ablated(DESIGN), irregular_train()
    parameters = reduce_lif(still, CONDITIONS)
    assert parameters.effect == 0
    predicted = predicted_spikes(parameters, stimulus)
    assert not compare_spikes("other neuron", simulated(stimulus), predicted).passed
    assert compare_spikes("same neuron", simulated(stimulus, still), predicted).passed


def test_spikes_that_are_missing_surplus_or_off_the_grid() -> None:
    times = np.array([1e-6, 2e-6, 3e-6])
    assert compare_spikes("same", times, times + 0.019e-6).passed
    assert not compare_spikes("late", times, times + 0.021e-6).passed
    for other in (times[:2], np.append(times, 4e-6), np.empty(0)):
        assert not compare_spikes("other count", times, other).passed
    silent = compare_spikes("weak input", np.empty(0), np.empty(0))
    assert silent.passed
    assert silent.curve == "weak input (both silent)"
    assert irregular_train() == irregular_train()
    assert irregular_train(2) != irregular_train()
    with pytest.raises(InputError, match="must lie on the compact model's grid"):
        predicted_spikes(reduce_lif(DESIGN, CONDITIONS), Stimulus(1e-6, (START + 33e-9,)))


def test_a_train_that_less_than_the_uncertainty_decides_is_called_undecided() -> None:
    """A train that 0.2 % of charge changes by an input spike; and a model with 10 % more, which is no doubt."""
    parameters, train = reduce_lif(DESIGN, Conditions(v_dd=1.1)), regular_train(100e-9)
    found = simulated(train, DESIGN, Conditions(v_dd=1.1))
    assert not compare_spikes("train", found, predicted_spikes(parameters, train)).passed
    row = compare_train("train", found, parameters, train)
    assert row.passed
    assert row.curve.startswith("train (undecided within -0.")
    other = replace(parameters, pulse_s=1.1 * parameters.pulse_s)
    short = regular_train(60e-9)
    row = compare_train("train", simulated(short, DESIGN, Conditions(v_dd=1.1)), other, short)
    assert not row.passed
    assert row.curve == "train"


@pytest.mark.parametrize(
    ("design", "conditions"),
    [
        (replace(DESIGN, leak_A=200e-9), CONDITIONS),
        (DESIGN, Conditions(corner="ff", temperature_C=-40.0)),
        (DESIGN, Conditions(v_dd=0.9)),
    ],
    ids=["leak", "ff-40", "supply"],
)
def test_irregular_train_off_the_default(design: LifDesign, conditions: Conditions) -> None:
    """Before the stage's lag was followed these differed by whole input spikes; nothing is undecided in them."""
    stimulus = irregular_train()
    check = compare_train("train", simulated(stimulus, design, conditions), reduce_lif(design, conditions), stimulus)
    assert check.passed
    assert check.curve == "train"


def test_ratios_by_hand() -> None:
    """R + switch = 30 kΩ at rest, 1.5 kΩ per spike, saturating at 15 kΩ: the second spike finds 1.5 kΩ gone."""
    base = reduce_lif(DESIGN, CONDITIONS)
    parameters = replace(base, base_ohm=28e3, series_ohm=2e3, step_ohm=1500.0)
    assert predicted_ratios(parameters, 1e-12, 2)[1] == pytest.approx((30e3 - 750) / (30e3 - 1500 - 675))
    assert predicted_ratios(parameters, 1.0, 3) == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [-40.0, 27.0, 125.0])
@pytest.mark.parametrize("corner", ["tt", "ff", "ss", "fs", "sf"])
def test_check_over_corners_and_temperatures(corner: str, temperature: float) -> None:
    """Every train is within its tolerance or said to be undecided; the hot, fast corner has no resting state."""
    conditions = Conditions(corner=corner, temperature_C=temperature)
    if (corner, temperature) in (("ff", 125.0), ("tt", 125.0), ("sf", 125.0)):
        with pytest.raises(InputError, match="no resting state"):
            check_lif(DESIGN, conditions)
        return
    checks = check_lif(DESIGN, conditions)
    assert [c.curve for c in checks if not c.passed] == []
    assert sum("undecided" in c.curve for c in checks) <= 4
