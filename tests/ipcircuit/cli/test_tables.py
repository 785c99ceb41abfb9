"""Tables of plain text: what wraps and where; the longest tables of commands. All commands: test_renderings.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from ipcircuit.cli import claims, console, doctor
from ipcircuit.cli.table import table_lines, wrapped
from reports.ledger.record import ledgers
from tests.ipcircuit.cli.rendering import assert_readable

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text(encoding="utf-8"))


def test_a_long_path_of_doctor_stays_whole(narrow):
    long = "/opt/homebrew/lib/libngspice.dylib"
    doctor.show_findings(
        [
            {"name": "libngspice", "version": "39", "status": "ok", "how_to_get": "", "path": long},
            {
                "name": "torch",
                "version": None,
                "status": "missing",
                "how_to_get": "pip install torch " * 4,
                "path": None,
            },
        ]
    )
    text = narrow()
    assert_readable(text)
    assert long in text


def test_the_overview_of_all_claims_is_130_lines_and_names_every_row(narrow):
    """As if every function had reproduced its figure: more lines than in any run."""
    papers = ledgers()
    claimed = [claim for ledger in papers for claim in ledger.claims]
    rows = [
        {
            "id": c.id,
            "quantity": c.quantity,
            "unit": c.unit,
            "published": list(c.published) if isinstance(c.published, tuple) else c.published,
            "reproduced": (c.published if isinstance(c.published, float) else True) if c.status == "built" else None,
            "ratio": 1.0,
            "verdict": "differs" if c.status == "built" else c.status,
            "evidence": c.evidence if c.status == "built" else None,
            "note": "",
        }
        for c in claimed
    ]
    claims.show_overview(rows, {name: text for ledger in papers for name, text in ledger.groups.items()})
    text = narrow()
    assert_readable(text)
    assert len(text.splitlines()) <= 130
    assert {claim.group for claim in claimed} <= set(re.findall(r"\b[A-Z]\d+\b", text))
    parts = {c.id.partition(".")[2] or c.id for c in claimed if c.status == "built" and c.evidence != "input"}
    assert {part for part in parts if f"✗ {part} " not in text} == set()


def test_a_group_of_several_claims_has_a_heading():
    for ledger in ledgers():
        several = {name for name, count in Counter(c.group for c in ledger.claims).items() if count > 1}
        assert several == set(ledger.groups), ledger.paper.key


def test_an_evidence_and_a_verdict_are_never_cut(narrow):
    claims.show_claims(RESULTS["claims"])
    text = narrow()
    for word in ("reproduced", "differs", "needs data", "construction", "not comparable"):
        assert word in " ".join(text.split())


ROWS = [["mean of a longer name", "1.234 nJ", "some words about it, not few"], ["b", "-12 µV", "others"]]


def test_wide_enough_a_table_has_a_line_for_each_row():
    lines = table_lines(["name", "value", "remark"], ROWS, ["value"], 80)
    assert lines[2:] == [
        "mean of a longer name  1.234 nJ  some words about it, not few",
        "b                        -12 µV  others",
    ]


def test_a_group_has_a_line_before_its_rows():
    lines = table_lines(["name", "value", "remark"], ROWS, ["value"], 80, groups={1: "what the rest has in common"})
    assert [line.split("  ")[0] for line in lines[2:]] == ["mean of a longer name", "what the rest has in common", "b"]


def test_too_narrow_text_wraps_then_moves_below_its_row():
    lines = table_lines(["name", "value", "remark"], ROWS, ["value"], 50)
    assert lines[2:4] == [
        "mean of a longer     1.234 nJ  some words about",
        "name                           it, not few",
    ]
    lines = table_lines(["name", "value", "remark"], ROWS, ["value"], 36)
    assert lines[:2] == ["name                      value", "    remark"]
    assert lines[3:5] == ["mean of a longer name  1.234 nJ", "    some words about it, not few"]


def test_values_that_do_not_fit_follow_in_a_table_of_their_own():
    columns = ["name", *(f"column {i}" for i in range(6))]
    lines = table_lines(columns, [["row", *(f"{i}.234567 mJ" for i in range(6))]], columns[1:], 40)
    assert all(len(line) <= 40 for line in lines)
    text = "\n".join(lines)
    assert all(f"{i}.234567 mJ" in text for i in range(6))
    assert text.count("row ") > 2


def test_numbers_of_a_thousand_look_the_same_on_both_sides_of_it():
    assert [console.number(x) for x in (999.4, 999.97, 1000.0, -12345.6)] == ["999.4", "1,000", "1,000", "-12,346"]


def test_a_number_and_its_unit_stay_together():
    assert wrapped("took 12 ms", 8) == ["took", "12 ms"]
    assert wrapped("a ± 3 nJ b", 7) == ["a", "± 3 nJ", "b"]


@pytest.mark.parametrize(
    ("values", "unit", "label", "cells"),
    [
        ([6e-10, 1.5e-12, None], "J", " (pJ)", ["600", "1.5", "not obtained"]),
        ([6e-10, 1e-15], "J", "", ["600 pJ", "1 fJ"]),
        ([1.505, 0.0], "µm²", " (µm²)", ["1.505", "0"]),
        ([1.5, 12345.0], "", "", ["1.5", "12,345"]),
        ([None], "J", " (J)", ["not obtained"]),
    ],
)
def test_one_unit_stands_in_the_heading(values, unit, label, cells):
    assert console.scaled([values], unit) == (label, [cells])
