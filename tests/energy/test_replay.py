"""One copy of a stored run, simulated again: the same values, its waveforms, and what cannot be replayed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from ipcircuit.cli import main as cli
from ipcircuit.cli.recipe import Recipe
from ipcircuit.journal import FILE, Journal
from ipcircuit.spice.batch import run_batch

SEED, COPY = 1, 1
MINE = """
from dataclasses import dataclass
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from circuits.catalog import load


@dataclass(frozen=True)
class Mine(ThermalMtjTestbench):
    pass


MINE = Mine(**{name: getattr(load("comparator"), name) for name in load("comparator").__dataclass_fields__})
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two copies of a user's own circuit, which was named by a relative path."""
    home = tmp_path_factory.mktemp("home")
    (home / "mine.py").write_text(MINE, encoding="utf-8")
    words = ["montecarlo", "mine.py:MINE", "-n", "2", "--seed", str(SEED), "--set", "amplitude=0.81", "-o", "out"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert cli.main([*words, "--json"]) == 0
    return home / "out"


def test_a_copy_is_the_same_to_the_last_bit_and_shows_its_waveforms(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", str(folder), str(COPY), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["agrees"] is True
    assert record["stored"]["reference"] == record["replayed"]
    assert record["stored"]["screening"] is None
    samples = pd.read_csv(folder / "samples.csv").iloc[COPY]
    energy = record["replayed"]["values"]["circuit_energy_per_operation_J"]
    assert energy == samples["circuit_energy_per_operation_J"]
    place = folder / "replay" / str(COPY)
    assert sorted(path.name for path in place.iterdir()) == sorted(record["files"])
    assert {path.suffix for path in place.iterdir()} == {".cir", ".csv", ".png"}
    assert (place / "0_one_operation.png").read_bytes().startswith(b"\x89PNG")
    printed = run_batch(place / "0_one_operation.cir", cwd=place).measures["energy_per_operation_j"]
    assert printed == pytest.approx(energy, rel=1e-4)
    waveforms = pd.read_csv(place / "0_one_operation.csv", index_col="time_s")
    assert waveforms.index[-1] == pytest.approx(230e-9)
    # Nodes of a device carry its quantities in their units: the junction's current is that of the pulse's source.
    current, same = (waveforms[name].to_numpy() for name in ("xp.xmtj.current_A", "i(vset_p)_A"))
    current, same = current.max(), -same.min()
    assert current == pytest.approx(same, rel=1e-3)
    assert 1e-3 < current < 5e-3
    assert not [name for name in waveforms if name.startswith("i(b")]


def test_another_value_in_the_store_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    other = tmp_path / "copy"
    shutil.copytree(folder, other)
    with sqlite3.connect(other / FILE) as connection:
        connection.execute("UPDATE results SET value = replace(value, '\"latency_s\":1', '\"latency_s\":2')")
    assert cli.main(["replay", str(other), str(COPY), "-o", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr()
    assert "NOT the same" in shown.out
    assert f"copy {COPY} of {other} is not what was stored" in shown.err
    assert not (other / "replay" / str(COPY) / "x").exists()
    assert (tmp_path / "out" / "0_one_operation.csv").is_file()


def test_what_cannot_be_replayed(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(place: Path, index: int, words: str) -> None:
        assert cli.main(["replay", str(place), str(index)]) == 2
        assert words in capsys.readouterr().err

    refused(tmp_path / "gone", 0, "no such folder")
    refused(tmp_path, 0, "holds no results")
    refused(folder, 2, "no such copy; found 2; allowed: one of the 2 that are stored")
    with Journal.opened(tmp_path / "corners", {"command": "corners"}, dict) as journal:
        journal.append_all([("a", {})])
    refused(tmp_path / "corners", 0, "no random copies; found 'corners'")
    with Journal.opened(tmp_path / "python", {"command": "montecarlo"}, dict) as journal:
        journal.append_all([("a", {})])
    refused(tmp_path / "python", 0, "does not say what the circuit is made of")
    with Journal.opened(tmp_path / "hostile", {"command": "montecarlo"}, dict, notes={"recipe": '{"a": 1}'}) as journal:
        journal.append_all([("a", {})])
    refused(tmp_path / "hostile", 0, f"{tmp_path / 'hostile'}")
    changed = folder.parent / "mine.py"
    try:
        changed.write_text(MINE + "# changed\n", encoding="utf-8")
        refused(folder, 0, "the circuit has changed since, or what simulates it; found 'code of the circuit'")
        changed.unlink()
        refused(folder, 0, "no such file")
    finally:
        changed.write_text(MINE, encoding="utf-8")


def test_a_recipe_names_files_by_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.py", "process.toml", "card.lib"):
        (tmp_path / name).touch()
    recipe = Recipe.of("mine.py:MINE", ["a=1"], "ss", -40, "process.toml", Path("card.lib"), None)
    read = Recipe.read(recipe.write(), "here")
    assert read == Recipe(
        f"{tmp_path}/mine.py:MINE", ("a=1",), "ss", -40.0, f"{tmp_path}/process.toml", f"{tmp_path}/card.lib"
    )
    assert Recipe.read(Recipe.of("comparator", None, "tt", 27, "lp28", None, None).write(), "here") == Recipe(
        "comparator", technology="lp28"
    )
