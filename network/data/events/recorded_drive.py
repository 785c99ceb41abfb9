"""A recording of DDD20 on the clock of its frames: angles of the steering wheel, speeds, and event counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from network.data.events.binning import pooled
from network.data.events.formats import ddd20

FRAME_US = 100_000  # Liu et al., Fig. 6: 600 frames are 60 s
TRAINING_SHARE = 0.7  # of each recording, from its start
SLOWEST = 15.0  # km/h, in training
_EXPORTED_US = 50_000
_MOST_FRAMES = 10**6  # 28 hours
_BLOCK = 16  # frames
Cut = tuple[int, int]


@dataclass(frozen=True)
class Drive:
    """A recording on the clock of its frames.

    Attributes:
        path: of the file.
        cut: frames left out at both ends.
        angle_deg, speed: at the end of every frame, NaN where not known yet; km/h.
        exported: whether the file holds frames, not events.
    """

    path: Path
    cut: Cut
    angle_deg: np.ndarray
    speed: np.ndarray
    exported: bool

    def rows(self, steps: int, ahead: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """Last frames of the training and the test samples; those of a sample all lie in one part."""
        first, stop = self.cut[0], len(self.angle_deg) - self.cut[1]
        middle = first + round(TRAINING_SHARE * max(0, stop - first))
        train, test = (np.arange(a + steps - 1, b - ahead, stride) for a, b in ((first, middle), (middle, stop)))
        known = np.isfinite(self.angle_deg)
        train = train[known[train + ahead] & (self.speed[train] > SLOWEST)]
        return train, test[known[test + ahead]]

    def frames(self, size: int) -> np.ndarray:
        """Counts (frames, 2, size, size), uint8: ON and OFF events; of an exported file the positive and negative
        parts of their difference. Raises InputError: a damaged file."""
        with ddd20.opened(self.path) as file:
            return (_exported_frames if self.exported else _recorded_frames)(file, len(self.angle_deg), size)


def read_drive(path: Path, cut: Cut = (0, 0)) -> Drive:
    """Angles and speeds of a recording in either layout. Raises InputError: a file that is none or damaged."""
    with ddd20.opened(path) as file:
        exported = "dvs_frame" in file
        angle, speed = (_exported_signals if exported else _recorded_signals)(file)
    return Drive(path, cut, angle, speed, exported)


def _recorded_signals(file: Any) -> tuple[np.ndarray, np.ndarray]:
    start, stop = ddd20.clock(file)
    count = (stop - start) // FRAME_US
    if not 1 <= count <= _MOST_FRAMES:
        raise InputError("has another duration", where=file.filename, found=f"{(stop - start) / 1e6:g} s")
    ends = start + FRAME_US * np.arange(1, count + 1)
    angle, speed = (ddd20.held(*ddd20.signal(file, name), ends) for name in (ddd20.ANGLE, ddd20.SPEED))
    return angle, speed


def _exported_signals(file: Any) -> tuple[np.ndarray, np.ndarray]:
    times, angle, speed = (
        ddd20.table(file, name, 1, "f")[: 2 * _MOST_FRAMES] for name in ("timestamp", ddd20.ANGLE, ddd20.SPEED)
    )
    used = int(np.flatnonzero(times)[-1]) + 1 if times.any() else 0
    step = float(np.median(np.diff(times[:used]))) if used > 1 else 0.0
    if not 0.9 < step * 1e6 / _EXPORTED_US < 1.1 or len(angle) < used or len(speed) < used:
        allowed = "0.05, and a value of every signal for each: export.py --binsize 0.05"
        raise InputError("has frames of another duration", where=file.filename, found=f"{step:g} s", allowed=allowed)
    last = slice(1, used - used % 2, 2)  # of two frames
    return angle[last].astype(float), speed[last].astype(float)


def _recorded_frames(file: Any, count: int, size: int) -> np.ndarray:
    start, _ = ddd20.clock(file)
    side = size * size
    frames = np.zeros((count, 2 * side), np.uint8)
    for events in ddd20.packets(file):
        frame = (events.time_us - start) // FRAME_US
        cell, inside = pooled(events, ddd20.SENSOR, size)
        inside &= (frame >= 0) & (frame < count)
        frame, cell = frame[inside], cell[inside]
        for k in np.unique(frame):  # one or two
            added = np.bincount(cell[frame == k], minlength=2 * side)
            frames[k] = np.minimum(frames[k] + added, 255)
    return frames.reshape(count, 2, size, size)


def _exported_frames(file: Any, count: int, size: int) -> np.ndarray:
    source = ddd20.table(file, "dvs_frame", 3, "i")
    if source.shape[1:] != tuple(ddd20.SENSOR) or len(source) < 2 * count:
        where, allowed = f"{file.filename}: dvs_frame", f"{2 * count} frames of {tuple(ddd20.SENSOR)}"
        raise InputError("has another form", where=where, found=str(source.shape), allowed=allowed)
    side, left = ddd20.SENSOR.height, (ddd20.SENSOR.width - ddd20.SENSOR.height) // 2
    factor, frames = side // size, np.empty((count, 2, size, size), np.uint8)
    for start in range(0, count, _BLOCK):  # whole blocks of compression, which has 32 frames in each
        stop = min(start + _BLOCK, count)
        block = source[2 * start : 2 * stop, :, left : left + side].astype(np.int64)
        both = np.stack([block.clip(min=0), (-block).clip(min=0)], 1)
        cells = both.reshape(stop - start, 2, 2, size, factor, size, factor).sum((1, 4, 6))
        frames[start:stop] = np.minimum(cells, 255)
    return frames
