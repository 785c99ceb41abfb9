"""`study steering` and `study hardware`: the cells of the figures, their rows, and both commands on tiny trainings."""

import json
from pathlib import Path

import pytest

from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from network.data.steering import best_linear_rmse, driving
from network.experiments.runs import Cell, Estimate
from network.experiments.steering import hardware
from network.experiments.steering.experiment import (
    HISTORY,
    RESIDUAL,
    SMALL,
    Residual,
    SteeringResults,
    cells,
    limit_deg,
    load_steering,
)
from network.experiments.steering.experiment import pack as pack_steering
from network.experiments.steering.hardware import CASES, load_hardware
from network.models.model import Model
from network.training.experiment import make_task, split_options
from network.training.settings import Settings


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of two batches of four drives."""
    settings = Settings(2, 4, 0.001, evaluate_every=2, trials=8)
    monkeypatch.setattr(Model, "settings", lambda *_, **__: settings)
    monkeypatch.setattr("network.training.experiment.EVENT_TRIALS", 4)


@pytest.mark.parametrize("residual", [None, Residual(0.125, 10)])
def test_cells_make_networks_and_figures_share_them(residual: Residual | None) -> None:
    every = cells(residual=residual)
    for cell in every:
        split_options(cell.task, cell.model, {**cell.task_options, **cell.model_options})
        assert make_task(cell.task, cell.task_options).settings() == dict(cell.task_options)  # as the store has them
    assert {cell.model for cell in every} == set(SMALL if residual is None else RESIDUAL)
    names = {(cell.model, json.dumps([cell.task_options, cell.model_options], sort_keys=True)) for cell in every}
    assert len(every) - len(names) == 4  # history of four frames is also the first place, and now by day
    assert {cell.figure for cell in cells(["5c"], residual)} == {"5c"}
    with pytest.raises(InputError, match="unknown figure"):
        cells(["5f"])


def test_the_limit_of_one_frame_is_that_of_the_mean() -> None:
    limits = [limit_deg(Cell("5e", "steering", "lstm_small", {"steps": n})) for n in HISTORY]
    assert limits[0] == 10.0
    assert limits == sorted(limits, reverse=True)
    ahead = limit_deg(Cell("5b", "steering", "lstm_small", {"steps": 4, "ahead": 2, "light": "night"}))
    assert ahead == best_linear_rmse(driving(frames=4, ahead=2), 4) > limits[2]


def test_study_steering(tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["study", "steering", "--figure", "5c", "-o", str(tmp_path / "runs")]
    assert cli.main([*arguments, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["model_options"] for row in rows] == [{}, {"place": "stem"}, {"place": "features"}]
    assert all({"RMSE_deg", "EVA"} <= row["scores"].keys() and row["limit_deg"] < 10 for row in rows)
    results = load_steering(tmp_path / "runs")
    assert len(results.records) == 3
    text = pack_steering(tmp_path / "runs")
    assert str(tmp_path) not in text  # not even in the command
    stored = SteeringResults(json.loads(text)).rows(["5c"])
    for row, again in zip(rows, stored, strict=True):
        assert again["scores"]["EVA"]["mean"] == pytest.approx(row["scores"]["EVA"]["mean"])
    assert cli.main(arguments) == 0  # from the store
    table = capsys.readouterr().out
    assert "place = stem" in table
    assert "best linear estimate" in table
    with pytest.raises(InputError, match="no runs in this folder"):
        load_steering(tmp_path)


def test_study_hardware(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hardware, "BENCHES", 2)
    arguments = ["study", "hardware", "-o", str(tmp_path / "runs")]
    assert cli.main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert len(result["cases"]) == 2 * len(CASES)
    rows = load_hardware(tmp_path / "runs").rows
    by_case = {(row["place"], row["case"]): row for row in rows}
    for place in hardware.SCENES:
        assert by_case[place, "software"]["ratio"] == 1.0
        assert by_case[place, "spread"]["benches"] == 2
        same = by_case[place, "lstm"]
        assert same["ratio"] == pytest.approx(same["RMSE_deg"] / by_case[place, "software"]["RMSE_deg"])
    text = hardware.pack(tmp_path / "runs")
    assert json.loads(text)["rows"] == list(rows)
    assert str(tmp_path) not in text
    assert cli.main(arguments) == 0
    table = capsys.readouterr().out
    assert "memory at the pixels" in table
    assert "hardware 4.198" in table


def test_the_shipped_results_hold_every_case_and_figure() -> None:
    shipped = load_hardware()
    summary = {(row["place"], row["case"]): row for row in shipped.summary()}
    assert summary.keys() == {(place, case.name) for place in hardware.SCENES for case in CASES}
    assert {run["model"] for run in shipped.runs} == set(SMALL)
    for place in hardware.SCENES:
        software = summary[place, "software"]
        assert software["seeds"] == len({run["seed"] for run in shipped.runs})
        assert summary[place, "trained without memory"]["ratio"]["low"] > 1  # heat is worth something
        assert summary[place, "interleaved"]["ratio"]["low"] > 1  # and only in order
        assert summary[place, "spread, re-centred"]["ratio"]["high"] < 1.02


def test_the_shipped_figures_show_what_heat_does() -> None:
    shipped = load_steering()
    rows = shipped.rows()
    assert len(rows) == len(cells())
    assert all(row["scores"]["RMSE_deg"]["mean"] > row["limit_deg"] * 0.95 for row in rows)

    def eva(model: str, steps: int, **options: object) -> Estimate:
        estimate = shipped.estimate(Cell("", "steering", model, {"steps": steps}, options), "EVA")
        assert estimate is not None
        return estimate

    memoryless = eva("ablated_small", 4)
    assert abs(memoryless.mean) < 0.02
    for model in ("ipnet_small", "lstm_small"):
        assert abs(eva(model, 1).mean) < 0.02  # one frame tells no sign
        assert all(eva(model, steps).above(memoryless) for steps in HISTORY[1:])
    assert eva("ipnet_small", 4).above(eva("ipnet_small", 4, place="stem"))
    assert eva("ipnet_small", 4).above(eva("ipnet_small", 4, place="features"))
