"""Accuracy and gap of a network with ideal, fitted and device neurons; spikes of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.section import Run
from reports.signed_network.stored import STORED, one_decimal, stored_study
from reports.tables.table import Table

_ONE_DECIMAL = ("swapped_accuracy_percent", "swapped_gap_points", "tuned_accuracy_percent", "tuned_gap_points")


def accuracies(run: Run) -> Table:
    """Accuracy and gap of the stored result."""
    return accuracy_table(stored_study(), STORED)


def spikes(run: Run) -> Table:
    """Spikes of the stored result."""
    return spike_table(stored_study(), STORED)


def accuracy_table(study: Mapping[str, Any], origin: str = "") -> Table:
    """Accuracy and gap by task and neuron.

    Args:
        study: of `network.experiments.signed.study.run_signed_study`.
        origin: sentence for the caption: where the numbers come from.
    """
    rows = [
        {"task": task["task"], "neurons": row["variant"], **_numbers(row)}
        for task in study["tasks"]
        for row in task["variants"]
    ]
    return Table(
        "signed_accuracy",
        "Accuracy with ideal and device neurons",
        "Trained with ideal neurons; others swapped in with the same weights, or trained on with them (fine-tuned; the "
        "ideal ones as long). Gap: ideal less other, of the same training; 95 % intervals over the trainings. "
        f"{origin}",
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
    numbers: dict[str, Any] = {}
    for kind in ("swapped", "tuned"):
        gap = row[f"{kind}_gap"]
        numbers[f"{kind}_accuracy_percent"] = row[f"{kind}_accuracy"]["mean"]
        numbers[f"{kind}_gap_points"] = None if gap is None else gap["mean"]
        numbers[f"{kind}_gap_interval"] = (
            "" if gap is None or gap["low"] is None else f"{one_decimal(gap['low'])} … {one_decimal(gap['high'])}"
        )
    return numbers


def spike_table(study: Mapping[str, Any], origin: str = "") -> Table:
    """Spikes of either sign per sample, layer by layer, with the device's neurons; mean over the trainings."""
    rows = []
    for task in study["tasks"]:
        runs = task["runs"]
        for i, first in enumerate(runs[0]["spikes"]):
            means = {key: sum(run["spikes"][i][key] for run in runs) / len(runs) for key in first if key != "layer"}
            rows.append({"task": task["task"], "layer": first["layer"], **means})
    return Table(
        "signed_spikes",
        "Spikes of a network with device neurons",
        "Rates: per neuron and time step. Times the energy per spike of a neuron circuit they are the neurons' energy "
        f"per sample. {origin}",
        rows,
        {
            "positive_rate": "positive, rate",
            "negative_rate": "negative, rate",
            "positive_per_sample": "positive, per sample",
            "negative_per_sample": "negative, per sample",
        },
    )
