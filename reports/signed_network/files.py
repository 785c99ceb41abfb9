"""Files of ``ipcircuit study signed -o DIR``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipcircuit.files import staged_directory, write_text_atomic
from reports.figures import style
from reports.signed_network import tables
from reports.signed_network.figures import draw_task
from reports.signed_network.stored import FILE


def write_signed_study(folder: Path | str, study: Mapping[str, Any]) -> list[Path]:
    """Write JSON, tables (CSV, JSON) and figures (SVG, PNG) of a study to a folder; what else is in it stays.

    Raises:
        InputError: the folder cannot be written.
    """
    target = Path(folder)
    with staged_directory(target) as stage:
        write_text_atomic(stage / FILE, json.dumps(study, indent=1, allow_nan=False) + "\n")
        for table in (tables.accuracy_table(study), tables.spike_table(study)):
            table.write(stage)
        with style.style():
            for task in study["tasks"]:
                plot = draw_task(study, task["task"])
                style.write(plot.figure, stage / plot.name)
        names = sorted(path.name for path in stage.iterdir())
    return [target / name for name in names]
