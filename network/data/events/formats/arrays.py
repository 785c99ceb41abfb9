"""Samples of DVS128 Gesture as tonic cuts them: arrays of numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.files import check_input_file
from network.data.events.formats.aedat import DVS128, MOST_BYTES
from network.data.events.stream import LATEST_US, Events, checked

_MAGIC = b"\x93NUMPY"


def read_gesture_array(path: Path) -> Events:
    """An array (n, 4) of x, y, polarity and time in milliseconds, which becomes microseconds as in tonic's class.

    Raises InputError: no such array, damaged, no events, one outside the 128 x 128 pixels, or disordered times.
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
    if table.dtype.kind not in "iuf" or not (np.abs(table.astype(np.float64)) < LATEST_US / 1000).all():
        raise InputError("is damaged: holds what is no number, or out of range", where=str(path))
    x, y, on, time_ms = table.T
    time = (1000 * time_ms.astype(np.float64 if table.dtype.kind == "f" else np.int64)).astype(np.int64)
    return checked(Events(time, x.astype(np.int64), y.astype(np.int64), on > 0), DVS128, str(path))
