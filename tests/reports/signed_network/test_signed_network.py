"""The stored study, what the report and the claims say of it, and the files of a new one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipcircuit.errors import InputError
from ipcircuit.statistics import share_interval
from network.experiments.signed.exchange import accuracy
from network.experiments.signed.experiment import trained
from network.experiments.signed.plan import Plan
from network.experiments.signed.tasks import digits, tasks_for
from reports.ledger.record import ledgers
from reports.section import Run
from reports.signed_network import tables
from reports.signed_network.figures import draw_task
from reports.signed_network.files import write_signed_study
from reports.signed_network.stored import gap_text, stored_study, task_of

STUDY = stored_study()


def mean(value: float, half: float | None = 0.5) -> dict[str, Any]:
    ends = (None, None) if half is None else (value - half, value + half)
    return {"mean": value, "low": ends[0], "high": ends[1], "n": 1 if half is None else 5}


def test_the_stored_study_is_of_todays_device_and_plan() -> None:
    plan = Plan()
    stored, now = dict(STUDY["settings"]), plan.settings()
    assert stored.pop("spread") == now.pop("spread")
    assert stored.pop("reset") == now.pop("reset")
    assert stored == pytest.approx(now, rel=1e-3)
    assert [task["task"] for task in STUDY["tasks"]] == [task.name for task in tasks_for()]
    for task in STUDY["tasks"]:
        assert [row["variant"] for row in task["variants"]] == [variant.name for variant in plan.variants()]
        assert [row["well"] for row in task["fit_sweep"]] == list(plan.wells)
        assert [row["noise"] for row in task["noise_sweep"]] == list(plan.noises)
        assert [row["fit_error"] for row in task["fit_sweep"]] == pytest.approx(
            [plan.fit_error(well) for well in plan.wells], rel=1e-3
        )


@pytest.mark.slow
def test_the_stored_study_can_be_repeated() -> None:
    benchmark = digits().seeded(0)
    found = accuracy(trained(benchmark, Plan(), 0), benchmark.task.split.test, benchmark.task.steps)
    # other libraries round differently, and training amplifies it: within 1.5 points, half a percent here
    assert found == pytest.approx(task_of(STUDY, "digits")["runs"][0]["swapped"]["ideal"], abs=0.015)


def test_the_claims_say_what_the_stored_study_says() -> None:
    rows = {claim.id: claim for ledger in ledgers() for claim in ledger.claims if claim.group == "B5"}
    assert len(rows) == 4
    for claim in rows.values():
        assert claim.status == "needs data"
        assert "ipcircuit study signed --data DIR" in claim.data
    for name in ("B5.cifar10.device", "B5.cifar10dvs.device"):
        for task in ("digits", "gestures"):
            assert gap_text(STUDY, task) in rows[name].note, (name, task)


def test_the_documentation_says_what_the_stored_study_says() -> None:
    text = (Path(__file__).parents[3] / "docs" / "networks" / "signed_network.md").read_text(encoding="utf-8")
    for task in STUDY["tasks"]:
        for row in task["variants"]:
            cells = [f"{row[f'{kind}_accuracy']['mean']:.1f}" for kind in ("swapped", "tuned")]
            pattern = rf"\| {task['task']} \| {re.escape(row['variant'])} \| {cells[0]} \|.*\| {cells[1]} \|"
            assert re.search(pattern, text), pattern


def test_gaps_in_words() -> None:
    study = {
        "tasks": [
            {
                "task": "t",
                "variants": [{"variant": "device", "swapped_gap": mean(2.04), "tuned_gap": mean(-0.31, None)}],
            }
        ]
    }
    assert gap_text(study, "t") == "2.0 (95 %: 1.5 to 2.5) swapped in, -0.3 fine-tuned"
    with pytest.raises(InputError, match=r"not in the study.*allowed: t"):
        gap_text(study, "u")


def test_every_task_has_a_figure_that_says_where_it_comes_from() -> None:
    for name in ("digits", "gestures"):
        plot = draw_task(STUDY, name, "Stored.")
        assert plot.name == f"signed_{name}"
        assert plot.caption.endswith("Stored.")
        assert len(plot.figure.axes) == 3
        assert plot.figure.axes[1].get_ylabel() == "accuracy lost (points)"
        device = next(row for row in task_of(STUDY, name)["variants"] if row["variant"] == "device")
        assert f"{device['swapped_gap']['mean']:.1f} (" in plot.alt


def test_no_interval_of_an_accuracy_passes_one() -> None:
    assert share_interval(0.5, 0.499, 0.502) == pytest.approx((0.499, 0.502), abs=1e-6)  # narrow: as it was
    low, high = share_interval(0.97, 0.93, 1.01)
    assert 0 < low < 0.93 < 0.97 < high < 1
    assert share_interval(1.0, 0.9, 1.1) == (1.0, 1.0)
    with pytest.raises(InputError, match="not an interval"):
        share_interval(0.5, 0.6, 0.7)
    axes = draw_task(stored_study(), "gestures").figure.axes[0]
    ends = [x for bars in axes.collections for path in bars.get_paths() for x in np.asarray(path.vertices)[:, 0]]
    assert ends
    assert max(ends) < 100
    assert (
        max(m["high"] or 0 for row in task_of(stored_study(), "gestures")["variants"] for m in _accuracies(row)) > 100
    )


def _accuracies(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row[f"{kind}_accuracy"] for kind in ("swapped", "tuned")]


def test_tables_have_a_row_for_each_neuron_and_layer() -> None:
    accuracies, spikes = tables.accuracies(Run()), tables.spikes(Run())
    assert len(accuracies.rows) == 10
    assert len(spikes.rows) == 4
    ideal = accuracies.rows[0]
    assert (ideal["neurons"], ideal["swapped_gap_points"]) == ("ideal", None)
    runs = task_of(STUDY, "digits")["runs"]
    assert spikes.rows[0]["positive_rate"] == pytest.approx(
        sum(run["spikes"][0]["positive_rate"] for run in runs) / len(runs)
    )


def test_a_study_is_written_as_json_tables_and_figures(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("stays")
    written = {path.name for path in write_signed_study(folder, STUDY)}
    assert written == {
        "signed_study.json",
        "signed_accuracy.csv",
        "signed_accuracy.json",
        "signed_spikes.csv",
        "signed_spikes.json",
        "signed_digits.png",
        "signed_digits.svg",
        "signed_gestures.png",
        "signed_gestures.svg",
    }
    assert json.loads((folder / "signed_study.json").read_text(encoding="utf-8")) == STUDY
    assert (folder / "mine.txt").read_text() == "stays"
