"""DDD20: events, signals and frames of both layouts as the authors' tools write them; their split; damage."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
import torch

from ipcircuit.errors import InputError
from ipcircuit.isolated import Isolated
from network.data.events import drives
from network.data.events.drives import load_drives
from network.data.events.formats import ddd20
from network.data.events.recorded_drive import read_drive
from network.data.events.stream import Events
from tests.network.data.recordings import packet3, some_events

h5py = pytest.importorskip("h5py")
START = 1_500_000_000_000_000  # system time, µs
SECONDS = 4
NIGHT, DAY = "rec1499656391", "rec1500220388"


def stream(seed: int = 0, n: int = 4000) -> Events:
    """Events of the camera over the recording, in system time."""
    events = some_events(n, seed, ddd20.SENSOR, SECONDS * 1_000_000)
    return events._replace(time_us=np.sort(np.append(events.time_us[:-1], [SECONDS * 1_000_000])) + START)


def bent(time_us: np.ndarray) -> np.ndarray:
    """The angle of the wheel at a time: 1° per 10 ms."""
    return (time_us - START) / 10_000.0


def write_recorded(path: Path, events: Events, reset_at: int = 50, speed: float = 50.0) -> None:
    """As ``record.py``: packets of 40 events in the camera's time, which a reset sets back once, and others between."""
    bytes_type = h5py.vlen_dtype(np.uint8)
    other = struct.pack("<hhiiiiii", 2, 1, 36, 0, 0, 1, 1, 1), bytes(36)
    rows, times = [(str(START).encode(), *other)], [START]
    origin = START - 1000
    for number, first in enumerate(range(0, len(events.time_us), 40)):
        part = events.take(slice(first, first + 40))
        system = int(part.time_us[-1])
        if number == reset_at:
            origin = int(part.time_us[0]) - 5
        packet = packet3(part._replace(time_us=part.time_us - origin))
        rows.append((str(system).encode(), packet[:28], packet[28:]))
        times.append(system)
        if number % 7 == 0:
            rows.append((str(system).encode(), *other))
            times.append(system)
    rows, times = [*rows, *[(b"", b"", b"")] * 3], [*times, 0, 0, 0]
    with h5py.File(path, "w") as file:
        data = file.create_dataset("dvs/data", (len(rows), 3), bytes_type, chunks=(16, 3), maxshape=(None, 3))
        for i, row in enumerate(rows):
            for k, cell in enumerate(row):
                data[i, k] = np.frombuffer(cell, np.uint8)
        file["dvs/timestamp"] = np.array(times, np.int64)
        at = np.arange(START, START + SECONDS * 1_000_000 + 1, 10_000, dtype=float)
        for name, values in ((ddd20.ANGLE, bent(at)), (ddd20.SPEED, np.full(len(at), speed))):
            pairs = np.append(np.stack([at, values], 1), np.zeros((5, 2)), axis=0)
            file[f"{name}/data"], file[f"{name}/timestamp"] = pairs, pairs[:, 0].astype(np.int64)


def write_exported(path: Path, frames: int = 80, speed: float = 50.0) -> np.ndarray:
    """As ``export.py --binsize 0.05``; empty rows at the end. The frames."""
    net = np.random.default_rng(1).integers(-3, 4, (frames, *ddd20.SENSOR)).astype(np.int16)
    with h5py.File(path, "w") as file:
        file.create_dataset("dvs_frame", data=np.append(net, np.zeros_like(net[:4]), axis=0), chunks=(2, *ddd20.SENSOR))
        times = np.append(0.02 + 0.05 * np.arange(frames), np.zeros(4))
        file["timestamp"], file[ddd20.ANGLE] = times, np.append(5.0 * np.arange(frames), np.zeros(4))
        file[ddd20.SPEED] = np.full(frames + 4, speed)
    return net


