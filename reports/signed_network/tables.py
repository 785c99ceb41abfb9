"""Accuracy and gap of a network with ideal, fitted and device neurons; spikes of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.prose import Prose
from reports.section import Run
from reports.signed_network.stored import STORED, one_decimal, stored_study
from reports.tables.table import Table

PROSE = Prose(__file__)


def accuracies(run: Run) -> Table:
    """Accuracy and gap of the stored result."""
    return accuracy_table(stored_study(), STORED)


def spikes(run: Run) -> Table:
    """Spikes of the stored result."""
    return spike_table(stored_study(), STORED)


def accuracy_table(study: Mapping[str, Any], origin: str = "") -> Table:
    """Accuracy and gap by task and neuron.

    Args:
        study: of `network.experiments.signed.experiment.run_signed`.
        origin: sentence for the caption: where the numbers come from.
    """
    rows = [
        {"task": task["task"], "neurons": row["variant"], **_numbers(row)}
        for task in study["tasks"]
        for row in task["variants"]
    ]
    return PROSE.table("signed_accuracy", rows, origin=origin)


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
    return PROSE.table("signed_spikes", rows, origin=origin)
