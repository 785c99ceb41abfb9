"""Networks, training, exchange of neurons, energy and the study's bookkeeping."""

import json
import math
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from circuits.events import Event
from energy.cost import SCOPES, NeuronCost, OperationEvents, ScopeCost
from ipcircuit.errors import InputError
from network.accounting.counting.count import counted_events
from network.accounting.counting.events import LayerEvents
from network.data import cifar10
from network.data.folder import SETS
from network.data.gestures import generate
from network.data.samples import Samples, Split, shuffled_split
from network.experiments.signed import experiment as module
from network.experiments.signed import tasks
from network.experiments.signed.exchange import (
    Variant,
    accuracy,
    correct,
    replace_neurons,
    swapped_accuracy,
    with_neurons,
)
from network.experiments.signed.experiment import energy_by_scope, run_seed, run_signed, spike_table
from network.experiments.signed.plan import Plan, quick_plan, sample_steps, step_error
from network.experiments.signed.tasks import Benchmark, Schedule, digits, tasks_for
from network.models.frames import OverTime, ResNet, SmallNet
from network.neurons.signed_mtj.dynamics import LinearDynamics, SignedDynamics
from network.neurons.signed_mtj.layer import Firing, SignedLIF, Variation, signed_layers
from network.tasks.frames import Labelled
from network.training.loop import initialised

IDEAL = LinearDynamics("ideal", 0.5e-9, 0.77e-9)


def neurons(_: int) -> SignedLIF:
    return SignedLIF(IDEAL)


def test_resnets() -> None:
    """The published ResNet-18's size; a narrow one learns; modules over time are the modules step by step."""
    network = ResNet(neurons)
    assert sum(p.numel() for p in network.parameters()) == 11_173_962  # 11.17 M with the CIFAR stem and ten classes
    assert len(signed_layers(network)) == 17
    assert sum(isinstance(m, torch.nn.Conv2d) for m in network.modules()) == 20  # 17 on the way, 3 shortcuts
    network = ResNet(neurons, classes=7, channels=2, width=4, blocks=(1, 1), stem_stride=2)
    scores = network(torch.rand(3, 5, 2, 16, 16))
    assert scores.shape == (5, 7)
    scores.sum().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in network.parameters())
    with pytest.raises(InputError, match="width"):
        ResNet(neurons, width=0)
    convolution = torch.nn.Conv2d(2, 3, 3)
    frames = torch.rand(4, 5, 2, 8, 8)
    assert torch.allclose(OverTime(convolution)(frames), torch.stack([convolution(f) for f in frames]), atol=1e-6)


@pytest.fixture(scope="module")
def trained() -> tuple[Split, SmallNet]:
    """Three epochs on the digits: a second or two."""
    benchmark = replace(digits(), schedule=Schedule(epochs=3, learning_rate=8e-3)).seeded(0)
    network = initialised(lambda: benchmark.build(neurons), 0)
    assert isinstance(network, SmallNet)
    losses = benchmark.train(network, benchmark.schedule, 0)
    assert len(losses) == 66
    assert sum(losses[-22:]) < sum(losses[:22])
    return benchmark.task.split, network


def test_training_passes_90_percent_on_digits(trained: tuple[Split, SmallNet]) -> None:
    split, network = trained
    assert accuracy(network, split.test, 6) > 0.9

    class Always(torch.nn.Module):
        def forward(self, frames: torch.Tensor) -> torch.Tensor:
            return torch.eye(10)[3].expand(frames.shape[1], 10)

    data = digits().seeded(0).task.split.test
    assert correct(Always(), data, 2) == int((data.labels == 3).sum())


