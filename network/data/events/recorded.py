"""Published sets of recordings as frames, from a folder of the user's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from ipcircuit.errors import InputError
from network.data.events.binning import By, frame_size, frames_of
from network.data.events.dailydvs import dailydvs200
from network.data.events.listings import Listing, Recording, cifar10_dvs, dvs_gesture, nmnist
from network.data.events.stream import window
from network.data.folder import SETS, named_in
from network.data.samples import Samples, Split

LISTINGS: Mapping[str, Callable[..., Listing]] = {
    "nmnist": nmnist,
    "dvs_gesture": dvs_gesture,
    "cifar10_dvs": cifar10_dvs,
    "dailydvs200": dailydvs200,
}
"""What a folder holds, by name of the set."""


def sets_in(data: Path | str) -> list[str]:
    """Names of the event sets whose folder is in `data`, or is `data`. Raises InputError: none is."""
    return named_in(data, list(LISTINGS))


def load_recorded(
    name: str,
    data: Path | str,
    *,
    steps: int,
    size: int | None = None,
    by: By = "time",
    fold: int | None = None,
    folds: int = 5,
    skip_damaged: bool = False,
    complete: bool = True,
) -> Split:
    """A set of recordings as frames (n, steps, 2, size, size), uint8, channel 0 ON and 1 OFF.

    Args:
        name: ``nmnist``, ``dvs_gesture``, ``cifar10_dvs`` or ``dailydvs200``.
        data: the set's folder, or one that holds it.
        steps: frames per recording.
        size: their height and width, a divisor of the sensor's shorter side; default: that side. Of a sensor that is
            not square, the central square counts.
        by: frames of equal ``time`` or ``count`` of events.
        fold: default the published split; else test on this one of `folds` parts of all recordings, in which the
            classes have equal shares, and train on the others. (Subjects may then be in both.)
        skip_damaged: leave damaged recordings out; `Samples.damaged` names them.
        complete: refuse a folder that has fewer or more recordings than the published set.

    Raises:
        InputError: folder or files missing or unexpected (says how to get them), a damaged recording (which one), or
            frames that do not fit the sensor.
        MissingDependencyError: a recording needs a library of the extra `events`.
    """
    if name not in LISTINGS:
        raise InputError("unknown set of recordings", where="name", found=name, allowed=", ".join(LISTINGS))
    listing = LISTINGS[name](SETS[name].find(data), complete=complete)
    train, test, split = listing.train, listing.test, listing.split
    if fold is not None:
        train, test = _folded((*train, *listing.others, *test), fold, folds)
        split = f"fold {fold + 1} of {folds}"
    binning = _Binning(listing, steps, frame_size(listing.sensor, size), by, split, skip_damaged)
    return Split(binning.samples(train, "training"), binning.samples(test, "test"))


class _Binning:
    """Turns recordings into frames."""

    def __init__(self, listing: Listing, steps: int, size: int, by: By, split: str, skip_damaged: bool) -> None:
        self.listing, self.steps, self.size = listing, steps, size
        self.by: By = by
        self.split, self.skip_damaged = split, skip_damaged

    def samples(self, recordings: Sequence[Recording], part: str) -> Samples:
        """One part of the split."""
        frames = np.empty((len(recordings), self.steps, 2, self.size, self.size), np.uint8)
        kept, damaged = [], []
        for recording, result in self._frames(recordings):
            if isinstance(result, InputError):
                damaged.append(str(result))
            else:
                frames[len(kept)] = result
                kept.append(recording.label)
        classes, where = self.listing.published.classes, f"{self.listing.title}, {part} part"
        if not kept:
            raise InputError("has no sound recording", where=where, found=damaged[0] if damaged else None)
        source = self._source(part, len(recordings), damaged)
        labels = torch.tensor(kept, dtype=torch.long)
        values = torch.from_numpy(frames[: len(kept)])
        return Samples(values, labels, classes, source, timed=True, damaged=tuple(damaged))

    def _frames(self, recordings: Sequence[Recording]) -> Iterable[tuple[Recording, np.ndarray | InputError]]:
        """Frames of each recording, or what is wrong with it; a file that holds several is read once."""
        path, events = None, None
        for recording in recordings:
            try:
                if recording.path != path:
                    path, events = recording.path, None
                    events = self.listing.read(path)
                if events is None:
                    raise InputError("is damaged, see its first part", where=recording.name)
                part = events if recording.window is None else window(events, *recording.window)
                yield recording, frames_of(part, self.steps, self.listing.sensor, self.size, by=self.by)
            except InputError as error:
                named = error if str(recording.path) in str(error) else InputError(str(error), where=recording.name)
                if not self.skip_damaged:
                    raise named from error
                yield recording, named

    def _source(self, part: str, listed: int, damaged: Sequence[str]) -> str:
        frames = f"{self.steps} frames of equal {'duration' if self.by == 'time' else 'event counts'}"
        sensor = self.listing.sensor
        cropped = "" if sensor.height == sensor.width else f" (central square of {sensor.width} x {sensor.height})"
        source = (
            f"{self.listing.title}, {self.split}, {listed - len(damaged)} {part} recordings, "
            f"{self.size} x {self.size}{cropped}, {frames}"
        )
        return f"{source}; {len(damaged)} damaged ones left out" if damaged else source


def _folded(
    recordings: Sequence[Recording], fold: int, folds: int
) -> tuple[tuple[Recording, ...], tuple[Recording, ...]]:
    """Training and test recordings of one fold; the classes' recordings are dealt out in turn."""
    if folds < 2 or not 0 <= fold < folds:
        problem = "no such fold"
        raise InputError(problem, where="fold, folds", found=(fold, folds), allowed="0 ≤ fold < folds, folds ≥ 2")
    counts = Counter(recording.label for recording in recordings)
    if min(counts.values()) < folds:
        problem, allowed = "a class has fewer recordings than folds", f"up to {min(counts.values())}"
        raise InputError(problem, where="folds", found=folds, allowed=allowed)
    tests = set()
    for turn, index in enumerate(sorted(range(len(recordings)), key=lambda i: recordings[i].label)):
        if turn % folds == fold:
            tests.add(index)
    train = tuple(r for i, r in enumerate(recordings) if i not in tests)
    return train, tuple(r for i, r in enumerate(recordings) if i in tests)
