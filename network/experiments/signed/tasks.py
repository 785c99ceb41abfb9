"""Data sets of the experiment, embedded or in a folder, with the network and the training that go with each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from ipcircuit.records import NonNegative, Positive, PositiveCount, record
from network.data import cifar10
from network.data.events.recorded import load_recorded
from network.data.folder import named_in
from network.data.gestures import CLASSES as GESTURES
from network.data.gestures import GestureSettings
from network.models.frames import ResNet, SmallNet
from network.tasks.frames import Digits, FrameTask, Gestures, Labelled, batches_per_epoch
from network.training.loop import train
from network.training.settings import Identity, Settings

Neuron = Callable[[int], nn.Module]


@record
class Schedule:
    """Training over a number of epochs: AdamW with a learning rate that falls to zero as a half cosine."""

    epochs: PositiveCount = 8
    batch: PositiveCount = 64
    learning_rate: Positive = 5e-3
    weight_decay: NonNegative = 1e-4

    def settings(self, samples: int) -> Settings:
        """The same in batches, for a training set of this size; without evaluations."""
        steps = self.epochs * batches_per_epoch(samples, self.batch)
        decay = self.weight_decay
        return Settings(steps, self.batch, self.learning_rate, None, None, schedule="cosine", weight_decay=decay)


@dataclass(frozen=True)
class Benchmark:
    """A task of the experiment.

    Attributes:
        description: for reports.
        task: the frames; `task.seeded` draws their split.
        build: makes the network from a function that makes a layer of neurons.
        schedule: of the training; fine-tuning takes `tuning`.
        embedded: comes with the package.
        device: torch device of the training.
    """

    description: str
    task: FrameTask
    build: Callable[[Neuron], nn.Module]
    schedule: Schedule
    tuning: Schedule
    embedded: bool = True
    device: str = "cpu"
    label: str = ""

    @property
    def name(self) -> str:
        """Key in the results."""
        return self.label or self.task.name

    def seeded(self, seed: int) -> Benchmark:
        """With the split of a seed."""
        return replace(self, task=self.task.seeded(seed))

    def train(self, network: nn.Module, schedule: Schedule, seed: int) -> list[float]:
        """Train a network in place; the loss of every batch."""
        settings = schedule.settings(len(self.task.split.train))
        identity = Identity(self.name, "signed", seed)
        return train(self.task, network, identity, settings, device=self.device, seed_layers=False).losses


def digits() -> Benchmark:
    """8 x 8 digits, constant over 6 steps; a quarter is tested on, drawn anew for each seed."""
    return Benchmark(
        "scikit-learn digits (8 x 8), 1348 training and 449 test images",
        Digits(),
        lambda neuron: SmallNet(neuron, width=12),
        Schedule(epochs=8),
        Schedule(epochs=3, learning_rate=2e-3),
    )


def gestures() -> Benchmark:
    """Synthetic gestures of 8 frames; scenes drawn anew for each seed."""
    return Benchmark(
        "synthetic event gestures (16 x 16, 6 classes), 1200 training and 600 test scenes",
        Gestures(),
        lambda neuron: SmallNet(neuron, 2, len(GESTURES), GestureSettings.size, 12, 2),
        Schedule(epochs=10),
        Schedule(epochs=4, learning_rate=2e-3),
    )


def accelerator() -> str:
    """``cuda`` where there is a usable GPU, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _on_resnet(name: str, description: str, task: Labelled, epochs: int, batch: int, *, quick: bool) -> Benchmark:
    """A real set on ResNet18; quick: width 8, one epoch. The source's schedule is not known."""
    classes, channels = len(task.split.train.classes), task.split.train.channels
    return Benchmark(
        f"{description}ResNet18{' of width 8' if quick else ''}",
        task,
        lambda neuron: ResNet(neuron, classes, channels, 8 if quick else 64),
        Schedule(1 if quick else epochs, batch, 2e-3, 5e-4),
        Schedule(1 if quick else epochs // 10, batch, 2e-4, 5e-4),
        embedded=False,
        device=accelerator(),
        label=name,
    )


REAL_SETS = ("cifar10", "cifar10_dvs", "dvs_gesture")


def real_set(name: str, data: Path | str, *, quick: bool = False) -> Benchmark:
    """One of `REAL_SETS` in a folder; event frames are 32 x 32 if quick, else 64 x 64.

    The source uses a Spikformer for CIFAR10-DVS, which is not built here.
    """
    if name == "cifar10":
        task = Labelled(cifar10.load_cifar10(data), 4, cifar10.crop_and_flip)
        benchmark = _on_resnet(name, "CIFAR-10, ", task, 200, 128, quick=quick)
        return replace(benchmark, description=f"{benchmark.description}, published split")
    size = 32 if quick else 64
    if name == "cifar10_dvs":
        task = Labelled(load_recorded(name, Path(data), steps=10, size=size, by="count"), 10)
    else:
        task = Labelled(load_recorded(name, Path(data), steps=16, size=size), 16)
    return _on_resnet(name, f"{task.split.train.source}; ", task, 100, 32, quick=quick)


def tasks_for(data: Path | str | None = None, *, quick: bool = False) -> list[Benchmark]:
    """The embedded tasks, or those whose data are in a folder.

    Raises InputError: none of the known sets is there, or one is incomplete; says which and how to get it.
    """
    if data is None:
        return [digits(), gestures()]
    return [real_set(name, data, quick=quick) for name in named_in(data, REAL_SETS)]
