"""Networks for event frames have their published sizes; one frame does not tell the order of time, a memory does."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from ipcircuit.errors import InputError
from network.data.reversal import both_orders
from network.data.samples import Samples
from network.data.scenes import CLASSES, SceneSettings, generate
from network.models.frames import ResNet
from network.models.vision.convnext import ConvNeXt
from network.models.vision.layers import CentredConvolution, EventEncoding, RMSNorm
from network.models.vision.video import R2Plus1D
from network.neurons.stepping import reset, use_generator
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron
from network.tasks.frames import Digits, FrameTask, Gestures
from network.tasks.gesture import Gesture
from network.tasks.task import Batch
from network.training.experiment import load_model, make_task
from network.training.loop import initialised
from network.training.outputs import evaluate

SMALL = {"width": 0.0625, "depth": 10}
NETWORKS = (
    *("ipnet18", "ipnet34", "ablated18", "lif18", "resnet18", "resnet18_rnn", "resnet18_lstm", "r2plus1d18"),
    "convnextv2",
)


@dataclass
class Shape:
    """What a model asks of a task."""

    outputs: int = 11
    channels: int = 2
    size: int = 128
    steps: int = 50
    readout: str = "mean"


def _parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def _built(name: str, **options: Any) -> nn.Module:
    model = load_model(name)
    return model.build(Shape(), {**model.options, **options})


def test_full_networks_have_the_published_numbers_of_parameters() -> None:
    """torchvision's resnet18, resnet34 and r2plus1d_18 for their own inputs, and timm's convnextv2_tiny."""
    with torch.device("meta"):
        relu = lambda _: nn.ReLU()  # noqa: E731
        assert _parameters(ResNet(relu, 1000, 3, 64, (2, 2, 2, 2), 4, stem_kernel=7)) == 11_689_512
        assert _parameters(ResNet(relu, 1000, 3, 64, (3, 4, 6, 3), 4, stem_kernel=7)) == 21_797_672
        assert _parameters(R2Plus1D(400, 3)) == 31_505_325
        assert _parameters(ConvNeXt(1000, 3)) == 28_635_496
        frame_wise = _parameters(_built("resnet18"))
        # 4 gates x 1024 x (512 + 1024 + 2 biases), and a readout of 1024 in place of 512
        assert _parameters(_built("resnet18_lstm")) - frame_wise == 4 * 1024 * (512 + 1024 + 2) + 512 * 11
        assert _parameters(_built("resnet18_rnn")) - frame_wise == 1024 * (512 + 1024 + 2) + 512 * 11
        # the layer with the memory doubles the stem's inputs, and brings no weights of its own
        assert _parameters(_built("ipnet18")) - _parameters(_built("lif18")) == 2 * 7 * 7 * 64
        assert _parameters(_built("ablated18")) == _parameters(_built("ipnet18"))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_answers_and_learns_from_small_frames(name: str) -> None:
    task = Gesture(train=4, test=4, steps=3)
    own = {"blocks": [1, 1, 1, 1], "width": 0.05} if name == "convnextv2" else SMALL
    model = initialised(load_model(name).builder(task, own), 0)
    batch = next(task.batches(4, torch.Generator().manual_seed(0)))
    loss = task.loss(model(batch.inputs), batch)
    loss.backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters())
    assert any(float(p.grad.abs().max()) > 0 for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize("task", [Digits(), Gestures(train=6, test=6), Gesture(train=12, test=12, both_orders=True)])
def test_sizes_that_are_known_without_samples_are_theirs(task: FrameTask) -> None:
    train = task.split.train
    assert task.sizes == (len(train.classes), train.channels, *set(train.size))


@pytest.mark.parametrize(("name", "told"), [("convnet", False), ("convnet_lstm", True), ("convnet_gru", True)])
def test_a_small_network_tells_the_order_of_frames_by_its_recurrent_layer_alone(name: str, told: bool) -> None:
    model = initialised(load_model(name).builder(task := Gesture(train=4, test=4, steps=5), {"width": 3}), 0).eval()
    frames = task.split.train.batch(torch.arange(4), 5)[0]
    forwards, backwards = model(frames), model(frames.flip(0))
    assert forwards.shape == (4, task.outputs)
    assert torch.allclose(forwards, backwards, atol=1e-6) is not told


def test_the_memory_stands_at_any_depth_and_nowhere_else() -> None:
    task = Gesture(train=4, test=4, steps=3)
    frames = task.split.train.batch(torch.arange(4), 3)[0]
    for position in ("input", "stem", "stage1", "stage2", "stage3", "stage4", "output"):
        model = load_model("ipnet18").builder(task, {**SMALL, "position": position})()
        assert sum(isinstance(layer, DifferentialNeuron) for layer in model.modules()) == 1
        assert tuple(model(frames).shape) == (4, len(CLASSES))
    nowhere = load_model("ipnet18").builder(task, {**SMALL, "position": "none"})()
    assert not any(isinstance(layer, DifferentialNeuron) for layer in nowhere.modules())
    with pytest.raises(InputError, match="no such position"):
        load_model("ipnet18").builder(task, {"position": "top"})()
    with pytest.raises(InputError, match="no such depth"):
        load_model("resnet18").builder(task, {"depth": 19})()


def test_normalisation_gives_unit_rms_and_filters_ignore_a_constant_input() -> None:
    norm = RMSNorm(3)
    x = 5 + torch.randn(4, 3, 6, 6)
    with torch.no_grad():
        norm.bias.zero_()
        assert norm(x).square().mean((0, 2, 3)).sqrt().tolist() == pytest.approx([3.0] * 3, rel=1e-4)
        for _ in range(200):
            norm(x)
        trained = norm(x)
        assert torch.allclose(norm.eval()(x), trained, rtol=1e-4)
        assert CentredConvolution(2, 4, 3, bias=False)(torch.ones(1, 2, 5, 5)).abs().max() < 1e-5


def test_a_scene_reversed_is_its_events_backwards_with_on_and_off_exchanged() -> None:
    one, again, other = generate(48, 5), generate(48, 5), generate(48, 6)
    assert torch.equal(one.values, again.values)
    assert not torch.equal(one.values, other.values)
    both = both_orders(one)
    assert (len(both), len(both.classes)) == (96, 2 * len(CLASSES))
    frames, labels = both.batch(torch.tensor([3, 51]), 10)
    assert torch.equal(frames[:, 1], frames[:, 0].flip(0).flip(1))
    assert (int(labels[0]), int(labels[1])) == (int(one.labels[3]), int(one.labels[3]) + len(CLASSES))
    kept, _ = both_orders(one, "keep").batch(torch.tensor([3, 51]), 10)
    assert torch.equal(kept[:, 1], kept[:, 0].flip(0))
    with pytest.raises(InputError, match="polarity"):
        both_orders(one, "swap")  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="both orders"):
        both.subset(torch.arange(3))


def test_a_single_frame_does_not_tell_the_order_of_time() -> None:
    """Nor do its moments: a linear reader of single frames and their products with shifts stays at chance."""
    scenes = both_orders(generate(600, 7, SceneSettings(noise=0.0)))
    frames, labels = scenes.batch(torch.arange(len(scenes)), 10)
    on, off = frames[:, :, 0], frames[:, :, 1]
    products = [
        (a * b.roll(shift, axis)).sum((0, 2, 3))
        for a, b in ((on, off), (on, on))
        for axis in (2, 3)
        for shift in (-2, 2)
    ]
    features = torch.stack([*products, on.sum((0, 2, 3)), off.sum((0, 2, 3))], 1).double()
    backwards = labels >= len(CLASSES)
    for gesture in range(len(CLASSES)):
        mine = labels % len(CLASSES) == gesture
        a, b = features[mine & ~backwards], features[mine & backwards]
        z = (a.mean(0) - b.mean(0)) / ((a.var(0) + b.var(0)) / len(a)).sqrt().clamp(min=1e-9)
        assert float(z.abs().max()) < 4, CLASSES[gesture]


@pytest.mark.parametrize(("neurons", "least", "most"), [(1, 0.9, 1.0), (8, 0.99, 1.0)])
def test_heat_tells_the_direction_of_an_edge(neurons: int, least: float, most: float) -> None:
    """An observer who knows where to look: the difference is high where the edge came from. Without heat he guesses."""
    scenes = generate(600, 3)
    sideways = scenes.subset((scenes.labels == 0).nonzero().squeeze(1))
    volts = EventEncoding()(sideways.batch(torch.arange(len(sideways)), 10)[0])
    shares = {}
    for plastic in (True, False):
        device = load_device("circuit") if plastic else load_device("circuit").without_plasticity()
        layer = DifferentialNeuron(device, neurons=neurons, checked=False)
        use_generator(layer, torch.Generator().manual_seed(0))
        out = layer(volts)
        reset(layer)
        assert isinstance(out, torch.Tensor)
        instant, heat = out.chunk(2, 2)
        ahead = (heat[..., 1:-1] * (instant[..., 2:] - instant[..., :-2])).sum((0, 2, 3, 4))
        shares[plastic] = float((ahead > 0).double().mean())
    assert least <= shares[True] <= most
    assert abs(shares[False] - 0.5) < 4 * (0.25 / len(sideways)) ** 0.5


def test_polarity_kept_a_frame_wise_network_has_just_half_its_accuracy() -> None:
    """The same frames in another order: its answers to both orders are the same."""
    options = {"both_orders": True, "polarity": "keep", "train": 32, "test": 64}
    task = make_task("gesture", options)
    model = initialised(load_model("resnet18").builder(task, SMALL), 0).double()
    torch.set_default_dtype(torch.float64)  # so that the order of summation decides nothing
    try:
        scores = evaluate(task, model, 128)
    finally:
        torch.set_default_dtype(torch.float32)
    assert scores["order"] == pytest.approx(0.5, abs=0.02)
    assert scores["accuracy"] <= 0.5 * scores["gesture"] + 0.02


def test_scores_tell_gesture_and_order_apart_and_windows_are_added_up() -> None:
    task = Gesture(both_orders=True, train=6, test=6)
    half = len(CLASSES)
    outputs = torch.zeros(4, 2 * half)
    targets = torch.tensor([0, half, 1, half + 1])
    outputs[0, 0] = outputs[1, 0] = outputs[3, half + 1] = 1.0  # right, order wrong, even and gesture wrong, right
    scores = task.scores(outputs, Batch(torch.zeros(1, 4), targets))
    assert scores == {"accuracy": 0.5, "gesture": 0.75, "order": (1 + 0 + 0.5 + 1) / 4}
    windowed = Gesture(train=6, test=6, first=0.4, window=True)
    assert windowed.trained_steps == 4
    (batch,) = windowed.evaluation(6, 0)
    starts = (0, 2, 4, 6)
    assert tuple(batch.inputs.shape[:2]) == (4, 6 * len(starts))
    whole = windowed.split.test.batch(torch.arange(6), 10)[0]
    assert torch.equal(batch.inputs[:, 6:12], whole[2:6])
    votes = torch.zeros(24, half)
    votes[torch.arange(24), batch.targets] = 1.0
    votes[:6] = -votes[:6]
    assert windowed.scores(votes, batch)["accuracy"] == 1.0


def test_training_sees_the_first_part_and_tests_see_the_whole() -> None:
    part = Gesture(both_orders=True, train=6, test=6, first=0.2)
    (tested,) = part.evaluation(12, 0)
    assert (len(next(part.batches(4, torch.Generator())).inputs), len(tested.inputs)) == (2, 10)
    short = Gesture(both_orders=True, train=6, test=6, first=0.2, tested="part")
    assert len(next(iter(short.evaluation(12, 0))).inputs) == 2
    assert Gesture(train=6).seeded(3).split.train.source.endswith("seed 6")
    with pytest.raises(InputError, match="--data DIR"):
        _ = Gesture(set="dvs_gesture").split


@pytest.mark.parametrize(("both", "pixels"), [(False, 8), (True, 0)])
def test_sizes_of_synthetic_scenes_are_known_without_drawing_them(both: bool, pixels: int) -> None:
    task = Gesture(both_orders=both, pixels=pixels, steps=2, train=6, test=6)
    known = task.outputs, task.channels, task.size
    assert "split" not in vars(task)
    drawn = task.split.train
    assert known == (len(drawn.classes), drawn.channels, drawn.size[0])


def test_a_set_keeps_both_orders_together() -> None:
    samples = Samples(torch.zeros(3, 4, 1, 8, 8, dtype=torch.uint8), torch.zeros(3).long(), ("a",), "grey", timed=True)
    with pytest.raises(InputError, match="two polarities"):
        both_orders(samples)
