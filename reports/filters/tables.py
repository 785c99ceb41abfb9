"""Temporal filters: preferred rates beside their prediction, and the models of the task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ipcircuit.units import si
from network.experiments.filters.comparison import FilterRow
from network.experiments.filters.study import StudyResult
from reports.filters import results
from reports.section import Run
from reports.tables.table import Table, percent


def preferred_rates(run: Run) -> Table:
    """Preferred rates of the report's own run."""
    return rates_table(results.rates(run.jobs))


def rates_table(filters: Sequence[FilterRow]) -> Table:
    """Preferred rates, one row per filter."""
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
    rows = [{column: getattr(row, column) for column in columns} for row in filters]
    shares = [column for column in columns if column.endswith(("deviation", "contrast"))]
    hertz = [column for column in columns if column.endswith("_Hz")]
    return Table(
        "filter_rates",
        "Preferred rates of the temporal filters",
        "Predicted in closed form from the device's constants; measured by events with the compact model; circuit: "
        "ngspice, for the filters that went through it. Contrast: charge of a spike at the preferred rate over that "
        "from rest, less one. Time constants are means over both poles, and assumed.",
        rows,
        {
            "tau_facilitating_s": "facilitating",
            "tau_depressing_s": "depressing",
            "predicted_rate_Hz": "predicted",
            "measured_rate_Hz": "by events",
            "circuit_rate_Hz": "ngspice",
            "deviation": "prediction over events",
            "circuit_deviation": "prediction over ngspice",
        },
        {**dict.fromkeys(hertz, lambda v: si(v, "Hz")), **dict.fromkeys(shares, percent)},
        missing="—",
    )


def models(run: Run) -> Table:
    """Accuracy and energy of the report's own run."""
    return models_table(results.models(run.jobs))


def models_table(study: StudyResult) -> Table:
    """Accuracy and energy per sample, one row per model."""
    rows: list[dict[str, Any]] = []
    for row in study.rows:
        low, high = row.interval or (None, None)
        rows.append(
            {
                "model": row.model,
                "accuracy": row.accuracy,
                "lower": low,
                "upper": high,
                **{f"{scope}_J": energy for scope, energy in row.energy_J.items()},
                "readout_J": row.readout_J,
                "input_events": row.input_events,
                "output_events": row.output_events,
                "basis": row.basis,
                "note": row.note,
            }
        )
    return Table(
        "filter_models",
        "Interval patterns of equal spike count: accuracy and energy per sample",
        f"Chance is {100 * study.options.task.chance:g} %. Lower, upper: Student's 95 % interval of the mean over "
        f"{study.options.repetitions} draws. Energies contain the digital readout, which is also given alone.",
        rows,
        {"readout_J": "of that, readout"},
        dict.fromkeys(("accuracy", "lower", "upper"), percent),
        missing="—",
    )
