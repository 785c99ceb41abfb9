"""Recordings of DDD20 (Hu et al., ITSC 2020, arXiv 2005.08605) in HDF5: a DAVIS346 camera and a car's signals.

Layouts, of the authors' tools (https://github.com/SensorsINI/ddd20-utils):

- recorded: ``dvs/data`` (rows of three byte strings: system time, header and content of a packet of cAER) with
  ``dvs/timestamp``, and per signal ``NAME/data`` (time in µs and value); rows of time 0 at the end are empty;
- exported by ``export.py``: ``dvs_frame`` (n, 260, 346), ON less OFF events of 50 ms, and per signal one value a frame;
- exported by ``export_ddd20_hdf.py``: ``event`` (n, 4) of time in µs, x, y and polarity, without the car's signals.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ipcircuit.errors import InputError, MissingDependencyError
from network.data.events.stream import Events, Sensor, checked

SENSOR = Sensor(260, 346)
ANGLE, SPEED = "steering_wheel_angle", "vehicle_speed"  # degrees, km/h
_HEADER = struct.Struct("<hhiiiiii")  # as in AEDAT 3.1
_POLARITY = 1
_BLOCK = 128  # rows that are read at a time
_MOST_CHUNK = 2**26  # bytes of a compressed block
_RESET_US = 1_000_000  # the camera's clock was set back where it falls by more


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, for reading.

    Raises:
        InputError: no HDF5 file, or damage that shows while it is read.
        MissingDependencyError: h5py is not installed.
    """
    try:
        import h5py  # of the extra
    except ImportError as error:
        raise MissingDependencyError(f"DDD20 needs h5py ({error}): pip install 'ipcircuit[events]'") from error
    if not path.is_file():
        raise InputError("cannot read: no such file", where=str(path))
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:  # the library raises any of these
        raise InputError(f"is no HDF5 file, or is damaged ({error})", where=str(path)) from error


def table(file: Any, name: str, axes: int, kinds: str, columns: int | None = None) -> Any:
    """A data set that lies in this very file.

    Args:
        name: of its groups and itself, with slashes.
        axes: how many it has.
        kinds: letters of the types of numpy that are allowed.
        columns: length of the second axis.

    Raises:
        InputError: there is none, it points to another file, or it has another form.
    """
    import h5py

    node, where = file, f"{file.filename}: {name}"
    for part in name.split("/"):
        if not isinstance(node, h5py.Group) or not isinstance(node.get(part, getlink=True), h5py.HardLink):
            raise InputError("is not in the file", where=where)
        node = node[part]
    if not isinstance(node, h5py.Dataset) or node.external or node.is_virtual:
        raise InputError("is no data set of this file", where=where)
    chunk = int(np.prod(node.chunks or (1,), dtype=float)) * node.dtype.itemsize
    fits = node.ndim == axes and node.dtype.kind in kinds and columns in (None, node.shape[1] if axes > 1 else None)
    if not fits or chunk > _MOST_CHUNK:
        allowed = f"{axes} axes" + (f", {columns} columns" if columns else "")
        raise InputError("has another form", where=where, found=f"{node.dtype} {node.shape}", allowed=allowed)
    return node


def signal(file: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Times in µs (int64) and values of a signal in the recorded layout. Raises InputError: none, or no numbers."""
    where = f"{file.filename}: {name}"
    rows = table(file, f"{name}/data", 2, "f", 2)[...]
    rows = rows[rows[:, 0] > 0]
    if not len(rows) or not np.isfinite(rows).all() or rows[:, 0].max() > 2**53:
        raise InputError("has no values, or some that are no numbers", where=where)
    return rows[:, 0].astype(np.int64), rows[:, 1]


def held(times: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The latest value at each moment; not a number before the first."""
    order = np.argsort(times, kind="stable")
    index = np.searchsorted(times[order], at, side="right") - 1
    return np.where(index >= 0, values[order][np.maximum(index, 0)], np.nan)


def clock(file: Any) -> tuple[int, int]:
    """System time of the first and the last packet in µs. Raises InputError: no packets, or times out of order."""
    times = table(file, "dvs/timestamp", 1, "iu")[...]
    times = times[times > 0]
    if not len(times) or int(times.max()) > 2**53 or int(times[-1]) <= int(times[0]):
        raise InputError("has no packets, or their times do not ascend", where=f"{file.filename}: dvs/timestamp")
    return int(times[0]), int(times[-1])


def packets(file: Any) -> Iterator[Events]:
    """Events of each polarity packet of the recorded layout, in system time.

    That is the camera's clock, set by the first packet and anew where it was set back. Invalid events are left out.

    Raises:
        InputError: a damaged packet (its row), events outside the sensor or with disordered times.
    """
    rows, times = table(file, "dvs/data", 2, "O", 3), table(file, "dvs/timestamp", 1, "iu")
    count, offset, latest = min(len(rows), len(times)), 0, None
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        for i, (row, time) in enumerate(zip(rows[start:stop], times[start:stop].tolist(), strict=True), start):
            if time <= 0:
                continue
            events = _packet(row[1], row[2], f"{file.filename}: dvs/data[{i}]")
            if events is None:
                continue
            if latest is None or int(events.time_us[0]) < latest - _RESET_US:
                offset = time - int(events.time_us[-1])
            latest = int(events.time_us[-1])
            yield events._replace(time_us=events.time_us + offset)


def _packet(header: Any, body: Any, where: str) -> Events | None:
    """A packet's valid events in the camera's time; None if it holds none, or others than of polarity."""
    head, data = (np.asarray(part, np.uint8).tobytes() for part in (header, body))
    if len(head) != _HEADER.size:
        raise InputError("is damaged: no packet", where=where, found=f"a header of {len(head)} bytes")
    kind, _, size, _, overflow, capacity, number, _ = _HEADER.unpack(head)
    if kind != _POLARITY:
        return None
    if size != 8 or not 0 <= number <= capacity or overflow < 0 or 8 * capacity != len(data):
        found = f"{number} of {capacity} events of {size} bytes in {len(data)}"
        raise InputError("is damaged: no packet of polarity events", where=where, found=found)
    words = np.frombuffer(data, "<u4", 2 * number).reshape(-1, 2)
    address, time = words[words[:, 0] & 1 == 1].T
    if not len(address):
        return None
    time = overflow << 31 | (time & 0x7FFFFFFF).astype(np.int64)
    return checked(Events(time, address >> 17, address >> 2 & 0x7FFF, address >> 1 & 1), SENSOR, where)


def read_exported_events(path: Path, first: int = 0, count: int = 10_000_000) -> Events:
    """So many events of a file that ``export_ddd20_hdf.py`` made. Raises InputError: no such file, or as `checked`."""
    with opened(path) as file:
        rows = table(file, "event", 2, "iu", 4)[first : first + count].astype(np.int64)
    time, x, y, on = rows.T
    return checked(Events(time, x, y, on), SENSOR, str(path))
