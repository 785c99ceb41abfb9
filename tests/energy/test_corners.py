"""Corners: what they cost, which of them work, and that one which fails leaves the others alone."""

import json
from pathlib import Path
from typing import cast

import pytest

from circuits.catalog import load
from circuits.testbench import Testbench
from energy.characterize import characterize
from energy.variation.copies.outcome import Status, outcome
from energy.variation.corners import corner_runs
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.technology.record import Technology


def test_a_cmos_neuron_s_energy_goes_with_the_square_of_its_supply() -> None:
    """C V² of 2 pF: 2 pJ at 1 V, 0.81 and 1.21 of it a tenth below and above."""
    found = corner_runs(load("delay_feedback_lif"), corners=("tt",), temperatures=(27.0,))
    assert [run.v_dd_V for run in found.runs] == [0.9, 1.0, 1.1]
    assert found.working == 3
    energies = [run.outcome.values["circuit_energy_per_spike_J"] or 0.0 for run in found.runs]
    assert energies[0] / energies[1] == pytest.approx(0.81, rel=0.05)
    assert energies[2] / energies[1] == pytest.approx(1.21, rel=0.05)
    typical = characterize(load("delay_feedback_lif")).cost.scopes["circuit"].energy_per_spike_J
    span = found.extremes()["circuit_energy_per_spike_J"]
    assert (span["min"], span["typ"], span["max"]) == (energies[0], typical, energies[2])


def test_a_junction_s_energy_is_the_pulse_s_and_its_window_closes_with_the_supply(tmp_path: Path) -> None:
    """The comparator's threshold is about half of the supply, 380 mV at 0.8 V, and moves 38 mV per 10 %: as much as the
    margins of 37 and 38 mV. The pulses have voltages of their own."""
    found = corner_runs(load("comparator"), corners=("tt",), temperatures=(27.0,), folder=tmp_path)
    assert [run.outcome.works for run in found.runs] == [False, True, False]
    low, typical, high = (run.outcome for run in found.runs)
    assert "window closed" in str(low.cause)
    assert low.values == {}
    assert "decided wrongly" in str(high.cause)
    assert Path(str(high.deck)).parent == tmp_path / "decks"
    energy = "paper_energy_per_operation_J"
    assert high.values[energy] == pytest.approx(typical.values[energy], rel=1e-4)
    row = found.to_json()["corners"][0]
    assert (row["corner"], row["temperature_C"], row["v_dd_V"], row["status"]) == ("tt", 27.0, 0.72, "failed")
    assert energy not in row
    assert len(found.csv().splitlines()) == 4


def test_a_supply_of_the_user_is_the_nominal_one() -> None:
    found = corner_runs(load("comparator"), {"v_dd": 0.82}, corners=("tt",), temperatures=(27.0,))
    assert [run.v_dd_V for run in found.runs] == [0.738, 0.82, 0.902]
    with pytest.raises(InputError, match="has no parameter of this name"):
        corner_runs(load("comparator"), {"colour": 1.0})


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Technology, "corner_names", ("tt",))
    monkeypatch.setattr("energy.variation.corners._temperatures", lambda technology: (27.0,))
    monkeypatch.setenv("COLUMNS", "160")
    assert cli.main(["corners", "comparator", "-o", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "1 of 3 work" in shown
    grid = [line.split() for line in shown.splitlines() if line.lstrip().startswith("27")]
    assert [row[:3] for row in grid] == [["27", "0.72", "✗"], ["27", "0.8", "✓"], ["27", "0.88", "✗"]]
    margins = [float(row[3]) for row in grid if row[3] != "failed"]
    assert [margin > 0 for margin in margins] == [True, False]
    assert "margin (mV), smallest distance from a wrong decision" in shown
    assert len([line for line in shown.splitlines() if "comparator window closed" in line]) == 1
    stored = json.loads((tmp_path / "out" / "corners.json").read_text(encoding="utf-8"))
    assert stored["runs"] == 3
    assert cli.main(["corners", "comparator", "--json", "--jobs", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["working"] == 1
    assert (tmp_path / "out" / "corners.csv").is_file()


def test_a_copy_that_has_to_be_simulated_for_its_deck_fails_without_one(tmp_path: Path) -> None:
    """A trimmed neuron's deck has the codes of its calibration; if that does not converge, there is no deck either."""

    class Trimmed:
        name = "trimmed"

        def measure(self, n_jobs: int | None = None) -> None:
            raise SimulationError(self.name, "trim (3, 0)", "time limit reached", None)

        netlist = measure

    failed = outcome(cast(Testbench, Trimmed()), "sample 7", folder=tmp_path)
    assert (failed.status, failed.cause, failed.deck) == (Status.FAILED, "time limit reached", None)
