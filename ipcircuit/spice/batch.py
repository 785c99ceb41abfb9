"""Running a deck file with the `ngspice` program, as a user would: ``ngspice -b FILE``."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.spice import sandbox
from ipcircuit.spice.library import HOW_TO_GET
from ipcircuit.spice.workers import SINGLE_THREADED

# "name = 1.2e-3", alone or followed by what .meas adds (from= to= at= targ= trig=).
_MEASURE = re.compile(
    r"^\s*(\S+)\s*=\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*(?:\b(?:from|to|at|targ|trig|with)\s*=.*)?$",
    re.IGNORECASE | re.MULTILINE,
)
_FAILED_MEASURE = re.compile(r"^\s*\.meas\w*\s+\w+\s+(\S+)\s.*\bfailed!", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class BatchRun:
    """Result of ``ngspice -b``.

    Attributes:
        exit_code: as the program returned it (it may be 0 although a measurement failed).
        output: stdout and stderr together.
        measures: value by lower-case name from the ``name = value`` lines; None for one that failed.
    """

    exit_code: int
    output: str
    measures: Mapping[str, float | None]


def run_batch(deck: Path | str, *, cwd: Path | str | None = None, time_limit_s: float = 120.0) -> BatchRun:
    """Run the deck file and read its printed measurements.

    Args:
        cwd: folder to run in; default the current one.

    Raises:
        MissingDependencyError: no `ngspice` program on the path.
        InputError: no such deck, or it takes longer than `time_limit_s`.
    """
    program = shutil.which("ngspice")
    if program is None:
        raise MissingDependencyError(f"the program ngspice is not on the path. {HOW_TO_GET}")
    path = Path(deck).resolve()
    if not path.is_file():
        raise InputError("no such deck", where=str(path))
    try:
        process = subprocess.run(
            [program, "-b", str(path)],
            cwd=cwd,
            env={**sandbox.environment(), **SINGLE_THREADED},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"ngspice -b took longer than {time_limit_s:g} s", where=str(path)) from error
    output = process.stdout.decode("utf-8", "replace")
    return BatchRun(process.returncode, output, parse_measures(output))


def parse_measures(output: str) -> dict[str, float | None]:
    """The ``name = value`` lines of ngspice's output; a later line of the same name wins, a failed one is None."""
    failed: dict[str, float | None] = dict.fromkeys(name.lower() for name in _FAILED_MEASURE.findall(output))
    return failed | {name.lower(): float(value) for name, value in _MEASURE.findall(output)}
