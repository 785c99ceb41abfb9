"""A claim in words: what stands in it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipcircuit.cli.explanation import show_explanation
from ipcircuit.errors import InputError
from reports import explain as module
from reports.explain import explain, explanation
from reports.ledger.evaluate import Reproduction, judge
from reports.ledger.record import Claim, Decision, Ledger, Paper, Tolerance, ledgers
from reports.section import Run

HERE = __name__


def half(_: Run) -> Reproduction:
    """A value with a note."""
    return Reproduction(1.0, "half as much")


def claim(**fields) -> Claim:
    known = {"id": "A1.part", "quantity": "energy", "unit": "J", "published": 2.0, "where": "Fig. 1", "status": "built"}
    tolerance = Tolerance(kind="relative", value=0.1)
    built = {"tolerance": tolerance, "function": f"{HERE}:half", "evidence": "predicted", "decisions": (1,)}
    return Claim(**{**known, **built, "reason": "another circuit", **fields})


@pytest.fixture
def one_paper(monkeypatch):
    """A ledger of two rows in the place of ours."""
    waiting = {"tolerance": None, "function": "", "evidence": None, "data": "a device", "reason": "", "decisions": ()}
    rows = (claim(), claim(id="A1.other", status="needs data", **waiting))
    sentences = {"A1": "It takes two joules.", "A1.other": "It takes two more."}
    paper = Ledger(Paper("p", "A, B, C", 1), rows, {1: Decision("as printed", "it is clear")}, sentences)
    monkeypatch.setattr(module, "ledgers", lambda: (paper,))


def test_an_explanation_has_all_that_is_known_of_a_row(one_paper, tmp_path: Path) -> None:
    row = explain("A1.part", Run(runs=tmp_path)).to_json()
    assert row["sentence"] == "It takes two joules."  # that of all rows whose ids begin so
    assert (row["citation"], row["where"], row["published"]) == ("A, B, C", "Fig. 1", 2.0)
    assert (row["reproduced"], row["ratio"], row["verdict"], row["evidence"]) == (1.0, 0.5, "differs", "predicted")
    assert row["note"] == "half as much; another circuit"  # decisions stand by themselves
    assert row["decisions"] == [{"number": 1, "text": "as printed", "reason": "it is clear"}]
    assert row["command"] == f"ipcircuit claims --id A1.part --runs {tmp_path}"


def test_a_row_that_waits_for_data_says_what_for(one_paper, capsys) -> None:
    row = explain("A1.other").to_json()
    assert (row["sentence"], row["reproduced"], row["verdict"]) == ("It takes two more.", None, "needs data")
    show_explanation(row)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "A1.other: energy"
    assert shown[1:3] == ["published  2 J (p, Fig. 1): “It takes two more.”", "ours       needs data; needs a device"]
    assert shown[3:] == ["           ipcircuit claims --id A1.other"]


def test_a_group_or_an_unknown_row_is_refused(one_paper) -> None:
    with pytest.raises(InputError, match=r"one can be explained at a time.*A1\.part, A1\.other"):
        explain("A1")
    with pytest.raises(InputError, match="unknown claim; found 'A2'"):
        explain("A2")


def test_every_row_of_ours_has_the_sources_words_and_fits_a_screen(capsys, monkeypatch) -> None:
    """Not evaluated: 24 lines at 80 columns, ratios of energies apart."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(module, "explain_ratio", lambda compared: None)
    for ledger in ledgers():
        for row in ledger.claims:
            (result,) = judge([(ledger, row)], {})
            assert ledger.sentence(row), row.id
            show_explanation(explanation(row, ledger, result, Run()).to_json())
            shown = capsys.readouterr().out.splitlines()
            assert len(shown) <= 24, row.id
            assert max(map(len, shown)) <= 80, row.id
