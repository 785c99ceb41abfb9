"""Writing a report in a process of its own, which reads all code and data anew."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ERROR = "ipcircuit: error: "
_PATIENCE_s = 10.0  # for a process that is asked to end


@dataclass(frozen=True)
class Built:
    """How a report's process ended: its exit code, and its errors in its own words."""

    code: int
    errors: tuple[str, ...]


def build(options: Sequence[str], say: Callable[[str], None]) -> Built:
    """Run ``ipcircuit report`` with `options`, which leaves nothing running however this ends.

    Args:
        say: called with each line that the process writes for people.
    """
    home = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "ipcircuit", "report", *options]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,  # Ctrl-C comes to this process, which ends that one
    )
    lines: list[str] = []
    with _ended(process):
        assert process.stderr is not None
        for raw in process.stderr:
            lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
            say(lines[-1])
        code = process.wait()
    return Built(code, tuple(line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)))


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A process that is gone after the block, with all that it started."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            drained = threading.Thread(target=lambda: process.stderr and process.stderr.read(), daemon=True)
            drained.start()  # so that its last words do not stop it
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_s)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # itself, or what it has left
            process.wait()
            drained.join()
        if process.stderr is not None:
            process.stderr.close()
