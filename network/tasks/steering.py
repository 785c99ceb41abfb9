"""Steering: the angle of the last of a few event frames, or of a moment later, in degrees; synthetic, or DDD20."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch.nn import functional

from ipcircuit.errors import InputError
from ipcircuit.records import record
from network.data.samples import Split
from network.data.steering import MOST_AHEAD, MOST_FRAMES, DrivingSettings, Light, Scene, driving, generate
from network.tasks.frames import FrameTask, Sizes, frame_batches
from network.tasks.task import Batch, Batches, Draws

UNIT_DEG = 10.0  # of a network's output: the scale of the angles, so that networks start near it


@record
class Steering(FrameTask):
    """Steering angle of event drives, ten frames a second: synthetic ones of 16 × 16 pixels, or DDD20 from a folder.

    Scores: `RMSE_deg`, root mean square error in degrees; `EVA`, explained variance, 1 − Var(error) / Var(angle).

    Args:
        steps: frames of history, the last one included.
        ahead: frames from the last one to the angle that is asked for (2 are the source's 0.2 s).
        light: ``day`` or ``night``: contrast and noise.
        scene: ``posts``, of which one frame does not tell the sign, or a ``road`` whose every frame does.
        train: synthetic drives to learn from; 0: new ones for every batch. test: those to score with.
        scene_seed: draws the synthetic drives; default: the run's seed.
        set: ``synthetic`` or ``ddd20``.
        pixels: of recorded frames, a divisor of 260.
        skip_damaged: leave out damaged recordings, and count them.
        complete: refuse a folder without one of the recordings.
        data: folder of DDD20; no part of a run's identity.
    """

    steps: Annotated[int, Field(ge=1, le=MOST_FRAMES)] = 4
    ahead: Annotated[int, Field(ge=0, le=MOST_AHEAD)] = 0
    light: Light = "day"
    scene: Scene = "posts"
    train: Annotated[int, Field(ge=0, le=100_000)] = 0
    test: Annotated[int, Field(ge=2, le=100_000)] = 1200
    scene_seed: int | None = None
    set: Literal["synthetic", "ddd20"] = "synthetic"
    pixels: Annotated[int, Field(ge=1, le=260)] = 65
    skip_damaged: bool = False
    complete: bool = True
    data: Path | None = field(default=None, compare=False)
    name: ClassVar[str] = "steering"
    events: ClassVar[bool] = True
    headline: ClassVar[str] = "EVA"
    readout: ClassVar[Literal["mean", "last"]] = "last"
    always: ClassVar[tuple[str, ...]] = ("steps",)

    @property
    def driving(self) -> DrivingSettings:
        """Road and camera."""
        return driving(self.light, scene=self.scene, frames=self.steps, ahead=self.ahead)

    @cached_property
    def split(self) -> Split:
        """Drives to learn from (one, with `train` = 0) and drives to score with. Raises InputError: no folder."""
        if self.set == "ddd20":
            return self._recorded()
        seed = self.scene_seed or 0
        train = generate(max(self.train, 1), 2 * seed, self.driving)
        return Split(train, generate(self.test, 2 * seed + 1, self.driving))

    def _recorded(self) -> Split:
        if self.data is None:
            raise InputError("is read from a folder", where=f"task steering: set {self.set}", allowed="--data DIR")
        from network.data.events.drives import load_drives

        return load_drives(
            self.data,
            steps=self.steps,
            ahead=self.ahead,
            size=self.pixels,
            light=self.light,
            skip_damaged=self.skip_damaged,
            complete=self.complete,
        )

    def located(self, data: Path) -> Steering:
        """With DDD20 from this folder."""
        return replace(self, data=data, set="ddd20")

    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        """The first `trials` synthetic drives, or as many recorded ones, evenly over all recordings."""
        samples = self.split.test
        if self.set != "synthetic" and trials < len(samples):
            samples = samples.subset(torch.linspace(0, len(samples) - 1, trials).long())
        return frame_batches(samples, self.steps, trials)

    def batches(self, size: int, generator: torch.Generator) -> Batches:
        """New drives for every batch, or passes over the `train` or recorded ones."""
        recorded = self.set != "synthetic"
        return (
            super().batches(size, generator)
            if self.train or recorded
            else Draws(lambda g: self._drawn(size, g), generator)
        )

    def _drawn(self, size: int, generator: torch.Generator) -> Batch:
        seed = int(torch.randint(2**62, (), generator=generator))
        return Batch(*generate(size, seed, self.driving).batch(torch.arange(size), self.steps))

    @property
    def sizes(self) -> Sizes:
        """One output, the angle in units of `UNIT_DEG`; ON and OFF; pixels."""
        return Sizes(1, 2, self.driving.size if self.set == "synthetic" else self.pixels)

    def seeded(self, seed: int) -> Steering:
        """With the drives of this seed; recordings are the same for all."""
        if self.scene_seed is not None or self.set != "synthetic":
            return self
        return replace(self, scene_seed=seed)

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Mean square error, in units of `UNIT_DEG` squared."""
        return functional.mse_loss(_angles(outputs), batch.targets / UNIT_DEG)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        """RMSE in degrees and explained variance."""
        return regression_scores(_angles(outputs).double() * UNIT_DEG, batch.targets.double())


def _angles(outputs: torch.Tensor) -> torch.Tensor:
    """(batch, 1) as (batch,)."""
    if outputs.dim() != 2 or outputs.shape[1] != 1:
        raise InputError("steering asks for one output", where="network", found=tuple(outputs.shape))
    return outputs[:, 0]


def regression_scores(predicted: torch.Tensor, angles: torch.Tensor) -> dict[str, float]:
    """Scores of predictions (n,) of angles (n,), both in degrees. Explained variance forgives a constant error."""
    error = predicted - angles
    explained = 1 - float(error.var(correction=0) / angles.var(correction=0))
    return {"RMSE_deg": float(error.square().mean().sqrt()), "EVA": explained}
