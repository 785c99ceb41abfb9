"""Reading and binning of event recordings beside tonic's readers and ToFrame, one after the other in one run.

    python benchmarks/event_loading.py [--data DIR] [--recordings 200] [--events 1000000] [--repeats 3]

N-MNIST from DIR, or as many recordings of 4,000 random events, to 10 frames of 34 x 34; one AEDAT 2.0 and one AEDAT 3.1
recording of random events to 50 frames of 128 x 128. CPU seconds, the best of several, for the machine may be shared.
tonic 1.7's own readers of AEDAT 2 and 3.1 fail; its decoder of these files is called with the place where the events
start, and the bits are taken apart as those readers do. SpikingJelly's reader of 3.1 is a Python loop over events.
"""

from __future__ import annotations

import argparse
import struct
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from network.data.events.binning import frames_of
from network.data.events.formats.aedat import DVS128, read_aedat2, read_aedat3
from network.data.events.formats.nmnist import SENSOR, read_nmnist
from network.data.events.stream import Events, Sensor
from network.data.folder import SETS

AEDAT2_HEADER, AEDAT3_HEADER = b"#!AER-DAT2.0\r\n", b"#!AER-DAT3.1\r\n#!END-HEADER\r\n"
PACKET = 4096  # events


@dataclass(frozen=True)
class Case:
    """Recordings of one format, our reader and tonic's."""

    name: str
    paths: Sequence[Path]
    sensor: Sensor
    steps: int
    ours: Callable[[Path], Events]
    tonic: Callable[[Path], np.ndarray]


def random_events(n: int, sensor: Sensor, seconds: float, seed: int) -> Events:
    """In order of time."""
    rng = np.random.default_rng(seed)
    time_us = np.sort(rng.integers(0, round(1e6 * seconds), n))
    return Events(time_us, *(rng.integers(0, most, n) for most in (sensor.width, sensor.height, 2)))


def write_nmnist(path: Path, e: Events) -> None:
    """One file of N-MNIST."""
    columns = (e.x, e.y, e.on << 7 | e.time_us >> 16, e.time_us >> 8 & 0xFF, e.time_us & 0xFF)
    path.write_bytes(np.stack(columns, 1).astype(np.uint8).tobytes())


def write_aedat2(path: Path, e: Events) -> None:
    """One AEDAT 2.0 file."""
    path.write_bytes(AEDAT2_HEADER + np.stack([e.y << 8 | e.x << 1 | e.on, e.time_us], 1).astype(">u4").tobytes())


def write_aedat3(path: Path, e: Events) -> None:
    """One AEDAT 3.1 file of polarity packets."""
    words = np.stack([e.x << 17 | e.y << 2 | e.on << 1 | 1, e.time_us], 1).astype("<u4")
    parts = [words[start : start + PACKET] for start in range(0, len(words), PACKET)]
    head = [struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, len(part), len(part), len(part)) for part in parts]
    path.write_bytes(AEDAT3_HEADER + b"".join(h + part.tobytes() for h, part in zip(head, parts, strict=True)))


def tonic_aedat(version: float, start: int) -> Callable[[Path], np.ndarray]:
    """tonic's decoder, and the bits as in its `read_dvs_128` (x and y of AEDAT 2 put right) and `read_dvs_ibm`."""
    from tonic import io

    shifts = (1, 8, 0) if version < 3 else (17, 2, 1)
    mask = 0x7F if version < 3 else 0x1FFF

    def read(path: Path) -> np.ndarray:
        raw = io.get_aer_events_from_file(str(path), version, start)
        x, y, on = (raw["address"] >> shift & m for shift, m in zip(shifts, (mask, mask, 1), strict=True))
        return io.make_structured_array(x, y, raw["timeStamp"], on)

    return read


def cases(folder: Path, options: Any) -> list[Case]:
    """The recordings, written to `folder` unless they are the user's."""
    from tonic import io
    from tonic.datasets import NMNIST

    if options.data is not None:
        paths = sorted(SETS["nmnist"].find(options.data).glob("T*/*/*.bin"))[: options.recordings]
    else:
        paths = [folder / f"{i}.bin" for i in range(options.recordings)]
        for i, path in enumerate(paths):
            write_nmnist(path, random_events(4000, SENSOR, 0.3, i))
    events = random_events(options.events, DVS128, 6.0, 0)
    write_aedat2(folder / "2.aedat", events)
    write_aedat3(folder / "3.aedat", events)
    two, three = tonic_aedat(2.0, len(AEDAT2_HEADER)), tonic_aedat(3.1, len(AEDAT3_HEADER))
    return [
        Case("N-MNIST", paths, SENSOR, 10, read_nmnist, lambda path: io.read_mnist_file(str(path), NMNIST.dtype)),
        Case("AEDAT 2.0", [folder / "2.aedat"], DVS128, 50, read_aedat2, two),
        Case("AEDAT 3.1", [folder / "3.aedat"], DVS128, 50, read_aedat3, three),
    ]


def measure(case: Case, repeats: int) -> dict[str, tuple[float, float]]:
    """CPU seconds of reading, and of reading and binning, by whose they are; both must give the same events."""
    from tonic.transforms import ToFrame

    to_frames = ToFrame(sensor_size=(case.sensor.width, case.sensor.height, 2), n_time_bins=case.steps)
    for path in case.paths[:3]:
        ours, theirs = case.ours(path), case.tonic(path)
        for mine, name in zip(ours, ("t", "x", "y", "p"), strict=True):
            if not np.array_equal(mine, theirs[name]):
                raise SystemExit(f"{path}: {name} differs from tonic's")
    ways: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
        "ours": (case.ours, lambda path: frames_of(case.ours(path), case.steps, case.sensor)),
        "tonic": (case.tonic, lambda path: to_frames(case.tonic(path))),
    }
    best = {name: [float("inf"), float("inf")] for name in ways}
    for _ in range(repeats):
        for name, calls in ways.items():
            for i, call in enumerate(calls):
                start = time.process_time()
                for path in case.paths:
                    call(path)
                best[name][i] = min(best[name][i], time.process_time() - start)
    return {name: (read, both) for name, (read, both) in best.items()}


def main() -> None:
    """Measure and print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds N-MNIST")
    parser.add_argument("--recordings", type=int, default=200, help="of N-MNIST")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the AEDAT recordings")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    try:
        import tonic  # noqa: F401
    except ImportError:
        print("tonic is not installed: nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':12}{'read, M events/s':>26}{'read and bin, frames/s':>32}")
        print(f"{'':12}{'ours':>9}{'tonic':>9}{'ratio':>8}{'ours':>14}{'tonic':>10}{'ratio':>8}")
        for case in cases(Path(folder), options):
            seconds = measure(case, options.repeats)
            (read, both), (other_read, other_both) = seconds["ours"], seconds["tonic"]
            events, frames = sum(len(case.ours(path).x) for path in case.paths), case.steps * len(case.paths)
            rates = f"{events / read / 1e6:9.1f}{events / other_read / 1e6:9.1f}{other_read / read:8.1f}"
            print(f"{case.name:12}{rates}{frames / both:14.0f}{frames / other_both:10.0f}{other_both / both:8.1f}")


if __name__ == "__main__":
    main()
