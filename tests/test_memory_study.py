"""The whole working-memory study with very short runs: every cell is trained, stored, summed up and taken up again."""

from __future__ import annotations

import json

import pytest

from ipcircuit import cli
from network import experiments
from network.studies.memory import cells
from network.studies.stored import load_results
from network.training.settings import Settings


@pytest.fixture
def short(monkeypatch):
    tiny = dict.fromkeys(experiments.QUICK, Settings(1, 4, evaluate_every=1, trials=60))
    monkeypatch.setattr(experiments, "QUICK", tiny)
    monkeypatch.setattr(experiments, "QUICK_OF", {})


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
    assert "RI_points" in first
    before = {p: p.read_bytes() for p in tmp_path.glob("*/checkpoint.pt")}
    assert len(before) == 2
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == first
    assert {p: p.read_bytes() for p in tmp_path.glob("*/checkpoint.pt")} == before
    assert cli.main(["study", "memory", "--figure", "9z", "-o", str(tmp_path)]) == 2
