"""Temporal filters: preferred rates beside their prediction, and the models of the task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from network.experiments.filters.comparison import FilterRow
from network.experiments.filters.experiment import FilterResult
from reports.filters import results
from reports.prose import Prose
from reports.section import Run
from reports.tables.table import Table, attributes

PROSE = Prose(__file__)


def preferred_rates(run: Run, filters: Sequence[FilterRow] | None = None) -> Table:
    """Preferred rates, one row per filter; of the report's own run where none are passed."""
    columns = (
        "tau_facilitating_s",
        "tau_depressing_s",
        "predicted_rate_Hz",
        "measured_rate_Hz",
        "deviation",
        "circuit_rate_Hz",
        "circuit_deviation",
        "predicted_contrast",
        "measured_contrast",
        "circuit_contrast",
        "ablated_contrast",
    )
    return PROSE.table("filter_rates", [attributes(row, *columns) for row in filters or results.rates(run.jobs)])


def models(run: Run, study: FilterResult | None = None) -> Table:
    """Accuracy and energy per sample, one row per model; of the report's own run where no study is passed."""
    study, rows = study or results.models(run.jobs), list[dict[str, Any]]()
    for row in study.rows:
        low, high = row.interval or (None, None)
        rows.append(
            {
                **attributes(row, "model", "accuracy"),
                "lower": low,
                "upper": high,
                **{f"{scope}_J": energy for scope, energy in row.energy_J.items()},
                **attributes(row, "readout_J", "input_events", "output_events", "basis", "note"),
            }
        )
    return PROSE.table("filter_models", rows, study=study)
