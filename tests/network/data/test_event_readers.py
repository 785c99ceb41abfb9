"""Readers give back what was written, agree event by event with the libraries that read the same file, name damage."""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from ipcircuit.errors import InputError, MissingDependencyError
from network.data.events.formats import aedat4 as module
from network.data.events.formats.aedat import DVS128, AedatReader, read_aedat2, read_aedat3
from network.data.events.formats.aedat4 import Aedat4Reader, read_aedat4
from network.data.events.formats.arrays import read_gesture_array
from network.data.events.formats.nmnist import read_nmnist
from network.data.events.formats.prophesee import read_prophesee
from network.data.events.stream import Events, Sensor
from tests.network.data import recordings
from tests.network.data.recordings import (
    EVT2_HEADER,
    EVT3_HEADER,
    aedat2,
    aedat3,
    aedat4,
    evt2,
    evt3,
    packet3,
    some_events,
)

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
    assert same(AedatReader()(path), events)
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
        address, found = raw["address"], AedatReader()(path)
        shift_x, shift_y, bit = (1, 8, 0) if decoded < 3 else (17, 2, 1)
        mask = 0x7F if decoded < 3 else 0x1FFF
        theirs = raw["timeStamp"], address >> shift_x & mask, address >> shift_y & mask, address >> bit & 1
        assert same(found, Events(*theirs))
        assert same(found, events)


def test_aedat3_with_other_packets_overflows_and_invalid_events(tmp_path: Path) -> None:
    path, events = tmp_path / "a.aedat", later(some_events(500), BEYOND)
    path.write_bytes(aedat3(events))
    assert same(read_aedat3(path), events)
    assert same(AedatReader()(path), events)
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


def test_real_recordings_are_read_as_tonic_does(tmp_path: Path) -> None:
    """Some of the N-MNIST recordings beside the project, where they are."""
    io = pytest.importorskip("tonic.io")
    archive = Path(__file__).resolve().parents[4] / "shared" / "data" / "NMNIST_1100.tar.xz"
    if not archive.is_file():
        pytest.skip("no recordings beside the project")
    dtype = np.dtype([("x", int), ("y", int), ("t", int), ("p", int)])
    path, compared = tmp_path / "a.bin", 0
    with tarfile.open(archive, "r|xz") as tar:
        for number, member in enumerate(tar):
            if number % 50 == 0 and member.name.endswith(".bin") and (content := tar.extractfile(member)) is not None:
                path.write_bytes(content.read())
                assert same(read_nmnist(path), from_table(io.read_mnist_file(str(path), dtype)))
                compared += 1
    assert compared >= 20


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


def test_aedat4_gives_the_events_back_as_tonic_does(tmp_path: Path) -> None:
    pytest.importorskip("aedat")
    io = pytest.importorskip("tonic.io")
    path, events, read = tmp_path / "a.aedat4", some_events(300, 2), AedatReader()
    path.write_bytes(aedat4(events))
    assert same(read(path), events)
    table = io.read_aedat4(str(path))
    assert same(read_aedat4(path, DVS128), Events(*(table[name] for name in ("t", "x", "y", "on"))))
    wide = some_events(300, 2, Sensor(240, 320))
    path.write_bytes(aedat4(wide, Sensor(240, 320)))
    assert same(read_aedat4(path, Sensor(240, 320)), wide)
    with pytest.raises(
        InputError, match=r"a\.aedat4: an event lies outside .*\(the file is of a sensor of 320 x 240\)"
    ):
        read(path)
    for content, says in (
        (aedat4(events)[:-5], "is damaged: failed to fill"),
        (aedat4(events.take(slice(0))), "has no events"),
        (aedat4(events, kind="FRME"), "has no stream of events"),
        (b"", "is damaged"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=rf"a\.aedat4: {says}"):
            read(path)
    path.write_bytes(aedat4(events))
    assert same(read(path), events)  # the same process


def test_a_decoder_that_dies_is_damage_and_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aedat")
    program, path, events = tmp_path / "dies.py", tmp_path / "a.aedat4", some_events(20)
    path.write_bytes(aedat4(events))
    read = Aedat4Reader(DVS128)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_PROGRAM", program)
        for dying in ("input(); import os; os.abort()", "input(); print('{\"events\": 9}')", ""):
            program.write_text(dying)
            with pytest.raises(InputError, match=r"a\.aedat4: is damaged: its decoder broke off"):
                read(path)
    assert same(read(path), events)
    read.close()
    read.close()


def test_damaged_aedat4_files_are_read_or_named(tmp_path: Path) -> None:
    """The library panics on some of them, and ends its process on others (seed 10)."""
    pytest.importorskip("aedat")
    rng, path, read = np.random.default_rng(10), tmp_path / "a.aedat4", Aedat4Reader(DVS128)
    sound = np.frombuffer(aedat4(some_events(100)), np.uint8)
    refusals = []
    for _ in range(60):
        damaged = sound.copy()
        damaged[rng.integers(14, 800, 3)] = rng.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            assert len(read(path).x)
        except InputError as error:
            refusals.append(str(error))
    assert 10 < len(refusals) < 60
    assert all("a.aedat4: " in refusal for refusal in refusals)
    path.write_bytes(sound.tobytes())
    assert len(read(path).x) == 100


def test_aedat4_needs_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.aedat4"
    path.write_bytes(b"")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"ipcircuit\[events\]"):
        AedatReader()(path)


