"""N-MNIST's recordings (Orchard et al., Front. Neurosci. 9, 437, 2015)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.files import read_input
from network.data.events.stream import Events, Sensor, checked

SENSOR = Sensor(34, 34)
BYTES = 5  # per event
MOST_BYTES = 2**26  # of a recording; the largest published one has 40 kB
_OVERFLOW_ROW, _OVERFLOW_US = 240, 2**13


def read_nmnist(path: Path) -> Events:
    """One recording: 40 bits per event, big-endian: 8 x, 8 y, 1 polarity, 23 time in µs.

    Row 240 marks an overflow: all that follows is 8192 µs later (as in the authors' reader; the published files have
    none). Raises InputError: an incomplete file, no events, one outside the 34 x 34 pixels, or disordered times.
    """
    data = np.frombuffer(read_input(path, MOST_BYTES), np.uint8)
    if len(data) % BYTES:
        problem, allowed = "ends within an event: an interrupted download", f"a multiple of {BYTES} bytes"
        raise InputError(problem, where=str(path), found=len(data), allowed=allowed)
    x, y, high, middle, low = data.reshape(-1, BYTES).T
    time = (high & 0x7F).astype(np.int64) << 16 | middle.astype(np.int64) << 8 | low
    events = Events(time, x, y, high >> 7)
    overflow = y == _OVERFLOW_ROW
    if overflow.any():
        time += _OVERFLOW_US * np.cumsum(overflow)
        events = events.take(~overflow)
    return checked(events, SENSOR, str(path))
