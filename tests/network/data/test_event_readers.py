"""Readers give back what was written, agree event by event with the libraries that read the same file, name damage."""

import sys
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ipcircuit.errors import InputError, MissingDependencyError
from network.data.events.aedat import read_aedat, read_aedat2, read_aedat3, read_aedat4
from network.data.events.arrays import read_gesture_array
from network.data.events.nmnist import read_nmnist
from network.data.events.stream import Events, Sensor
from tests.network.data import recordings
from tests.network.data.recordings import aedat2, aedat3, packet3, some_events

SMALL = Sensor(34, 34)
BEYOND = 2**31 + 2**30  # more than 31 bits, in µs: 54 minutes


def same(found: Events, expected: Events) -> bool:
    """Equal event by event: x, y, polarity and time."""
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def from_table(table: np.ndarray) -> Events:
    """tonic's structured array."""
    return Events(table["t"], table["x"], table["y"], table["p"])


def later(events: Events, by_us: int) -> Events:
    """The same, with the second half moved by a time."""
    time = events.time_us.copy()
    time[len(time) // 2 :] += by_us
    return Events(time, *events[1:])


def test_aedat2_gives_the_events_back(tmp_path: Path) -> None:
    path, events = tmp_path / "a.aedat", some_events()
    path.write_bytes(aedat2(events))
    assert same(read_aedat2(path), events)
    assert same(read_aedat(path), events)
    long = events._replace(time_us=events.time_us + 2**32 - 50_000)  # the 32 bits overflow in between
    path.write_bytes(aedat2(long))
    assert same(read_aedat2(path), long)


def test_aedat2_and_3_are_what_tonics_decoder_gives(tmp_path: Path) -> None:
    """tonic 1.7's `read_dvs_128` and `read_dvs_ibm` fail on every file; what they call is given the events' start."""
    io = pytest.importorskip("tonic.io")
    path, events = tmp_path / "a.aedat", some_events(500)
    for content, decoded, header in (
        (aedat2(events), 2.0, aedat2(some_events(0))),
        (
            recordings.AEDAT3_HEADER + b"".join(packet3(events.take(slice(i, i + 90))) for i in range(0, 500, 90)),
            3.1,
            None,
        ),
    ):
        path.write_bytes(content)
        raw = io.get_aer_events_from_file(path, decoded, len(recordings.AEDAT3_HEADER if header is None else header))
        address, found = raw["address"], read_aedat(path)
        shift_x, shift_y, bit = (1, 8, 0) if decoded < 3 else (17, 2, 1)
        mask = 0x7F if decoded < 3 else 0x1FFF
        theirs = raw["timeStamp"], address >> shift_x & mask, address >> shift_y & mask, address >> bit & 1
        assert same(found, Events(*theirs))
        assert same(found, events)


def test_aedat3_with_other_packets_overflows_and_invalid_events(tmp_path: Path) -> None:
    path, events = tmp_path / "a.aedat", later(some_events(500), BEYOND)
    path.write_bytes(aedat3(events))
    assert same(read_aedat3(path), events)
    assert same(read_aedat(path), events)
    path.write_bytes(
        aedat3(events) + packet3(events.take(slice(-9, None)), valid=0) + packet3(events.take(slice(0, 0)))
    )
    assert same(read_aedat3(path), events)
    path.write_bytes(aedat3(events).replace(b"#!END-HEADER\r\n", b""))
    assert same(read_aedat3(path), events)
    path.write_bytes(aedat3(events.take(slice(None, None, -1))))
    with pytest.raises(InputError, match=r"a\.aedat: time runs backwards"):
        read_aedat3(path)


def test_nmnist_gives_the_events_back_as_tonic_does(tmp_path: Path) -> None:
    io = pytest.importorskip("tonic.io")
    path, events = tmp_path / "a.bin", some_events(400, 1, SMALL, 2**23)
    path.write_bytes(recordings.nmnist(events))
    dtype = np.dtype([("x", int), ("y", int), ("t", int), ("p", int)])
    assert same(read_nmnist(path), events)
    assert same(read_nmnist(path), from_table(io.read_mnist_file(str(path), dtype)))
    mark = np.array([9, 240, 0, 0, 0], np.uint8).tobytes()
    rows = recordings.nmnist(some_events(400, 1, SMALL))
    path.write_bytes(rows[:500] + mark + rows[500:900] + 2 * mark + rows[900:])
    found = read_nmnist(path)
    assert same(found, from_table(io.read_mnist_file(str(path), dtype)))
    assert found.time_us[-1] == some_events(400, 1, SMALL).time_us[-1] + 3 * 8192


def test_real_recordings_are_read_as_tonic_does() -> None:
    """Every byte of the N-MNIST recordings beside the project, where they are."""
    io = pytest.importorskip("tonic.io")
    archive = Path(__file__).resolve().parents[4] / "shared" / "data" / "NMNIST_1100.tar.xz"
    if not archive.is_file():
        pytest.skip("no recordings beside the project")
    dtype = np.dtype([("x", int), ("y", int), ("t", int), ("p", int)])
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as tar:
        members = [member for member in tar if member.name.endswith(".bin")][::55]
        assert len(members) == 20
        for member in members:
            tar.extract(member, folder, filter="data")
            path = Path(folder) / member.name
            assert same(read_nmnist(path), from_table(io.read_mnist_file(str(path), dtype)))


def test_gesture_arrays_are_in_milliseconds(tmp_path: Path) -> None:
    folder = recordings.write_gestures(tmp_path)
    found = read_gesture_array(folder / "ibmGestureTest" / "user24_led" / "3.npy")
    events = some_events(50, 27)
    assert same(found, events._replace(time_us=events.time_us // 1000 * 1000))


def test_gesture_arrays_are_what_tonics_class_gives(tmp_path: Path) -> None:
    from numpy.lib import recfunctions

    datasets = pytest.importorskip("tonic.datasets")
    path = recordings.write_gestures(tmp_path) / "ibmGestureTest" / "user24_led" / "10.npy"
    table = np.load(path)  # what its __getitem__ does
    table[:, 3] *= 1000
    table = recfunctions.unstructured_to_structured(table, datasets.DVSGesture.dtype)
    assert same(read_gesture_array(path), from_table(table))


def test_aedat4_needs_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.aedat4"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "aedat", None)  # not installed
    with pytest.raises(MissingDependencyError, match=r"ipcircuit\[events\]"):
        read_aedat(path)


def test_aedat4_is_what_its_library_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, fake = tmp_path / "a.aedat4", ModuleType("aedat")
    path.write_bytes(b"")
    table = np.array([(5, 1, 2, True)], dtype=[("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "?")])

    class Decoder:
        height = 128

        def __init__(self, name: str) -> None: ...

        def id_to_stream(self) -> dict[int, dict[str, object]]:
            return {0: {"type": "frame"}, 1: {"type": "events", "width": 128, "height": self.height}}

        def __iter__(self):
            return iter([{"stream_id": 1, "events": table}, {"stream_id": 2, "events": None}])

    fake.Decoder = Decoder  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "aedat", fake)
    assert [part.tolist() for part in read_aedat4(path)] == [[5], [1], [2], [1]]
    Decoder.height = 240
    with pytest.raises(InputError, match=r"a\.aedat4: is of another sensor; found \(240, 128\); allowed: \(128, 128\)"):
        read_aedat4(path)
