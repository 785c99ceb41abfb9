"""Classification of images and event frames: labelled sets in memory, learnt in epochs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import torch
from pydantic import Field
from torch.nn import functional

from ipcircuit.errors import InputError
from ipcircuit.records import record
from network.data.gestures import CLASSES, GestureSettings, generate
from network.data.samples import Samples, Split, load_digits, shuffled_split
from network.tasks.task import Batch, Batches, Form, Task

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]
CHUNK = 256  # samples that are evaluated together


class Sizes(NamedTuple):
    """Scores that a network answers with, colours or polarities of a frame, and its height and width in pixels."""

    outputs: int
    channels: int
    size: int


class FrameTask(Task):
    """Assign frames (time, batch, channels, height, width) to classes; score: the share that is right.

    Attributes:
        steps: time steps; images are repeated as often.
        augment: applied to each training batch of frames with the run's generator.
        readout: what a network answers with: the mean over its steps, or the last one.
    """

    form: ClassVar[Form] = "frames"
    headline: ClassVar[str] = "accuracy"
    chunk: ClassVar[int] = CHUNK
    readout: ClassVar[Literal["mean", "last"]] = "mean"
    augment: Augment | None = None
    steps: int

    @property
    @abstractmethod
    def split(self) -> Split:
        """Training and test samples."""

    @property
    def sizes(self) -> Sizes:
        """Of a network for the task. Its samples need not be there where they are known."""
        train = self.split.train
        return Sizes(len(train.classes), train.channels, train.size[0])

    @property
    def outputs(self) -> int:
        """Numbers that a network answers with for a sample: a score per class."""
        return self.sizes.outputs

    @property
    def channels(self) -> int:
        """Colours or polarities of a frame."""
        return self.sizes.channels

    @property
    def size(self) -> int:
        """Height and width of a frame, pixels."""
        return self.sizes.size

    def batches(self, size: int, generator: torch.Generator) -> Batches:
        """Passes over the training samples, each in a new random order."""
        return Epochs(self.split.train, self.steps, size, generator, self.augment)

    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        """The first `trials` test samples, whatever the seed."""
        return frame_batches(self.split.test, self.steps, trials)

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy."""
        return functional.cross_entropy(outputs, batch.targets)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        """Accuracy, 0 … 1."""
        return {"accuracy": float((outputs.argmax(1) == batch.targets).double().mean())}


@dataclass(frozen=True)
class Labelled(FrameTask):
    """A split that is already in memory, for experiments; not to be made by name."""

    data: Split
    steps: int
    augment: Augment | None = None
    name: ClassVar[str] = "labelled"

    @property
    def split(self) -> Split:
        return self.data


@record
class Digits(FrameTask):
    """8 × 8 handwritten digits, constant over the time steps.

    Args:
        steps: time steps.
        test_share: share of the images that is tested on.
        split_seed: draws the test images; default: the run's seed.
    """

    steps: Annotated[int, Field(ge=1, le=1000)] = 6
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    split_seed: int | None = None
    name: ClassVar[str] = "digits"

    @property
    def sizes(self) -> Sizes:
        return Sizes(10, 1, 8)

    @cached_property
    def split(self) -> Split:
        return shuffled_split(load_digits(), self.test_share, self.split_seed or 0)

    def seeded(self, seed: int) -> Digits:
        """With the split of this seed."""
        return self if self.split_seed is not None else Digits(self.steps, self.test_share, seed)


@record
class Gestures(FrameTask):
    """Synthetic event gestures: bars that move and arms that turn, 16 × 16, 8 frames.

    Args:
        train, test: scenes.
        scene_seed: draws the scenes; default: the run's seed.
    """

    train: Annotated[int, Field(ge=1, le=100_000)] = 1200
    test: Annotated[int, Field(ge=1, le=100_000)] = 600
    scene_seed: int | None = None
    name: ClassVar[str] = "gestures"
    events: ClassVar[bool] = True
    steps: ClassVar[int] = GestureSettings.steps

    @property
    def sizes(self) -> Sizes:
        return Sizes(len(CLASSES), 2, GestureSettings.size)

    @cached_property
    def split(self) -> Split:
        seed = self.scene_seed or 0
        return Split(generate(self.train, 2 * seed), generate(self.test, 2 * seed + 1))

    def seeded(self, seed: int) -> Gestures:
        """With the scenes of this seed."""
        return self if self.scene_seed is not None else Gestures(self.train, self.test, seed)


def frame_batches(samples: Samples, steps: int, count: int | None = None, size: int = CHUNK) -> Iterator[Batch]:
    """The first `count` samples (default all) in their order, `size` at a time."""
    for index in torch.arange(min(count or len(samples), len(samples))).split(size):
        yield Batch(*samples.batch(index, steps))


@dataclass
class Epochs:
    """Batches of a labelled set without end: every pass is in a new random order.

    A last batch of a single sample is left out: batch normalisation needs two.
    """

    samples: Samples
    steps: int
    size: int
    generator: torch.Generator
    augment: Augment | None = None
    remaining: torch.Tensor | None = None

    def __next__(self) -> Batch:
        if self.remaining is None or len(self.remaining) < min(2, len(self.samples)):
            self.remaining = torch.randperm(len(self.samples), generator=self.generator)
        index, self.remaining = self.remaining[: self.size], self.remaining[self.size :]
        frames, labels = self.samples.batch(index, self.steps)
        return Batch(frames if self.augment is None else self.augment(frames, self.generator), labels)

    def state(self) -> dict[str, torch.Tensor]:
        """Random numbers, and what is left of the pass."""
        left = torch.zeros(0, dtype=torch.long) if self.remaining is None else self.remaining
        return {"trials": self.generator.get_state(), "remaining": left}

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from a `state`."""
        left = state["remaining"]
        if left.dtype != torch.long or left.dim() != 1 or not ((left >= 0) & (left < len(self.samples))).all():
            raise InputError("no positions of these samples", where="remaining")
        self.generator.set_state(state["trials"])
        self.remaining = left


def batches_per_epoch(samples: int, size: int) -> int:
    """Batches of one pass of `Epochs`."""
    full, rest = divmod(samples, size)
    return max(1, full + (rest > 1))
