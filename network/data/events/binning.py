"""Frames of event counts."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from ipcircuit.errors import InputError
from network.data.events.stream import Events, Sensor

By = Literal["time", "count"]


def frame_size(sensor: Sensor, size: int | None) -> int:
    """Height and width of the frames: `size`, or that of the sensor's central square.

    Raises InputError: it does not divide the square.
    """
    side = min(sensor)
    if size is None:
        return side
    if size < 1 or side % size:
        allowed = f"a divisor of {side} (the sensor's shorter side)"
        raise InputError("frames do not fit the sensor", where="size", found=size, allowed=allowed)
    return size


def frames_of(events: Events, steps: int, sensor: Sensor, size: int | None = None, *, by: By = "time") -> np.ndarray:
    """Event counts (steps, 2, size, size), uint8; channel 0 ON, 1 OFF; counts above 255 stay at 255.

    Of a sensor that is not square, only the central square counts.

    Args:
        events: of this sensor.
        steps: frames.
        size: of the frames, a divisor of the square: neighbouring pixels are added up; default: the square's own.
        by: ``time`` (equal durations between the first and the last event) or ``count`` (equal numbers of events).

    Raises:
        InputError: an event outside the sensor, a size that does not divide it, unknown `by`, no events or no steps.
    """
    size = frame_size(sensor, size)
    if steps < 1:
        raise InputError("needs at least one frame", where="steps", found=steps)
    if by not in get_args(By):
        raise InputError("unknown", where="by", found=by, allowed=", ".join(get_args(By)))
    if not len(events.time_us):
        raise InputError("has no events", where="stream")
    time, cell = events.time_us, _cells(events, sensor, size)
    start, stop = int(time.min()), int(time.max()) + 1
    if sensor.height != sensor.width:
        inside = _inside(events, sensor)
        time, cell = time[inside], cell[inside]
        if not len(cell):
            raise InputError("has no events in the sensor's central square", where="stream")
    if by == "count":
        edges = -(-np.arange(steps + 1) * len(cell) // steps)
    else:
        if (np.diff(time) < 0).any():
            order = np.argsort(time, kind="stable")
            time, cell = time[order], cell[order]
        edges = np.searchsorted(time, [start - (start - stop) * k // steps for k in range(steps + 1)])
    # One frame after the other: its counts stay in the processor's cache.
    counts = np.empty((steps, 2 * size * size), np.uint8)
    for frame, first, last in zip(counts, edges, edges[1:], strict=False):
        np.minimum(np.bincount(cell[first:last], minlength=len(frame)), 255, out=frame, casting="unsafe")
    return counts.reshape(steps, 2, size, size)


def pooled(events: Events, sensor: Sensor, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Cell of each event in a flat frame (2, size, size), and whether it lies in the sensor's central square."""
    return _cells(events, sensor, size), _inside(events, sensor)


def _square(sensor: Sensor) -> tuple[int, int, int]:
    """Side of the central square, its first row and column."""
    side = min(sensor)
    return side, (sensor.height - side) // 2, (sensor.width - side) // 2


def _inside(events: Events, sensor: Sensor) -> np.ndarray:
    """Mask of the events in the central square."""
    side, top, left = _square(sensor)
    return (events.y >= top) & (events.y < top + side) & (events.x >= left) & (events.x < left + side)


def _cells(events: Events, sensor: Sensor, size: int) -> np.ndarray:
    """Position of each event in a flat frame (2, size, size)."""
    for column, most in ((events.x, sensor.width), (events.y, sensor.height)):
        if column.min() < 0 or column.max() >= most:
            problem, found = "an event lies outside the sensor", [int(column.min()), int(column.max())]
            raise InputError(problem, where="stream", found=found, allowed=f"0 … {most - 1}")
    side, top, left = _square(sensor)
    factor = side // size
    row, column = ((part.astype(np.int32) - first) // factor for part, first in ((events.y, top), (events.x, left)))
    return (1 - events.on.astype(np.int64)) * (size * size) + (row * size + column)
