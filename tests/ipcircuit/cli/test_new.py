"""The command `new`: what it writes runs as it is, and nothing is overwritten."""

import json
from pathlib import Path

import pytest

from ipcircuit.cli.main import main
from ipcircuit.cli.new import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_file_runs_as_it_is(kind: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", kind, "lif_one", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files == [f"lif_one{ending}" for ending in KINDS[kind]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    assert sum(len(Path(file).read_text(encoding="utf-8").splitlines()) for file in files) <= 40
    assert main(["characterize", files[0], "--json"]) == 0
    cost = json.loads(capsys.readouterr().out)
    assert (cost["circuit"], cost["transistors"]) == ("lif_one", 6)
    assert cost["scopes"]["circuit"]["energy_per_spike_J"] > 0
    assert "warnings" not in cost
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["new", kind, "lif_one"]) == 2
    assert "exists and is not overwritten" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
