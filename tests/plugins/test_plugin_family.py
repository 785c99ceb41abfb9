"""A family that lives outside: every command of the page "Adding a neuron" serves it, with no edit in the project."""

import json
from pathlib import Path

import pytest

from ipcircuit.spice.batch import run_batch
from tests.plugins.conftest import Command

NAME = "axon_hillock_cmos"


def test_list_names_it_and_where_it_is_from(result_of: Command) -> None:
    listed = result_of("list")
    for kind, name in (("circuits", NAME), ("models", "axon_hillock"), ("families", NAME)):
        row = next(row for row in listed[kind] if row["name"] == name)
        assert (row["source"], row["error"]) == ("axon-hillock-cmos", None)
    assert "differential" in [row["name"] for row in listed["circuits"]]


def test_characterize_counts_a_cell_that_the_project_does_not_know(result_of: Command, ipcircuit: Command) -> None:
    cost = result_of("characterize")
    circuit, paper = cost["scopes"]["circuit"], cost["scopes"]["paper"]
    assert cost["transistors"] == 6
    assert circuit["area_breakdown_um2"]["axon_hillock_amplifier"] == pytest.approx(3 * 0.120 * 0.81)
    assert circuit["area_breakdown_um2"]["axon_hillock_reset"] == pytest.approx(3 * 0.120 * 0.81)
    assert circuit["energy_per_spike_J"] == pytest.approx(71e-15, rel=0.1)  # by hand: 25.6 + 28.4 + 15.8 fJ
    assert paper["energy_per_operation_J"] is None  # the source states no energy
    assert cost["scopes"]["system"]["energy_per_spike_J"] > circuit["energy_per_spike_J"]
    assert "second inverter" in ipcircuit("characterize", NAME)


def test_check_passes_and_fails_with_its_exit_code(result_of: Command, ipcircuit: Command) -> None:
    result = result_of("check")
    assert result["pass"]
    assert [curve["curve"] for curve in result["circuits"][NAME]] == ["rate over I/(C_fb V_DD)", "spike width"]
    # At 0.6 V the inverters are slower than the spike that the published width allows.
    assert "FAIL" in ipcircuit("check", NAME, "--set", "v_dd=0.6", code=1).upper()


def test_random_copies(result_of: Command) -> None:
    result = result_of("montecarlo")
    assert result["yield"]["working"] == 3
    energy = result["quantities"]["circuit_energy_per_spike_J"]
    assert 0 < energy["sigma"] / energy["mean"] < 0.2
    assert "paper_energy_per_spike_J" not in result["quantities"]


@pytest.mark.slow
def test_corners(result_of: Command) -> None:
    result = result_of("corners")
    assert result["runs"] == 45
    assert result["working"] > 30
    assert all(run["cause"] for run in result["corners"] if run["status"] != "works")


def test_netlist_runs_without_python(result_of: Command, folder: Path, tmp_path: Path) -> None:
    deck = folder / result_of("netlist")["file"]
    printed = run_batch(deck, cwd=tmp_path).measures["energy_per_operation_j"]
    assert printed == pytest.approx(74e-15, rel=0.05)


def test_conditions_are_refused_by_name(ipcircuit: Command) -> None:
    assert "reset_A" in ipcircuit("characterize", NAME, "--set", "reset_A=1e-9", code=2)
    assert "allowed: membrane_F, feedback_F" in ipcircuit("characterize", NAME, "--set", "colour=1", code=2)


def test_train_and_eval(result_of: Command) -> None:
    assert result_of("train")["model"] == "axon_hillock"
    scored = result_of("eval")
    (layer,) = [row for row in scored["layers"] if row["kind"] == "axon_hillock"]
    assert layer["circuit"] == NAME
    assert layer["spikes_per_trial"] > 0
    rows = [row for row in scored["energy"]["layers"] if row["circuit"] == NAME]
    energy = next(row["energy_per_trial_J"] for row in rows if row["scope"] == "circuit")
    assert energy == pytest.approx(74e-15 * layer["spikes_per_trial"], rel=0.05)


def test_claims_of_its_paper(result_of: Command) -> None:
    rows = {row["id"]: row for row in result_of("claims")}
    assert (rows["H1.interval"]["verdict"], rows["H1.width"]["verdict"]) == ("reproduced", "differs")
    assert rows["H1.interval"]["reproduced"] == pytest.approx(1.008, abs=0.005)
    assert rows["H1.width"]["reproduced"] == pytest.approx(1.103, abs=0.02)
    assert "18 ns" in rows["H1.width"]["note"]
    assert {row["evidence"] for row in rows.values()} == {"predicted"}


@pytest.mark.slow
def test_report_has_its_section(result_of: Command, folder: Path) -> None:
    report = (folder / result_of("report")["index"]).parent
    assert (report / "experiments" / "axon_hillock_cmos.html").is_file()
    assert (report / "figures" / "axon_hillock_spikes.svg").is_file()
    table = json.loads((report / "tables" / "parameters_assumed.json").read_text(encoding="utf-8"))
    assert "axon-hillock neuron" in {row["where"] for row in table["rows"]}


def test_a_second_family_of_the_name_is_named_and_leaves_the_rest(ipcircuit: Command, tmp_path: Path) -> None:
    info = tmp_path / "copy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: copy\nVersion: 1.0\n", encoding="utf-8")
    points = f"[ipcircuit.families]\nz_copy = {NAME}.manifest:FAMILY\nz_gone = no_such_module:FAMILY\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    families = {row["name"]: row["error"] for row in ipcircuit("list", "--json", paths=(tmp_path,))["families"]}
    assert families[f"{NAME} (copy)"] == f"the name '{NAME}' is taken (axon-hillock-cmos)"
    assert families["z_gone"] == "module 'no_such_module' is not installed"
    assert families[NAME] is None
    assert families["thermal_mtj"] is None
