"""Claims A1-A13: verdicts of made-up values, and the published numbers that the simulations must show."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from energy.compare import published_cost
from energy.cost import NeuronCost, ScopeCost
from ipcircuit.devices.thermal_mtj.leave_one_out import leave_one_out
from ipcircuit.devices.thermal_mtj.measure import published_shift
from ipcircuit.errors import SimulationError
from reports import simulated
from reports.ledger.evaluate import Evaluation, evaluate
from reports.section import Run
from reports.thermal_mtj import circuit, junction, tables

RUN = Run(jobs=2)
GROUPS = [f"A{n}" for n in range(1, 14)]


def verdicts(*ids: str) -> dict[str, str]:
    return {row.id: row.verdict for row in evaluate(ids=ids)}


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the cost record of every circuit."""

    def set_cost(record: NeuronCost) -> None:
        monkeypatch.setattr(simulated, "cost", lambda circuit, jobs: record)

    return set_cost


def test_reproduced_and_differs_with_the_ledgers_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for heated, verdict in ((0.28, "reproduced"), (0.30, "differs")):
        values = {"p_base": 0.095, "p_heated": heated, "p_cooled": 0.163}
        monkeypatch.setattr(junction, "pre_pulse", lambda jobs, values=values: values)
        (row,) = evaluate(ids=["A5.heated"])
        assert (row.verdict, row.reproduced, row.evidence) == (verdict, heated, "fitted")
        assert row.ratio == pytest.approx(heated / 0.274)
        assert "decision 1: " in row.note
    assert "no reason is recorded" in row.note


def test_the_protocol_energy_shows_both_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"energy_plateau_200nm_J": 417e-12, "energy_protocol_200nm_J": 490e-12}
    monkeypatch.setattr(junction, "protocol", lambda jobs: values)
    plateau, protocol = evaluate(ids=["A3.plateau_200nm", "A3.protocol_200nm"])
    assert (plateau.verdict, protocol.verdict) == ("reproduced", "differs")
    assert "plateau alone 417 pJ" in protocol.note


def test_midpoint_shift_is_taken_at_090_volt_and_a_late_break_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    volts = np.linspace(0.5, 0.95, 10)
    monkeypatch.setattr(junction, "midpoint_shift", lambda jobs: junction.MidpointShift(volts, published_shift(volts)))
    monkeypatch.setattr(junction, "cooling", lambda jobs: SimpleNamespace(break_s=900e-9))
    shift, break_ = evaluate(ids=["A6.shift_090", "A7.break"])
    assert shift.verdict == "reproduced"
    assert shift.ratio == pytest.approx(1.0, rel=1e-9)
    assert (break_.verdict, "two poles bend smoothly" in break_.note) == ("differs", True)


def test_simulated_ratio_falls_as_the_device_energy_rises(cost: Any) -> None:
    doubled = ScopeCost(1.2e-9, None, None, {"all": 1.2e-9})
    cost(replace(published_cost(), scopes={**published_cost().scopes, "circuit": doubled}))
    rows = {row.id: row for row in evaluate(ids=["A13", "A4", "A11"])}
    assert rows["A13.lstm.paper"].verdict == "reproduced"
    assert rows["A13.lstm.circuit"].verdict == "differs"
    assert rows["A13.lstm.circuit"].reproduced == pytest.approx(2857.45 / 2, rel=1e-4)
    assert rows["A4.circuit"].ratio == pytest.approx(2.0)
    assert rows["A11.simulated.system"].verdict == "not yet"


