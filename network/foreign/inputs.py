"""Inputs for a network: from files of arrays, folders of event recordings, or drawn at a rate."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ipcircuit.errors import InputError
from ipcircuit.families import TASKS
from network.foreign.arrays import read_arrays

INPUT_NAMES = ("inputs", "x", "data", "X", "")
TARGET_NAMES = ("targets", "labels", "y")
FILES = (".npy", ".npz", ".pt", ".pth")
_RATE = re.compile(r"(rate|poisson):([0-9.eE+-]+)(Hz)?")
MOST_VALUES = 2**31  # of what is drawn, or of images repeated over time

ALLOWED = "a .npy, .npz or .pt file, a folder of event recordings, rate:P (spikes per step) rate:FHz, or a task"


@dataclass(frozen=True)
class Samples:
    """Inputs of a network, in memory.

    Attributes:
        inputs: (time, batch, *features), of any number type.
        targets: class indices (batch,), or numbers (batch, …); None where not known.
        name: where they are from, for tables and reports.
        dt_s: time between two steps in seconds, as the sensor has them; None where not known.
        classes: names of the classes, where known.
    """

    inputs: torch.Tensor
    targets: torch.Tensor | None
    name: str
    dt_s: float | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.inputs.dim() < 3 or self.inputs.numel() == 0:
            found, allowed = tuple(self.inputs.shape), "(time, batch, *features), nothing empty"
            raise InputError("wrong shape", where=self.name, found=found, allowed=allowed)
        if self.targets is not None and len(self.targets) != self.inputs.shape[1]:
            found, allowed = len(self.targets), f"{self.inputs.shape[1]}, one for each sample"
            raise InputError("another number of targets than of samples", where=self.name, found=found, allowed=allowed)

    def __len__(self) -> int:
        return int(self.inputs.shape[1])

    @property
    def steps(self) -> int:
        """Time steps."""
        return int(self.inputs.shape[0])

    @property
    def features(self) -> tuple[int, ...]:
        """Shape of one sample's input in one step."""
        return tuple(self.inputs.shape[2:])

    def subset(self, index: torch.Tensor | slice) -> Samples:
        """The samples at `index`."""
        targets = None if self.targets is None else self.targets[index]
        return replace(self, inputs=self.inputs[:, index], targets=targets)

    def limited(self, limit: int | None, seed: int = 0) -> Samples:
        """At most so many samples, drawn with a seed where there are more."""
        if limit is None or limit >= len(self):
            return self
        index = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))[:limit].sort().values
        return self.subset(index)


def load_inputs(
    text: str,
    *,
    features: tuple[int, ...] | None = None,
    steps: int | None = None,
    samples: int | None = None,
    axes: str | None = None,
    dt_s: float | None = None,
    seed: int = 0,
    part: str = "test",
    progress: Callable[[int, int], None] | None = None,
) -> Samples:
    """Inputs that a text names.

    Args:
        text: a ``.npy``, ``.npz`` or ``.pt`` file (of several arrays, `inputs` or `x` and, if there, `targets` or `y`
            and `dt_s`); a folder that is or holds N-MNIST, DVS128 Gesture, CIFAR10-DVS or DailyDVS-200 as tonic or
            their authors lay them out, complete or not; or ``rate:0.1``, independent spikes of that probability per
            step (``poisson:0.1``: numbers of spikes of that mean; ``rate:50Hz`` with `dt_s`); or a task of ``ipcircuit
            list``, for networks that were trained on it.
        features: shape of one sample's input in one step, as the network takes it; what a rate is drawn for, and what
            tells the axes of a file.
        steps: frames of a recording (default 10), steps of a rate (default 100), or repetitions of images that have no
            time axis (default 1).
        samples: at most so many, drawn with the seed where there are more; of a rate, default 16.
        axes: of a file, ``tb`` (time, batch, *features), ``bt``, or ``b`` without time; default by `features`, else tb.
        dt_s: length of a step in seconds; default that of the file, or of the recordings.
        seed: of what is drawn.
        part: of a published set, ``train`` or ``test``.
        progress: called with the recordings that are read and their number.

    Raises:
        InputError: nothing of these; damaged, too large, of another shape; or an argument is missing or out of range.
    """
    for name, value in (("steps", steps), ("samples", samples)):
        if value is not None and value < 1:
            raise InputError("must be at least 1", where=name, found=value)
    if dt_s is not None and not 0 < dt_s < math.inf:
        raise InputError("must be positive", where="dt_s", found=dt_s)
    if match := _RATE.fullmatch(text):
        return _drawn(match, features, steps or 100, samples or 16, dt_s, seed)
    if text in TASKS.names():
        return _of_task(text, samples or 16, dt_s, seed)
    path = Path(text).expanduser()
    if path.is_dir():
        return _recorded(path, steps or 10, samples, dt_s, seed, part, progress)
    if path.suffix not in FILES:
        raise InputError("no such input", where="--input", found=text, allowed=ALLOWED)
    arrays = read_arrays(path)
    inputs = _named(arrays, INPUT_NAMES, str(path))
    if inputs is None:
        allowed = ", ".join(name for name in INPUT_NAMES if name)
        raise InputError("has no inputs", where=str(path), found=", ".join(arrays) or "nothing", allowed=allowed)
    timed = _with_time(inputs, axes or _axes(inputs, features, str(path)), steps, str(path))
    targets = _named(arrays, TARGET_NAMES, str(path))
    stored = arrays.get("dt_s")
    if dt_s is None and stored is not None and stored.numel() == 1:
        dt_s = float(stored)
        if not 0 < dt_s < math.inf:
            raise InputError("must be positive", where=f"{path}: dt_s", found=dt_s)
    return Samples(timed, targets, str(path), dt_s).limited(samples, seed)


