"""iniVation's AEDAT 2.0 and 3.1 (https://docs.inivation.com, "AEDAT file formats").

tonic 1.7's readers of both fail on every file (they unpack two of the three values that its header reader returns), and
aedat 2.3 reads only AEDAT 4.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.files import check_input_file, read_input
from network.data.events.formats.aedat4 import MOST_BYTES, Aedat4Reader
from network.data.events.stream import Events, Sensor, checked

DVS128 = Sensor(128, 128)
_HEADER_END = b"#!END-HEADER"
_PACKET = struct.Struct(
    "<hhiiiiii"
)  # type, source, size of an event, place of its time, overflow, capacity, number, valid
_POLARITY = 1  # type of the packets that hold a camera's events


def read_aedat2(path: Path, sensor: Sensor = DVS128) -> Events:
    """A DVS128 recording in AEDAT 2.0 (the format in which CIFAR10-DVS was published).

    Header lines begin with ``#``; then 8 bytes per event, big-endian: address, time in µs (32 bits, counted on where
    they overflow). Address: bit 0 polarity (1 = brighter), bits 1-7 x, bits 8-14 y. Raises InputError: no AEDAT 2 file,
    an incomplete one, no events, one outside the sensor, or disordered times.
    """
    data = read_input(path, MOST_BYTES)
    start = _header(data, b"#!AER-DAT2", "is not an AEDAT 2.0 file", path)
    if (len(data) - start) % 8 or len(data) == start:
        problem, allowed = "ends within an event or has none: an interrupted download", "a multiple of 8"
        raise InputError(problem, where=str(path), found=f"{len(data) - start} bytes of events", allowed=allowed)
    words = np.frombuffer(data, ">u4", offset=start).reshape(-1, 2)
    address, time = words[:, 0], words[:, 1].astype(np.int64)
    overflows = np.diff(time) < -(2**31)
    if overflows.any():
        time[1:] += np.cumsum(overflows) << 32
    return checked(Events(time, (address >> 1) & 0x7F, (address >> 8) & 0x7F, address & 1), sensor, str(path))


def read_aedat3(path: Path, sensor: Sensor = DVS128) -> Events:
    """A recording in AEDAT 3.1 (the format in which DVS128 Gesture was published): its valid polarity events.

    Packets have a header of 28 bytes, little-endian; its fields used here are type, size of an event, overflow of the
    time, capacity and number of events. A polarity event has 8 bytes: bit 0 valid, bit 1 polarity, bits 2-16 y, bits
    17-31 x; 31 bits of time in µs, to which the packet's overflow adds multiples of 2³¹.

    Raises:
        InputError: no AEDAT 3.1 file, a packet that is damaged or cut, no events, one outside the sensor, or
            disordered times.
    """
    data = read_input(path, MOST_BYTES)
    at, where = _header(data, b"#!AER-DAT3", "is not an AEDAT 3.1 file", path), str(path)
    words, overflows = [], []
    while at < len(data):
        packet = f"the packet at byte {at}"
        if at + _PACKET.size > len(data):
            raise InputError(f"ends within {packet}: an interrupted download", where=where)
        kind, _, size, _, overflow, capacity, number, _ = _PACKET.unpack_from(data, at)
        at += _PACKET.size
        if size <= 0 or not 0 <= number <= capacity or overflow < 0:
            found = f"size {size}, {number} of {capacity} events, overflow {overflow}"
            raise InputError(f"is damaged: no header in {packet}", where=where, found=found)
        if at + size * capacity > len(data):
            problem = f"ends within {packet}: an interrupted download"
            raise InputError(problem, where=where, found=f"{len(data)} bytes", allowed=f"{at + size * capacity}")
        if kind == _POLARITY:
            if size != 8:
                raise InputError("is damaged: polarity events of another size", where=where, found=size, allowed="8")
            words.append(np.frombuffer(data, "<u4", 2 * number, at).reshape(-1, 2))
            overflows.append(np.full(number, overflow, np.int64))
        at += size * capacity
    if not words:
        raise InputError("has no events", where=where)
    address, time = np.concatenate(words).T
    valid = (address & 1).astype(bool)
    address, time = address[valid], (np.concatenate(overflows) << 31 | (time & 0x7FFFFFFF))[valid]
    return checked(Events(time, address >> 17, (address >> 2) & 0x7FFF, (address >> 1) & 1), sensor, where)


class AedatReader:
    """Reads recordings of one sensor by their ending: ``.aedat4``, or ``.aedat`` and what its first line says."""

    def __init__(self, sensor: Sensor = DVS128) -> None:
        self.sensor, self._newer = sensor, Aedat4Reader(sensor)

    def __call__(self, path: Path) -> Events:
        """One recording. Raises as `read_aedat2`, `read_aedat3` and `Aedat4Reader` do."""
        if path.suffix == ".aedat4":
            return self._newer(path)
        check_input_file(path, most=MOST_BYTES)
        with path.open("rb") as file:
            third = file.read(10) == b"#!AER-DAT3"
        return (read_aedat3 if third else read_aedat2)(path, self.sensor)


def _header(data: bytes, magic: bytes, problem: str, path: Path) -> int:
    """Where the header's lines end."""
    if not data.startswith(magic):
        raise InputError(problem, where=str(path), found=data[:12])
    at = 0
    while data[at : at + 1] == b"#":
        end = data.find(b"\n", at)
        if end < 0:
            raise InputError("ends within its header: an interrupted download", where=str(path))
        last, at = data.startswith(_HEADER_END, at), end + 1
        if last:
            break
    return at
