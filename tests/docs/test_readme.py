"""Numbers of the README that no report has; `tests.reports.site` compares the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from circuits.catalog import load
from energy.characterize import characterize
from energy.variation.corners import corner_runs

README = " ".join((Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8").split())


@pytest.mark.slow
def test_margins_and_corners_of_the_comparator() -> None:
    margins = characterize(load("comparator")).measurement.details
    found = corner_runs(load("comparator"))
    typical = {run.v_dd_V: run.outcome.works for run in found.runs if (run.corner, run.temperature_C) == ("tt", 27.0)}
    assert typical == {0.72: False, 0.8: True, 0.88: False}
    low, high = (1e3 * margins[f"noise_margin_{state}_V"] for state in ("p", "ap"))
    assert (
        f"margins of {low:.0f} and {high:.0f} mV, and in the typical corner fails when the supply moves by 10 %: "
        f"{found.working} of {len(found.runs)} corners work (`ipcircuit corners comparator`)"
    ) in README
