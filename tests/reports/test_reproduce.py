"""The published numbers of seed 1 that the run must show, in ngspice, and the verdicts of the claims ledger."""

from __future__ import annotations

import pytest

from reports.ledger.evaluate import Evaluation, evaluate
from reports.page.context import RunContext, build_context


@pytest.fixture(scope="module")
def context() -> RunContext:
    return build_context()


@pytest.fixture(scope="module")
def verdicts(context: RunContext) -> Evaluation:
    return evaluate(context)


def test_a3_energy_of_the_single_junctions(context: RunContext) -> None:
    device = context.device
    plateau, protocol = device["energy_plateau_200nm_J"], device["energy_protocol_200nm_J"]
    assert plateau == pytest.approx(0.8**2 / 230 * 150e-9, rel=1e-4)  # 417 pJ, by hand
    assert plateau < 450e-12 < protocol
    assert 485e-12 < protocol < 505e-12
    assert device["energy_protocol_100nm_J"] == pytest.approx(82e-12, rel=0.10)
    assert device["p_sw_080"] == pytest.approx(0.1972, abs=0.001)


def test_a4_differential_operation_by_scope(context: RunContext) -> None:
    scopes = context.cost("differential").scopes
    energies = [scopes[name].energy_per_operation_J for name in ("paper", "circuit", "system")]
    assert energies[0] == pytest.approx(0.6e-9, rel=0.05)
    assert energies[1] is not None
    assert energies[2] is not None
    assert energies[0] < energies[1] < energies[2]


def test_a5_pre_heating_and_cooling(context: RunContext) -> None:
    device = context.device
    for name, published in (("p_base", 0.095), ("p_heated", 0.274), ("p_cooled", 0.163)):
        assert device[name] == pytest.approx(published, abs=0.01)


def test_a6_and_a7_thermal_state(context: RunContext) -> None:
    assert context.device["a6_max_rel_error"] <= 0.05
    assert context.device["a7_break_s"] == pytest.approx(500e-9, rel=0.05)


def test_a9_transistors_and_area(context: RunContext) -> None:
    cost = context.cost("differential")
    assert cost.transistors == 24
    assert cost.devices == {"mtj_thermal": 2, "mtj_reference": 2}
    assert cost.scopes["paper"].area_um2 == pytest.approx(1.505, abs=0.001)
    assert context.cost("comparator").transistors == 4


def test_a10_truth_table(context: RunContext) -> None:
    rows = context.truth_table()
    assert len(rows) == 4
    assert all(row["correct"] and row["noise_margin_V"] > 0 for row in rows)


def test_no_claim_failed_and_every_difference_has_a_reason(verdicts: Evaluation) -> None:
    assert verdicts.counts["failed"] == 0
    for row in verdicts:
        if row.verdict == "differs":
            assert len(row.note) > 20, row.id
        if row.id.split(".")[0] in {"A5", "A6", "A7", "A8", "A11"} and row.verdict == "differs":
            assert row.id.startswith("A11.simulated") or row.id == "A7.one_decay", row.id


def test_one_thermal_pole_is_not_enough(context: RunContext) -> None:
    """Decision 4: two poles follow the circuit within the tolerance of the check, one does not."""
    assert context.device["two_pole_error"] < 0.01 < context.device["one_pole_error"] < 0.03


def test_a11_and_a13_from_the_seeds_own_inputs(verdicts: Evaluation) -> None:
    by_id = {row.id: row for row in verdicts}
    for name in ("A11.n1", "A11.n4", "A11.n16", "A13.rnn", "A13.lstm", "A13.r2plus1d"):
        assert by_id[name].verdict == "reproduced"
        assert by_id[name].ratio == pytest.approx(1.0, abs=0.01)
    for scope in ("circuit", "system"):
        assert by_id[f"A13.lstm.{scope}"].reproduced is not None