def _named(arrays: dict[str, torch.Tensor], names: tuple[str, ...], where: str) -> torch.Tensor | None:
    matches = [name for name in names if name in arrays]
    if len(matches) > 1:
        raise InputError("several arrays for one thing", where=where, found=", ".join(matches), allowed="one of them")
    return arrays[matches[0]] if matches else None


def _axes(inputs: torch.Tensor, features: tuple[int, ...] | None, where: str) -> str:
    """Which axes come before the features."""
    if features is None:
        return "tb" if inputs.dim() > 2 else "b"
    extra = inputs.dim() - len(features)
    if extra not in (1, 2) or tuple(inputs.shape[extra:]) != features:
        shape = ", ".join(map(str, features))
        allowed = f"(time, batch, {shape}), or (batch, {shape}) without time"
        raise InputError("wrong shape", where=where, found=tuple(inputs.shape), allowed=allowed)
    return "tb" if extra == 2 else "b"


def _with_time(inputs: torch.Tensor, axes: str, steps: int | None, where: str) -> torch.Tensor:
    if axes not in ("tb", "bt", "b"):
        raise InputError("unknown axes", where="axes", found=axes, allowed="tb, bt, b")
    if inputs.dim() < len(axes) + 1:
        raise InputError("too few axes", where=where, found=tuple(inputs.shape), allowed=f"{axes} and the features")
    if axes == "b":
        return inputs.unsqueeze(0).expand(steps or 1, *inputs.shape)
    timed = inputs if axes == "tb" else inputs.transpose(0, 1)
    if steps is not None and steps > len(timed):
        raise InputError("more steps than there are", where="steps", found=steps, allowed=f"up to {len(timed)}")
    return timed if steps is None else timed[:steps]


def _drawn(
    match: re.Match[str], features: tuple[int, ...] | None, steps: int, samples: int, dt_s: float | None, seed: int
) -> Samples:
    """Independent spikes."""
    kind, number, hertz = match.groups()
    where = "--input"
    try:
        rate = float(number)
    except ValueError:
        raise InputError("no number", where=where, found=match[0], allowed="rate:0.1") from None
    if hertz:
        if dt_s is None:
            raise InputError("a rate in Hz needs the length of a step", where=where, found=match[0], allowed="dt_s")
        rate *= dt_s
    most = 1.0 if kind == "rate" else 1000.0
    if not 0 < rate <= most:
        raise InputError("out of range", where=where, found=match[0], allowed=f"above 0, up to {most:g} per step")
    if features is None:
        raise InputError("a rate needs the shape of the network's input", where=where, found=match[0])
    shape = (steps, samples, *features)
    if math.prod(shape) > MOST_VALUES:
        raise InputError("too large", where=where, found=shape, allowed=f"up to {MOST_VALUES} numbers")
    generator = torch.Generator().manual_seed(seed)
    means = torch.full(shape, rate)
    spikes = torch.bernoulli(means, generator=generator) if kind == "rate" else torch.poisson(means, generator)
    return Samples(spikes.to(torch.int16 if kind == "poisson" else torch.uint8), None, match[0], dt_s)


def _of_task(name: str, samples: int, dt_s: float | None, seed: int) -> Samples:
    """Fresh samples of a registered task that needs no data set."""
    from network.training.experiment import make_task

    batches = list(make_task(name).evaluation(samples, seed))
    inputs = torch.cat([batch.inputs for batch in batches], 1)
    return Samples(inputs, torch.cat([batch.targets for batch in batches]), f"task {name}", dt_s)


def _recorded(
    path: Path,
    steps: int,
    samples: int | None,
    dt_s: float | None,
    seed: int,
    part: str,
    progress: Callable[[int, int], None] | None,
) -> Samples:
    """Recordings of a published set as frames of event counts."""
    from network.data.events.recorded import load_part, sets_in

    names = sets_in(path)
    if len(names) > 1:
        raise InputError("holds several sets", where=str(path), found=", ".join(names), allowed="the folder of one")
    frames, measured_s = load_part(
        names[0], path, part=part, steps=steps, samples=samples, seed=seed, progress=progress
    )
    inputs = frames.values.transpose(0, 1)
    return Samples(inputs, frames.labels, frames.source, dt_s or measured_s or None, frames.classes)
