"""Event recordings made for tests: streams, files of each format, and folders laid out as the published sets."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from network.data.events.aedat import DVS128
from network.data.events.stream import Events, Sensor
from network.data.folder import SETS

CIFAR_CLASSES = SETS["cifar10_dvs"].classes


def some_events(n: int = 200, seed: int = 0, sensor: Sensor = DVS128, last_us: int = 100_000) -> Events:
    """A stream in order of time, from 35 µs on: '#', the byte that begins header lines."""
    rng = np.random.default_rng(seed)
    time = np.sort(rng.integers(35, last_us, n))
    return Events(time, rng.integers(0, sensor.width, n), rng.integers(0, sensor.height, n), rng.integers(0, 2, n))


def aedat2(events: Events) -> bytes:
    """An AEDAT 2.0 file of a DVS128."""
    header = b"#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n# Creation time: now\r\n"
    address = (events.y.astype(int) << 8) | (events.x.astype(int) << 1) | events.on.astype(int)
    words = np.stack([address, events.time_us & 0xFFFFFFFF], 1).astype(">u4")
    return header + words.tobytes()


AEDAT3_HEADER = (
    b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-09-15 17:01:14\r\n#!END-HEADER\r\n"
)


def packet3(events: Events, *, kind: int = 1, valid: int = 1, size: int = 8) -> bytes:
    """A packet of polarity events of AEDAT 3.1; all in one period of 2³¹ µs."""
    n, overflow = len(events.time_us), int(events.time_us[0]) >> 31 if len(events.time_us) else 0
    head = struct.pack("<hhiiiiii", kind, 1, size, 4, overflow, n, n, n * valid)
    data = (events.x.astype(np.int64) << 17) | (events.y.astype(np.int64) << 2) | (events.on.astype(np.int64) << 1)
    words = np.stack([data | valid, events.time_us & 0x7FFFFFFF], 1).astype("<u4")
    return head + words.tobytes()


def aedat3(events: Events, per_packet: int = 64) -> bytes:
    """An AEDAT 3.1 file: packets of polarity events between others (special, IMU), a new one at each overflow."""
    parts = [AEDAT3_HEADER, struct.pack("<hhiiiiii", 0, 1, 8, 4, 0, 1, 1, 1), bytes(8)]
    edges = [0, *(np.flatnonzero(np.diff(events.time_us >> 31)) + 1).tolist(), len(events.time_us)]
    for first, last in pairwise(edges):
        for start in range(first, last, per_packet):
            parts.append(packet3(events.take(slice(start, min(start + per_packet, last)))))
            parts.append(struct.pack("<hhiiiiii", 3, 1, 36, 4, 0, 1, 1, 1) + bytes(36))
    return b"".join(parts)


def nmnist(events: Events) -> bytes:
    """An N-MNIST file."""
    time = events.time_us.astype(np.int64)
    columns = (events.x, events.y, (events.on.astype(np.int64) << 7) | (time >> 16), (time >> 8) & 0xFF, time & 0xFF)
    return np.stack(columns, 1).astype(np.uint8).tobytes()


def write_nmnist(root: Path, counts: dict[str, int], events: int = 40) -> Path:
    """A folder of N-MNIST with so many recordings per digit and part; recording i of a digit has seed 100 digit + i."""
    for part, count in counts.items():
        for digit in range(10):
            (root / "NMNIST" / part / str(digit)).mkdir(parents=True)
            for i in range(count):
                stream = some_events(events, 100 * digit + i, Sensor(34, 34))
                (root / "NMNIST" / part / str(digit) / f"{i:05d}.bin").write_bytes(nmnist(stream))
    return root / "NMNIST"


def write_cifar_dvs(root: Path, per_class: int = 10) -> Path:
    """A folder of CIFAR10-DVS in AEDAT 2; recording i of class c has seed 100 c + i."""
    folder = root / "CIFAR10DVS"
    for label, name in enumerate(CIFAR_CLASSES):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            stream = some_events(60, 100 * label + number)
            (folder / name / f"cifar10_{name}_{number}.aedat").write_bytes(aedat2(stream))
    return folder


def write_gestures(root: Path) -> Path:
    """A folder of DVS128 Gesture in tonic's cut: users 1, 2 and 24 with three samples each."""
    folder = root / "DVSGesture"
    for part, users in (("ibmGestureTrain", (1, 2)), ("ibmGestureTest", (24,))):
        for user in users:
            place = folder / part / f"user{user:02d}_led"
            place.mkdir(parents=True)
            for label in (0, 3, 10):
                e = some_events(50, user + label)
                np.save(place / f"{label}.npy", np.stack([e.x, e.y, e.on, e.time_us // 1000], 1).astype(float))
    return folder


def write_distributed_gestures(root: Path, labels: Sequence[tuple[int, int, int]]) -> Path:
    """A folder of DVS128 Gesture as distributed: three recordings with these labels (class, start, end)."""
    folder = root / "DvsGesture"
    folder.mkdir()
    rows = "".join(f"{a},{b},{c}\n" for a, b, c in labels)
    for seed, name in enumerate(("user01_led", "user02_lab", "user24_led")):
        (folder / f"{name}.aedat").write_bytes(aedat3(some_events(300, seed)))
        (folder / f"{name}_labels.csv").write_text(f"class,startTime_usec,endTime_usec\n{rows}")
    (folder / "trials_to_train.txt").write_text("user01_led.aedat\nuser02_lab.aedat\n")
    (folder / "trials_to_test.txt").write_text("user24_led.aedat\n\n")
    return folder
