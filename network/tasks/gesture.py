"""Gestures before an event camera, forwards or in both orders of time: synthetic, or a published set in a folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import record
from network.data.reversal import Polarity, both_orders
from network.data.samples import Samples, Split
from network.data.scenes import CLASSES, SceneSettings, generate
from network.tasks.frames import Epochs, FrameTask, Sizes, frame_batches
from network.tasks.task import MOST_VALUES, Batch, Batches

SYNTHETIC = "synthetic"
FOLDS = 5


@record
class Gesture(FrameTask):
    """Which gesture is it, and with `both_orders`: is it shown forwards or backwards?

    Args:
        set: ``synthetic``, or a published set that is read from a folder (`network.data.folder.SETS`).
        both_orders: each sample also reversed, as a class of its own.
        polarity: of a reversed sample: ``flip`` exchanges ON and OFF, ``keep`` does not; see `network.data.reversal`.
        steps: frames per sample.
        pixels: height and width of a frame, a divisor of the sensor's; 0: the sensor's own, and 16 of synthetic scenes.
        bins: frames of equal duration (``time``) or of equally many events (``count``).
        first: share of the frames, from the first, that is trained with.
        tested: ``whole`` samples, or the same ``part`` as in training.
        window: test with windows as long as the part trained with, each half a window after the last, scores added up.
        fold: one of five that share out all recordings of a published set; None: its published parts.
        train, test: synthetic scenes. scene_seed: draws them; default: the run's seed.
        skip_damaged: leave out damaged recordings, and count them.
        complete: refuse a folder with fewer samples than were published.
        data: folder of published sets; no part of a run's identity.
    """

    set: str = SYNTHETIC
    both_orders: bool = False
    polarity: Polarity = "flip"
    steps: Annotated[int, Field(ge=1, le=10_000)] = 10
    pixels: Annotated[int, Field(ge=0, le=4096)] = 0
    bins: Literal["time", "count"] = "time"
    first: Annotated[float, Field(gt=0, le=1)] = 1.0
    tested: Literal["whole", "part"] = "whole"
    window: bool = False
    fold: Annotated[int | None, Field(ge=0, le=FOLDS - 1)] = None
    train: Annotated[int, Field(ge=1, le=100_000)] = 1200
    test: Annotated[int, Field(ge=1, le=100_000)] = 600
    scene_seed: int | None = None
    skip_damaged: bool = False
    complete: bool = True
    data: Path | None = field(default=None, compare=False)
    name: ClassVar[str] = "gesture"
    events: ClassVar[bool] = True
    always: ClassVar[tuple[str, ...]] = ("set",)

    @property
    def sizes(self) -> Sizes:
        """Of synthetic scenes known without drawing any."""
        if self.set != SYNTHETIC:
            return super().sizes
        return Sizes(len(CLASSES) * (2 if self.both_orders else 1), 2, self.pixels or SceneSettings.size)

    @property
    def trained_steps(self) -> int:
        """Frames that are trained with."""
        return max(1, math.ceil(self.first * self.steps))

    @cached_property
    def split(self) -> Split:
        """Training and test samples; those of training end with the part that is trained with."""
        recorded = self._recorded()
        train = _part(recorded.train, self.trained_steps)
        test = _part(recorded.test, self.trained_steps) if self.tested == "part" else recorded.test
        if not self.both_orders:
            return Split(train, test)
        return Split(both_orders(train, self.polarity), both_orders(test, self.polarity))

    def _recorded(self) -> Split:
        if self.set == SYNTHETIC:
            seed, settings = self.scene_seed or 0, SceneSettings(self.steps, self.pixels or SceneSettings.size)
            return Split(generate(self.train, 2 * seed, settings), generate(self.test, 2 * seed + 1, settings))
        if self.data is None:
            raise InputError("is read from a folder", where=f"task gesture: set {self.set}", allowed="--data DIR")
        from network.data.events.recorded import load_recorded

        return load_recorded(
            self.set,
            self.data,
            steps=self.steps,
            size=self.pixels or None,
            by=self.bins,
            fold=self.fold,
            folds=FOLDS,
            skip_damaged=self.skip_damaged,
            complete=self.complete,
        )

    def seeded(self, seed: int) -> Gesture:
        """With the scenes of this seed; recordings are the same for all."""
        return self if self.set != SYNTHETIC or self.scene_seed is not None else replace(self, scene_seed=seed)

    def located(self, data: Path) -> Gesture:
        """With the folder of its recordings; ``synthetic`` becomes the published set that is in it.

        Raises InputError: none of the known sets, or several of which none was named.
        """
        if self.set != SYNTHETIC:
            return replace(self, data=data)
        from network.data.events.recorded import sets_in

        names = sets_in(data)
        if len(names) > 1:
            problem, allowed = "holds several sets: name one", ", ".join(f"--option set={name}" for name in names)
            raise InputError(problem, where=f"--data {data}", allowed=allowed)
        return replace(self, data=data, set=names[0])

    def batches(self, size: int, generator: torch.Generator) -> Batches:
        """Passes over the training samples, each in a new random order."""
        return Epochs(self.split.train, self.trained_steps, size, generator, self.augment)

    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        """The first `trials` test samples, whatever the seed; in windows if so wished."""
        samples = self.split.test
        steps = samples.values.shape[1]
        chunk = max(1, MOST_VALUES // samples.values[0].numel())
        batches = frame_batches(samples, steps, trials, chunk)
        return batches if not self.window else _windows(batches, self.trained_steps)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        """Accuracy, 0 … 1; in both orders also that of the gesture alone, and of the order alone."""
        targets, outputs = batch.targets, outputs.double()
        if "sample" in batch.info:
            sample = batch.info["sample"]
            summed = outputs.new_zeros(int(sample.max()) + 1, outputs.shape[1]).index_add(0, sample, outputs)
            targets = targets.new_zeros(len(summed)).index_copy(0, sample, targets)
            outputs = summed
        answers = outputs.argmax(1)
        scores = {"accuracy": (answers == targets).double().mean().item()}
        if self.both_orders:
            half = outputs.shape[1] // 2
            scores["gesture"] = (answers % half == targets % half).double().mean().item()
            scores["order"] = _order(outputs, targets)
        return scores


def _order(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Share of samples whose order of time is told, given the gesture: the higher of its two classes' scores."""
    half = outputs.shape[1] // 2
    gesture = (targets % half)[:, None]
    pair = torch.cat((outputs.gather(1, gesture), outputs.gather(1, gesture + half)), 1)
    right = (pair[:, 1] > pair[:, 0]) == (targets >= half)
    even = pair[:, 1] == pair[:, 0]
    return torch.where(even, 0.5, right.double()).mean().item()


def _part(samples: Samples, steps: int) -> Samples:
    """The first frames of every sample."""
    return samples if steps == samples.values.shape[1] else replace(samples, values=samples.values[:, :steps])


def _windows(batches: Iterable[Batch], steps: int) -> Iterator[Batch]:
    """Windows of `steps` frames, half a window apart, the last one at the end; `info` says of which sample."""
    first = 0
    for batch in batches:
        frames, n = batch.inputs, len(batch.targets)
        last = len(frames) - steps
        starts = sorted({*range(0, last + 1, max(1, steps // 2)), last})
        sample = torch.arange(first, first + n)
        windows = torch.cat([frames[start : start + steps] for start in starts], 1)
        yield Batch(windows, batch.targets.repeat(len(starts)), {"sample": sample.repeat(len(starts))})
        first += n
