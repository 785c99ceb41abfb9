"""The window study end to end on a small map: files, numbers, command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from ipcircuit.devices.design_window import Regime
from ipcircuit.devices.design_window_map import Plane
from reports.window_study import main, run_window_study, write_window_study


@pytest.mark.slow
def test_study_writes_what_it_found(tmp_path: Path) -> None:
    study = run_window_study(plane=Plane(points=6), currents=(1e12, 2e12), samples=2, devices=10, temperatures=(300.0,))
    folder = write_window_study(tmp_path / "study", study)
    assert {p.name for p in folder.iterdir()} == {
        "window.csv", "window.json",
        *(f"signed_{name}.{kind}" for name in ("window", "yield", "temperature") for kind in ("png", "svg")),
    }  # fmt: skip
    table = pd.read_csv(folder / "window.csv")
    assert len(table) == 2 * 6 * 6
    assert set(table["regime"]) <= {r.name.lower() for r in Regime}
    works = table[table["regime"] == "reaches_and_relaxes"]
    assert (works["reached"] >= 0.4).all()
    assert (works["left"] <= 0.1).all()
    found = json.loads((folder / "window.json").read_text())
    assert found["plane"] == {"x": "length", "y": "height", "fixed": "width", "points": 6}
    assert [(row["current_density"], row["temperature_K"]) for row in found["yields"]] == [
        (0.8e12, 0.0), (1e12, 0.0), (2e12, 0.0), (0.8e12, 300.0), (1e12, 300.0),
    ]  # fmt: skip
    assert all(row["working"] + row["cannot_reach"] + row["cannot_relax"] == 10 for row in found["yields"])


def test_bad_plane_and_shape_are_refused_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["-o", str(tmp_path / "s"), "--x", "depth"]) == 2
    assert "two different sides" in capsys.readouterr().err
    assert main(["-o", str(tmp_path / "s"), "--shape", "ball"]) == 2
    assert "unknown shape" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
