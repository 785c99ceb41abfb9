"""Training and inference of our IPNet18 beside SpikingJelly's SEW-ResNet18 with LIF neurons, in one run.

    pip install spikingjelly
    python benchmarks/vision_training.py [--width 0.25] [--size 32] [--batch 8] [--steps 10]

Frames per CPU second on one thread, on random events at 8.9 % of the pixels; training is forward, backward and a step
of Adam. The two take turns, and each has its best. Both have the same stem, blocks, channels and classes; ours has two
thermal MTJ neurons more for every input, which double the stem's input, and sampling neurons in place of LIF.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from network.models.vision.entries import FULL_WIDTH, LARGE
from network.neurons.stepping import reset
from network.training.experiment import load_model
from network.training.loop import initialised

CLASSES, DENSITY = 11, 0.089


@dataclass(frozen=True)
class Shape:
    """What a model asks of a task."""

    size: int
    steps: int
    outputs: int = CLASSES
    channels: int = 2
    readout: str = "mean"


@dataclass
class Network:
    """A network, its scores of frames (time, batch, channels, height, width), and how it forgets."""

    model: nn.Module
    scores: Callable[[torch.Tensor], torch.Tensor]
    forget: Callable[[], None]


def ours(size: int, width: float, steps: int) -> Network:
    """IPNet18 as `ipcircuit train` builds it."""
    entry = load_model("ipnet18")
    model = initialised(lambda: entry.build(Shape(size, steps), {**entry.options, "width": width}), 0)
    return Network(model, model, lambda: reset(model))


def without_torchvision() -> None:
    """Let SpikingJelly import where torchvision is missing: it takes the download of pretrained weights from there."""
    if importlib.util.find_spec("torchvision") is None:
        download: Any = types.ModuleType("torchvision._internally_replaced_utils")
        download.load_state_dict_from_url = torch.hub.load_state_dict_from_url
        sys.modules |= {"torchvision": types.ModuleType("torchvision"), download.__name__: download}


def spikingjelly(size: int, width: float) -> Network:
    """SpikingJelly's SEW-ResNet18 of LIF neurons with its channels times `width`; the same stem as ours."""
    from spikingjelly.activation_based import functional as jelly  # pyright: ignore[reportMissingImports]
    from spikingjelly.activation_based import layer, neuron, surrogate  # pyright: ignore[reportMissingImports]
    from spikingjelly.activation_based.model import sew_resnet  # pyright: ignore[reportMissingImports]

    stem = round(FULL_WIDTH * width)

    class Scaled(sew_resnet.SEWResNet):
        """The channels are numbers in its source."""

        def _make_layer(self, block: Any, planes: int, *args: Any, **options: Any) -> nn.Module:
            if planes == FULL_WIDTH:
                self.inplanes = stem
            return super()._make_layer(block, round(planes * width), *args, **options)

    options = {"surrogate_function": surrogate.ATan(), "detach_reset": True}
    blocks = [2, 2, 2, 2]
    model: Any = Scaled(
        sew_resnet.BasicBlock, blocks, num_classes=CLASSES, cnf="ADD", spiking_neuron=neuron.LIFNode, **options
    )
    kernel, stride = (7, 2) if size >= LARGE else (3, 1)
    model.conv1 = layer.Conv2d(2, stem, kernel, stride, kernel // 2, bias=False)
    model.bn1 = layer.BatchNorm2d(stem)
    model.fc = layer.Linear(round(8 * FULL_WIDTH * width), CLASSES)
    if size < LARGE:
        model.maxpool = nn.Identity()
    jelly.set_step_mode(model, "m")
    return Network(model, lambda frames: model(frames).mean(0), lambda: jelly.reset_net(model))


def trainer(network: Network, frames: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    """A function that trains on the frames once."""
    optimizer = torch.optim.Adam(network.model.parameters(), 1e-3)

    def train() -> None:
        network.model.train()
        network.forget()
        loss = functional.cross_entropy(network.scores(frames), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return train


def inference(network: Network, frames: torch.Tensor) -> Callable[[], None]:
    """A function that asks for the scores once."""

    def answer() -> None:
        network.model.eval()
        network.forget()
        with torch.no_grad():
            network.scores(frames)

    return answer


def best_seconds(calls: dict[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """Least CPU seconds of each call; they take turns, after one each that does not count."""
    best = dict.fromkeys(calls, float("inf"))
    for repeat in range(repeats + 1):
        for name, call in calls.items():
            start = time.process_time()
            call()
            if repeat:
                best[name] = min(best[name], time.process_time() - start)
    return best


def main() -> None:
    """Measure and print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=0.25, help="channels, 1 as published")
    parser.add_argument("--size", type=int, default=32, help="height and width of a frame")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=10, help="frames of a sample")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    without_torchvision()
    try:
        theirs = spikingjelly(options.size, options.width)
    except ImportError as error:
        raise SystemExit(f"nothing to compare with: {error}; pip install spikingjelly") from None
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    shape = (options.steps, options.batch, 2, options.size, options.size)
    frames = (torch.rand(shape, generator=generator) < DENSITY).float()
    labels = torch.randint(CLASSES, (options.batch,), generator=generator)
    networks = {"ours": ours(options.size, options.width, options.steps), "SpikingJelly": theirs}
    for name, network in networks.items():
        print(f"{name}: {sum(p.numel() for p in network.model.parameters()):,} parameters")
    print(f"{'frames/s':12}{'ours':>10}{'SpikingJelly':>14}{'ratio':>8}")
    for title, calls in (
        ("training", {name: trainer(network, frames, labels) for name, network in networks.items()}),
        ("inference", {name: inference(network, frames) for name, network in networks.items()}),
    ):
        best = best_seconds(calls, options.repeats)
        mine, other = (options.steps * options.batch / best[name] for name in networks)
        print(f"{title:12}{mine:10.1f}{other:14.1f}{mine / other:8.2f}")


if __name__ == "__main__":
    main()
