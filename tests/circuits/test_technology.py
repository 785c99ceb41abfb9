"""Circuits in another process: what follows it, what keeps its meaning, and what is no longer said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from circuits.catalog import load
from circuits.conditions import Conditions
from circuits.signed_mtj.testbench import SignedMtjTestbench
from energy.variation import corners
from energy.variation.copies.outcome import Outcome, Status
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.spice.models import read_card
from ipcircuit.technology.catalog import drive_ratio, technology
from ipcircuit.technology.record import Technology

ROOT = Path(__file__).resolve().parents[2]
PLANAR45 = ROOT / "netlists" / "models" / "planar45.lib"
PDK = ROOT / "tests" / "ipcircuit" / "technology" / "pdk130" / "demo130.toml"


def _result(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_foreign_card_and_its_file_from_folder_to_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Our own models by other names cost the same; a card of 45 nm in its own lengths costs 45²/28² of the area."""
    renamed = tmp_path / "renamed.lib"
    renamed.write_text(technology().models().text.replace("nmos28lp", "nch").replace("pmos28lp", "pch"))
    card = tmp_path / "ptm45.lib"
    card.write_text(read_card(PLANAR45).text)
    (tmp_path / "ptm45.toml").write_text(
        'name = "ptm45"\n[models]\nfile = "ptm45.lib"\n[values]\nsource = "the card"\nlength = 45e-9\nv_dd = 1.0\n'
    )
    ours, alone, process = (
        _result(capsys, "characterize", "comparator", *options)
        for options in ((), ("--models", str(renamed)), ("--technology", str(tmp_path / "ptm45.toml")))
    )
    assert alone["conditions"].pop("models") == str(renamed)
    assert ours["conditions"].pop("models") == "cmos28lp (own card)"
    assert alone == ours
    assert (process["conditions"]["technology"], process["conditions"]["models"]) == ("ptm45", str(card))
    assert process["transistors"] == 4
    for scope in ("paper", "circuit"):
        assert process["scopes"][scope]["area_um2"] == pytest.approx((45 / 28) ** 2 * ours["scopes"][scope]["area_um2"])
    # Junction and divider take 98 % of the energy, and the voltages across them are the same.
    energies = [r["scopes"]["circuit"]["energy_per_operation_J"] for r in (process, ours)]
    assert energies[0] == pytest.approx(energies[1], rel=0.03)


def test_supplies_and_read_levels_move_with_the_nominal_supply() -> None:
    process = technology("planar65")
    assert process.v_dd.value == 1.2
    comparator = load("comparator").configured(technology=process)
    assert (comparator.conditions.v_dd, comparator.conditions.v_read) == (0.96, 0.96)  # pyright: ignore[reportAttributeAccessIssue]
    assert comparator.configured(technology=technology()).conditions == load("comparator").conditions
    assert comparator.configured(corner="ff").conditions.technology == process
    assert load("comparator").configured(technology=process, v_dd=0.9).conditions.v_dd == 0.9
    signed = load("signed_mtj").configured(technology=process)
    assert signed.conditions.v_dd == signed.design.supply == 1.3  # what the transistors stand, below 1.32
    conditions = Conditions(technology=process, v_dd=1.25)
    conditions.check_supply(0.6, 1.2, "v_dd")  # of a circuit that works from 60 to 120 % of the nominal supply
    for volts, allowed in ((0.71, "0.72 … 1.3 V"), (1.31, "0.72 … 1.3 V")):
        with pytest.raises(InputError, match=rf"found {volts}; allowed: {allowed}"):
            replace(conditions, v_dd=volts).check_supply(0.6, 1.2, "v_dd")


def test_pdk_transistors_in_a_deck_are_subcircuits_in_micrometres(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["netlist", "comparator", "--technology", str(PDK)]) == 0
    deck = capsys.readouterr().out
    # Source and drain are 0.482 µm long.
    junctions = "ad=0.405 as=0.405 pd=2.64428571429 ps=2.64428571429"
    assert f"XMn output input vss vss demo130_pr__nfet_01v8 l=0.15 w=0.84 {junctions}\n" in deck
    assert "mos28lp" not in deck
    assert ".option scale=1.0u\n" in deck


def test_hand_calculations_are_scaled_by_stated_currents_or_left_out() -> None:
    """R_on ∝ V_DD / I_on: 1.1 V and 1000 A/m in lp28."""
    process = technology("planar45")
    own, moved = SignedMtjTestbench(), SignedMtjTestbench().configured(technology=process)
    currents = process.stated("i_on_n"), process.stated("v_dd")
    assert currents[0]
    assert currents[1]
    ratio = (currents[1] / currents[0]) / (1.1 / 1000.0) / process.width_scale
    assert moved.design.switch_ohm("n", 1e-6) == pytest.approx(345.0 * ratio)
    assert drive_ratio(process, "n") == pytest.approx(currents[0] / 1000.0 * process.width_scale)
    size = process.width_scale * process.length_scale
    sigma = own.design.offset_sigma * process.a_vt.value / 2e-9 / size**0.5
    assert moved.design.offset_sigma == pytest.approx(sigma)
    silent = own.configured(technology=replace(process, figures=()))
    with pytest.raises(InputError, match=r"planar45: no on-resistance by hand.*\[figures\] with v_dd, i_on_n"):
        silent.design.drive_point(1.1)
    assert silent.jobs()  # the circuit is simulated all the same
    lif = load("delay_feedback_lif")
    for testbench, said in ((lif, False), (lif.configured(technology=process), True)):
        assert ("by hand" in testbench._record()) is said  # pyright: ignore[reportAttributeAccessIssue]


def test_corners_are_those_of_the_technology(monkeypatch: pytest.MonkeyPatch) -> None:
    def works(testbench: object, label: str, **_: object) -> Outcome:
        return Outcome("comparator", label, Status.WORKS, {})

    monkeypatch.setattr(corners, "outcome", works)
    pdk = technology(PDK)
    narrow = replace(pdk, corners=(("tt", "tt"), ("ss", "ss")), temperature=replace(pdk.temperature, minimum=0.0))
    runs = corners.corner_runs(load("comparator"), technology=narrow, n_jobs=1).runs
    assert {run.corner for run in runs} == {"tt", "ss"}
    assert {run.temperature_C for run in runs} == {0.0, 27.0, 125.0}
    assert {run.v_dd_V for run in runs} == {1.296, 1.44, 1.584}
    assert isinstance(narrow, Technology)
