"""The ledger is complete and valid, and every verdict is an honest one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.compare import published_cost
from energy.cost import NeuronCost, ScopeCost
from ipcircuit.errors import InputError, SimulationError
from reports.ledger import record
from reports.ledger.evaluate import VERDICTS, Reproduction, evaluate, resolve
from reports.ledger.record import Claim, Ledger, Paper, Tolerance, ledgers, read_ledger

LEDGERS = ledgers()
CLAIMS = [claim for ledger in LEDGERS for claim in ledger.claims]
IDS = [f"A{n}" for n in range(1, 22)] + [f"B{n}" for n in range(1, 7)] + [f"C{n}" for n in range(1, 7)]


class FakeContext:
    """A run with given numbers; what is not given is not obtained."""

    def __init__(
        self,
        device: Mapping[str, Any] | None = None,
        cost: NeuronCost | None = None,
    ) -> None:
        self.device = device or {}
        self._cost = cost or published_cost()

    def cost(self, circuit: str) -> NeuronCost:
        assert circuit in ("differential", "delay_feedback_lif", "signed_mtj")
        return self._cost

    def truth_table(self) -> list[dict[str, Any]]:
        return [{"correct": True, "noise_margin_V": 0.057}] * 3 + [{"correct": False, "noise_margin_V": None}]


CIRCUIT_CLAIMS = [f"A{n}" for n in range(1, 18)]  # those that ask a context; others have tests beside their sections


def verdicts(context: Any, *ids: str) -> dict[str, str]:
    return {row.id: row.verdict for row in evaluate(context, ids=ids)}


def test_every_published_id_has_a_row_and_no_other_exists() -> None:
    assert list(dict.fromkeys(claim.group for claim in CLAIMS)) == IDS


def test_all_eleven_decisions_stand_on_a_row() -> None:
    decisions = [number for ledger in LEDGERS for number in ledger.decisions]
    assert sorted(decisions) == list(range(1, 12))
    used = {number for claim in CLAIMS for number in claim.decisions}
    assert used == set(decisions)


@pytest.mark.parametrize("function", sorted({claim.function for claim in CLAIMS if claim.function}))
def test_every_function_exists(function: str) -> None:
    assert resolve(function).__doc__


def test_no_value_serves_two_rows() -> None:
    functions = [(claim.function, claim.key) for claim in CLAIMS if claim.function]
    assert len(functions) == len(set(functions))


def test_rows_that_need_data_say_which() -> None:
    needing = {claim.group for claim in CLAIMS if claim.status == "needs data"}
    assert needing == {"A6", "A12", "B5"}
    unbuilt = {claim.group for claim in CLAIMS if claim.status == "not yet"}
    assert unbuilt == {"A14", "A15", "A16", "A17", "A21"}
    assert "DVS128 Gesture" in next(claim.data for claim in CLAIMS if claim.group == "A14")


def test_an_empty_run_is_not_yet_except_for_what_needs_no_run() -> None:
    unknown = replace(published_cost(), scopes=dict.fromkeys(("paper", "circuit", "system"), ScopeCost()))
    rows = evaluate(FakeContext(cost=unknown), ids=CIRCUIT_CLAIMS)
    assert len(rows) == sum(claim.group in CIRCUIT_CLAIMS for claim in CLAIMS)
    reproduced = {row.id for row in rows if row.verdict == "reproduced"}
    assert reproduced == {
        "A9.transistors",
        "A9.paper",
        "A9.core",
        "A11.n1",
        "A11.n4",
        "A11.n16",
        "A13.rnn",
        "A13.lstm",
        "A13.r2plus1d",
        "A13.recurrent.lowest",
        "A13.recurrent.highest",
    }
    assert all(row.reproduced is None and row.ratio is None for row in rows if row.verdict in VERDICTS[3:])
    assert rows.counts["differs"] == 1  # three of the fake's four truth-table rows are right
    assert rows.counts["failed"] == 0
    assert sum(rows.counts.values()) == len(rows)


def test_json_has_the_contract_keys() -> None:
    rows = json.loads(
        json.dumps([row.to_json() for row in evaluate(FakeContext(), ids=CIRCUIT_CLAIMS)], allow_nan=False)
    )
    keys = ["id", "seed", "quantity", "unit", "published", "reproduced", "ratio", "verdict", "evidence", "note"]
    assert all(list(row) == keys for row in rows)


def test_reproduced_and_differs_with_the_ledgers_reason() -> None:
    good, bad = (evaluate(FakeContext({"p_heated": p}), ids=["A5.heated"])[0] for p in (0.28, 0.30))
    assert (good.verdict, good.reproduced) == ("reproduced", 0.28)
    assert good.ratio == pytest.approx(0.28 / 0.274)
    assert bad.verdict == "differs"
    assert "no reason is recorded" in bad.note
    assert "decision 1: " in bad.note
    differs = evaluate(FakeContext({"a7_break_s": 900e-9}), ids=["A7"])[0]
    assert "two poles bend smoothly" in differs.note


def test_the_protocol_energy_shows_both_accounts() -> None:
    run = FakeContext({"energy_plateau_200nm_J": 417e-12, "energy_protocol_200nm_J": 490e-12})
    assert verdicts(run, "A3.plateau_200nm") == {"A3.plateau_200nm": "reproduced"}
    row = evaluate(run, ids=["A3.protocol_200nm"])[0]
    assert row.verdict == "differs"
    assert "plateau alone 417 pJ" in row.note


def test_midpoint_shift_is_taken_at_090_volt() -> None:
    run = FakeContext({"midpoint_shift": lambda v: 0.0082 * v**2 + 0.0087 * v})
    row = evaluate(run, ids=["A6.shift_090"])[0]
    assert row.verdict == "reproduced"
    assert row.ratio == pytest.approx(1.0, rel=1e-9)


def test_simulated_ratio_falls_as_the_device_energy_rises() -> None:
    doubled = ScopeCost(1.2e-9, None, None, {"all": 1.2e-9})
    cost = replace(published_cost(), scopes={**published_cost().scopes, "circuit": doubled})
    rows = {row.id: row for row in evaluate(FakeContext(cost=cost), ids=["A13", "A4", "A11"])}
    assert rows["A13.lstm.paper"].verdict == "reproduced"
    assert rows["A13.lstm.circuit"].verdict == "differs"
    assert rows["A13.lstm.circuit"].reproduced == pytest.approx(2857.45 / 2, rel=1e-4)
    assert rows["A4.circuit"].ratio == pytest.approx(2.0)
    assert rows["A11.simulated.system"].verdict == "not yet"


def test_a_failing_function_keeps_its_cause_and_its_neighbours() -> None:
    class Failing(FakeContext):
        def cost(self, circuit: str) -> NeuronCost:
            raise SimulationError(circuit, "tt", "no convergence", "/tmp/deck.cir")

    rows = {row.id: row for row in evaluate(Failing({"p_base": 0.095}), ids=CIRCUIT_CLAIMS)}
    assert rows["A9.transistors"].verdict == "failed"
    assert "no convergence" in rows["A9.transistors"].note
    assert "/tmp/deck.cir" in rows["A9.transistors"].note
    assert rows["A5.base"].verdict == rows["A11.n1"].verdict == "reproduced"


def test_programming_errors_are_not_hidden() -> None:
    row = evaluate(FakeContext({"p_base": "a lot"}), ids=["A5.base"])[0]
    assert row.verdict == "failed"
    assert "ValueError: could not convert" in row.note


def test_unknown_ids_are_refused() -> None:
    with pytest.raises(InputError, match="D1"):
        evaluate(FakeContext(), ids=["A1", "D1"])


def claim(published: Any = 2.0, kind: Any = "relative", slack: float = 0.1, **fields: Any) -> Claim:
    tolerance = None if isinstance(published, str) else Tolerance(kind=kind, value=slack)
    known = {"id": "A1", "quantity": "q", "unit": "J", "where": "here", "status": "built", "evidence": "predicted"}
    return Claim(**{**known, "function": "m:f", "published": published, "tolerance": tolerance, **fields})


@pytest.mark.parametrize(
    ("published", "kind", "slack", "inside", "outside"),
    [
        (2.0, "relative", 0.1, (1.81, 2.0, 2.19), (1.79, 2.21)),
        (-2.0, "relative", 0.1, (-1.81, -2.19), (-1.79, -2.21, 2.0)),
        (2.0, "absolute", 0.5, (1.51, 2.49), (1.49, 2.51)),
        (2.0, "at_most", 0.1, (-9.0, 2.19), (2.21,)),
        (2.0, "at_least", 0.1, (9.0, 1.81), (1.79,)),
        ((1.0, 3.0), "relative", 0.1, (0.91, 2.0, 3.29), (0.89, 3.31)),
        (0.0, "absolute", 0.05, (0.0, 0.05), (0.051,)),
    ],
)
def test_tolerance_kinds(published: Any, kind: str, slack: float, inside: tuple, outside: tuple) -> None:
    row = claim(published, kind, slack)
    assert all(row.agrees(value) for value in inside)
    assert not any(row.agrees(value) for value in outside)


@given(st.floats(1e-15, 1e15), st.floats(1e-15, 1e15))
def test_ratio_times_published_is_the_reproduced_value(published: float, value: float) -> None:
    ratio = claim(published).ratio(value)
    assert ratio is not None
    assert ratio * published == pytest.approx(value, rel=1e-12)


def test_ratio_of_ranges_words_and_zero() -> None:
    ranged = claim((1.0, 4.0))
    assert [ranged.ratio(v) for v in (0.5, 2.0, 8.0)] == [0.5, 1.0, 2.0]
    assert claim("yes").ratio(True) is None
    assert claim(0.0).ratio(0.1) is None


GOOD = """
[paper]
key = "mine2026"
citation = "Mine, 2026"
number = 9

