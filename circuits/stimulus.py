"""Input spike times from a user's file: one time per line (s), or a CSV with a column ``time_s``; ``#`` is a comment.

Every error names file and line, what was found and what is allowed.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.errors import InputError
from ipcircuit.files import read_input

COLUMN = "time_s"
LATEST = 0.1  # s; later than a simulation can reach within any time limit
MOST = 100_000  # spikes; a longer file is a mistake, or a job for the compact model


def read_spike_times(path: Path, shortest: float = GATE_PULSE.duration) -> tuple[float, ...]:
    """Ascending spike times (s) of a file.

    Args:
        shortest: length of a spike, s.

    Raises:
        InputError: no such file, not text, no spikes or too many, no column `COLUMN`, not a number, negative, later
            than `LATEST`, or not later than the spike before by more than a spike's own length.
    """
    rows = _rows(path)
    times_alone = f"a header with {COLUMN}, or times alone"
    column, headed = 0, bool(rows) and not _is_number(rows[0][1][0])
    if headed:
        line, header = rows.pop(0)
        if COLUMN not in header:
            where, found = f"{path}:{line}", ",".join(header)
            raise InputError("no column of spike times", where=where, found=found, allowed=times_alone)
        column = header.index(COLUMN)
    if not 0 < len(rows) <= MOST:
        raise InputError("number of spikes", where=str(path), found=len(rows), allowed=f"1 … {MOST}")
    times: list[float] = []
    for line, cells in rows:
        cell, where = cells[column] if column < len(cells) else "", f"{path}:{line}"
        if len(cells) > 1 and not headed:
            raise InputError("several columns and no header", where=where, found=",".join(cells), allowed=times_alone)
        if not _is_number(cell) or not math.isfinite(float(cell)):
            raise InputError("not a time", where=where, found=cell, allowed="a number in s")
        after = times[-1] + shortest if times else None
        time = float(cell)
        if after is None and time < 0:
            raise InputError("negative time", where=where, found=time, allowed="0 or more")
        if after is not None and not time > after:
            message = "spike times must ascend by more than a spike's length"
            raise InputError(message, where=where, found=time, allowed=f"after {after:.9g} s")
        if time > LATEST:
            raise InputError("later than can be simulated", where=where, found=time, allowed=f"up to {LATEST:g} s")
        times.append(time)
    return tuple(times)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of each line that is neither empty nor a comment."""
    try:
        text = read_input(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("cannot read the spike times: not a text file", where=str(path)) from None
    lines = ((i, line.partition("#")[0].strip()) for i, line in enumerate(text.splitlines(), 1))
    return [(i, [cell.strip() for cell in _cells(path, i, line)]) for i, line in lines if line]


def _cells(path: Path, number: int, line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [""])
    except csv.Error as error:  # a cell of more than 131072 characters
        raise InputError(f"cannot read the spike times: {error}", where=f"{path}:{number}") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
