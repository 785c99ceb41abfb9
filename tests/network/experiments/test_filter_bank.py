"""The bank as a layer: agreement with the compact neuron, gradients, state; and the task's statistics."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.stages import reduce_lif
from circuits.ecram_lif.temporal_filter import temporal_filter
from ipcircuit.compact.ecram_lif import neuron as lif_neuron
from ipcircuit.errors import InputError
from network.experiments.filters.bank import TemporalFilterBank
from network.experiments.filters.rates import neuron_parameters, pair_parameters, train_charges
from network.experiments.filters.task import IntervalTask, make_samples, spike_counts

DT = 0.1e-6


@pytest.fixture
def doubles():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(scope="module")
def neuron():
    return neuron_parameters()


def _train(seed: int, steps: int = 150, batch: int = 3, features: int = 2) -> torch.Tensor:
    return torch.as_tensor(np.random.default_rng(seed).random((steps, batch, features)) < 0.3).double()


def test_one_branch_is_the_compact_neuron(neuron, doubles):
    bank = TemporalFilterBank([[neuron]], DT)
    trains = _train(0)
    found, state = bank(trains)
    expected, end = lif_neuron.run(neuron, trains, DT)
    torch.testing.assert_close(found.spikes[..., 0].detach(), expected.spikes)
    assert expected.spikes.sum() > 20
    torch.testing.assert_close(state.membrane[..., 0].detach(), end.membrane, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(state.poles[:, 0, ..., 0], end.poles)


def test_conductance_follows_the_events_and_is_constant_when_ablated(neuron, doubles):
    pair = pair_parameters(neuron, temporal_filter())
    steps = np.array([0, 3, 4, 20, 90])
    trains = torch.zeros(100, 1, 1)
    trains[steps] = 1
    found, _ = TemporalFilterBank([pair], DT)(trains)
    charges = train_charges([pair], torch.as_tensor(np.diff(steps, append=90) * DT)[:, None, None])
    expected = charges[:, 0, 0].numpy() / neuron.drive_V / neuron.pulse_s
    np.testing.assert_allclose(found.conductance[steps, 0, 0, 0].detach(), expected, rtol=1e-9)
    bank = TemporalFilterBank([pair_parameters(neuron, temporal_filter().ablated)], DT)
    found, state = bank(_train(1))
    assert float(found.conductance.detach().std()) == pytest.approx(0.0, abs=1e-18)
    assert bool((state.poles >= 0).all())


def test_state_carries_a_train_over_a_cut(neuron, doubles):
    bank = TemporalFilterBank([pair_parameters(neuron, temporal_filter(s)) for s in (1.0, 0.25)], DT)
    trains = _train(2)
    with torch.no_grad():
        whole, end = bank(trains)
        first, middle = bank(trains[:70])
        second, after = bank(trains[70:], middle)
    torch.testing.assert_close(torch.cat([first.spikes, second.spikes]), whole.spikes)
    for a, b in zip(after, end, strict=True):
        torch.testing.assert_close(a, b)
    again, _ = bank(trains)
    torch.testing.assert_close(again.spikes.detach(), whole.spikes)  # a call without state starts at rest


def test_gradient_of_the_conductance_is_that_of_finite_differences(neuron, doubles):
    """A smooth quantity: no spike of the neuron enters it."""
    bank = TemporalFilterBank([pair_parameters(neuron, temporal_filter(s)) for s in (1.0, 0.25)], DT)
    trains = _train(3, steps=30, batch=1, features=1)

    def total(weight: torch.Tensor) -> torch.Tensor:
        found, _ = torch.func.functional_call(bank, {"weight": weight}, (trains,))
        return 1e5 * (found.conductance * trains[..., None]).sum()

    weight = bank.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(total, (weight,), eps=1e-5, atol=1e-6)


def test_surrogate_gradient_lets_the_resistances_learn_a_rate(neuron, doubles):
    """Trained to fire twice as often as at first: the loss falls, and the channels' resistance with it."""
    bank = TemporalFilterBank([pair_parameters(neuron, temporal_filter(ohms=60e3))], DT)
    trains = _train(4, steps=80, batch=2, features=1)
    target = 2 * float(bank(trains)[0].spikes.detach().sum(0).mean())
    before = bank.base_ohm.detach().clone()
    optimiser, losses = torch.optim.Adam(bank.parameters(), lr=0.1), []
    for _ in range(12):
        optimiser.zero_grad()
        loss = (bank(trains)[0].spikes.sum(0).mean() - target) ** 2
        loss.backward()
        assert bool(torch.isfinite(bank.weight.grad).all())
        optimiser.step()
        losses.append(float(loss.detach()))
    assert min(losses[-3:]) < 0.3 * losses[0]
    assert bool((bank.base_ohm < before).all())


