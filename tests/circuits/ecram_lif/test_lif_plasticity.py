"""Both STP modes in ngspice: they follow the device's constants, decay, and vanish with the volatile part."""

import itertools

import numpy as np
import pytest

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.plasticity import (
    Excitability,
    ablated,
    excitability,
    paired_pulse_ratios,
    predicted_ratio,
    spike_charges,
    train_response,
)
from circuits.ecram_lif.response import Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.stages import switch_ohm
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.transient import Transient

SYNAPSE, DELAY = LifDesign(), LifDesign(delay_path="ecram")
INTERVALS = np.array([0.2e-6, 3e-6, 10e-6, 30e-6, 100e-6, 600e-6])
PAUSES = (1e-6, 10e-6, 30e-6, 100e-6, 300e-6)


@pytest.fixture(scope="module")
def ratios() -> np.ndarray:
    return paired_pulse_ratios(SYNAPSE, INTERVALS.tolist())


@pytest.fixture(scope="module")
def shifts() -> list[Excitability]:
    return excitability(DELAY, PAUSES)


def test_charges_and_predicted_ratio_by_hand() -> None:
    time = np.linspace(0, 1e-6, 10001)
    current = np.zeros_like(time)
    current[(time > 100e-9) & (time < 110e-9)] = 30e-6
    current[(time > 500e-9) & (time < 510e-9)] = 60e-6
    run = Transient("x", "", time, {"i(vclamp)": current}, "none", None)
    assert spike_charges(run, (99e-9, 499e-9)) == pytest.approx([0.3e-12, 0.6e-12], rel=0.02)
    # At once after a pulse: R = 31.5 kΩ, 1.5 kΩ gone, half of a further 1.5 · (1 - 0.1) kΩ within the pulse.
    assert predicted_ratio(SYNAPSE, np.array([0.0]), 1500.0)[0] == pytest.approx((31.5 - 0.75) / (31.5 - 1.5 - 0.675))
    assert predicted_ratio(SYNAPSE, np.array([1.0]), 1500.0)[0] == pytest.approx(1.0)


def test_paired_pulse_ratio_decays_with_the_devices_constants(ratios: np.ndarray) -> None:
    """C3: above 1, falling to 1, within 0.005 of what the device's constants alone predict."""
    assert np.abs(ratios - predicted_ratio(SYNAPSE, INTERVALS, switch_ohm(SYNAPSE))).max() < 0.005
    assert all(a > b > 0.9999 for a, b in itertools.pairwise(ratios))
    assert ratios[0] > 1.04
    assert ratios[-1] < 1.0005


def test_facilitation_grows_with_spikes_and_rate() -> None:
    fast, slow = train_response(SYNAPSE, 1e-6, 8), train_response(SYNAPSE, 10e-6, 8)
    assert (np.diff(fast) > 0).all()
    assert (np.diff(slow) > 0).all()
    assert (fast[1:] > slow[1:]).all()
    assert fast[-1] > 1.2


def test_ablation_takes_facilitation_and_the_excitability_shift_away(shifts: list[Excitability]) -> None:
    assert paired_pulse_ratios(ablated(SYNAPSE), [0.2e-6, 10e-6]) == pytest.approx(1.0, abs=2e-4)
    assert train_response(ablated(SYNAPSE), 1e-6, 8) == pytest.approx(1.0, abs=2e-4)
    for shift in excitability(ablated(DELAY), PAUSES[:2]):
        assert shift.rate_gain == pytest.approx(1.0, abs=2e-4)
    assert shifts[0].rate_gain - 1 > 100 * 2e-4


def test_excitability_follows_activity_and_recovers(shifts: list[Excitability]) -> None:
    """C4: after a burst the neuron fires faster, because its ECRAM has shortened the delay; it forgets with a pause."""
    gains, widths = [s.rate_gain for s in shifts], [s.tested_width_s for s in shifts]
    assert gains[0] > 1.03
    assert all(a > b > 1.0 for a, b in itertools.pairwise(gains))
    assert gains[-1] < 1.002
    assert all(a < b < shifts[0].rested_width_s for a, b in itertools.pairwise(widths))
    for shift in shifts:  # the shorter spike and reset are what the interval has lost, but for a nanosecond
        lost = shift.rested_interval_s - shift.tested_interval_s
        assert lost == pytest.approx(shift.rested_width_s - shift.tested_width_s, abs=2.5e-9)


@pytest.mark.parametrize(("design", "most"), [(SYNAPSE, 0.03), (DELAY, 0.035)])
def test_plasticity_costs_a_few_percent_of_a_spike(design: LifDesign, most: float) -> None:
    """The energy overhead of STP itself is what the gates take; the larger delay capacitor of the second mode is not
    in it, and is not negligible (0.28 pJ, a tenth of a spike)."""
    stimulus = Stimulus.regular(200e-9, 40)
    run = simulate(lif_job(design, Conditions(), stimulus))
    found = evaluate_lif(design, Conditions(), stimulus, run)
    gates = sum(value for name, value in found.heat_J.items() if name.endswith("gate"))
    assert 0.01 < gates / found.energy_per_spike_J < most


def test_bursts_out_of_order_or_too_weak_are_refused() -> None:
    with pytest.raises(InputError, match=r"burst does not make the neuron fire; found 1e-08"):
        excitability(DELAY, PAUSES[:1], current_A=1e-8)
    for bursts in [((2e-6, 1e-6),), ((1e-6, 2e-6), (1.5e-6, 3e-6)), ((1e-6, 9e-6),)]:
        with pytest.raises(InputError, match="bursts must follow one another"):
            Stimulus(5e-6, (), 1e-6, bursts)
