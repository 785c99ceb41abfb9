"""The operation of the delay-feedback neuron by its constants: known answers, and against ngspice."""

import numpy as np
import pytest
import torch

from circuits.catalog import load
from circuits.ecram_lif.train import TRAIN, threshold
from ipcircuit.compact.ecram_lif import train
from ipcircuit.compact.ecram_lif.neuron import next_poles, path_ohm, rest
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.compact.ecram_lif.train import TrainParameters, operation
from ipcircuit.errors import InputError
from ipcircuit.spice.transient import Sweep

IDEAL = dict.fromkeys(TrainParameters.__dataclass_fields__, 0.0) | {
    "interval_s": 200e-9,
    "count": 40.0,
    "supply_V": 1.0,
    "membrane_F": 1e-12,
    "base_ohm": 1e5,
    "limit_ohm": 1e4,
    "tau_fast_s": 1e-5,
    "tau_slow_s": 1e-4,
    "drive_V": 1.0,  # 10 µA for 10 ns into 1 pF: 0.1 V an input spike
    "pulse_s": 10e-9,
    "thermal_V": 0.026,
    "threshold_V": 0.45,
    "lag_Vs": 1e-10,
    "swing_s": 1e-9,
    "width_s": 1e-7,
    "linger_0_J": 1e-30,
    "linger_1_J": 1e-30,
    "linger_2_J": 1e-30,
}


def test_ideal_neurons_count_their_input_spikes() -> None:
    """Steps of 0.1 V reach 0.45 V with the fifth input spike, 0.35 V with the fourth; each costs what it is said to."""
    values = {name: np.full(3, value) for name, value in IDEAL.items()}
    values |= {"threshold_V": np.array([0.45, 0.35, 5.0]), "spike_J": np.full(3, 1e-12), "input_J": np.full(3, 1e-14)}
    mean = operation(TrainParameters.of(values))
    assert mean.spikes.tolist() == [8.0, 10.0, 0.0]
    assert mean.inputs[:2].tolist() == pytest.approx([5.0, 4.0])
    assert mean.period_s[:2].numpy() == pytest.approx([1e-6, 0.8e-6])
    assert mean.energy_J[:2].numpy() == pytest.approx([1.05e-12, 1.04e-12])
    assert torch.isnan(mean.energy_J[2])  # no spike, no operation
    static = operation(TrainParameters.of(values | {"static_W": np.full(3, 1e-9)}))
    assert (static.energy_J - mean.energy_J)[:2].numpy() == pytest.approx([1e-15, 0.8e-15])


def test_what_leaks_is_paid_again() -> None:
    """50 nA for the time between input spikes take 9.3 mV of 1 pF; four such falls cost 1 V times their charge."""
    p = TrainParameters.of(IDEAL | {"rest_1_A": -50e-9, "rest_2_A": -50e-9, "thermal_V": 1e-3, "threshold_V": 0.43})
    plain = TrainParameters.of(IDEAL | {"threshold_V": 0.43})
    fall = 50e-9 * (200e-9 - train.SETTLED) / 1e-12
    assert float(train.leaked(p, torch.tensor([0.3]))) == pytest.approx(fall, rel=1e-6)
    assert float(operation(p).inputs) == float(operation(plain).inputs) == pytest.approx(5.0)
    added = float(operation(p).energy_J - operation(plain).energy_J)
    assert added == pytest.approx(4 * fall * 1e-12, rel=1e-3)


def test_a_stage_follows_by_its_lag() -> None:
    """Charged fast, after sqrt(2 lag/slope) of the ramp; 20 mV above, after lag/20 mV, less what the ramp has given."""
    p = TrainParameters.of(IDEAL)
    slope = 0.1 / train.END
    fast, slow = train.take_off(p, torch.tensor([0.09, 0.02]), torch.tensor([0.1, 0.1])).delay.tolist()
    assert fast == pytest.approx(train.END - 0.09 / slope + (2e-10 / slope) ** 0.5, rel=1e-6)
    assert slow == pytest.approx(train.END + 1e-10 / (0.02 + train.HESITATION) - 0.01 / slope, rel=1e-6)


def test_the_synapse_is_that_of_the_compact_model() -> None:
    values = IDEAL | {"step_ohm": 1500.0, "effect": -1.0, "slow_share": 0.4}
    p = TrainParameters.of(values).synapse
    spike = torch.ones(1, dtype=torch.float64)
    zeros = dict.fromkeys(("coupling", "threshold_V", "take_off_V", "leak_A", "thermal_V", "pulse_s"), 1e-9)
    one = LifNeuronParameters(
        **zeros,
        **{"membrane_F": 1e-12, "drive_V": 1.0, "series_ohm": 0.0, "base_ohm": 1e5, "step_ohm": 1500.0},
        **{"limit_ohm": 1e4, "effect": -1.0, "shares": (0.6, 0.4), "taus_s": (1e-5, 1e-4), "leak_per_V": 0.0},
        **{"latency_s": 0.0, "refractory_s": 0.0, "origin": "a test"},
    )
    mine = theirs = rest(one, spike).poles
    for _ in range(5):
        mine, theirs = next_poles(p, mine, spike, 200e-9), next_poles(one, theirs, spike, 200e-9)
        assert path_ohm(p, mine).numpy() == pytest.approx(path_ohm(one, theirs).numpy(), rel=1e-12)


def test_a_threshold_is_where_pull_up_and_leak_balance_or_where_the_drift_takes_long() -> None:
    volts = np.linspace(0, 0.6, 6001)
    zero = np.zeros_like(volts)

    def sweep(leak: float) -> Sweep:
        pull = 1e-9 * np.exp((np.minimum(volts, 0.41) - 0.4) / 5e-4)
        signals = {"i(vpull)": pull, "i(voff)": zero, "i(vleak)": zero + leak}
        return Sweep("stages", "a test", volts, signals, "none-1", None)

    balance = 0.4 + 5e-4 * np.log(20.0)
    assert threshold(sweep(20e-9), 2e-12) == pytest.approx(balance, abs=1e-4)
    # Without a leak: C v_on / I(V) is the time that is left.
    drift = 0.4 + 5e-4 * np.log(2e-12 * 5e-4 / 170e-9 / 1e-9)
    assert threshold(sweep(0.0), 2e-12) == pytest.approx(drift, abs=1e-4)
    with pytest.raises(InputError, match="never exceeds the leak"):
        threshold(sweep(1.0), 2e-12)


def test_constants_of_the_neuron_are_those_of_its_devices_and_reproduce_its_train() -> None:
    bench = load("delay_feedback_lif").configured()
    m = bench.measure(n_jobs=1)
    values = TRAIN.observed(bench, m)
    assert values["base_ohm"] == pytest.approx(30e3)
    assert values["step_ohm"] == pytest.approx(1500.0, rel=0.04)  # the input stage steepens the edges
    assert values["threshold_V"] == pytest.approx(0.475, abs=0.01)  # by hand: docs/physics/ecram_lif.md
    assert values["input_J"] == pytest.approx(9.5e-15 + 1.4e-15, rel=0.05)  # gate by hand, and the input stage
    assert values["spike_J"] == pytest.approx(2e-12, rel=0.1)  # C V²
    mean = operation(TrainParameters.of(values))
    assert float(mean.spikes) == m.details["output_spikes"]
    assert float(mean.inputs) == pytest.approx(m.details["input_spikes_per_output_spike"])
    assert float(mean.period_s) == pytest.approx(m.period_s, rel=1e-3)
    with pytest.raises(InputError, match="no delay-feedback neuron"):
        TRAIN.observed(load("axon_hillock_lif").configured(), m)
