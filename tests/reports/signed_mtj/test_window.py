"""The window study end to end on a small map: files, numbers, command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ipcircuit.cli.study import group
from ipcircuit.devices.orthogonal_mtj.design_window import Plane, Regime
from ipcircuit.errors import InputError
from reports.signed_mtj.window import run_window_study, write_window_study


@pytest.mark.slow
def test_study_writes_what_it_found(tmp_path: Path) -> None:
    study = run_window_study(plane=Plane(points=6), currents=(1e12, 2e12), samples=2, devices=10, temperatures=(300.0,))
    folder = write_window_study(tmp_path / "study", study)
    assert {p.name for p in folder.iterdir()} == {
        "window.csv",
        "window.json",
        *(f"signed_{name}.{kind}" for name in ("window", "yield", "temperature") for kind in ("png", "svg")),
    }
    table = pd.read_csv(folder / "window.csv")
    assert len(table) == 2 * 6 * 6
    assert set(table["regime"]) <= {r.name.lower() for r in Regime}
    works = table[table["regime"] == "reaches_and_relaxes"]
    assert (works["reached"] >= 0.4).all()
    assert (works["left"] <= 0.1).all()
    found = json.loads((folder / "window.json").read_text())
    assert found["plane"] == {"x": "length", "y": "height", "fixed": "width", "points": 6}
    assert [(row["current_density"], row["temperature_K"]) for row in found["yields"]] == [
        (0.8e12, 0.0),
        (1e12, 0.0),
        (2e12, 0.0),
        (0.8e12, 300.0),
        (1e12, 300.0),
    ]
    assert all(row["working"] + row["cannot_reach"] + row["cannot_relax"] == 10 for row in found["yields"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--x", "depth"], "--x: unknown; found 'depth'"),
        (["--x", "height"], "two different sides"),
        (["--shape", "ball"], "--shape: unknown; found 'ball'"),
    ],
)
def test_bad_plane_and_shape_are_refused_before_anything_runs(tmp_path: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(group(), ["window", "-o", str(tmp_path / "s"), *options])
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_command_refuses_an_unknown_shape_before_anything_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ipcircuit", "study", "window", "--shape", "ball", "-o", str(tmp_path / "s")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "--shape: unknown; found 'ball'" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_quick_command_prints_json_with_the_representative_design_at_work() -> None:
    command = [sys.executable, "-m", "ipcircuit", "study", "window", "--quick", "--points", "6", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["plane"]["points"] == 6
    at_1_ta = next(y for y in found["yields"] if (y["current_density"], y["temperature_K"]) == (1e12, 0.0))
    assert at_1_ta["working"] > 0.7 * at_1_ta["samples"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--current", "1e12", "--ra", "2e-12"], "is beyond breakdown"),
        (["--ra", "1e-12"], "1.5e+12 A/m² through 1 Ω·µm² is beyond breakdown"),
        (["--current", "nan"], "--current: "),
        (["--current", "1e12", "--ra", "0"], "--ra: out of range"),
    ],
)
def test_currents_that_no_barrier_lets_through_are_refused(options: list[str], said: str) -> None:
    result = CliRunner().invoke(group(), ["window", "--quick", *options])
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
