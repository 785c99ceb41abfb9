"""The ledger is complete and valid, and every verdict is an honest one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcircuit.errors import InputError, SimulationError
from reports.ledger import record
from reports.ledger.evaluate import VERDICTS, Reproduction, evaluate, judge, resolve, select
from reports.ledger.record import Claim, Ledger, Paper, Tolerance, ledgers, read_ledger
from reports.section import Run

LEDGERS = ledgers()
CLAIMS = [claim for ledger in LEDGERS for claim in ledger.claims]
IDS = [f"A{n}" for n in range(1, 22)] + [f"B{n}" for n in range(1, 7)] + [f"C{n}" for n in range(1, 7)]


def test_every_published_id_has_a_row_and_no_other_exists() -> None:
    assert list(dict.fromkeys(claim.group for claim in CLAIMS)) == IDS


def test_all_eleven_decisions_stand_on_a_row() -> None:
    decisions = [number for ledger in LEDGERS for number in ledger.decisions]
    assert sorted(decisions) == list(range(1, 12))
    used = {number for claim in CLAIMS for number in claim.decisions}
    assert used == set(decisions)


@pytest.mark.parametrize("function", sorted({claim.function for claim in CLAIMS if claim.function}))
def test_every_function_exists_and_says_what_it_gives(function: str) -> None:
    assert resolve(function).__doc__


def test_no_value_serves_two_rows() -> None:
    functions = [(claim.function, claim.key) for claim in CLAIMS if claim.function]
    assert len(functions) == len(set(functions))


def test_rows_that_need_data_say_which() -> None:
    needing = {claim.group for claim in CLAIMS if claim.status == "needs data"}
    assert needing == {"A6", "A12", "A14", "A15", "A16", "A17", "A21", "B5"}
    assert not [claim.id for claim in CLAIMS if claim.status == "not yet"]
    assert "DVS128 Gesture" in next(claim.data for claim in CLAIMS if claim.group == "A14")


def claim(published: Any = 2.0, kind: Any = "relative", slack: float = 0.1, **fields: Any) -> Claim:
    tolerance = None if isinstance(published, str) else Tolerance(kind=kind, value=slack)
    known = {"id": "A1", "quantity": "q", "unit": "J", "where": "here", "status": "built", "evidence": "predicted"}
    return Claim(**{**known, "function": "m:f", "published": published, "tolerance": tolerance, **fields})


def ledger_of(*claims: Claim) -> Ledger:
    return Ledger(Paper("p", "c", 1), claims)


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
        ('quantity = "energy"\n', "", r"A1\.part: missing quantity"),
        ("unit =", "units =", r"A1\.part: missing unit"),
        ("decisions = [1]", "decision = [1]", r"A1\.part: unknown field; found 'decision'"),
        ("[[claim]]", "[[claims]]", r"mine\.toml: missing claim"),
        ('"A1.part"', '"a1"', r"a1: id: "),
        ("= 1.0", "= nan", r"A1\.part: published"),
        ("= 1.0", "= [2.0, 1.0]", r"A1\.part: a range is \[low, high\]"),
        ("= 1.0", "= true", r"A1\.part: published"),
        ("= 1.0", '= "yes"', r"A1\.part: a claim in words has no tolerance"),
        ('"relative"', '"close"', r"A1\.part: tolerance\.kind: .*'at_least'"),
        ("value = 0.1", "value = -0.1", r"tolerance\.value"),
        ("value = 0.1", "size = 0.1", r"tolerance: missing value"),
        ('tolerance = { kind = "relative", value = 0.1 }', "", "a row with a function needs a tolerance"),
        ('"tests.helper:function"', '"tests.helper"', r"A1\.part: function: "),
        ('"built"', '"done"', r"A1\.part: status: .*'needs data'"),
        ('"predicted"', '"guessed"', r"A1\.part: evidence: .*'post_hoc'"),
        ('evidence = "predicted"\n', "", r"A1\.part: a row has evidence exactly when"),
        ('"built"', '"not yet"', "not yet built has no function"),
        ('"built"', '"needs data"', "must name it"),
        (BUILT, 'status = "built"', "that is built names its function"),
        (BUILT, 'status = "not yet"', "needs a reason"),
        (BUILT, 'status = "needs data"', "must name it"),
        (BUILT, 'status = "needs data"\ndata = "d"\nkey = "k"', "a key needs a function"),
        ("[1]", "[2]", "no such decision"),
        ('reason = "r"', "", r"decision\.1: missing reason"),
        ('"Fig. 1"', "3", r"A1\.part: where: .*string"),
        ("number = 9", "number = 0", r"paper\.number"),
        (SECOND, SECOND + SECOND, r"A1\.part: two rows have the same id"),
        (SECOND, SECOND + SECOND.replace("A1.", "B1."), r"B1\.part: ids of one paper begin alike"),
        (
            "[decision.1]",
            '[sentence]\n"A1.parts" = "s"\n\n[decision.1]',
            r"sentence: no row .* begins so; found 'A1\.parts'",
        ),
        ("[decision.1]", '[sentence]\n"A1" = ""\n\n[decision.1]', r"sentence\.A1: "),
        ("[decision.1]", '[group]\nA2 = "s"\n\n[decision.1]', r"group: no row is of this group; found 'A2'"),
        (GOOD, "", r"missing paper"),
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
    path.write_text(GOOD.replace('"A1.', '"Mine1.').replace("number = 9", "number = 1"))
    with pytest.raises(InputError, match=r"number 1 is that of liu2025|number 1 is that of mine2026"):
        ledgers()
    path.write_text(GOOD.replace('"A1.', '"Mine2.'))
    assert [ledger.paper.key for ledger in ledgers()][-1] == "mine2026"


def one_row(function: str, published: float | str = 1.0, **fields: Any):
    return evaluate(papers=[ledger_of(claim(published, function=function, **fields))])[0]


def test_unknown_functions_fail_their_row() -> None:
    for function, cause in (("no_such_module:f", "cannot import"), ("json:nothing", "no such function")):
        row = one_row(function)
        assert row.verdict == "failed"
        assert cause in row.note


def test_claims_in_words_take_truth_values_and_numbers_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {}
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda run: answers["value"])
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


def test_a_row_that_needs_data_is_judged_by_runs_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {}
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda run: answers["value"])
    ledger = ledger_of(claim(status="needs data", data="a set"))
    for value, verdict, evidence in (
        (None, "needs data", None),
        (2.0, "reproduced", "predicted"),
        (3.0, "differs", "predicted"),
    ):
        answers["value"] = value
        (row,) = evaluate(papers=[ledger])
        assert (row.verdict, row.evidence) == (verdict, evidence)
        assert ("needs a set" in row.note) == (value is None)


def test_a_key_takes_its_value_of_a_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {"value": {"a": 1.0, "b": None}}
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda run: answers["value"])
    assert one_row("m:f", key="a").verdict == "reproduced"
    assert one_row("m:f", key="b").verdict == "not yet"
    assert "no key 'c'; allowed: a, b" in one_row("m:f", key="c").note
    assert "exactly when" in one_row("m:f").note
    answers["value"] = 1.0
    assert "exactly when" in one_row("m:f", key="a").note


def test_another_quantity_is_shown_and_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.ledger.evaluate.resolve", lambda name: lambda run: 1.0)
    row = one_row("m:f", instead="the model against the circuit")
    assert (row.reproduced, row.ratio, row.verdict) == (1.0, None, "not comparable")
    assert row.note == "the model against the circuit"


def fails(run: Run) -> float:
    """A simulation that does not converge."""
    raise SimulationError("comparator", "tt", "no convergence", "/tmp/deck.cir")


def is_wrong(run: Run) -> float:
    """A mistake in the function."""
    return float("a lot")


def is_one(run: Run) -> float:
    """A number."""
    return 1.0


def test_a_failing_function_keeps_its_cause_and_its_neighbours() -> None:
    here = {name: f"{__name__}:{name}" for name in ("fails", "is_wrong", "is_one")}
    functions = [here["fails"], here["is_wrong"], here["is_one"], "no_such_module:f"]
    claims = [claim(1.0, id=f"A{i}", function=function) for i, function in enumerate(functions)]
    failed, wrong, good, absent = evaluate(Run(jobs=1), [ledger_of(*claims)])
    assert {failed.verdict, wrong.verdict, absent.verdict} == {"failed"}
    assert "no convergence" in failed.note
    assert "/tmp/deck.cir" in failed.note
    assert "ValueError: could not convert" in wrong.note  # a programming error is not hidden
    assert f"is_wrong, line {is_wrong.__code__.co_firstlineno + 2} of" in wrong.note
    assert good.verdict == "reproduced"


def test_json_has_the_contract_keys_and_counts_every_verdict() -> None:
    rows = evaluate(
        papers=[
            ledger_of(claim(1.0, function=f"{__name__}:is_one"), claim(2.0, id="A2", function=f"{__name__}:is_one"))
        ]
    )
    keys = ["id", "seed", "quantity", "unit", "published", "reproduced", "ratio", "verdict", "evidence", "note"]
    assert all(list(row) == keys for row in json.loads(json.dumps([row.to_json() for row in rows], allow_nan=False)))
    assert rows.counts == {**dict.fromkeys(VERDICTS, 0), "reproduced": 1, "differs": 1}
    assert len(rows.with_evidence("predicted")) == 2
    assert len(rows.with_evidence("fitted")) == 0


def test_differs_needs_a_reason_and_decisions_are_spelt_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD.replace("tests.helper:function", f"{__name__}:is_one").replace("published = 1.0", "published = 2.0")
    )
    (row,) = evaluate(papers=[read_ledger(path)])
    assert (row.verdict, row.ratio) == ("differs", 0.5)
    assert row.note == "no reason is recorded yet; decision 1: t (r)"
    path.write_text(path.read_text() + 'reason = "too small"\n')
    assert evaluate(papers=[read_ledger(path)])[0].note == "too small; decision 1: t (r)"


def test_unknown_ids_are_refused() -> None:
    with pytest.raises(InputError, match="D1"):
        select(LEDGERS, ["A1", "D1"])
    assert {row.group for _, row in select(LEDGERS, ["A1", "C2"])} == {"A1", "C2"}


def test_rows_that_are_not_built_say_what_they_wait_for() -> None:
    waiting = [(ledger, row) for ledger in LEDGERS for row in ledger.claims if row.status != "built"]
    nothing = {row.function: {each.key: None for _, each in waiting} for _, row in waiting}
    rows = judge(waiting, nothing)
    assert rows.counts["not yet"] + rows.counts["needs data"] == len(rows) > 20
    assert all(row.reproduced is None and row.ratio is None and row.note for row in rows)
    assert all(row.evidence is None for row in rows)
