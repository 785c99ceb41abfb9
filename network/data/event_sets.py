"""Event streams and the frames that are made of them; CIFAR10-DVS and DVS128 Gesture from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.files import check_input_file, read_input
from network.data.folder import INCOMPLETE, SETS, PublishedSet
from network.data.samples import Samples, Split

MOST_BYTES = 2**30  # of a recording
_MAGIC = b"\x93NUMPY"
SENSOR = 128  # pixels, both cameras
TRAINING_SHARE = 0.9
_LATEST_MS = 1e12  # far beyond any recording; its microseconds fit 64 bits
Frame = tuple[int, int]  # steps, and height and width of each
CIFAR10_DVS, GESTURE = SETS["cifar10_dvs"], SETS["dvs_gesture"]


class Events(NamedTuple):
    """A stream: time in microseconds, column, row, polarity (1 = ON, brighter), each (n,)."""

    time_us: np.ndarray
    x: np.ndarray
    y: np.ndarray
    on: np.ndarray


def frames_of(events: Events, steps: int, sensor: int, size: int, *, by: str = "time") -> np.ndarray:
    """Event counts (steps, 2, size, size), uint8; channel 0 ON, 1 OFF; counts above 255 stay at 255.

    Args:
        steps: frames.
        sensor: height and width of the camera.
        size: of the frames, a divisor of `sensor`: neighbouring pixels are added up.
        by: ``time`` (equal durations) or ``count`` (equal numbers of events).

    Raises:
        InputError: an event outside the sensor, a size that does not divide it, unknown `by`, or no events.
    """
    if size < 1 or sensor % size or steps < 1:
        allowed = f"a divisor of {sensor}, at least 1"
        raise InputError("frames do not fit the sensor", where="size, steps", found=(size, steps), allowed=allowed)
    if by not in ("time", "count"):
        raise InputError("unknown", where="by", found=by, allowed="time, count")
    n = len(events.time_us)
    if n == 0:
        raise InputError("has no events", where="stream")
    x, y = events.x.astype(np.int64), events.y.astype(np.int64)
    if min(x.min(), y.min()) < 0 or max(x.max(), y.max()) >= sensor:
        problem = "an event lies outside the sensor"
        raise InputError(problem, where="stream", found=(int(x.max()), int(y.max())), allowed=f"0 … {sensor - 1}")
    if by == "count":
        step = np.arange(n) * steps // n
    else:
        time = events.time_us.astype(np.int64)
        since = time - time.min()
        step = since * steps // (int(since.max()) + 1)
    factor = sensor // size
    off = 1 - events.on.astype(np.int64)
    cell = ((step * 2 + off) * size + y // factor) * size + x // factor
    counts = np.bincount(cell, minlength=steps * 2 * size * size)
    return np.minimum(counts, 255).astype(np.uint8).reshape(steps, 2, size, size)


def read_aedat2(path: Path) -> Events:
    """A DVS128 recording in AEDAT 2.0 (the format in which CIFAR10-DVS was published).

    Header lines begin with ``#``; then 8 bytes per event, big-endian: address, time in microseconds. Address: bit 0
    polarity (1 = brighter), bits 1-7 x, bits 8-14 y (iniVation, "AEDAT file formats"). Read here, as tonic 1.7 has
    no working reader of this version. Raises InputError: no AEDAT 2 file, or an incomplete one.
    """
    data = read_input(path, MOST_BYTES)
    if not data.startswith(b"#!AER-DAT2"):
        raise InputError("is not an AEDAT 2.0 file", where=str(path), found=data[:12])
    start = 0
    while data[start : start + 1] == b"#":
        end = data.find(b"\n", start)
        if end < 0:
            raise InputError("ends within its header: an interrupted download", where=str(path))
        start = end + 1
    if (len(data) - start) % 8 or len(data) == start:
        problem, allowed = "ends within an event or has none: an interrupted download", "a multiple of 8"
        raise InputError(problem, where=str(path), found=f"{len(data) - start} bytes of events", allowed=allowed)
    words = np.frombuffer(data, ">u4", offset=start).reshape(-1, 2)
    address, time = words[:, 0], words[:, 1]
    return Events(time.astype(np.int64), (address >> 1) & 0x7F, (address >> 8) & 0x7F, address & 1)


def read_cifar10_dvs(path: Path) -> Events:
    """One recording: AEDAT 2.0, or AEDAT 4 through tonic (extra `events`).

    Raises:
        InputError: a damaged file.
        MissingDependencyError: an AEDAT 4 file without tonic or the library that it reads them with.
    """
    check_input_file(path, most=MOST_BYTES)
    if path.suffix == ".aedat":
        return read_aedat2(path)
    try:
        from tonic.io import read_aedat4  # pyright: ignore[reportMissingImports]  # of the extra

        table = read_aedat4(str(path))
    except ImportError as error:
        raise MissingDependencyError(
            f"AEDAT 4 files need tonic and aedat ({error}): pip install 'ipcircuit[events]'"
        ) from error
    except Exception as error:  # the decoder raises bare exceptions
        raise InputError(f"is damaged: {error}", where=str(path)) from error
    if len(table.dtype.names or ()) != 4:
        raise InputError("is no recording of events", where=str(path), found=str(table.dtype))
    time, x, y, on = (table[name] for name in table.dtype.names)
    return Events(time.astype(np.int64), x, y, on.astype(np.int64))


def load_cifar10_dvs(
    data: Path | str, steps: int = 10, size: int = 64, *, per_class: int = 1000, first: int | None = None
) -> Split:
    """CIFAR10-DVS: the first 90 % of each class' files, sorted by name, train; the rest test.

    There is no published split; taking the last tenth of each class is common.

    Args:
        data: the folder `CIFAR10DVS`, or one that holds it.
        steps, size: frames per sample, by equal numbers of events, and their height and width.
        per_class: files that each class must have (1000 in the published set).
        first: use only so many files of each class, for quick tries.

    Raises:
        InputError: a folder or files missing, unexpected or damaged; says which and how to get them.
    """
    files = CIFAR10_DVS.class_files(CIFAR10_DVS.find(data), (".aedat", ".aedat4"), per_class)
    train: list[tuple[Path, int]] = []
    test: list[tuple[Path, int]] = []
    for label, paths in enumerate(files):
        chosen = paths[:first]
        cut = round(TRAINING_SHARE * len(chosen))
        train += [(path, label) for path in chosen[:cut]]
        test += [(path, label) for path in chosen[cut:]]
    return Split(*(_binned(part, CIFAR10_DVS, "CIFAR10-DVS", "count", (steps, size)) for part in (train, test)))


def read_gesture(path: Path) -> Events:
    """One sample of tonic's DVS128 Gesture: an array (n, 4) of x, y, polarity and time in milliseconds.

    (tonic's class multiplies the time by 1000 as it reads; done here too.) Raises InputError: no such array.
    """
    try:
        check_input_file(path, most=MOST_BYTES)
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ValueError("no array of numpy")
        table = np.load(path, mmap_mode="r", allow_pickle=False)  # no larger than the file, whatever its header says
    except InputError:
        raise
    except Exception as error:  # a damaged header can raise nearly anything
        raise InputError(f"is damaged: {error}", where=str(path)) from error
    if not isinstance(table, np.ndarray) or table.ndim != 2 or table.shape[1] != 4:
        raise InputError("is not a gesture", where=str(path), found=np.shape(table), allowed="(events, 4)")
    if table.dtype.kind not in "iuf" or not (np.abs(table.astype(np.float64)) < _LATEST_MS).all():
        raise InputError("is damaged: holds what is no number, or out of range", where=str(path))
    x, y, on, time_ms = table.T
    return Events((1000 * time_ms).astype(np.int64), x, y, (on > 0).astype(np.int64))


def load_dvs_gesture(data: Path | str, steps: int = 16, size: int = 32, *, complete: bool = True) -> Split:
    """DVS128 Gesture in tonic's cut: users 1-23 train (1077 samples), 24-29 test (264).

    The 288 test samples behind accuracies that are multiples of 1/288 are SpikingJelly's cut, which cannot be had here.

    Args:
        data: the folder `DVSGesture`, or one that holds it.
        steps, size: frames per sample, of equal duration, and their height and width.
        complete: refuse a folder with fewer samples than were published.

    Raises:
        InputError: a folder or files missing, unexpected or damaged; says which and how to get them.
    """
    folder, parts = GESTURE.find(data), []
    for name, expected in GESTURE.samples.items():
        if not (folder / name).is_dir():
            raise GESTURE.problem(f"missing the folder {name}", folder)
        paths = sorted((folder / name).glob("user*/*.npy"))
        for path in paths:
            if not (path.stem.isdecimal() and int(path.stem) < len(GESTURE.classes)):
                raise InputError("unexpected file", where=str(folder / name), found=path.name, allowed="0.npy … 10.npy")
        if (complete and len(paths) != expected) or not paths:
            raise GESTURE.problem(f"has {len(paths)} of {expected} samples: {INCOMPLETE}", folder / name)
        labelled = [(path, int(path.stem)) for path in paths]
        parts.append(_binned(labelled, GESTURE, "DVS128 Gesture (tonic's cut)", "time", (steps, size)))
    return Split(*parts)


def _binned(
    files: Sequence[tuple[Path, int]], published: PublishedSet, name: str, by: Literal["count", "time"], frame: Frame
) -> Samples:
    steps, size = frame
    read = read_gesture if published is GESTURE else read_cifar10_dvs
    frames = np.empty((len(files), steps, 2, size, size), np.uint8)
    for row, (path, _) in enumerate(files):
        try:
            frames[row] = frames_of(read(path), steps, SENSOR, size, by=by)
        except InputError as error:
            raise error if str(path) in str(error) else InputError(str(error), where=str(path)) from error
    labels = torch.tensor([label for _, label in files], dtype=torch.long)
    source = f"{name}, {size} x {size}, {steps} frames of equal {'duration' if by == 'time' else 'event counts'}"
    return Samples(torch.from_numpy(frames), labels, published.classes, source, timed=True)
