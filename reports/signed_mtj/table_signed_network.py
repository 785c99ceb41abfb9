"""Accuracy and gap of a network with ideal, fitted and device neurons; spikes of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.signed_mtj.signed_study import STORED, one_decimal, stored_study
from reports.tables.table import Table

_ONE_DECIMAL = ("swapped_accuracy_percent", "swapped_gap_points", "tuned_accuracy_percent", "tuned_gap_points")


def accuracies(study: Mapping[str, Any] | None = None) -> Table:
    """By task and neuron; default: the stored study."""
    rows = [
        {"task": task["task"], "neurons": row["variant"], **_numbers(row)}
        for task in (study or stored_study())["tasks"]
        for row in task["variants"]
    ]
    return Table(
        "signed_accuracy",
        "Accuracy with ideal and device neurons",
        "Trained with ideal neurons; others swapped in with the same weights, or trained on with them (fine-tuned; the "
        "ideal ones as long). Gap: ideal less other, of the same training; 95 % intervals over the trainings. "
        f"{'' if study else STORED}",
        rows,
        {
            "swapped_accuracy_percent": "swapped (%)",
            "swapped_gap_points": "gap (points)",
            "swapped_gap_interval": "95 %",
            "tuned_accuracy_percent": "fine-tuned (%)",
            "tuned_gap_points": "gap (points)",
            "tuned_gap_interval": "95 %",
        },
        dict.fromkeys(_ONE_DECIMAL, one_decimal),
        missing="",
    )


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("swapped", "tuned"):
        gap = row[f"{kind}_gap"]
        found[f"{kind}_accuracy_percent"] = row[f"{kind}_accuracy"]["mean"]
        found[f"{kind}_gap_points"] = None if gap is None else gap["mean"]
        found[f"{kind}_gap_interval"] = (
            "" if gap is None or gap["low"] is None else f"{one_decimal(gap['low'])} … {one_decimal(gap['high'])}"
        )
    return found


def spikes(study: Mapping[str, Any] | None = None) -> Table:
    """Spikes of either sign per sample, layer by layer, with the device's neurons; mean over the trainings."""
    rows = []
    for task in (study or stored_study())["tasks"]:
        runs = task["runs"]
        for i, first in enumerate(runs[0]["spikes"]):
            means = {key: sum(run["spikes"][i][key] for run in runs) / len(runs) for key in first if key != "layer"}
            rows.append({"task": task["task"], "layer": first["layer"], **means})
    return Table(
        "signed_spikes",
        "Spikes of a network with device neurons",
        "Rates: per neuron and time step. Times the energy per spike of a neuron circuit they are the neurons' energy "
        f"per sample. {'' if study else STORED}",
        rows,
        {
            "positive_rate": "positive, rate",
            "negative_rate": "negative, rate",
            "positive_per_sample": "positive, per sample",
            "negative_per_sample": "negative, per sample",
        },
    )
