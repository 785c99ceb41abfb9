"""Tell interval patterns apart that a spike counter cannot: bursts of one of four rates, always as many spikes.

A sample is one line with `bursts` bursts of `spikes_per_burst` spikes at times drawn anew. Its class is the interval
within the bursts; intervals vary from spike to spike, so that no single one gives the class away. Every sample has the
same number of spikes in the same time, so count and mean rate say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import Positive, PositiveCount, record


@record
class IntervalTask:
    """Sizes of the task. All chosen (the source describes no task).

    Attributes:
        intervals_s: mean interval within the bursts, one for each class.
        bursts, spikes_per_burst: the same for all classes.
        duration_s, dt_s: length of a sample, and of a time step; spikes lie on that grid.
        jitter: standard deviation of the logarithm of an interval.

    Raises:
        InputError: a size out of range, or a slowest class that does not fit into the sample.
    """

    intervals_s: Annotated[tuple[float, ...], Field(min_length=2)] = (0.2e-6, 0.4e-6, 0.8e-6, 1.6e-6)
    bursts: PositiveCount = 2
    spikes_per_burst: PositiveCount = 24
    duration_s: Positive = 100e-6
    dt_s: Positive = 0.1e-6
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.25

    def __post_init__(self) -> None:
        if min(self.intervals_s) < self.dt_s:
            allowed = f"from {self.dt_s:g} s"
            raise InputError(
                "an interval takes a step at least", where="intervals_s", found=self.intervals_s, allowed=allowed
            )
        needed = 1.3 * max(self.intervals_s) * self.spikes  # room for the jitter's longer draws
        if needed > self.duration_s:
            problem, allowed = "the slowest class does not fit into a sample", f"from {needed:.3g} s"
            raise InputError(problem, where="duration_s", found=self.duration_s, allowed=allowed)

    @property
    def spikes(self) -> int:
        """Spikes of every sample."""
        return self.bursts * self.spikes_per_burst

    @property
    def steps(self) -> int:
        """Time steps of a sample."""
        return round(self.duration_s / self.dt_s)

    @property
    def chance(self) -> float:
        """Accuracy of guessing."""
        return 1 / len(self.intervals_s)


@dataclass(frozen=True)
class Samples:
    """Trains (time, batch, 1) of 0 and 1 as uint8, and the class of each, (batch,)."""

    trains: np.ndarray
    labels: np.ndarray


def make_samples(task: IntervalTask, count: int, seed: int) -> Samples:
    """`count` samples, classes in equal numbers (as far as they divide) and in random order, reproducible by `seed`.

    Raises InputError: less than one sample of each class.
    """
    classes = len(task.intervals_s)
    if count < classes:
        raise InputError("fewer samples than classes", where="count", found=count, allowed=f"from {classes}")
    rng = np.random.default_rng([seed, count])
    labels = rng.permutation(np.arange(count) % classes)
    steps = _intervals(task, labels, rng)
    # Gaps around the bursts share what time is left, by a flat Dirichlet draw: every placement is as likely.
    left = task.steps - 1 - steps[:, 1:].sum(1) - steps[:, 0]
    shares = rng.dirichlet(np.ones(task.bursts + 1), count)[:, :-1]
    gaps = np.floor(shares * left[:, None]).astype(int)
    starts = np.arange(task.bursts) * task.spikes_per_burst
    steps[:, starts] += gaps
    places = np.cumsum(steps, axis=1)
    trains = np.zeros((task.steps, count, 1), np.uint8)
    trains[places.T, np.arange(count), 0] = 1
    return Samples(trains, labels)


def _intervals(task: IntervalTask, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Steps from each spike's predecessor (or burst's end) to it, at least one, (count, spikes)."""
    mean = np.asarray(task.intervals_s)[labels, None] / task.dt_s
    drawn = mean * np.exp(rng.normal(-(task.jitter**2) / 2, task.jitter, (labels.size, task.spikes)))
    # Rounding up or down by chance keeps the mean between grid points.
    steps = np.maximum(np.floor(drawn + rng.random(drawn.shape)).astype(int), 1)
    over = steps.sum(1) > task.steps - 1
    if over.any():  # a draw of many long intervals: shorten that sample's intervals in proportion
        shrink = (task.steps - 1) / steps[over].sum(1, keepdims=True)
        steps[over] = np.maximum(np.floor(steps[over] * shrink).astype(int), 1)
    return steps


def spike_counts(samples: Samples) -> np.ndarray:
    """Spikes per sample, (batch, 1)."""
    return samples.trains.sum(0, dtype=np.int64)