def test_resistances_stay_in_the_window_whatever_the_weight(neuron):
    bank = TemporalFilterBank([pair_parameters(neuron, temporal_filter())], DT)
    for weight in (-1e3, 1e3):
        with torch.no_grad():
            bank.weight.fill_(weight)
        base = bank.base_ohm.detach()
        changed = torch.stack([base, base + bank.effect * bank.limit_ohm])
        assert float(changed.min()) >= 4e3 * (1 - 1e-6)
        assert float(changed.max()) <= 10e6 * (1 + 1e-6)


def test_ill_shaped_trains_are_refused(neuron):
    for trains in [torch.zeros(5, 2), torch.zeros(0, 2, 1), torch.zeros(5), np.zeros((5, 2, 1))]:
        with pytest.raises(InputError, match=r"spikes.*\(time, batch, features\)"):
            TemporalFilterBank([[neuron]], DT)(trains)
    for value in [0.5, -1.0, float("nan"), float("inf")]:
        trains = torch.zeros(5, 2, 1)
        trains[3, 1, 0] = value
        with pytest.raises(InputError, match="spikes: a train is 0 or 1"):
            TemporalFilterBank([[neuron]], DT)(trains)


def test_banks_that_do_not_fit_together(neuron):
    with pytest.raises(InputError, match="at least one"):
        TemporalFilterBank([], DT)
    with pytest.raises(InputError, match=r"filters\[1\].*branches"):
        TemporalFilterBank([[neuron], [neuron, neuron]], DT)
    with pytest.raises(InputError, match=r"filters\[0\].membrane_F"):
        TemporalFilterBank([[neuron, replace(neuron, membrane_F=1e-12)]], DT)
    with pytest.raises(InputError, match="leave the device's window"):
        TemporalFilterBank([[replace(neuron, base_ohm=18e3)]], DT)
    lagging = reduce_lif(LifDesign(), Conditions())
    with pytest.raises(InputError, match="threshold stage"):
        TemporalFilterBank([[lagging]], DT)
    with pytest.raises(InputError, match="dt_s"):
        TemporalFilterBank([[neuron]], 1e-9)(torch.zeros(2, 1, 1))


def test_samples_repeat_differ_by_seed_and_have_as_many_spikes(neuron):
    task = IntervalTask()
    samples = make_samples(task, 401, 7)
    assert samples.trains.shape == (task.steps, 401, 1)
    assert set(np.unique(samples.trains)) == {0, 1}
    assert set(spike_counts(samples).ravel()) == {task.spikes}
    assert np.bincount(samples.labels).tolist() == [101, 100, 100, 100]
    a, b, c = (make_samples(IntervalTask(), 20, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.trains, b.trains)
    np.testing.assert_array_equal(a.labels, b.labels)
    assert not np.array_equal(a.trains, c.trains)
    task = IntervalTask(jitter=1.0)
    samples = make_samples(task, 200, 0)
    assert set(spike_counts(samples).ravel()) == {task.spikes}


def test_classes_differ_in_the_interval_within_bursts_only():
    task = IntervalTask()
    samples = make_samples(task, 400, 3)
    times = [np.flatnonzero(samples.trains[:, i, 0]) * task.dt_s for i in range(400)]
    short = np.array([np.median(np.diff(t)) for t in times])
    for label, wanted in enumerate(task.intervals_s):
        assert short[samples.labels == label].mean() == pytest.approx(wanted, rel=0.08)
    # The first spike's place would give a class away if bursts were not placed anew.
    first = np.array([t[0] for t in times])
    for label in range(4):
        assert first[samples.labels == label].max() > 10 * first[samples.labels == label].min() + 1e-6


def test_impossible_tasks_name_the_field():
    for sizes, field in [
        ({"intervals_s": (1e-6,)}, "intervals_s"),
        ({"intervals_s": (1e-9, 1e-6)}, "intervals_s"),
        ({"bursts": 0}, "bursts"),
        ({"spikes_per_burst": 2.5}, "spikes_per_burst"),
        ({"jitter": float("nan")}, "jitter"),
        ({"dt_s": -1.0}, "dt_s"),
        ({"duration_s": 50e-6}, "duration_s"),
    ]:
        with pytest.raises(InputError, match=field):
            IntervalTask(**sizes)
    with pytest.raises(InputError, match="count"):
        make_samples(IntervalTask(), 3, 0)
