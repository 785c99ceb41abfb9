"""A stream of events, its parts, and the same stream played backwards."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from ipcircuit.errors import InputError

Polarity = Literal["flip", "keep"]
LATEST_US = 2**53  # 285 years: above any recording, and whole numbers up to here survive float64
DISORDER_US = 1000
"""Time may step back by this much, for packets are merged and times rounded to milliseconds; more is damage."""


class Sensor(NamedTuple):
    """Size of a camera in pixels."""

    height: int
    width: int


class Events(NamedTuple):
    """A stream in the order of its file: time in µs, column, row, polarity (1 = ON, brighter), each (n,)."""

    time_us: np.ndarray
    x: np.ndarray
    y: np.ndarray
    on: np.ndarray

    def take(self, part: slice | np.ndarray) -> Events:
        """The events of a slice, a mask or positions."""
        return Events(*(column[part] for column in self))


def checked(events: Events, sensor: Sensor, where: str) -> Events:
    """The stream as int64, int16, int16 and uint8, once it is one of this sensor.

    Raises:
        InputError: no events, one outside the sensor, or a time that is out of range or runs backwards.
    """
    time = np.asarray(events.time_us)
    if not len(time):
        raise InputError("has no events", where=where)
    for name, found, most in (("column", events.x, sensor.width), ("row", events.y, sensor.height)):
        low, high = _extremes(found)
        if low < 0 or high >= most:
            problem, allowed = f"an event lies outside the sensor: {name}", f"0 … {most - 1}"
            raise InputError(problem, where=where, found=[low, high], allowed=f"{allowed}: another camera, or damage")
    back = np.diff(time.astype(np.int64, copy=False))
    # In order, the first and the last are the extremes.
    low, high = (int(time[0]), int(time[-1])) if not len(back) or back.min() >= 0 else _extremes(time)
    if low < 0 or high > LATEST_US:
        raise InputError("a time is out of range", where=where, found=[low, high], allowed=f"0 … {LATEST_US} µs")
    time = time.astype(np.int64, copy=False)
    if len(back) and int(back.min()) < -DISORDER_US:
        at = int(back.argmin())
        found = f"{int(time[at])} µs, then {int(time[at + 1])} µs at event {at + 1}"
        raise InputError("time runs backwards", where=where, found=found, allowed=f"back by {DISORDER_US} µs at most")
    x, y = (column.astype(np.int16, copy=False) for column in (events.x, events.y))
    return Events(time, x, y, events.on.astype(np.uint8, copy=False))


def _extremes(values: np.ndarray) -> tuple[int, int]:
    return (0 if values.dtype.kind == "u" else int(values.min())), int(values.max())


def reversed_stream(events: Events, polarity: Polarity = "flip") -> Events:
    """The stream in reversed order: the last event first, at the time of the first; places stay.

    Args:
        polarity: ``flip`` exchanges ON and OFF, as a camera would see the scene played backwards; ``keep`` does not.

    Raises:
        InputError: another polarity.
    """
    if polarity not in get_args(Polarity):
        raise InputError("unknown", where="polarity", found=polarity, allowed=", ".join(get_args(Polarity)))
    time, x, y, on = events.take(slice(None, None, -1))
    if len(time):
        time = time.max() + time.min() - time
    return Events(time, x, y, 1 - on if polarity == "flip" else on)


def window(events: Events, start_us: int, stop_us: int) -> Events:
    """Events with start ≤ time < stop."""
    return events.take((events.time_us >= start_us) & (events.time_us < stop_us))
