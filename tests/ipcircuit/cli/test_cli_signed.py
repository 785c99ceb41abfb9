"""``ipcircuit study signed``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from energy.cost import NeuronCost, ScopeCost
from ipcircuit.cli import main as cli
from ipcircuit.cli.study import group, signed
from ipcircuit.errors import InputError
from network.data.gestures import generate
from network.data.samples import shuffled_split
from network.experiments.signed import experiment, tasks
from network.experiments.signed.tasks import Benchmark, Schedule
from network.models.frames import SmallNet
from network.tasks.frames import Labelled


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One tiny task in place of the embedded ones."""
    split = shuffled_split(generate(48, 3), 0.5, 0)
    task = Benchmark(
        "24 scenes",
        Labelled(split, 8),
        lambda neuron: SmallNet(neuron, 2, 6, 16, 4, 2),
        Schedule(epochs=1, batch=12),
        Schedule(epochs=1, batch=12),
        label="tiny",
    )
    monkeypatch.setattr(tasks, "tasks_for", lambda data=None, quick=False: [task])


@pytest.mark.usefixtures("small")
def test_it_prints_tables_writes_files_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    command = ["signed", "--quick", "--seeds", "2", "--jobs", "1"]
    shown = CliRunner().invoke(group(), [*command, "-o", str(tmp_path / "out")])
    assert shown.exit_code == 0, shown.output
    assert "tiny: 24 scenes" in shown.output
    assert "device, 300 K, 5 % spread" in shown.output
    assert (tmp_path / "out" / "signed_tiny.png").stat().st_size > 10_000
    printed = CliRunner().invoke(group(), [*command, "--json"])
    stored = json.loads((tmp_path / "out" / "signed_study.json").read_text(encoding="utf-8"))
    assert json.loads(printed.stdout) == stored
    assert stored["tasks"][0]["energy"] is None


@pytest.mark.usefixtures("small")
def test_a_cost_record_gives_energy_per_sample(capsys: pytest.CaptureFixture[str]) -> None:
    energies = {"paper": 1e-15, "circuit": 2e-15}
    scopes = {name: ScopeCost(value, energy_breakdown_J={"all": value}) for name, value in energies.items()}
    cost = NeuronCost("signed", "assumed", None, {}, 0, {}, None, None, {**scopes, "system": ScopeCost()})
    result = experiment.run_signed(tasks.tasks_for(), experiment.Plan(1, wells=(1.0,), noises=(0.0,)), cost)
    paper, circuit, system = result["tasks"][0]["energy"]
    assert circuit["energy_per_sample_J"] == pytest.approx(2 * paper["energy_per_sample_J"])
    assert paper["energy_per_sample_J"] == pytest.approx(1e-15 * paper["updates_per_sample"])
    assert system["energy_per_sample_J"] is None
    signed.show_signed(result, None)
    assert "energy of the neurons per sample: paper" in capsys.readouterr().out


def test_a_file_is_told_to_be_no_folder_before_anything_is_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cifar.tar.gz").write_bytes(b"")
    for name, message in (("cifar.tar.gz", "cifar.tar.gz: not a folder"), ("nowhere", "no such folder")):
        assert cli.main(["study", "signed", "--data", str(tmp_path / name)]) == 2
        shown = capsys.readouterr()
        assert message in shown.err
        assert ("no such" in shown.err) == (name == "nowhere")


def test_a_folder_without_data_says_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(group(), ["signed", "--data", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "cifar-10-batches-py" in str(result.exception)
    assert result.exception.exit_code == 2
