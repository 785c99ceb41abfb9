"""Files of ``ipcircuit study signed -o DIR``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.section import Run
from reports.signed_network import tables
from reports.signed_network.figures import draw_task
from reports.signed_network.stored import FILE
from reports.study import write_study


def write_signed_study(folder: Path | str, study: Mapping[str, Any]) -> list[Path]:
    """Write JSON, tables and figures of a study (see `write_study`); returns the paths."""
    made = tables.accuracies(Run(), study), tables.spikes(Run(), study)
    return write_study(folder, {FILE: study}, made, lambda: [draw_task(study, task["task"]) for task in study["tasks"]])
