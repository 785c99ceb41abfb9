"""The files of ``ipcircuit study filters -o DIR``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from circuits.conditions import Conditions
from circuits.ecram_lif.response import Stimulus
from circuits.ecram_lif.temporal_filter import filter_job, temporal_filter
from network.experiments.filters.comparison import FilterRow
from network.experiments.filters.experiment import FilterResult
from reports.filters import figures, tables
from reports.section import Run
from reports.study import write_study


def write_filter_study(output: Path, rows: Sequence[FilterRow], study: FilterResult, result: Mapping[str, Any]) -> None:
    """Write ``filters.json``, both tables and figures, and a deck for plain ngspice (see `write_study`)."""
    job = filter_job(temporal_filter(), Conditions(), Stimulus.regular(1e-6, 50), "one filter, 1 MHz")
    texts = {"filters.json": result, "temporal_filter.cir": job.deck}
    made = tables.preferred_rates(Run(), rows), tables.models(Run(), study)
    write_study(output, texts, made, lambda: (figures.response(Run(), rows), figures.models(Run(), study)))
