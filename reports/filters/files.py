"""The files of ``ipcircuit study filters -o DIR``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from circuits.conditions import Conditions
from circuits.ecram_lif.bench import Stimulus
from circuits.ecram_lif.temporal_filter import filter_job, temporal_filter
from ipcircuit.files import staged_directory, write_text_atomic
from network.experiments.filters.comparison import FilterRow
from network.experiments.filters.study import StudyResult
from reports.figures import style
from reports.filters.figures import draw_models, draw_response
from reports.filters.tables import models_table, rates_table


def write_filter_study(output: Path, rows: Sequence[FilterRow], study: StudyResult, result: Mapping[str, Any]) -> None:
    """Write ``filters.json``, both tables (CSV, JSON), both figures (SVG, PNG), and a deck for plain ngspice.

    Raises:
        InputError: the folder cannot be written; nothing is left behind then.
    """
    with staged_directory(output) as folder:
        text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_text_atomic(folder / "filters.json", text)
        for table in (rates_table(rows), models_table(study)):
            table.write(folder)
        with style.style():
            for plot in (draw_response(rows), draw_models(study)):
                style.write(plot.figure, folder / plot.name)
        job = filter_job(temporal_filter(), Conditions(), Stimulus.regular(1e-6, 50), "one filter, 1 MHz")
        write_text_atomic(folder / "temporal_filter.cir", job.deck)
