"""Reading decks and ngspice's words: pure text, no simulator."""

from __future__ import annotations

import pytest

from ipcircuit.errors import InputError
from ipcircuit.spice import diagnosis
from ipcircuit.spice.deck import request
from ipcircuit.spice.expressions import number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("230n", 230e-9),
        ("230ns", 230e-9),
        ("1e-9", 1e-9),
        ("2.5MEG", 2.5e6),
        ("1m", 1e-3),
        ("10u", 1e-5),
        (".5", 0.5),
        ("-0.8", -0.8),
        ("1e-3n", 1e-12),
        ("3V", 3.0),
        ("{tstop}", None),
        ("2*3", None),
        ("", None),
    ],
)
def test_spice_numbers(text: str, value: float | None) -> None:
    assert number(text) == (None if value is None else pytest.approx(value, rel=1e-15))


@pytest.mark.parametrize(
    ("analysis", "kind", "last"),
    [
        (".tran 1n 10n", "tran", 10e-9),
        (".TRAN 1n 10N 0 0.1n uic", "tran", 10e-9),
        (".tran\n+ 1n\n* between\n+ 10n", "tran", 10e-9),
        (".tran 1n 10n ; .dc v1 0 1 1", "tran", 10e-9),
        (".tran 1n 10n $ .dc v1 0 1 1", "tran", 10e-9),
        (".tran 1n {cycles*230n}", "tran", None),
        (".dc v1 0 2 0.25", "dc", 2.0),
        (".dc v1 0 {top} 0.25", "dc", None),
        ("* .dc v1 0 1 1\n.tran 1n 10n", "tran", 10e-9),
    ],
)
def test_the_analysis_and_its_end_are_found(analysis: str, kind: str, last: float | None) -> None:
    found = request(f".dc in the title is no statement\nv1 a 0 1\n{analysis}\n.end")
    assert found.analysis == kind
    assert found.last == (None if last is None else pytest.approx(last))


def test_decks_are_passed_on_line_by_line() -> None:
    assert request("\nv1 a 0 1\n\n.tran 1n 2n\n.end\n").lines == ("untitled", "v1 a 0 1", ".tran 1n 2n", ".end")


def test_save_lines_are_added_only_where_needed() -> None:
    plain = request("t\n.tran 1n 2n\n.end", ["V(Out)", "i(Vdd)", "out"])
    assert plain.wanted == ("out", "i(vdd)")
    assert not any(line.startswith(".save") for line in plain.lines)
    assert request("t\n.tran 1n 2n\n.end", ["@m1[id]"]).lines[1] == ".save all @m1[id]"
    limited = request("t\n.save v(a)\n.tran 1n 2n\n.end", ["out", "i(vdd)", "@m1[id]"])
    assert limited.lines[1] == ".save v(out) i(vdd) @m1[id]"


def test_options_that_outlive_their_deck_are_noticed() -> None:
    assert request("t\n.options method=gear\n+ interp\n.tran 1n 2n\n.end").taints
    assert not request("t interp\n.options method=gear\n* interp\n.tran 1n 2n\n.end").taints


@pytest.mark.parametrize(
    "body",
    [
        "",
        ".tran 1n 2n\n.tran 1n 3n",
        ".control\nrun\n.endc\n.tran 1n 2n",
        ".ac dec 10 1 1k",
        *(
            f"{line}\n.tran 1n 2n"
            for line in (
                ".controlx\nshell id\n.endc",
                "\t.CONTROL,\nshell id\n.endc",
                ".con\n+ trol",
                "\x0c.control\nshell id\n.endc",
                "r1 a\x1b 0 1",
                "*# shell id",
                " *#shell id",
                ".tran 1n 2n\r*#shell id",
                ".csparam a=1",
                ".exec id",
                ".incl x",
            )
        ),
    ],
)
def test_decks_that_cannot_be_run_here_are_refused(body: str) -> None:
    with pytest.raises(InputError, match="deck"):
        request(f"t\n{body}\n.end")


def test_a_title_is_no_script() -> None:
    with pytest.raises(InputError, match="command in a comment"):
        request("*ng_script\nshell id\n.tran 1n 2n\n.end")


RETRIES = [
    "Note: Starting dynamic gmin stepping",
    "Trying gmin =   1.0000E-03 Warning: Further gmin increment",
    "Warning: Dynamic gmin stepping failed",
    "Supplies reduced to   0.1000% Supplies reduced to   0.0000% ",
    "Warning: source stepping failed",
    "Note: Transient op finished successfully",
    " Reference value :  1.0e-07\r",
]


def test_retries_are_neither_an_error_nor_a_cause() -> None:
    assert not diagnosis.is_fatal(RETRIES)
    assert diagnosis.cause(RETRIES) == ""


def test_the_cause_is_what_remains() -> None:
    words = [*RETRIES, "doAnalyses: TRAN:  Timestep too small; time = 1e-9", "run simulation(s) aborted"]
    assert diagnosis.is_fatal(words)
    assert diagnosis.cause(words) == "doAnalyses: TRAN:  Timestep too small; time = 1e-9; run simulation(s) aborted"
    assert diagnosis.cause(words + words) == diagnosis.cause(words)
    assert len(diagnosis.cause([f"problem {i}" for i in range(1000)])) < 500


def test_a_library_that_asks_to_be_detached_is_poisoned() -> None:
    assert diagnosis.is_poisoned(["Error: ngspice.dll cannot recover and awaits to be detached"])
    assert not diagnosis.is_poisoned(["run simulation(s) aborted"])