def test_training_repeats_with_its_seed() -> None:
    data = tiny(generate(48, 0))
    weights = []
    for seed in (1, 1, 2):
        network = initialised(lambda: SmallNet(neurons, 2, 6, 16, 4, 2), 7)
        data.train(network, Schedule(epochs=1, batch=16), seed)
        weights.append(network.readout.weight.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_what_is_no_number_stops_the_training() -> None:
    images, labels = torch.rand(8, 1, 8, 8), torch.zeros(8, dtype=torch.long)
    broken = Samples(torch.full_like(images, math.nan), labels, ("a", "b"), "broken")
    with pytest.raises(InputError, match="membrane is no number"):
        tiny(broken, steps=2).train(SmallNet(neurons, classes=2), Schedule(epochs=1), 0)
    network = SmallNet(neurons, classes=2)
    with torch.no_grad():
        network.readout.bias.fill_(math.inf)
    with pytest.raises(InputError, match="loss is no number"):
        tiny(Samples(images, labels, ("a", "b"), "sound"), steps=2).train(network, Schedule(epochs=1), 0)
    with pytest.raises(InputError, match="epochs"):
        Schedule(epochs=0)


def test_exchange_leaves_the_original_alone_and_each_layer_has_its_own_devices(trained: tuple[Split, SmallNet]) -> None:
    split, network = trained
    device = Variant("device", Plan().with_well(1.0), 0.1, Variation(gain=0.1))
    copy = with_neurons(network, device, 5)
    assert all(layer.dynamics is IDEAL for _, layer in signed_layers(network))
    assert all(layer.dynamics is device.dynamics and layer.firing.noise == 0.1 for _, layer in signed_layers(copy))
    assert torch.equal(copy.get_parameter("readout.weight"), network.readout.weight)
    frames, _ = split.test.batch(torch.arange(20), 6)
    with torch.no_grad():
        first = copy.eval()(frames)
        replace_neurons(copy, device, 5)
        again = copy(frames)
        replace_neurons(copy, device, 6)
        other = copy(frames)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    network = SmallNet(lambda _: SignedLIF(IDEAL, Firing(reset="subtract", width=0.7)))
    copy = with_neurons(network, Variant("", IDEAL, noise=0.2))
    assert {(layer.firing.reset, layer.firing.width, layer.firing.noise) for _, layer in signed_layers(copy)} == {
        ("subtract", 0.7, 0.2)
    }


def test_ideal_neurons_swapped_in_change_nothing_and_dead_ones_everything(trained: tuple[Split, SmallNet]) -> None:
    split, network = trained
    same = LinearDynamics("again", IDEAL.dt_s, IDEAL.tau_s, leak=1.0, gain=1.0)
    assert swapped_accuracy(network, Variant("", same), split.test, 6) == accuracy(network, split.test, 6)
    dead = LinearDynamics("dead", IDEAL.dt_s, IDEAL.tau_s, gain=1e-6)
    assert swapped_accuracy(network, Variant("", dead), split.test, 6) < 0.2


def test_spikes_are_counted_by_layer_and_cost_energy(trained: tuple[Split, SmallNet]) -> None:
    split, network = trained
    few = split.test.subset(torch.arange(10))
    with counted_events(network) as events:
        correct(network, few, 6)
    assert list(events) == ["features.0", "features.1", "features.2", "features.3", "readout"]
    counts = [events[name] for name in ("features.1", "features.3")]
    assert [count.operations for count in counts] == [10 * 6 * 12 * 64, 10 * 6 * 24 * 16]
    assert not any(module._forward_hooks for module in network.modules())
    table = spike_table(events)
    assert [row["layer"] for row in table] == ["features.1", "features.3"]
    assert all(0 < row["positive_rate"] < 0.5 and 0 < row["negative_rate"] < 0.5 for row in table)
    scopes = {
        "paper": ScopeCost(energy_per_operation_J=1e-15, energy_breakdown_J={"clock": 1e-15}),
        "circuit": ScopeCost(energy_per_operation_J=4e-15, energy_breakdown_J={"clock": 1e-15, "drive": 3e-15}),
        "system": ScopeCost(),
    }
    paid = {"clock": {Event.STEP: 1.0}, "drive": {Event.INPUT: 1.0}}
    known = OperationEvents(4e-9, 0.0, {Event.INPUT: 1.0, Event.STEP: 2.0, Event.SPIKE: 1.0}, paid)
    cost = NeuronCost("signed", "assumed", None, {}, 0, {}, None, None, scopes, events=known)
    rows = energy_by_scope(events, cost)
    assert [row["scope"] for row in rows] == list(SCOPES)
    steps, inputs = 6 * (12 * 64 + 24 * 16), sum(count.inputs or 0 for count in counts) / 10
    assert 0 < inputs <= steps
    assert rows[0]["energy_per_sample_J"] == pytest.approx(0.5e-15 * steps)
    assert rows[1]["energy_per_sample_J"] == pytest.approx(0.5e-15 * steps + 3e-15 * inputs)
    assert rows[2]["energy_per_sample_J"] is None
    with pytest.raises(InputError, match="same samples"):
        energy_by_scope({**events, "x": LayerEvents("x", SignedLIF.billing, 6, 1)}, cost)


def closest_linear(dynamics: SignedDynamics) -> LinearDynamics:
    """Least squares of v' = a v + b x over `sample_steps`."""
    steps = sample_steps(dynamics)
    columns = torch.stack([steps.before, steps.drive], dim=1)
    a, b = torch.linalg.lstsq(columns, steps.after.unsqueeze(1)).solution.flatten().tolist()
    leak = -math.log(a) * IDEAL.tau_s / dynamics.dt_s
    return LinearDynamics("closest linear", dynamics.dt_s, IDEAL.tau_s, leak, b / (1 - a) * leak)


def test_fit_error_grows_with_the_well_and_is_zero_for_a_linear_neuron() -> None:
    fitted = LinearDynamics("", 0.5e-9, 0.77e-9, leak=1.2, gain=0.8)
    found = closest_linear(fitted)
    assert (found.leak, found.gain) == (pytest.approx(1.2), pytest.approx(0.8))
    assert step_error(sample_steps(fitted), found) < 1e-9
    plan = Plan()
    errors = [plan.fit_error(well) for well in (0.0, 1.0, 2.0, 3.5)]
    assert errors == sorted(errors)
    assert 0.03 < errors[0] < errors[1] < 0.15  # thresholds; by the saturation alone, then with the well
    device = plan.with_well(1.0)
    assert step_error(sample_steps(device), closest_linear(device)) < plan.fit_error(1.0)
    plan = Plan()
    assert plan.fitted.leak / plan.fitted.tau_s == pytest.approx(1 / plan.fit.neuron.tau_s)
    assert plan.fitted.gain / plan.fitted.leak == pytest.approx(plan.fit.neuron.gain / plan.analytic.gain)
    assert plan.fitted.leak == pytest.approx(1, abs=0.1)
    assert plan.fitted.gain == pytest.approx(1, abs=0.1)


def tiny(train: Samples | None = None, steps: int = 8) -> Benchmark:
    """48 scenes to train with and as many to test, or these samples for both."""
    split = shuffled_split(generate(96, 3), 0.5, 0) if train is None else Split(train, train)
    return Benchmark(
        "48 scenes",
        Labelled(split, steps),
        lambda neuron: SmallNet(neuron, 2, 6, 16, 4, 2),
        Schedule(epochs=2, batch=16),
        Schedule(epochs=1, batch=16),
        label="tiny",
    )


def test_the_study_gives_every_variant_point_and_seed_and_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(quick_plan(2), wells=(0.0, 2.0), noises=(0.0, 0.3), tune_sweep=True)
    calls: list[tuple[int, int]] = []
    study = run_signed([tiny()], plan, progress=lambda done, of: calls.append((done, of)), folder=tmp_path)
    assert calls == [(1, 2), (2, 2)]
    monkeypatch.setattr(module, "run_seed", None)  # both seeds are in the journal
    assert json.dumps(run_signed([tiny()], plan, folder=tmp_path)) == json.dumps(study)
    with pytest.raises(InputError, match="this folder holds results of another run"):
        run_signed([tiny()], replace(plan, dt_s=1e-9), folder=tmp_path)
    json.dumps(study, allow_nan=False)  # plain values
    (task,) = study["tasks"]
    assert [row["variant"] for row in task["variants"]] == [
        "ideal",
        "fitted",
        "device",
        "device, 300 K",
        "device, 300 K, 5 % spread",
    ]
    assert task["variants"][0]["swapped_gap"] is None
    for i, row in enumerate(task["variants"][1:], 1):
        name = row["variant"]
        gaps = [100 * (run["tuned"]["ideal"] - run["tuned"][name]) for run in task["runs"]]
        assert row["tuned_gap"]["mean"] == pytest.approx(sum(gaps) / 2), i
        assert row["tuned_gap"]["n"] == 2
    assert task["noise_sweep"][0]["swapped_gap"] == task["variants"][2]["swapped_gap"]  # no noise is the device itself
    assert run_seed(tiny(), plan, 1) == task["runs"][1]


def test_the_quick_sweep_is_not_tuned() -> None:
    (task,) = run_signed([tiny()], replace(quick_plan(1), wells=(1.0,), noises=(0.1,)))["tasks"]
    assert task["fit_sweep"][0]["tuned_gap"] is None
    assert task["fit_sweep"][0]["swapped_gap"]["low"] is None  # one seed has no interval
    with pytest.raises(InputError, match="seeds"):
        Plan(seeds=0)


def test_a_folder_chooses_the_tasks(tmp_path: Path) -> None:
    assert [task.name for task in tasks_for()] == ["digits", "gestures"]
    (tmp_path / "letters").mkdir()
    with pytest.raises(InputError, match=r"none of the known data sets.*cs\.toronto\.edu.*figshare.*found 'letters'"):
        tasks_for(tmp_path)
    (tmp_path / cifar10.FOLDER).mkdir()
    with pytest.raises(InputError, match=r"missing data_batch_1, .* and 2 more"):
        tasks_for(tmp_path)


@pytest.mark.slow
def test_the_averaged_equation_and_the_macrospin_classify_alike() -> None:
    script = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "signed_backends.py"))
    found = script["compare_backends"](
        replace(digits(), schedule=Schedule(epochs=3, learning_rate=8e-3)), Plan(), samples=40
    )
    assert found.samples == 40
    assert min(found.ideal_right, found.averaged_right, found.macrospin_right) >= 34
    assert found.same >= 36


