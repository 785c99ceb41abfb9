"""AEDAT 4 through the library aedat (extra `events`), in a process of its own: on a damaged file it may abort."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
import weakref
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.files import check_input_file
from network.data.events.stream import Events, Sensor, checked

MOST_BYTES = 2**30  # of a recording
_PROGRAM = Path(__file__).with_name("aedat4_process.py")
_KINDS = ("<i8", "<i2", "<i2", "u1")  # of time, x, y, polarity


class Aedat4Reader:
    """Reads AEDAT 4 recordings of one sensor. The decoder's process starts with the first and ends with the reader."""

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] | None = None

    def __call__(self, path: Path) -> Events:
        """The first stream of events of a file.

        Raises:
            InputError: a damaged file, no events, one outside the sensor, or disordered times.
            MissingDependencyError: the library is not installed.
        """
        check_input_file(path, most=MOST_BYTES)
        if importlib.util.find_spec("aedat") is None:
            raise MissingDependencyError("AEDAT 4 files need aedat: pip install 'ipcircuit[events]'")
        answer, columns = self._ask(path)
        if "problem" in answer:
            raise InputError(answer["problem"], where=str(path))
        try:
            return checked(Events(*columns), self.sensor, str(path))
        except InputError as error:
            if answer["size"] == [*self.sensor]:
                raise
            height, width = answer["size"]
            raise InputError(f"{error} (the file is of a sensor of {width} x {height})") from None

    def close(self) -> None:
        """End the decoder's process."""
        if self._end is not None:
            self._end()
        self._process = None

    def _ask(self, path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The decoder's answer about a file; a decoder that dies of it is replaced at the next."""
        process = self._process or self._start()
        requests, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        try:
            requests.write(json.dumps(str(path)).encode() + b"\n")
            requests.flush()
            answer = json.loads(answers.readline())
            kinds = [np.dtype(kind) for kind in _KINDS]
            contents = [answers.read(kind.itemsize * answer.get("events", 0)) for kind in kinds]
            columns = [np.frombuffer(part, kind) for part, kind in zip(contents, kinds, strict=True)]
            if {len(column) for column in columns} != {answer.get("events", 0)}:
                raise EOFError
            return answer, columns
        except (OSError, ValueError, EOFError):
            self.close()
            raise InputError("is damaged: its decoder broke off", where=str(path)) from None

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM)],  # -P: aedat is the library, not the module beside the program
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._process, self._end = process, weakref.finalize(self, _stop, process)
        return process


def read_aedat4(path: Path, sensor: Sensor) -> Events:
    """One recording; for many, an `Aedat4Reader` keeps its process. Raises as that does."""
    reader = Aedat4Reader(sensor)
    try:
        return reader(path)
    finally:
        reader.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            cast(IO[bytes], stream).close()
    process.kill()
    process.wait()
