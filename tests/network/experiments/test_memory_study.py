"""The whole working-memory study with very short runs: every cell is trained, stored, summed up and taken up again."""

import json
from dataclasses import replace

import pytest

from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.files import locked
from network.experiments.memory.memory import cells, load_results
from network.models.model import Model
from network.training import experiment as experiments
from network.training.experiment import Run, perform, perform_all
from network.training.settings import Settings
from network.training.store import RunStore, timeless


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(Model, "settings", lambda *_, **__: Settings(1, 4, evaluate_every=1, trials=60))


@pytest.mark.slow
def test_study_memory_runs_every_cell(capsys, tmp_path, short):
    assert cli.main(["study", "memory", "--quick", "-o", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(cells()) == len(list(tmp_path.iterdir()))
    assert all(row["scores"] for row in rows)
    assert sorted(load_results(tmp_path).n_back("ipnet")) == [1, 2, 3, 4]


def test_one_figure_of_the_study_prints_a_table_and_is_taken_up_again(capsys, tmp_path, short):
    arguments = ["study", "memory", "--quick", "--figure", "S5", "--seeds", "2", "-o", str(tmp_path)]
    assert cli.main(arguments) == 0
    first = capsys.readouterr().out
    assert "RI points" in first
    before = {p: p.read_bytes() for p in tmp_path.glob("*/checkpoint.pt")}
    assert len(before) == 2
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == first
    assert {p: p.read_bytes() for p in tmp_path.glob("*/checkpoint.pt")} == before
    assert cli.main(["study", "memory", "--figure", "9z", "-o", str(tmp_path)]) == 2


def test_two_trainings_at_a_time_give_the_same_records(tmp_path):
    settings = Settings(2, 4, evaluate_every=1, trials=60)
    runs = [Run("nback", "ablated", settings, seed, {"n": 1}, {"neurons": 2}) for seed in range(2)]
    one = perform_all(runs, RunStore(tmp_path / "one"))
    ticks: list[tuple[int, int]] = []
    two = perform_all(runs, RunStore(tmp_path / "two"), n_jobs=2, progress=lambda *done: ticks.append(done))
    assert json.dumps(timeless(one)) == json.dumps(timeless(two))
    assert ticks == [(1, 2), (2, 2)]
    with locked(tmp_path / "one"), pytest.raises(InputError, match="another run is writing to this folder"):
        perform_all(runs, RunStore(tmp_path / "one"))


def test_a_finished_run_is_not_trained_again(tmp_path, monkeypatch):
    run = Run("nback", "ablated", Settings(1, 4, evaluate_every=1, trials=60), 0, {"n": 1}, {"neurons": 2})
    first = perform(run, RunStore(tmp_path))
    monkeypatch.setattr(experiments, "train", None)
    assert perform(run, RunStore(tmp_path)) == first
    with pytest.raises(TypeError):  # other settings are another run
        perform(replace(run, settings=Settings(2, 4, evaluate_every=1, trials=60)), RunStore(tmp_path))