def test_real_sets_go_through_a_resnet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    labels = torch.arange(12)
    pixels, counts = torch.randint(0, 256, (12, 3, 32, 32)), torch.randint(0, 3, (12, 16, 2, 32, 32))
    images = Samples(pixels.to(torch.uint8), labels % 10, cifar10.CLASSES, "images", scale=1 / 255)
    frames = Samples(counts.to(torch.uint8), labels % 11, SETS["dvs_gesture"].classes, "frames", timed=True)
    monkeypatch.setattr(cifar10, "load_cifar10", lambda data: Split(images, images))
    monkeypatch.setattr(tasks, "load_recorded", lambda name, data, steps, size: Split(frames, frames))
    for folder in (cifar10.FOLDER, "DVSGesture"):
        (tmp_path / folder).mkdir()
    found = tasks_for(tmp_path, quick=True)
    assert [(task.name, task.embedded) for task in found] == [("cifar10", False), ("dvs_gesture", False)]
    for task in found:
        network = task.build(neurons)
        assert isinstance(network, ResNet)
        losses = task.train(network, replace(task.schedule, batch=6), 0)
        assert math.isfinite(losses[0])
        assert 0 <= accuracy(network, task.task.split.test, task.task.steps) <= 1


@pytest.mark.slow
def test_the_study_is_the_same_with_several_workers() -> None:
    plan = replace(quick_plan(2), wells=(1.0,), noises=(0.2,))
    one, two = (json.dumps(run_signed([tiny()], plan, n_jobs=jobs)) for jobs in (1, 2))
    assert one == two
