"""What the signed network is tried on: embedded sets, and real ones found in a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.data import cifar10, event_sets
from network.data.digits import load_digits
from network.data.gestures import CLASSES as GESTURES
from network.data.gestures import GestureSettings, generate
from network.data.samples import Split, shuffled_split
from network.experiments.signed.train import Schedule
from network.models.resnet import ResNet
from network.models.small import SmallNet

Neuron = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Task:
    """A data set with the network and the schedule that go with it.

    Attributes:
        name, what: key, and a description for reports.
        steps: time steps.
        split: training and test samples for a seed.
        build: the network, given what makes a layer of neurons.
        schedule: of the training; fine-tuning takes `tuning`.
        embedded: comes with the package.
        place: torch device of the training.
    """

    name: str
    what: str
    steps: int
    split: Callable[[int], Split]
    build: Callable[[Neuron], nn.Module]
    schedule: Schedule
    tuning: Schedule
    embedded: bool = True
    place: str = "cpu"


def digits() -> Task:
    """8 x 8 digits, constant over 6 steps; a quarter is tested on, drawn anew for each seed."""
    return Task(
        "digits",
        "scikit-learn digits (8 x 8), 1348 training and 449 test images",
        6,
        lambda seed: shuffled_split(load_digits(), 0.25, seed),
        lambda neuron: SmallNet(neuron, width=12),
        Schedule(epochs=8),
        Schedule(epochs=3, rate=2e-3),
    )


def gestures(train: int = 1200, test: int = 600) -> Task:
    """Synthetic gestures of 8 frames; scenes drawn anew for each seed."""
    settings = GestureSettings()
    return Task(
        "gestures",
        f"synthetic event gestures (16 x 16, 6 classes), {train} training and {test} test scenes",
        settings.steps,
        lambda seed: Split(generate(train, 2 * seed, settings), generate(test, 2 * seed + 1, settings)),
        lambda neuron: SmallNet(neuron, 2, len(GESTURES), settings.size, 12, 2),
        Schedule(epochs=10),
        Schedule(epochs=4, rate=2e-3),
    )


FOLDERS = {"cifar10": cifar10.FOLDER, "cifar10_dvs": "CIFAR10DVS", "dvs_gesture": "DVSGesture"}
"""Folder by which each real set is recognised."""


def accelerator() -> str:
    """``cuda`` where there is a usable GPU, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def cifar(data: Path | str, *, quick: bool = False) -> Task:
    """CIFAR-10 on ResNet18, 4 steps, 200 epochs (the source's schedule is not known); quick: width 8, one epoch."""
    split = cifar10.load_cifar10(data)
    schedule = Schedule(1 if quick else 200, 128, 2e-3, 5e-4, cifar10.crop_and_flip)
    return Task(
        "cifar10",
        f"CIFAR-10, ResNet18{' of width 8' if quick else ''}, published split",
        4,
        lambda _: split,
        lambda neuron: ResNet(neuron, width=8 if quick else 64),
        schedule,
        Schedule(1 if quick else 20, 128, 2e-4, 5e-4, cifar10.crop_and_flip),
        embedded=False,
        place=accelerator(),
    )


def event_task(name: str, data: Path | str, *, quick: bool = False) -> Task:
    """CIFAR10-DVS (``cifar10_dvs``) or DVS128 Gesture (``dvs_gesture``) on ResNet18; quick: width 8, 32 x 32.

    The source uses a Spikformer for CIFAR10-DVS, which is not built here.
    """
    size = 32 if quick else 64
    if name == "cifar10_dvs":
        steps, split = 10, event_sets.load_cifar10_dvs(data, 10, size)
    else:
        steps, split = 16, event_sets.load_dvs_gesture(data, 16, size)
    classes = len(split.train.classes)
    return Task(
        name,
        f"{split.train.source}; ResNet18{' of width 8' if quick else ''}",
        steps,
        lambda _: split,
        lambda neuron: ResNet(neuron, classes, 2, 8 if quick else 64),
        Schedule(1 if quick else 100, 32, 2e-3, 5e-4),
        Schedule(1 if quick else 10, 32, 2e-4, 5e-4),
        embedded=False,
        place=accelerator(),
    )


def tasks_for(data: Path | str | None = None, *, quick: bool = False) -> list[Task]:
    """The embedded tasks, or those whose data are in a folder.

    Raises:
        InputError: none of the known sets is there, or one is incomplete; says which and how to get it.
    """
    if data is None:
        return [digits(), gestures()]
    root = Path(data)
    found = [name for name, folder in FOLDERS.items() if root.name == folder or (root / folder).is_dir()]
    if not found:
        inside = ", ".join(sorted(entry.name for entry in root.iterdir())[:6]) if root.is_dir() else "no such folder"
        raise InputError(
            f"has none of the known data sets. {cifar10.HOW}. {event_sets.CIFAR10_DVS_HOW}. {event_sets.GESTURE_HOW}",
            where=f"--data {root}",
            found=inside or "nothing",
            allowed=", ".join(FOLDERS.values()),
        )
    return [cifar(root, quick=quick) if name == "cifar10" else event_task(name, root, quick=quick) for name in found]
