"""Recordings of the published sets: which files, labels and parts a folder holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ipcircuit.errors import InputError
from ipcircuit.records import read_text
from network.data.events.formats.aedat import DVS128, AedatReader, read_aedat3
from network.data.events.formats.arrays import read_gesture_array
from network.data.events.formats.nmnist import read_nmnist
from network.data.events.stream import Events, Sensor
from network.data.folder import INCOMPLETE, SETS, PublishedSet

TRAINING_SHARE = 0.9  # of CIFAR10-DVS, which has no published split


@dataclass(frozen=True)
class Recording:
    """A labelled recording, or a part of one: the events with start ≤ time < stop, in µs."""

    path: Path
    label: int
    window: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The file, with the part that is meant."""
        return str(self.path) if self.window is None else f"{self.path} ({self.window[0]} … {self.window[1]} µs)"


@dataclass(frozen=True)
class Listing:
    """Content of a folder that holds a set.

    Attributes:
        published: the set.
        title: set and cut, for reports.
        split: which, for reports.
        train, test: its recordings.
        read: reads one file.
        others: recordings that are in neither, such as a validation part.
    """

    published: PublishedSet
    title: str
    split: str
    train: tuple[Recording, ...]
    test: tuple[Recording, ...]
    read: Callable[[Path], Events]
    others: tuple[Recording, ...] = ()

    @property
    def sensor(self) -> Sensor:
        """Size of the camera."""
        assert self.published.sensor is not None
        return Sensor(*self.published.sensor)


def nmnist(folder: Path, *, complete: bool) -> Listing:
    """N-MNIST: ``Train/DIGIT/*.bin`` and ``Test/DIGIT/*.bin``, the whole set or, unless `complete`, a subset of it."""
    published = SETS["nmnist"]
    parts = []
    for part, expected in published.samples.items():
        if not (folder / part).is_dir():
            raise published.problem(f"missing the folder {part}", folder)
        by_class = published.class_files(folder / part, (".bin",), least=1 if complete else 0)
        recordings = tuple(Recording(path, label) for label, paths in enumerate(by_class) for path in paths)
        check_count(published, folder / part, len(recordings), expected, complete)
        parts.append(recordings)
    return Listing(published, "N-MNIST", "published split", parts[0], parts[1], read_nmnist)


def cifar10_dvs(folder: Path, *, complete: bool) -> Listing:
    """CIFAR10-DVS: the first 90 % of each class' files, sorted by name, train; the rest test."""
    published = SETS["cifar10_dvs"]
    least = sum(published.samples.values()) // len(published.classes) if complete else 1
    train, test = [], []
    for label, paths in enumerate(published.class_files(folder, (".aedat", ".aedat4"), least)):
        cut = round(TRAINING_SHARE * len(paths))
        train += [Recording(path, label) for path in paths[:cut]]
        test += [Recording(path, label) for path in paths[cut:]]
    split = "last tenth of each class as test (none is published)"
    return Listing(published, "CIFAR10-DVS", split, tuple(train), tuple(test), AedatReader(DVS128))


def dvs_gesture(folder: Path, *, complete: bool) -> Listing:
    """DVS128 Gesture: as distributed, cut at all its labels as SpikingJelly does, or tonic's cut, whichever is there.

    Users 1-23 train, 24-29 test.
    """
    published = SETS["dvs_gesture"]
    if (folder / _TRIALS[0]).is_file():
        return _distributed_gestures(published, folder, complete=complete)
    parts = []
    for name in ("ibmGestureTrain", "ibmGestureTest"):
        if not (folder / name).is_dir():
            raise published.problem(f"missing {_TRIALS[0]} or the folder {name}", folder)
        paths = sorted((folder / name).glob("user*/*.npy"))
        for path in paths:
            if not (path.stem.isdecimal() and int(path.stem) < len(published.classes)):
                raise InputError("unexpected file", where=str(folder / name), found=path.name, allowed="0.npy … 10.npy")
        check_count(published, folder / name, len(paths), published.samples[name], complete)
        parts.append(tuple(Recording(path, int(path.stem)) for path in paths))
    title = "DVS128 Gesture, tonic's cut"
    return Listing(published, title, "published split by users", parts[0], parts[1], read_gesture_array)


_TRIALS = ("trials_to_train.txt", "trials_to_test.txt")
_MOST_LABELS = 10_000  # of a recording; the published ones have 12
_COLUMNS = ["class", "startTime_usec", "endTime_usec"]


def _distributed_gestures(published: PublishedSet, folder: Path, *, complete: bool) -> Listing:
    parts = []
    for name in _TRIALS:
        if not (folder / name).is_file():
            raise published.problem(f"missing {name}", folder)
        recordings: list[Recording] = []
        for line in filter(None, map(str.strip, read_text(folder / name).splitlines())):
            path = folder / relative_path(line, folder / name)
            if not path.is_file():
                raise published.problem(f"missing the recording {line}", folder)
            recordings += _trials(path, len(published.classes))
        check_count(published, folder / name, len(recordings), published.samples[name], complete)
        parts.append(tuple(recordings))
    title = "DVS128 Gesture as distributed, all labels (SpikingJelly's cut)"
    return Listing(published, title, "published split by users", parts[0], parts[1], read_aedat3)


def _trials(path: Path, classes: int) -> list[Recording]:
    """Labelled parts of a recording, from the CSV file beside it."""
    labels = path.with_name(f"{path.stem}_labels.csv")
    if not labels.is_file():
        raise InputError("has no labels", where=str(path), allowed=f"{labels.name} beside it")
    header, *rows = list(csv.reader(io.StringIO(read_text(labels)))) or [[]]
    if header != _COLUMNS or len(rows) > _MOST_LABELS:
        raise InputError("is no table of labels", where=str(labels), found=header, allowed=",".join(_COLUMNS))
    recordings = []
    for number, row in enumerate(filter(None, rows), 2):
        cells = [cell.strip() for cell in row]
        if len(cells) != len(_COLUMNS) or not all(re.fullmatch(r"[0-9]{1,15}", cell) for cell in cells):
            raise InputError("is no label", where=f"{labels}:{number}", found=",".join(row), allowed="whole numbers")
        label, start, stop = map(int, cells)
        if not 1 <= label <= classes or start >= stop:
            allowed = f"class 1 … {classes}, start below end"
            raise InputError("is no label", where=f"{labels}:{number}", found=",".join(row), allowed=allowed)
        recordings.append(Recording(path, label - 1, (start, stop)))
    if not recordings:
        raise InputError("has no labels", where=str(labels))
    return recordings


def relative_path(line: str, where: Path) -> PurePosixPath:
    """A path in a list, which stays in its folder. Raises InputError: it does not."""
    path = PurePosixPath(line)
    if path.is_absolute() or ".." in path.parts or "\0" in line:
        raise InputError("is no path within the folder", where=str(where), found=line)
    return path


def check_count(published: PublishedSet, where: Path, found: int, expected: int, complete: bool) -> None:
    """Raise InputError, with the way to get the set: no recordings, or if `complete` another number of them."""
    if not found or (complete and found != expected):
        raise published.problem(f"has {found} of {expected} samples: {INCOMPLETE}", where)
