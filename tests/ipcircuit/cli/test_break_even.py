"""The command `break-even`: its JSON, its tables at 80 columns, its files. What it computes: tests/energy."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ipcircuit.cli import main as cli

PUBLISHED = ("break-even", "--against", "lstm_a800", "--device", "published", "--scope", "paper", "--samples", "1024")


def test_the_published_comparison_in_json_and_files(capsys, tmp_path: Path) -> None:
    assert cli.main([*PUBLISHED, "--json", "-o", str(tmp_path)]) == 0
    result = json.loads(capsys.readouterr().out)
    # 2 x 128 x 128 x 0.089 x 50 operations of 0.6 nJ, against 0.25 J
    assert result["nominal"] == pytest.approx(0.25 / (2 * 128 * 128 * 0.089 * 50 * 0.6e-9))
    assert result["nominal"] == pytest.approx(2874, rel=0.01)
    assert result["probability_above_1"]["value"] == 1
    assert result["conditions"]["reachable"]
    assert json.loads((tmp_path / "break_even.json").read_text(encoding="utf-8")) == result
    rows = list(csv.DictReader((tmp_path / "factors.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["factor"] for row in rows} == {row["factor"] for row in result["factors"]}
    assert all(row["range_source"] and float(row["total_low"]) <= float(row["total_high"]) for row in rows)
    table = list(csv.DictReader((tmp_path / "scenario.csv").read_text(encoding="utf-8").splitlines()))
    assert {(row["axis"], row["value"], row["chosen"]) for row in table} >= {("neurons", "1", "True")}
    assert {path.name for path in tmp_path.iterdir()} >= {"break_even.svg", "break_even.png"}


def test_tables_fit_80_columns_and_name_what_decides(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    arguments = [*PUBLISHED, "--set", "increment=0.2", "--range", "share=0.05:0.9", "--target", "5000"]
    assert cli.main(arguments) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    text = " ".join(shown.split())
    assert "share of active inputs 0.05 to 0.9" in text
    assert "increment of LSTM on A800 (set by the user: 0.2 J)" in text
    assert "no factor alone brings the ratio to 1" in text
    assert "paper*: 2,286" in text.replace("\u00a0", " ")  # 0.2 J over 87.49 uJ
    assert "not reachable within the ranges" in text


def test_choices_are_drawn_with_over(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main([*PUBLISHED, "--over", "neurons", "--target", "1000"]) == 0
    text = " ".join(capsys.readouterr().out.replace("\u00a0", " ").split())
    assert "neurons 16, 8, 4, 1 179 to 2,857" in text  # the lowest ratio first: 2,857 over N
    assert "neurons 1 1 25" in text  # for 1,000: must be 1, is 1, in one of four cases


def test_the_list_names_tasks_and_systems(capsys) -> None:
    assert cli.main(["break-even", "--list", "--json"]) == 0
    memory = next(row for row in json.loads(capsys.readouterr().out) if row["task"] == "memory")
    assert {"lstm_a800", "lstm_digital"} <= set(memory["systems"])
    assert "published" in memory["devices"]
