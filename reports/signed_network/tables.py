"""Accuracy and gap of a network with ideal, fitted and device neurons; spikes of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.prose import Prose
from reports.section import Run
from reports.signed_network.stored import STORED, one_decimal, stored_study
from reports.tables.table import Table

PROSE = Prose(__file__)


def accuracies(_: Run, study: Mapping[str, Any] | None = None) -> Table:
    """Accuracy and gap by task and neuron, of the stored result or of `run_signed`'s."""
    origin, study = ("", study) if study else (STORED, stored_study())
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


def spikes(_: Run, study: Mapping[str, Any] | None = None) -> Table:
    """Spikes of either sign per sample, layer by layer, with the device's neurons; mean over the trainings."""
    origin, study = ("", study) if study else (STORED, stored_study())
    rows = []
    for task in study["tasks"]:
        runs = task["runs"]
        for i, first in enumerate(runs[0]["spikes"]):
            means = {key: sum(run["spikes"][i][key] for run in runs) / len(runs) for key in first if key != "layer"}
            rows.append({"task": task["task"], "layer": first["layer"], **means})
    return PROSE.table("signed_spikes", rows, origin=origin)
