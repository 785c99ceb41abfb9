"""Event streams and the frames that are made of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ipcircuit.errors import InputError


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
        raise InputError(
            "frames do not fit the sensor",
            where="size, steps",
            found=(size, steps),
            allowed=f"a divisor of {sensor}, at least 1",
        )
    if by not in ("time", "count"):
        raise InputError("unknown", where="by", found=by, allowed="time, count")
    n = len(events.time_us)
    if n == 0:
        raise InputError("has no events", where="stream")
    x, y = events.x.astype(np.int64), events.y.astype(np.int64)
    if min(x.min(), y.min()) < 0 or max(x.max(), y.max()) >= sensor:
        raise InputError(
            "an event lies outside the sensor",
            where="stream",
            found=(int(x.max()), int(y.max())),
            allowed=f"0 … {sensor - 1}",
        )
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
    polarity (1 = brighter), bits 1-7 x, bits 8-14 y (iniVation, "AEDAT file formats"). Read here, as tonic 1.7 has no
    working reader of this version.

    Raises:
        InputError: no AEDAT 2 file, or an incomplete one.
    """
    data = path.read_bytes()
    if not data.startswith(b"#!AER-DAT2"):
        raise InputError("is not an AEDAT 2.0 file", where=str(path), found=data[:12])
    start = 0
    while data[start : start + 1] == b"#":
        end = data.find(b"\n", start)
        if end < 0:
            raise InputError("ends within its header: an interrupted download", where=str(path))
        start = end + 1
    if (len(data) - start) % 8 or len(data) == start:
        raise InputError(
            "ends within an event or has none: an interrupted download",
            where=str(path),
            found=f"{len(data) - start} bytes of events",
            allowed="a multiple of 8",
        )
    words = np.frombuffer(data, ">u4", offset=start).reshape(-1, 2)
    address, time = words[:, 0], words[:, 1]
    return Events(time.astype(np.int64), (address >> 1) & 0x7F, (address >> 8) & 0x7F, address & 1)
