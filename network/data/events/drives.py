"""DDD20's drives as samples of a regression: a few frames of events, and the angle of the steering wheel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from ipcircuit.errors import InputError
from ipcircuit.isolated import Isolated
from ipcircuit.kept_array import kept_array
from ipcircuit.records import parse, read_toml
from network.data.events.binning import frame_size
from network.data.events.formats import ddd20
from network.data.events.framing import Progress, code_digest
from network.data.events.recorded_drive import Cut, Drive, read_drive
from network.data.folder import SETS
from network.data.samples import Samples, Split

Light = Literal["day", "night", "all"]
RECORDINGS: Mapping[str, Mapping[str, Cut]] = parse(
    dict[str, dict[str, Cut]], read_toml(files("network.data.events") / "ddd20.toml"), "ddd20.toml"
)


def load_drives(
    data: Path | str,
    *,
    steps: int = 4,
    ahead: int = 0,
    size: int = 65,
    light: Light = "day",
    stride: int = 1,
    skip_damaged: bool = False,
    complete: bool = True,
    progress: Progress | None = None,
) -> Split:
    """DDD20 as its authors split it: the first 70 % of each of the 30 recordings trains, the rest tests.

    Frames of 100 ms; the ends of each recording are cut as theirs; training needs 15 km/h and an angle within three
    standard deviations. (They thin out angles below 5° at random too, which is left out here.) Frames and
    samples are kept in the cache folder and mapped.

    Args:
        data: the folder `DDD20` with ``rec….hdf5`` or ``rec…_export.hdf5`` at any depth, or one that holds it.
        steps: frames of a sample. ahead: frames from the last one to the angle that is asked for.
        size: of the frames, a divisor of 260: of the sensor's 346 columns the central 260 count.
        light: recordings by day, by night or both.
        stride: frames between samples.
        skip_damaged: leave damaged recordings out; `Samples.damaged` names them.
        complete: refuse a folder without one of the recordings; else those that are there count.
        progress: called with the recordings that are read and their number.

    Returns:
        Frames (n, steps, 2, size, size), uint8; angles in degrees, float32.

    Raises:
        InputError: recordings missing or damaged (which), or settings that do not fit.
        MissingDependencyError: h5py is not installed.
    """
    if light not in get_args(Light):
        raise InputError("unknown", where="light", found=light, allowed=", ".join(get_args(Light)))
    if min(steps, stride) < 1 or ahead < 0:
        problem, found = "out of range", (steps, ahead, stride)
        raise InputError(problem, where="steps, ahead, stride", found=found, allowed="1, 0 and 1 or more")
    size = frame_size(ddd20.SENSOR, size)
    recordings = _found(SETS["ddd20"].find(data), light, complete)
    drives: list[tuple[Drive, np.ndarray]] = []
    damaged: list[str] = []
    with Isolated() as apart:  # libhdf5 crashes on some damaged files
        for done, (path, cut) in enumerate(recordings, 1):
            try:
                drive = apart(read_drive, path, cut, where=path)
                drives.append((drive, _kept_frames(drive, size, apart)))
            except InputError as error:
                if not skip_damaged:
                    raise
                damaged.append(str(error))
            if progress is not None:
                progress(done, len(recordings))
    if not drives:
        raise InputError("has no sound recording", where=f"DDD20, {light}", found=damaged[0])
    rows = _rows([drive for drive, _ in drives], steps, ahead, stride)
    split = []
    for name, chosen in zip(("training", "test"), rows, strict=True):
        angles = np.concatenate([drive.angle_deg[r + ahead] for (drive, _), r in zip(drives, chosen, strict=True)])
        if not len(angles):
            raise InputError(f"leaves no {name} samples", where=f"DDD20, {light}, steps {steps}, ahead {ahead}")
        kind = "ON less OFF events" if any(drive.exported for drive, _ in drives) else "events"
        source = f"DDD20, {light}, {len(drives)} recordings, {len(angles)} {name} samples of {steps} frames of 100 ms"
        source += f", {kind}, {size} x {size}" + (f"; {len(damaged)} damaged ones left out" if damaged else "")
        values = torch.from_numpy(_windows(drives, chosen, steps))
        labels = torch.tensor(angles, dtype=torch.float32)
        split.append(Samples(values, labels, (), source, timed=True, damaged=tuple(damaged)))
    return Split(*split)


def _kept_frames(drive: Drive, size: int, apart: Isolated) -> np.ndarray:
    """All frames of a recording, mapped."""

    def fill(out: np.ndarray) -> tuple[int, None]:
        out[...] = apart(drive.frames, size, where=drive.path)
        return len(out), None

    return kept_array("drive", (len(drive.angle_deg), 2, size, size), fill, *_key(drive)).values


def _rows(drives: Sequence[Drive], steps: int, ahead: int, stride: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Last frames of the training and the test samples of each recording."""
    train, test = (list(part) for part in zip(*(drive.rows(steps, ahead, stride) for drive in drives), strict=True))
    angles = [drive.angle_deg[row + ahead] for drive, row in zip(drives, train, strict=True)]
    low, high = _three_sigma(np.concatenate(angles))
    return [row[(angle > low) & (angle < high)] for row, angle in zip(train, angles, strict=True)], test


def _found(folder: Path, light: Light, complete: bool) -> list[tuple[Path, Cut]]:
    """Recordings of a folder with their cuts; an exported file goes before the recorded one."""
    wanted = {name: cut for kind, cuts in RECORDINGS.items() if light in (kind, "all") for name, cut in cuts.items()}
    present = {path.name: path for path in sorted(folder.rglob("*.hdf5"), reverse=True) if path.is_file()}
    found = [(present.get(f"{name}_export.hdf5") or present.get(f"{name}.hdf5"), cut) for name, cut in wanted.items()]
    paths = [(path, cut) for path, cut in found if path is not None]
    if not paths or (complete and len(paths) < len(wanted)):
        missing = [name for name, (path, _) in zip(wanted, found, strict=True) if path is None]
        shown = ", ".join(missing[:4])
        raise SETS["ddd20"].problem(f"has {len(paths)} of {len(wanted)} recordings ({light}), without {shown}", folder)
    return paths


def _three_sigma(angles: np.ndarray) -> tuple[float, float]:
    """Mean less and plus three standard deviations; where all are equal, there are no limits."""
    if not len(angles) or not angles.std():
        return -np.inf, np.inf
    spread = 3 * float(angles.std())
    return float(angles.mean()) - spread, float(angles.mean()) + spread


def _windows(drives: Sequence[tuple[Drive, np.ndarray]], rows: Sequence[np.ndarray], steps: int) -> np.ndarray:
    """Samples (n, steps, 2, size, size) that end at these frames of each recording, mapped."""

    def fill(out: np.ndarray) -> tuple[int, None]:
        at = 0
        for (_, frames), last in zip(drives, rows, strict=True):
            for row in last.tolist():
                out[at] = frames[row - steps + 1 : row + 1]
                at += 1
        return at, None

    digest = hashlib.sha256(json.dumps([steps, *(_key(drive) for drive, _ in drives)]).encode())
    for last in rows:
        digest.update(last.astype("<i8").tobytes() + b".")
    shape = (sum(map(len, rows)), steps, *drives[0][1].shape[1:])
    return kept_array("drives", shape, fill, digest.hexdigest()).values


def _key(drive: Drive) -> tuple[str, str]:
    """Key of its frames: name, size and time of its file, and the code."""
    state = drive.path.stat()
    return f"{drive.path}\0{state.st_size}\0{state.st_mtime_ns}", code_digest()