def test_what_needs_no_run_is_reproduced_without_one(monkeypatch: pytest.MonkeyPatch, cost: Any) -> None:
    def failing(*_: object) -> Any:
        raise SimulationError("comparator", "tt", "no convergence", None)

    for module, names in (
        (junction, ("protocol", "pre_pulse", "sampled_firing", "midpoint_shift", "cooling")),
        (circuit, ("operation", "windows")),
        (simulated, ("curves",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, failing)
    cost(replace(published_cost(), scopes=dict.fromkeys(("paper", "circuit", "system"), ScopeCost())))
    rows = evaluate(ids=GROUPS)
    assert {row.id for row in rows if row.verdict == "reproduced"} == {
        "A9.transistors",
        "A9.paper",
        "A9.core",
        "A11.n1",
        "A11.n4",
        "A11.n16",
        "A11.counted",
        "A13.rnn",
        "A13.lstm",
        "A13.r2plus1d",
        "A13.recurrent.lowest",
        "A13.recurrent.highest",
    }
    assert rows.counts["differs"] == 0
    assert rows.counts["failed"] == sum("no convergence" in row.note for row in rows) > 10
    assert all(row.reproduced is None and row.ratio is None for row in rows if row.verdict == "not yet")


@pytest.fixture(scope="module")
def rows() -> Evaluation:
    return evaluate(RUN, ids=GROUPS)


def test_a3_energy_of_the_single_junctions() -> None:
    bare = junction.protocol(2)
    plateau, protocol = bare["energy_plateau_200nm_J"], bare["energy_protocol_200nm_J"]
    assert plateau == pytest.approx(0.8**2 / 230 * 150e-9, rel=1e-4)  # 417 pJ, by hand
    assert plateau < 450e-12 < protocol
    assert 485e-12 < protocol < 505e-12
    assert bare["energy_protocol_100nm_J"] == pytest.approx(82e-12, rel=0.10)
    assert bare["p_sw_080"] == pytest.approx(0.1972, abs=0.001)


def test_a4_differential_operation_by_scope() -> None:
    scopes = simulated.cost("differential", 2).scopes
    energies = [scopes[name].energy_per_operation_J for name in ("paper", "circuit", "system")]
    assert energies[0] == pytest.approx(0.6e-9, rel=0.05)
    assert energies[1] is not None
    assert energies[2] is not None
    assert energies[0] < energies[1] < energies[2]


def test_a5_pre_heating_and_cooling() -> None:
    for name, published in (("p_base", 0.095), ("p_heated", 0.274), ("p_cooled", 0.163)):
        assert junction.pre_pulse(2)[name] == pytest.approx(published, abs=0.01)


def test_a6_and_a7_thermal_state() -> None:
    assert junction.midpoint_shift(2).largest_error <= 0.05
    assert junction.cooling(2).break_s == pytest.approx(500e-9, rel=0.05)


def test_a9_transistors_and_area() -> None:
    cost = simulated.cost("differential", 2)
    assert cost.transistors == 24
    assert cost.devices == {"mtj_thermal": 2, "mtj_reference": 2}
    assert cost.scopes["paper"].area_um2 == pytest.approx(1.505, abs=0.001)
    assert simulated.cost("comparator", 2).transistors == 4


def test_a10_truth_table() -> None:
    table = circuit.operation("differential", 2).truth_table()
    assert len(table) == 4
    assert all(row.correct and row.noise_margin_V > 0 for row in table)


def test_no_claim_failed_and_every_difference_has_a_reason(rows: Evaluation) -> None:
    assert rows.counts["failed"] == 0
    for row in rows:
        if row.verdict == "differs":
            assert len(row.note) > 20, row.id
        if row.id.split(".")[0] in {"A5", "A6", "A7", "A8", "A11"} and row.verdict == "differs":
            assert row.id.startswith("A11.simulated") or row.id == "A7.one_decay", row.id


def test_a8_is_another_quantity_and_does_not_count(rows: Evaluation) -> None:
    row = next(row for row in rows if row.id == "A8.rmse")
    assert (row.verdict, row.ratio) == ("not comparable", None)
    assert row.reproduced == pytest.approx(0.000287, rel=0.05)


def test_a11_is_a_small_part_of_the_whole_sample(rows: Evaluation) -> None:
    """From the layers' sizes: 811,008 static neurons, a pulse of 82 pJ each in 50 frames, are 3.3 mJ already."""
    row = next(row for row in rows if row.id == "A11.share")
    assert (row.verdict, row.evidence) == ("not comparable", "arithmetic")
    assert row.reproduced > 811_008 * 50 * 82e-12 > 30 * 87e-6
    assert "811,008 static neurons" in row.note


def test_one_thermal_pole_is_not_enough() -> None:
    """Decision 4: two poles follow the circuit within the tolerance of the check, one does not."""
    one, two = circuit.pole_errors(2)
    assert two < 0.01 < one < 0.03


def test_a11_and_a13_from_the_papers_own_inputs(rows: Evaluation) -> None:
    by_id = {row.id: row for row in rows}
    for name in ("A11.n1", "A11.n4", "A11.n16", "A11.counted", "A13.rnn", "A13.lstm", "A13.r2plus1d"):
        assert by_id[name].verdict == "reproduced"
        assert by_id[name].evidence == "arithmetic"
        assert by_id[name].ratio == pytest.approx(1.0, abs=0.01)
    for scope in ("circuit", "system"):
        assert by_id[f"A13.lstm.{scope}"].reproduced is not None


def test_fitted_rows_say_what_the_rest_of_the_calibration_predicts(rows: Evaluation) -> None:
    notes = {row.id: row.note for row in rows if row.evidence == "fitted"}
    assert "left out of the calibration, it is predicted as" in notes["A3.p_sw"]
    for name in ("A5.heated", "A5.cooled", "A6.shift_090", "A7.break"):
        assert "left out of the calibration" in notes[name], name
    table = tables.left_out(RUN)
    assert [row["claim"] for row in table.rows] == list(leave_one_out())
    assert {"A3.p_sw", "A5.heated", "A6.shift_090", "A7.break"} <= {row["claim"] for row in table.rows}
