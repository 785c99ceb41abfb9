"""The discrete LIF neuron by hand: charging, leak, take-off, reset, two volatile poles, batches, refusals."""

import math
from dataclasses import replace

import pytest
import torch

from ipcircuit.compact.ecram_lif.neuron import LifState, clamped_charge, next_poles, path_ohm, rest, run, step
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.errors import InputError

P = LifNeuronParameters(
    membrane_F=2e-12,
    drive_V=0.9,
    coupling=0.9,
    series_ohm=1e3,
    base_ohm=29e3,
    step_ohm=1500.0,
    limit_ohm=15e3,
    effect=-1.0,
    shares=(0.6, 0.4),
    taus_s=(10e-6, 100e-6),
    pulse_s=10e-9,
    threshold_V=0.47,
    take_off_V=1e-3,
    leak_A=20e-9,
    leak_per_V=0.0,
    thermal_V=0.025,
    latency_s=5e-9,
    refractory_s=30e-9,
    origin="by hand",
)
DT = 20e-9


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def state(membrane: float, refractory: float = 0.0) -> LifState:
    return LifState(scalar(membrane), scalar(refractory), torch.zeros(2, dtype=torch.float64))


def test_charge_of_an_input_spike_and_leak() -> None:
    """Mean path 29 + 1 - 0.75 kΩ: V = 1 V · (1 - exp(-0.9 · 10 ns / (29.25 kΩ · 2 pF))), less 0.1 mV of leak."""
    _, after = step(P, state(0.0), scalar(1.0), DT)
    expected = 1 - math.exp(-0.9 * 10e-9 / (29250 * 2e-12))
    assert float(after.membrane) == pytest.approx(expected - 20e-9 * 10e-9 / 2e-12, abs=1e-5)
    assert float(clamped_charge(P, after.poles * 0)) == pytest.approx(0.9 * 10e-9 / 29250)
    _, after = step(P, state(0.3), scalar(0.0), 100e-9)
    assert float(after.membrane) == pytest.approx(0.3 - 20e-9 * 100e-9 / 2e-12, abs=1e-6)
    assert float(step(P, state(0.0), scalar(0.0), 100e-9)[1].membrane) == 0.0


def test_take_off_is_late_close_to_the_threshold() -> None:
    """From one e-fold above: C · take_off / leak = 100 ns, times -ln(1 - 1/e) = 46 ns; below, never."""
    output, after = step(P, state(0.471), scalar(0.0), 100e-9)
    late = -100e-9 * math.log(1 - math.exp(-1))
    assert float(output.spikes) == 1
    assert float(output.delays) == pytest.approx(late + 5e-9, rel=1e-6)
    assert float(after.membrane) == 0
    assert float(after.refractory) == 0  # over within the step
    _, after = step(P, state(0.471), scalar(0.0), 60e-9)
    assert float(after.refractory) == pytest.approx(35e-9 - (60e-9 - late), abs=1e-13)
    output, _ = step(P, state(0.4699), scalar(0.0), 100e-9)
    assert float(output.spikes) == 0
    assert math.isnan(float(output.delays))
    # The same 46 ns, in steps of 20 ns: no spike in two of them, then one at 6 ns.
    output, _ = run(P, torch.zeros(4, dtype=torch.float64), DT, state(0.471))
    assert output.spikes.tolist() == [0, 0, 1, 0]
    assert float(output.delays[2]) == pytest.approx(-100e-9 * math.log(1 - math.exp(-1)) - 40e-9 + 5e-9, rel=1e-4)


def test_spikes_during_an_input_spike_and_lost_ones() -> None:
    """From 0.46 V, V reaches threshold + ln(I/I_leak) mV before the input spike ends; what follows takes < 0.1 ns."""
    output, _ = step(P, state(0.46), scalar(1.0), DT)
    tau, current = 2e-12 * 29250 / 0.9, 0.9 * 0.53 / 29250
    reached = tau * math.log(0.54 / (1 - 0.47 - 1e-3 * math.log(current / 20e-9)))
    assert float(output.delays) == pytest.approx(reached + 5e-9, abs=0.2e-9)
    _, whole = step(P, state(0.0), scalar(1.0), DT)
    _, half = step(P, state(0.0, 5e-9), scalar(1.0), DT)
    _, none = step(P, state(0.0, 30e-9), scalar(1.0), DT)
    assert float(half.membrane) == pytest.approx(float(whole.membrane) / 2, rel=0.1)
    assert float(none.membrane) == 0
    assert float(none.refractory) == pytest.approx(10e-9)
    assert float(none.poles.sum()) == float(whole.poles.sum())  # the gate does not know of the reset


