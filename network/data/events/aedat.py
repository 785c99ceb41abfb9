"""iniVation's AEDAT 2.0, 3.1 and 4 (https://docs.inivation.com, "AEDAT file formats").

2.0 and 3.1 are read here: tonic 1.7's readers of both fail on every file (they unpack two of the three values that its
header reader returns), and aedat 2.3 reads only AEDAT 4.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.files import check_input_file, read_input
from network.data.events.stream import Events, Sensor, checked

MOST_BYTES = 2**30  # of a recording
DVS128 = Sensor(128, 128)
_HEADER_END = b"#!END-HEADER"
_PACKET = np.dtype(
    [("type", "<i2"), ("source", "<i2")]
    + [(name, "<i4") for name in ("size", "time_offset", "overflow", "capacity", "number", "valid")]
)
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
        if at + _PACKET.itemsize > len(data):
            raise InputError(f"ends within a packet's header at byte {at}: an interrupted download", where=where)
        packet = np.frombuffer(data, _PACKET, 1, at)[0]
        size, capacity, number = int(packet["size"]), int(packet["capacity"]), int(packet["number"])
        at += _PACKET.itemsize
        if size <= 0 or not 0 <= number <= capacity or packet["overflow"] < 0:
            found = f"size {size}, {number} of {capacity} events, overflow {packet['overflow']}"
            raise InputError(
                f"is damaged: no header of a packet at byte {at - _PACKET.itemsize}", where=where, found=found
            )
        if at + size * capacity > len(data):
            problem = f"ends within the packet at byte {at - _PACKET.itemsize}: an interrupted download"
            raise InputError(problem, where=where, found=f"{len(data)} bytes", allowed=f"{at + size * capacity}")
        if packet["type"] == _POLARITY:
            if size != 8:
                raise InputError("is damaged: polarity events of another size", where=where, found=size, allowed="8")
            words.append(np.frombuffer(data, "<u4", 2 * number, at).reshape(-1, 2))
            overflows.append(np.full(number, packet["overflow"], np.int64))
        at += size * capacity
    if not words:
        raise InputError("has no events", where=where)
    address, time = np.concatenate(words).T
    valid = (address & 1).astype(bool)
    address, time = address[valid], (np.concatenate(overflows) << 31 | (time & 0x7FFFFFFF))[valid]
    return checked(Events(time, address >> 17, (address >> 2) & 0x7FFF, (address >> 1) & 1), sensor, where)


def read_aedat4(path: Path, sensor: Sensor = DVS128) -> Events:
    """The first stream of events of an AEDAT 4 recording, through the library aedat (extra `events`).

    Raises:
        InputError: a damaged file, a stream of another sensor, or as `read_aedat2`.
        MissingDependencyError: the library is not installed.
    """
    check_input_file(path, most=MOST_BYTES)
    try:
        import aedat  # of the extra
    except ImportError as error:
        raise MissingDependencyError(f"AEDAT 4 files need aedat ({error}): pip install 'ipcircuit[events]'") from error
    try:
        decoder = aedat.Decoder(str(path))
        streams = {i: stream for i, stream in decoder.id_to_stream().items() if stream["type"] == "events"}
        first = min(streams, default=None)
        size = None if first is None else Sensor(streams[first]["height"], streams[first]["width"])
        packets = [packet["events"] for packet in decoder if packet["stream_id"] == first]
    except Exception as error:  # the decoder raises bare exceptions
        raise InputError(f"is damaged: {error}", where=str(path)) from error
    if size is not None and size != sensor:
        raise InputError("is of another sensor", where=str(path), found=tuple(size), allowed=str(tuple(sensor)))
    if not packets:
        raise InputError("has no events", where=str(path))
    table = np.concatenate(packets)
    return checked(Events(*(table[name] for name in ("t", "x", "y", "on"))), sensor, str(path))


def read_aedat(path: Path, sensor: Sensor = DVS128) -> Events:
    """A recording by its ending: ``.aedat4`` is AEDAT 4, ``.aedat`` what its first line says. Raises as those do."""
    if path.suffix == ".aedat4":
        return read_aedat4(path, sensor)
    check_input_file(path, most=MOST_BYTES)
    with path.open("rb") as file:
        newer = file.read(10) == b"#!AER-DAT3"
    return (read_aedat3 if newer else read_aedat2)(path, sensor)


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