@pytest.fixture(autouse=True)
def uncut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The published cuts, minutes long, are for recordings of an hour."""
    assert {len(cuts) for cuts in drives.RECORDINGS.values()} == {15}
    monkeypatch.setattr(drives, "RECORDINGS", {"night": {NIGHT: (2, 3)}, "day": {DAY: (2, 3), "rec1": (0, 0)}})
    monkeypatch.setenv("IPCIRCUIT_CACHE", str(tmp_path / "cache"))


def test_events_of_a_recording_come_back_in_system_time(tmp_path: Path) -> None:
    path, events = tmp_path / "a.hdf5", stream()
    write_recorded(path, events)
    with ddd20.opened(path) as file:
        parts = list(ddd20.packets(file))
    found = Events(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    assert all(np.array_equal(a, b) for a, b in zip(found, events, strict=True))  # across the reset too
    with h5py.File(tmp_path / "e.hdf5", "w") as file:
        file["event"] = np.stack([events.time_us - START, events.x, events.y, events.on], 1).astype(np.uint32)
    found = ddd20.read_exported_events(tmp_path / "e.hdf5", 100, 50)
    assert np.array_equal(found.time_us + START, events.time_us[100:150])
    assert np.array_equal(found.x, events.x[100:150])


def test_signals_and_frames_of_a_recording(tmp_path: Path) -> None:
    path, events = tmp_path / "a.hdf5", stream()
    write_recorded(path, events)
    drive = read_drive(path)
    assert drive.angle_deg.tolist() == [10.0 * (k + 1) for k in range(40)]  # at each frame's end
    assert set(drive.speed.tolist()) == {50.0}
    frames = drive.frames(65)
    assert frames.shape == (40, 2, 65, 65)
    expected = np.zeros(frames.shape, int)
    for time, x, y, on in zip(*events, strict=True):
        if 43 <= x < 303 and time < START + 4_000_000:
            expected[(time - START) // 100_000, 1 - on, y // 4, (x - 43) // 4] += 1
    assert np.array_equal(frames, expected)


def test_signals_and_frames_of_an_exported_file(tmp_path: Path) -> None:
    net = write_exported(tmp_path / "a.hdf5")
    drive = read_drive(tmp_path / "a.hdf5")
    assert drive.angle_deg.tolist() == [5.0 * (2 * k + 1) for k in range(40)]
    frames = drive.frames(130)
    pair = net[10:12, :, 43:303].astype(int)
    assert frames[5, 0, 3, 7] == pair.clip(min=0)[:, 6:8, 14:16].sum()
    assert frames[5, 1, 3, 7] == (-pair).clip(min=0)[:, 6:8, 14:16].sum()


@pytest.mark.parametrize("write", [write_recorded, write_exported])
def test_samples_are_split_as_published(tmp_path: Path, write: Any) -> None:
    folder = tmp_path / "DDD20" / "jul09"
    folder.mkdir(parents=True)
    path = folder / (f"{NIGHT}.hdf5" if write is write_recorded else f"{NIGHT}_export.hdf5")
    write(path, stream()) if write is write_recorded else write(path)
    counted: list[tuple[int, int]] = []
    split = load_drives(
        tmp_path, steps=3, ahead=2, size=26, light="night", progress=lambda *count: counted.append(count)
    )
    # 40 frames less 2 and 3: 35, of which 24 (70 %, half to even) train; a sample's frames and angle lie in one part
    drive = read_drive(path)
    assert (len(split.train), len(split.test)) == (24 - 2 - 2, 11 - 2 - 2)
    assert split.train.labels.tolist() == drive.angle_deg[6:26].tolist()
    assert split.test.labels.tolist() == drive.angle_deg[30:37].tolist()
    frames = torch.from_numpy(drive.frames(26))
    assert torch.equal(split.train.values[0], frames[2:5])
    assert torch.equal(split.test.values[-1], frames[32:35])
    assert split.train.classes == ()
    assert "DDD20, night, 1 recordings, 20 training samples of 3 frames of 100 ms" in split.train.source
    again = load_drives(tmp_path / "DDD20", steps=3, ahead=2, size=26, light="night")
    assert torch.equal(again.train.values, split.train.values)
    assert counted == [(1, 1)]
    with_stride = drive.rows(3, 2, 5)
    assert [rows.tolist() for rows in with_stride] == [[2, 7, 12, 17, 22], [30, 35]]  # of 28 and 12 frames, uncut


def test_slow_driving_does_not_train_and_missing_recordings_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the folders DDD20, ddd20\. Get the 30 recordings"):
        load_drives(tmp_path)
    (tmp_path / "DDD20").mkdir()
    with pytest.raises(InputError, match=r"has 0 of 2 recordings \(day\), without rec1500220388, rec1\. Get"):
        load_drives(tmp_path)
    write_exported(tmp_path / "DDD20" / f"{DAY}_export.hdf5", speed=15.0)
    with pytest.raises(InputError, match=r"has 1 of 2 recordings \(day\), without rec1\. Get"):
        load_drives(tmp_path)
    with pytest.raises(InputError, match="leaves no training samples"):
        load_drives(tmp_path, complete=False)
    (tmp_path / "DDD20" / "rec1.hdf5").write_text("no recording")
    with pytest.raises(InputError, match=r"rec1\.hdf5: is no HDF5 file"):
        load_drives(tmp_path)
    write_exported(tmp_path / "DDD20" / f"{DAY}_export.hdf5")
    split = load_drives(tmp_path, skip_damaged=True, size=26)
    assert ["rec1.hdf5: is no HDF5 file" in problem for problem in split.test.damaged] == [True]
    assert split.test.source.endswith("ON less OFF events, 26 x 26; 1 damaged ones left out")
    for wrong in ({"size": 64}, {"steps": 0}, {"ahead": -1}, {"stride": 0}, {"light": "dawn"}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            load_drives(tmp_path, **wrong)  # pyright: ignore[reportArgumentType]


def test_a_reader_that_dies_is_damage_and_is_replaced(tmp_path: Path) -> None:
    with Isolated() as apart:
        assert apart(len, "abc", where=tmp_path) == 3
        with pytest.raises(InputError, match=r"rec\.hdf5: is damaged: its reader broke off"):
            apart(os._exit, 3, where=tmp_path / "rec.hdf5")
        with pytest.raises(InputError, match=r"absent: cannot read: no such file"):
            apart(read_drive, tmp_path / "absent", where=tmp_path)
        assert apart(len, "ab", where=tmp_path) == 2
        with pytest.raises(InputError, match=r"rec\.hdf5: is damaged, or too large: not read within 0\.2 s"):
            apart(sleep, 60, where=tmp_path / "rec.hdf5", most_s=0.2)


def _edit(path: Path, name: str, value: Any) -> None:
    with h5py.File(path, "a") as file:
        del file[name]
        if value is not None:
            file[name] = value


def _packet_with(header: bytes, body: bytes) -> Any:
    def damage(path: Path) -> None:
        with h5py.File(path, "a") as file:
            file["dvs/data"][3, 1], file["dvs/data"][3, 2] = (np.frombuffer(b, np.uint8) for b in (header, body))

    return damage


HEADER = struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, 1, 1, 1)
DAMAGE = {
    "empty": (lambda path: path.write_bytes(b""), "is no HDF5 file"),
    "text": (lambda path: path.write_text("recording"), "is no HDF5 file"),
    "cut short": (lambda path: os.truncate(path, path.stat().st_size // 2), "is no HDF5 file, or is damaged"),
    "no angles": (lambda path: _edit(path, ddd20.ANGLE, None), "steering_wheel_angle/data: is not in the file"),
    "angles of another form": (lambda path: _edit(path, f"{ddd20.ANGLE}/data", np.zeros(4)), "has another form"),
    "angles that are words": (lambda path: _edit(path, f"{ddd20.ANGLE}/data", b"x"), "has another form"),
    "angles that are no numbers": (
        lambda path: _edit(path, f"{ddd20.ANGLE}/data", np.array([[START, np.nan]])),
        "some that are no numbers",
    ),
    "no values": (lambda path: _edit(path, f"{ddd20.ANGLE}/data", np.zeros((9, 2))), "has no values"),
    "no packets": (lambda path: _edit(path, "dvs/timestamp", np.zeros(50, int)), "has no packets"),
    "of an age": (lambda path: _edit(path, "dvs/timestamp", np.array([1, 2**52])), "has another duration"),
    "in another file": (
        lambda path: _edit(path, "dvs/timestamp", h5py.ExternalLink("/etc/passwd", "/x")),
        "dvs/timestamp: is not in the file",
    ),
    "elsewhere": (lambda path: _edit(path, "dvs/timestamp", h5py.SoftLink("/dvs/data")), "is not in the file"),
    "half a header": (_packet_with(HEADER[:9], b""), r"dvs/data\[3\]: is damaged: no packet; found 'a header of 9"),
    "half a packet": (_packet_with(HEADER, bytes(7)), r"dvs/data\[3\]: is damaged: no packet of polarity events"),
    "outside": (_packet_with(HEADER, b"\xff" * 8), r"dvs/data\[3\]: an event lies outside the sensor"),
}


@pytest.mark.parametrize(("damage", "says"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_recording_is_named(tmp_path: Path, damage: Any, says: str) -> None:
    path = tmp_path / "rec.hdf5"
    write_recorded(path, stream(n=400))
    damage(path)
    with pytest.raises(InputError, match=rf"rec\.hdf5.*{says}"):
        read_drive(path).frames(26)


def test_a_damaged_exported_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rec.hdf5"
    write_exported(path)
    for name, value, says in (
        (ddd20.SPEED, np.ones(3), "a value of every signal for each"),
        ("timestamp", np.arange(84) * 0.1, "frames of another duration; found '0.1 s'"),
        ("timestamp", np.zeros(84), "frames of another duration"),
        ("timestamp", np.zeros(84, int), "has another form"),
    ):
        write_exported(path)
        _edit(path, name, value)
        with pytest.raises(InputError, match=says):
            read_drive(path)
    write_exported(path)
    _edit(path, "dvs_frame", np.zeros((84, 128, 128), np.int16))
    with pytest.raises(InputError, match="dvs_frame: has another form"):
        read_drive(path).frames(26)
    with pytest.raises(InputError, match=r"absent\.hdf5: cannot read: no such file"):
        read_drive(tmp_path / "absent.hdf5")