def test_poles_saturate_and_decay() -> None:
    one, dt = scalar(1.0), 10e-6
    poles = next_poles(P, rest(P, one).poles, one, dt)
    assert poles.tolist() == pytest.approx([900 * math.exp(-1), 600 * math.exp(-0.1)])
    total = float(poles.sum())
    after = next_poles(P, poles, one, dt)
    assert float(after[1]) == pytest.approx((float(poles[1]) + 0.4 * 1500 * (1 - total / 15e3)) * math.exp(-0.1))
    for _ in range(200):
        poles = next_poles(P, poles, one, 1e-9)
    assert 14e3 < float(poles.sum()) < 15e3
    assert float(path_ohm(P, poles)) == pytest.approx(30e3 - float(poles.sum()), abs=60)


def test_ablation_takes_facilitation_away_and_fires_less() -> None:
    still, one = replace(P, effect=0.0), scalar(1.0)
    for parameters, more in ((P, True), (still, False)):
        poles = rest(parameters, one).poles
        ratio = clamped_charge(parameters, next_poles(parameters, poles, one, 1e-6)) / clamped_charge(parameters, poles)
        assert (float(ratio) > 1.04) is more
        assert more or float(ratio) == 1.0
    train = torch.ones(200, dtype=torch.float64)
    counts = [float(run(p, train, DT)[0].spikes.sum()) for p in (P, replace(P, effect=0.0))]
    assert counts[0] > counts[1] > 10


def test_batch_equals_loop_and_a_run_continues_from_a_state() -> None:
    trains = (torch.rand((300, 2, 3), generator=torch.Generator().manual_seed(3), dtype=torch.float64) < 0.3).double()
    batch, end = run(P, trains, DT)
    assert batch.spikes.shape == trains.shape
    assert end.poles.shape == (2, 2, 3)
    assert batch.spikes.sum() > 20
    for i in range(2):
        for j in range(3):
            single, last = run(P, trains[:, i, j], DT)
            torch.testing.assert_close(single.delays, batch.delays[:, i, j], equal_nan=True)
            torch.testing.assert_close(last.membrane, end.membrane[i, j])
    train = torch.ones(60, dtype=torch.float64)
    whole, _ = run(P, train, DT)
    first, between = run(P, train[:33], DT)
    second, _ = run(P, train[33:], DT, between)
    torch.testing.assert_close(torch.cat([first.delays, second.delays]), whole.delays, equal_nan=True)


def test_bad_input_and_impossible_parameters_are_refused() -> None:
    train = torch.ones(3, dtype=torch.float64)
    for dt in (5e-9, 5e-6, math.nan):
        with pytest.raises(InputError, match="time step out of range"):
            run(P, train, dt)
    with pytest.raises(InputError, match="0 or 1"):
        run(P, 0.5 * train, DT)
    for changes, message in [
        ({"membrane_F": 0.0}, "membrane_F: must be greater than 0"),
        ({"leak_A": math.nan}, "leak_A: must be a finite number"),
        ({"refractory_s": -1.0}, "refractory_s: must be greater than or equal to 0"),
        ({"shares": (0.6, 0.6)}, "add to one"),
        ({"taus_s": (1e-6,)}, "one value per pole"),
        ({"taus_s": (1e-6, 0.0)}, r"taus_s\[1\]: must be greater than 0"),
        ({"step_ohm": 2e4}, "displaces all there is"),
        ({"effect": -3.0}, "would reach no resistance"),
        ({"threshold_V": 1.1}, "cannot reach the threshold"),
    ]:
        with pytest.raises(InputError, match=message):
            replace(P, **changes)