[decision.1]
text = "t"
reason = "r"

[[claim]]
id = "A1.part"
quantity = "energy"
unit = "J"
published = 1.0
tolerance = { kind = "relative", value = 0.1 }
where = "Fig. 1"
status = "built"
function = "tests.helper:function"
evidence = "predicted"
decisions = [1]
"""
BUILT = 'status = "built"\nfunction = "tests.helper:function"\nevidence = "predicted"'
SECOND = GOOD[GOOD.index("[[claim]]") :]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('quantity = "energy"\n', "", r"A1\.part\.quantity: missing"),
        ("unit =", "units =", r"A1\.part\.unit: missing"),
        ("decisions = [1]", "decision = [1]", r"A1\.part\.decision: unknown field"),
        ("[[claim]]", "[[claims]]", r"mine\.toml: claim: missing"),
        ('"A1.part"', '"a1"', r"a1\.id: "),
        ("= 1.0", "= nan", r"A1\.part\.published"),
        ("= 1.0", "= [2.0, 1.0]", r"A1\.part\.published: a range is \[low, high\]"),
        ("= 1.0", "= true", r"A1\.part\.published"),
        ("= 1.0", '= "yes"', r"A1\.part: a claim in words has no tolerance"),
        ('"relative"', '"close"', r"A1\.part\.tolerance\.kind: .*'at_least'"),
        ("value = 0.1", "value = -0.1", r"tolerance\.value"),
        ("value = 0.1", "size = 0.1", r"tolerance\.value: missing"),
        ('tolerance = { kind = "relative", value = 0.1 }', "", "a row with a function needs a tolerance"),
        ('"tests.helper:function"', '"tests.helper"', r"A1\.part\.function: "),
        ('"built"', '"done"', r"A1\.part\.status: .*'needs data'"),
        ('"predicted"', '"guessed"', r"A1\.part\.evidence: .*'post_hoc'"),
        ('evidence = "predicted"\n', "", r"A1\.part: a row has evidence exactly when"),
        ('"built"', '"not yet"', "built exactly when"),
        (BUILT, 'status = "not yet"', "needs a reason"),
        (BUILT, 'status = "needs data"', "must name it"),
        (BUILT, 'status = "needs data"\ndata = "d"\nkey = "k"', "a key needs a function"),
        ("[1]", "[2]", "no such decision"),
        ('reason = "r"', "", r"decision\.1\.reason: missing"),
        ('"Fig. 1"', "3", r"A1\.part\.where: .*string"),
        ("number = 9", "number = 0", r"paper\.number"),
        (SECOND, SECOND + SECOND, r"A1\.part: two rows have the same id"),
        (SECOND, SECOND + SECOND.replace("A1.", "B1."), r"B1\.part: ids of one paper begin alike"),
        (GOOD, "", r"paper: missing"),
        (GOOD, "= =", "cannot read"),
    ],
)
def test_a_bad_ledger_names_file_row_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        read_ledger(path)
    assert "mine.toml" in str(caught.value)


def test_the_good_ledger_is_good(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert read_ledger(path).claims[0].group == "A1"


def test_two_papers_have_different_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    ours = list(record._paths())
    monkeypatch.setattr(record, "_paths", lambda: [*ours, path])
    with pytest.raises(InputError, match="paper mine2026: ids begin with A as those of liu2025"):
        ledgers()
    path.write_text(GOOD.replace('"A1.', '"Mine1.'))
    assert [ledger.paper.key for ledger in ledgers()][-1] == "mine2026"


def one_row(function: str, published: float | str = 1.0, **fields: Any):
    paper = Paper(key="p", citation="c", number=1)
    context: Any = FakeContext()
    return evaluate(context, [Ledger(paper=paper, claim=[claim(published, function=function, **fields)])])[0]


def test_unknown_functions_fail_their_row() -> None:
    for function, cause in (("no_such_module:f", "cannot import"), ("json:nothing", "no such function")):
        row = one_row(function)
        assert row.verdict == "failed"
        assert cause in row.note


def test_claims_in_words_take_truth_values_and_numbers_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {}
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda context: answers["value"])
    for value, published, verdict in (
        (True, "falls", "reproduced"),
        (False, "falls", "differs"),
        (0.5, "falls", "failed"),
        (True, 1.0, "failed"),
        (float("nan"), 1.0, "failed"),
        (Reproduction(None, "simulator absent"), 1.0, "not yet"),
    ):
        answers["value"] = value
        assert one_row("m:f", published).verdict == verdict
    assert one_row("m:f").note == "simulator absent"


def test_a_key_takes_its_value_of_a_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {"value": {"a": 1.0, "b": None}}
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda run: answers["value"])
    assert one_row("m:f", key="a").verdict == "reproduced"
    assert one_row("m:f", key="b").verdict == "not yet"
    assert "no such key; found 'c'; allowed: a, b" in one_row("m:f", key="c").note
    assert "exactly when" in one_row("m:f").note
    answers["value"] = 1.0
    assert "exactly when" in one_row("m:f", key="a").note


def test_another_quantity_is_shown_and_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda run: 1.0)
    row = one_row("m:f", instead="the model against the circuit")
    assert (row.reproduced, row.ratio, row.verdict) == (1.0, None, "not comparable")
    assert row.note == "the model against the circuit"
