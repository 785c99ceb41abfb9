"""Event recordings made for tests: streams, files of each format, and folders laid out as the published sets."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from network.data.events.formats.aedat import DVS128
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


def _table4(identifier: bytes, fields: bytes, offsets: tuple[int, ...], tail: bytes) -> bytes:
    """A flatbuffer of one table, with its size before it: root, identifier, vtable of 12 bytes, table, and the rest."""
    vtable = struct.pack(f"<{2 + len(offsets)}H", 4 + 2 * len(offsets), 4 + len(fields), *offsets).ljust(12, b"\0")
    content = struct.pack("<I4s", 20, identifier) + vtable + struct.pack("<i", 12) + fields + tail
    return struct.pack("<I", len(content)) + content


def aedat4(events: Events, sensor: Sensor = DVS128, per_packet: int = 64, kind: str = "EVTS") -> bytes:
    """An AEDAT 4 file without compression, and with one stream."""
    attributes = {"compression": "NONE", "typeIdentifier": kind, "typeDescription": "events"}
    attributes |= {"originalModuleName": "capture", "originalOutputName": "events"}
    text = "".join(f'<attr key="{name}" type="string">{value}</attr>' for name, value in attributes.items())
    sizes = f'<attr key="sizeX" type="int">{sensor.width}</attr><attr key="sizeY" type="int">{sensor.height}</attr>'
    source, path = '<attr key="source" type="string">DVS</attr>', "/mainloop/Recorder/outInfo/"
    info = f'<node name="info" path="{path}0/info/">{sizes}{source}</node>'
    xml = f'<dv version="2.0"><node name="outInfo" path="{path}"><node name="0" path="{path}0/">{text}{info}'
    xml += "</node></node></dv>"
    string = struct.pack("<I", len(xml)) + xml.encode() + b"\0"
    # compression (none), position of the table of packets (none), text
    head = _table4(b"IOHE", struct.pack("<iqII", 0, -1, 8, 0), (4, 8, 16), string)
    parts = [b"#!AER-DAT4.0\r\n", head]
    for start in range(0, len(events.time_us), per_packet):
        part = events.take(slice(start, start + per_packet))
        rows = np.zeros(len(part.time_us), [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("on", "u1"), ("", "u1", 3)])
        rows["t"], rows["x"], rows["y"], rows["on"] = part
        packet = _table4(b"EVTS", struct.pack("<I", 4), (4,), struct.pack("<I", len(rows)) + rows.tobytes())
        parts.append(struct.pack("<ii", 0, len(packet)) + packet)
    return b"".join(parts)


EVT2_HEADER = b"% camera_integrator_name Prophesee\n% evt 2.0\n% geometry 640x480\n% end\n"
EVT3_HEADER = b"% format EVT3;height=480;width=640\n% generation 4.2\n% end\n"


def evt2(events: Events, trigger: bool = True) -> bytes:
    """Words of EVT 2.0, after one of an external trigger."""
    words, high = [0xA0000001] * trigger, None
    for time, x, y, on in zip(*(column.tolist() for column in events), strict=True):
        if time >> 6 != high:
            high = time >> 6
            words.append(8 << 28 | high & 0x0FFFFFFF)
        words.append(on << 28 | (time & 63) << 22 | x << 11 | y)
    return np.array(words, "<u4").tobytes()


def evt3(events: Events, runs: bool = True, trigger: bool = True) -> bytes:
    """Words of EVT 3.0 as a sensor sends them: each half of the time, row and base column where it changes.

    With `runs`, every third event comes as a run of 12 or 8 columns in which its bit alone is set.
    """
    words, high, low, row = [0xA001] * trigger, None, None, None
    for i, (time, x, y, on) in enumerate(zip(*(column.tolist() for column in events), strict=True)):
        start = time >> 12 if high is None else high + 1
        for high in range(start, (time >> 12) + 1):
            words.append(8 << 12 | high & 0xFFF)
            low = None
        high = time >> 12
        if time & 0xFFF != low:
            low = time & 0xFFF
            words.append(6 << 12 | low)
        if y != row:
            row = y
            words.append(y)
        if runs and i % 3 == 0 and x >= 15:
            words += [3 << 12 | on << 11 | x - 15, 4 << 12, 5 << 12 | 1 << 3]  # 12 columns without, then the fourth
        else:
            words.append(2 << 12 | on << 11 | x)
    return np.array(words, "<u2").tobytes()


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


def write_dailydvs(root: Path, subjects: Sequence[int], actions: Sequence[int] = (0, 49)) -> Path:
    """A folder of DailyDVS-200: one recording per action and subject, of seed 100 action + subject."""
    folder, sensor = root / "DailyDVS-200", Sensor(240, 320)
    for action in actions:
        (folder / f"action_{action + 1}").mkdir(parents=True)
        for subject in subjects:
            stream = some_events(400, 100 * action + subject, sensor)
            path = folder / f"action_{action + 1}" / f"C{action}P{subject}M0S1_20231111_09_11_23.aedat4"
            path.write_bytes(aedat4(stream, sensor))
    return folder
