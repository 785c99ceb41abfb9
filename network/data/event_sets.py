"""CIFAR10-DVS and DVS128 Gesture from a folder, as event frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from ipcircuit.errors import InputError, MissingDependencyError
from network.data.cifar10 import CLASSES as CIFAR_CLASSES
from network.data.events import Events, frames_of, read_aedat2
from network.data.folder import class_files, find_folder
from network.data.samples import Samples, Split

SENSOR = 128  # pixels, both cameras
PER_CLASS = 1000
TRAINING_SHARE = 0.9
_LATEST_MS = 1e12  # far beyond any recording; its microseconds fit 64 bits

CIFAR10_DVS_HOW = (
    "Get CIFAR10-DVS (Li et al., Front. Neurosci. 11, 309, 2017): either the ten zip files of "
    "https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671 (AEDAT 2.0) or tonic's archive "
    "https://figshare.com/ndownloader/files/38023437 (AEDAT 4, MD5 ce3a4a0682dc0943703bd8f749a7701c), unpack to "
    "DIR/CIFAR10DVS/airplane … truck, 1000 files each, and give --data DIR"
)
GESTURE_CLASSES = (
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counter-clockwise",
    "left arm clockwise",
    "left arm counter-clockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
)
GESTURE_HOW = (
    "Get DVS128 Gesture (Amir et al., CVPR 2017) as tonic cuts it (1077 training and 264 test samples; SpikingJelly "
    "cuts the same recordings into 1176 and 288): "
    "https://figshare.com/ndownloader/files/38022171 (ibmGestureTrain.tar.gz, MD5 3a8f0d4120a166bac7591f77409cb105), "
    "https://figshare.com/ndownloader/files/38020584 (ibmGestureTest.tar.gz, MD5 56070e45dadaa85fff82e0fbfbc06de5), "
    "unpack both to DIR/DVSGesture and give --data DIR"
)
GESTURE_COUNTS = {"ibmGestureTrain": 1077, "ibmGestureTest": 264}

Read = Callable[[Path], Events]


def read_cifar10_dvs(path: Path) -> Events:
    """One recording: AEDAT 2.0, or AEDAT 4 through tonic (extra `events`).

    Raises:
        InputError: a damaged file.
        MissingDependencyError: an AEDAT 4 file without tonic or the library that it reads them with.
    """
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
    time, x, y, on = (table[name] for name in table.dtype.names)
    return Events(time.astype(np.int64), x, y, on.astype(np.int64))


def load_cifar10_dvs(
    data: Path | str, steps: int = 10, size: int = 64, *, per_class: int = PER_CLASS, first: int | None = None
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
    folder = find_folder(data, ("CIFAR10DVS", "cifar10-dvs"), CIFAR10_DVS_HOW)
    files = class_files(folder, CIFAR_CLASSES, (".aedat", ".aedat4"), per_class, CIFAR10_DVS_HOW)
    train: list[tuple[Path, int]] = []
    test: list[tuple[Path, int]] = []
    for label, paths in enumerate(files):
        chosen = paths[:first]
        cut = round(TRAINING_SHARE * len(chosen))
        train += [(path, label) for path in chosen[:cut]]
        test += [(path, label) for path in chosen[cut:]]
    source = f"CIFAR10-DVS, {size} x {size}, {steps} frames of equal event counts"
    return Split(
        *(_binned(part, read_cifar10_dvs, steps, size, "count", CIFAR_CLASSES, source) for part in (train, test))
    )


def read_gesture(path: Path) -> Events:
    """One sample of tonic's DVS128 Gesture: an array (n, 4) of x, y, polarity and time in milliseconds.

    (tonic's class multiplies the time by 1000 as it reads; done here too.)

    Raises:
        InputError: no such array.
    """
    try:
        table = np.load(path, allow_pickle=False)
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
    folder = find_folder(data, ("DVSGesture",), GESTURE_HOW)
    parts = []
    for name, expected in GESTURE_COUNTS.items():
        if not (folder / name).is_dir():
            raise InputError(f"missing the folder {name}. {GESTURE_HOW}", where=str(folder))
        files = sorted((folder / name).glob("user*/*.npy"))
        strange = [path.name for path in files if not (path.stem.isdecimal() and int(path.stem) < len(GESTURE_CLASSES))]
        if strange:
            raise InputError("unexpected file", where=str(folder / name), found=strange[0], allowed="0.npy … 10.npy")
        if (complete and len(files) != expected) or not files:
            raise InputError(
                f"has {len(files)} of {expected} samples: an incomplete download or extraction. {GESTURE_HOW}",
                where=str(folder / name),
            )
        source = f"DVS128 Gesture (tonic's cut), {size} x {size}, {steps} frames of equal duration"
        labelled = [(path, int(path.stem)) for path in files]
        parts.append(_binned(labelled, read_gesture, steps, size, "time", GESTURE_CLASSES, source))
    return Split(*parts)


def _binned(
    files: Sequence[tuple[Path, int]], read: Read, steps: int, size: int, by: str, classes: tuple[str, ...], source: str
) -> Samples:
    frames = np.empty((len(files), steps, 2, size, size), np.uint8)
    for row, (path, _) in enumerate(files):
        try:
            frames[row] = frames_of(read(path), steps, SENSOR, size, by=by)
        except InputError as error:
            raise error if str(path) in str(error) else InputError(str(error), where=str(path)) from error
    labels = torch.tensor([label for _, label in files], dtype=torch.long)
    return Samples(torch.from_numpy(frames), labels, classes, source, timed=True)
