"""Stored result of ideal against device neurons.

Training takes minutes, so the report draws a result that comes with the package, as `COMMAND` wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ipcircuit.errors import InputError
from network.experiments.signed.stored import shipped_study

COMMAND = "ipcircuit study signed --seeds 5 -o DIR"
FILE = "signed_study.json"
STORED = f"Stored result of `{COMMAND}`, not run for this report."


def stored_study() -> dict[str, Any]:
    """The stored result, as `network.experiments.signed.experiment.run_signed` returned it."""
    return shipped_study()


def task_of(study: Mapping[str, Any], task: str) -> Mapping[str, Any]:
    """One task of a study.

    Raises:
        InputError: the study has no such task.
    """
    tasks = {row["task"]: row for row in study["tasks"]}
    if task not in tasks:
        raise InputError("not in the study", where="task", found=task, allowed=", ".join(tasks))
    return tasks[task]


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
