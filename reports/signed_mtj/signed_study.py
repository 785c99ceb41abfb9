"""The stored study of ideal against device neurons.

Training takes minutes, so that the report draws a result that is stored with the package: `data/signed_study.json`,
the file of that name that `COMMAND` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ipcircuit.errors import InputError

COMMAND = "ipcircuit study signed --seeds 5 -o DIR"
FILE = "signed_study.json"
STORED = f"Stored result of `{COMMAND}`, not run for this report."


def stored_study() -> dict[str, Any]:
    """The stored result, as `network.experiments.signed.study.run_signed_study` gave it."""
    return json.loads((files("reports") / "data" / FILE).read_text(encoding="utf-8"))


def task_of(study: Mapping[str, Any], task: str) -> Mapping[str, Any]:
    """One task of a study.

    Raises:
        InputError: it is not there.
    """
    for found in study["tasks"]:
        if found["task"] == task:
            return found
    names = ", ".join(found["task"] for found in study["tasks"])
    raise InputError("not in the study", where="task", found=task, allowed=names)


def gap_text(study: Mapping[str, Any], task: str, variant: str = "device") -> str:
    """The gap of a variant in words: swapped in and fine-tuned, in percentage points with intervals."""
    (row,) = (row for row in task_of(study, task)["variants"] if row["variant"] == variant)
    return f"{_points(row['swapped_gap'])} swapped in, {_points(row['tuned_gap'])} fine-tuned"


def one_decimal(value: float) -> str:
    """A number with one decimal; what rounds to zero has no sign."""
    return f"{round(value, 1) + 0.0:.1f}"


def _points(gap: Mapping[str, Any]) -> str:
    low, high = gap["low"], gap["high"]
    interval = "" if low is None else f" (95 %: {one_decimal(low)} to {one_decimal(high)})"
    return f"{one_decimal(gap['mean'])}{interval}"
