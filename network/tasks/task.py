"""The interface of a task, and its batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import torch

from ipcircuit.errors import InputError

ITEM = 1.0  # an input of an item: one set pulse of the item amplitude
READ = 0.5  # an input of the read-out step: one set pulse of the read amplitude
IDLE = 0.0  # no pulse, the device cools

MOST_VALUES = 2**24  # numbers of the inputs that are evaluated together

Form = Literal["pulses", "frames"]


@dataclass(frozen=True)
class Batch:
    """Inputs with time first and batch second; targets as the task's loss needs them, batch first.

    `info` holds tensors, batch first, that only the scores need.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    info: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        info = {name: values.to(device) for name, values in self.info.items()}
        return Batch(self.inputs.to(device), self.targets.to(device), info)

    def split(self, size: int) -> Iterator[Batch]:
        """Parts of at most `size` samples, in order."""
        for first in range(0, len(self.targets), size):
            part = slice(first, first + size)
            info = {name: values[part] for name, values in self.info.items()}
            yield Batch(self.inputs[:, part], self.targets[part], info)

    @staticmethod
    def joined_targets(parts: Iterable[Batch]) -> Batch:
        """Targets and `info` of several batches as one, without their inputs."""
        known = list(parts)
        info = {name: torch.cat([part.info[name] for part in known]) for name in known[0].info}
        return Batch(known[0].inputs[:, :0], torch.cat([part.targets for part in known]), info)


class Batches(Protocol):
    """An endless source of batches that a checkpoint can restore."""

    def __next__(self) -> Batch:
        """The next batch."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """Tensors from which `restore` goes on with the same batches."""
        ...

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from a `state`."""
        ...


class Task(ABC):
    """A task that `network.training` can train: a dataclass whose fields are the task's options.

    Attributes:
        name: registry name.
        headline: the score that early stopping watches (higher is better).
        form: ``pulses``, inputs (time, batch, inputs) of ITEM, READ and IDLE, and an output per step; or ``frames``,
            inputs (time, batch, channels, height, width), and one output per sample. A model takes one of them.
        events: whether frames hold the events of a camera, which come so slowly that they are replayed in a burst.
        always: options that `settings` holds even at their default.
        chunk: samples of an evaluation that are run together.
    """

    name: ClassVar[str]
    headline: ClassVar[str]
    form: ClassVar[Form] = "pulses"
    events: ClassVar[bool] = False
    always: ClassVar[tuple[str, ...]] = ()
    chunk: ClassVar[int] = 250

    @abstractmethod
    def batches(self, size: int, generator: torch.Generator) -> Batches:
        """Batches of `size` samples to train with."""

    @abstractmethod
    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        """`trials` samples to score a network with, in parts; the same seed gives the same samples."""

    @abstractmethod
    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Scalar."""

    @abstractmethod
    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        """Numbers by name."""

    def seeded(self, seed: int) -> Task:
        """The task of a run with this seed: a data set draws its split from it."""
        return self

    def located(self, data: Path) -> Task:
        """The task with the data set in a folder. Raises InputError: it reads none, or the folder has none for it."""
        raise InputError("reads no data from a folder", where=f"task {self.name}", found=f"--data {data}")

    def settings(self) -> dict[str, Any]:
        """Options that make the task again, as JSON: those in `always`, and those that are not at their default.

        Fields that are not compared, as the folder of a data set, are no part of the task.
        """
        values = {f.name: (getattr(self, f.name), f) for f in fields(self)}  # pyright: ignore[reportArgumentType]
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, (value, known) in values.items()
            if known.compare and (name in self.always or value != known.default)
        }


class TrialTask(Task):
    """A task of random trials that are drawn anew for every batch.

    `inputs`, `hidden` and `outputs` are the topology that the source gives its networks.
    """

    inputs: ClassVar[int]
    hidden: ClassVar[int]
    outputs: ClassVar[int]

    @abstractmethod
    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """`size` random trials."""

    def batches(self, size: int, generator: torch.Generator) -> Batches:
        """Fresh trials without end."""
        return Draws(lambda source: self.batch(size, source), generator)

    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        """Fresh trials."""
        return self.batch(trials, torch.Generator().manual_seed(seed)).split(self.chunk)


@dataclass
class Draws:
    """Batches that are each drawn anew."""

    draw: Callable[[torch.Generator], Batch]
    generator: torch.Generator

    def __next__(self) -> Batch:
        return self.draw(self.generator)

    def state(self) -> dict[str, torch.Tensor]:
        """Random numbers."""
        return {"trials": self.generator.get_state()}

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from a `state`."""
        self.generator.set_state(state["trials"])