PROPHESEE = Sensor(480, 640)


def test_prophesee_gives_the_events_back(tmp_path: Path) -> None:
    path, long = tmp_path / "a.raw", some_events(900, 3, PROPHESEE, 60_000_000)
    overflowing = long._replace(time_us=long.time_us + 2**34 - 30_000_000)
    for content, events in (
        (EVT2_HEADER + evt2(long), long),
        (EVT2_HEADER + evt2(overflowing), overflowing),
        (EVT3_HEADER + evt3(long), long),  # its 24 bits of time overflow three times
        (EVT3_HEADER + evt3(long, runs=False), long),
    ):
        path.write_bytes(content)
        assert same(read_prophesee(path), events)
    swapped = np.frombuffer(evt3(long), "<u2").astype(">u2").tobytes()
    path.write_bytes(EVT3_HEADER.replace(b"% end", b"% endianness big\n% end") + swapped)
    assert same(read_prophesee(path, PROPHESEE), long)


def test_a_prophesee_file_that_begins_amid_a_stream(tmp_path: Path) -> None:
    path, events = tmp_path / "a.raw", some_events(50, 3, PROPHESEE)
    before2, before3 = np.array([1 << 28 | 7], "<u4"), np.array([2 << 12 | 7, 5, 2 << 12 | 7, 6 << 12 | 1], "<u2")
    for content in (EVT2_HEADER + before2.tobytes() + evt2(events), EVT3_HEADER + before3.tobytes() + evt3(events)):
        path.write_bytes(content)
        assert same(read_prophesee(path), events)


def test_halves_of_time_and_runs_of_columns(tmp_path: Path) -> None:
    """Word by word: a repeated high half keeps the low one, a new one clears it; runs go on where the last ended."""
    high, low, single, base, run12, run8 = (kind << 12 for kind in (8, 6, 2, 3, 4, 5))
    words = [high | 1, 9, low | 5, single | 7, high | 1, single | 8, high | 2, single | 9, low | 1]
    words += [base | 1 << 11 | 100, run12 | 0b100000000001, run8 | 0b1111_1000_0001, run12 | 1, base | 50, run8 | 2]
    path = tmp_path / "a.raw"
    path.write_bytes(EVT3_HEADER + np.array(words, "<u2").tobytes())
    found = read_prophesee(path)
    assert found.time_us.tolist() == [4101, 4101, 8192, *[8193] * 6]
    assert found.x.tolist() == [7, 8, 9, 100, 111, 112, 119, 120, 51]
    assert found.on.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 0]
    assert set(found.y.tolist()) == {9}


def test_prophesee_is_what_expelliarmus_gives_where_that_is_right(tmp_path: Path) -> None:
    """It drops the sensor's time at 34 bits (EVT 2.0), and counts high halves twice after the first 4 ms (EVT 3.0)."""
    wizard = pytest.importorskip("expelliarmus").Wizard
    path, long, short = tmp_path / "a.raw", *(some_events(900, 3, PROPHESEE, span) for span in (60_000_000, 4000))
    for encoding, content, exact in (
        ("evt2", EVT2_HEADER + evt2(long, trigger=False), True),
        ("evt3", EVT3_HEADER + evt3(short, trigger=False), True),
        ("evt3", EVT3_HEADER + evt3(long, trigger=False), False),
    ):
        path.write_bytes(content)
        ours, theirs = read_prophesee(path), from_table(wizard(encoding).read(path))
        difference = ours.time_us - theirs.time_us
        assert same(ours._replace(time_us=ours.time_us - difference), theirs)
        assert not (difference % 4096).any()
        assert (not difference.any()) == exact
    table = np.zeros(900, [("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "u1")])
    table["t"], table["x"], table["y"], table["p"] = long
    wizard("evt2").save(path, table)
    assert same(read_prophesee(path, PROPHESEE), long)
    with pytest.raises(InputError, match="does not say its sensor's size"):
        read_prophesee(path)
