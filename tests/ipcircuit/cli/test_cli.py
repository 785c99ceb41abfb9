"""The command line's manners: exit codes, messages, streams. What commands compute is tested where it is computed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from inspect import signature

import pytest

from ipcircuit.cli import characterize, claims, console, door, options, progress, study, technology
from ipcircuit.cli import main as cli
from ipcircuit.cli.application import COMMANDS, application
from ipcircuit.cli.progress import Lines
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.families import KINDS
from reports.ledger import evaluate


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    code = cli.main(list(arguments))
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.parametrize("command", [("characterize",), ("check",), ("netlist",), ("compare", "--circuit")])
def test_unknown_circuit_is_exit_2_with_the_nearest_name(capsys, command):
    code, out, err = call(capsys, *command, "comparatr")
    assert (code, out) == (2, "")
    assert "did you mean 'comparator'?" in err
    assert "allowed: comparator, differential" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("characterize",),
        ("characterize", "comparator", "--jobs", "0"),
        ("list", "--no-such-option"),
        ("netlist", "comparator", "--models", "/no/such/card.lib"),
        ("compare", "--frames", "many"),
    ],
)
def test_usage_errors_are_exit_2_on_stderr(capsys, arguments):
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("--version",), ("list",), ("report", "--help")])
def test_exit_0(capsys, arguments):
    code, out, err = call(capsys, *arguments)
    assert (code, err) == (0, "")
    assert out


def test_list_json_has_every_kind_and_entry(capsys):
    _, out, _ = call(capsys, "list", "--json")
    listing = json.loads(out)
    kinds = [*KINDS, "families"]
    assert list(listing) == kinds
    assert {"comparator", "differential"} <= {entry["name"] for entry in listing["circuits"]}
    assert all(set(entry) == {"name", "summary", "source", "error"} for kind in listing.values() for entry in kind)


def test_every_command_prints_json_where_asked():
    commands = [command.callback for command in application().registered_commands]
    commands += [command.callback for command in study.group().registered_commands]
    commands += [command.callback for command in technology.group().registered_commands]
    assert len(commands) == len(COMMANDS) + len(study.EXPERIMENTS.names()) + len(("list", "check"))
    assert [c.__module__ for c in commands if c and "json" not in signature(c).parameters] == []


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        (["r"], "not an override"),
        (["r=1,5"], "not a number"),
        (["a b=1"], "not an override"),
        (["r=1", "r=2"], "twice"),
    ],
)
def test_bad_override_names_the_option(pairs, problem):
    with pytest.raises(InputError, match=rf"--set.*{problem}"):
        options.overrides(pairs)


def test_overrides_are_si_floats_or_words_that_the_circuit_takes():
    assert options.overrides(["sense=latch"]) == {"sense": "latch"}
    with pytest.raises(InputError, match="--set v_dd: not a number; found 'x'"):
        options.configured("comparator", None, "tt", 27.0, ["v_dd=x"])
    assert options.overrides(["r_parallel=230", "tau=2.75e-7"]) == {"r_parallel": 230.0, "tau": 2.75e-7}
    assert options.overrides(None) == {}


@dataclass
class Curve:
    curve: str
    max_error: float
    rms_error: float
    unit: str
    tolerance: float
    passed: bool


class StandIn:
    """Stands in for a circuit: what the command does with its results is tested, not the results."""

    def __init__(self, passed: bool = True, error: Exception | None = None, max_error: float = 0.02) -> None:
        self.passed, self.error, self.max_error = passed, error, max_error

    def configured(self, **options: object) -> StandIn:
        self.options = sorted(options)
        return self

    def check(self, **options: object) -> list[Curve]:
        if self.error:
            raise self.error
        return [Curve("firing probability", self.max_error, 0.01, "1", 0.01, self.passed)]

    def netlist(self) -> str:
        return f"* deck {self.options}\n.end\n"


@pytest.mark.parametrize(("passed", "expected"), [(True, 0), (False, 1)])
def test_failed_check_is_exit_1_and_json_follows_the_contract(capsys, monkeypatch, passed, expected):
    monkeypatch.setattr(options, "testbench_of", lambda name: StandIn(passed))
    code, out, err = call(capsys, "check", "comparator", "--json")
    assert (code, err) == (expected, "")
    row = {"curve": "firing probability", "max_error": 0.02, "rms_error": 0.01, "unit": "1", "tolerance": 0.01}
    assert json.loads(out) == {"pass": passed, "circuits": {"comparator": [{**row, "pass": passed}]}}
    code, out, _ = call(capsys, "check", "comparator")
    assert code == expected
    assert ("pass" in out, "FAIL" in out) == (passed, not passed)


def test_check_takes_overrides_of_one_circuit(capsys, monkeypatch):
    testbench = StandIn()
    monkeypatch.setattr(options, "testbench_of", lambda name: testbench)
    assert call(capsys, "check", "comparator", "--set", "v=1", "--set", "tau=2")[0] == 0
    assert testbench.options == ["corner", "tau", "technology", "temperature_C", "v"]
    code, out, err = call(capsys, "check", "--set", "v=1")
    assert (code, out) == (2, "")
    assert "--set: a parameter belongs to one circuit" in err


def test_an_override_reaches_circuit_and_compact_model_alike(capsys):
    """A tenth more supply, and the compact model still holds; a circuit without the parameter names its own."""
    assert call(capsys, "check", "signed_mtj", "--set", "v_dd=1.2")[0] == 0
    assert "has no parameter of this name" in call(capsys, "check", "signed_mtj", "--set", "colour=1")[2]


def test_error_that_was_not_obtained_is_null_and_fails(capsys, monkeypatch):
    monkeypatch.setattr(options, "testbench_of", lambda name: StandIn(passed=False, max_error=float("nan")))
    code, out, _ = call(capsys, "check", "comparator", "--json")
    assert code == 1
    assert json.loads(out)["circuits"]["comparator"][0]["max_error"] is None


def test_simulation_error_is_one_line_with_the_deck(capsys, monkeypatch):
    error = SimulationError("comparator", "0.8 V", "time step too small", "/tmp/deck.cir")
    monkeypatch.setattr(options, "testbench_of", lambda name: StandIn(error=error))
    assert call(capsys, "check", "comparator") == (2, "", f"ipcircuit: error: {error}\n")
    assert "/tmp/deck.cir" in str(error)


def test_netlist_is_printed_or_written(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(options, "testbench_of", lambda name: StandIn())
    code, printed, _ = call(capsys, "netlist", "comparator", "--set", "v=1")
    assert (code, printed) == (0, "* deck ['corner', 'technology', 'temperature_C', 'v']\n.end\n")
    code, _, _ = call(capsys, "netlist", "comparator", "--set", "v=1", "-o", str(tmp_path / "f.cir"))
    assert code == 0
    assert (tmp_path / "f.cir").read_text() == printed


def test_unwritable_output_is_exit_2_without_partial_output(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(options, "testbench_of", lambda name: StandIn())
    code, out, err = call(capsys, "netlist", "comparator", "-o", str(tmp_path / "no" / "f.cir"))
    assert (code, out) == (2, "")
    assert "cannot write" in err
    assert list(tmp_path.iterdir()) == []


def test_missing_package_is_exit_2_with_its_name(capsys, monkeypatch):
    def fail(name: str) -> None:
        raise ModuleNotFoundError("No module named 'PySpice.Spice'", name="PySpice.Spice")

    monkeypatch.setattr(options, "testbench_of", fail)
    code, _, err = call(capsys, "netlist", "comparator")
    assert code == 2
    assert "pip install PySpice" in err


def test_a_mistake_of_ours_is_exit_3_and_its_traceback_goes_to_a_log(capsys, monkeypatch, tmp_path):
    def fail(name: str) -> None:
        raise ModuleNotFoundError("No module named 'circuits.lost'", name="circuits.lost")

    monkeypatch.setattr(options, "testbench_of", fail)
    monkeypatch.setattr(door, "log_folder", lambda: tmp_path / "state")
    code, out, err = call(capsys, "netlist", "comparator")
    (log,) = (tmp_path / "state").iterdir()
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert f"traceback in {log}. Please report it" in err
    text = log.read_text()
    assert "command   ipcircuit netlist comparator" in text
    assert "Traceback (most recent call last)" in text
    assert "in fail" in text


def test_a_log_that_cannot_be_written_goes_to_the_temporary_folder(capsys, monkeypatch, tmp_path):
    (tmp_path / "state").write_text("a file in the way")
    monkeypatch.setattr(options, "testbench_of", lambda name: 1 / 0)
    monkeypatch.setattr(door, "log_folder", lambda: tmp_path / "state")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, _, err = call(capsys, "netlist", "comparator")
    (log,) = tmp_path.glob("ipcircuit-error-*/*.log")
    assert code == 3
    assert str(log) in err


def test_reader_that_leaves_early_gets_no_traceback():
    command = [sys.executable, "-m", "ipcircuit", "list", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert err == ""


COST = {
    "circuit": "differential",
    "basis": "simulated",
    "simulator": "ngspice-39",
    "conditions": {"corner": "tt", "v": 0.8},
    "transistors": 24,
    "devices": {"mtj": 4},
    "latency_s": 2.3e-7,
    "spread": None,
    "scopes": {
        "paper": {
            "energy_per_operation_J": 6e-10,
            "energy_per_spike_J": None,
            "area_um2": 1.505,
            "energy_breakdown_J": {"mtj": 6e-10},
            "area_breakdown_um2": {"transistors": 1.505},
        },
        "circuit": {
            "energy_per_operation_J": None,
            "energy_per_spike_J": None,
            "area_um2": None,
            "energy_breakdown_J": {},
            "area_breakdown_um2": {},
        },
    },
}


def test_cost_table_shows_units_and_says_what_was_not_obtained(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    characterize.show_cost(COST)
    shown = capsys.readouterr().out
    rows = [line.split("  ") for line in shown.splitlines()]
    cells = [[cell.strip() for cell in row if cell] for row in rows]
    for row in (
        ["energy per operation (pJ)", "600", "not obtained"],
        ["area (µm²)", "1.505", "not obtained"],
        ["corner", "tt"],
        ["latency", "230 ns", "mtj", "4"],
        ["results: simulated, ngspice-39"],
    ):
        assert row in cells
    assert "None" not in shown


def test_conditions_results_and_estimates_of_a_cost_are_apart(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    details = {"threshold_V": 0.38, "on paper: gates, J": 5e-14}
    characterize.show_cost({**COST, "conditions": {**COST["conditions"], **details}, "details": details})
    first, *others = [part.split("\n")[0] for part in capsys.readouterr().out.split("\n\n") if part]
    assert [first, *others] == [
        "differential: conditions",
        "results: simulated, ngspice-39",
        "results, any scope",
        "estimates: area by cell",
        "estimates: by hand, beside the simulation",
    ]


def test_claims_table_keeps_brackets_and_gives_each_note_once(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    row = {
        "id": "A3",
        "seed": 1,
        "quantity": "energy [200 nm]",
        "unit": "J",
        "published": [1e-10, 2e-10],
        "reproduced": 1.5e-10,
        "ratio": 0.75,
        "verdict": "differs",
        "evidence": "post_hoc",
        "note": "a [reason]",
    }
    word = {**row, "id": "C1", "published": "grows", "reproduced": None, "ratio": None, "verdict": "not yet"}
    area = {**row, "id": "A9", "unit": "um2", "published": 1.505, "reproduced": True, "note": ""}
    claims.show_claims([row, word, area])
    shown = capsys.readouterr().out
    for text in ("energy [200 nm]", "post hoc", "100 pJ to 200 pJ", "150 pJ", "0.75", "grows", "1.505 µm²", "yes"):
        assert text in shown
    assert "2 differs, 1 not yet" in shown
    assert shown.count("A3, C1: a [reason]") == 1
    assert "None" not in shown


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_is_not_a_number(value):
    with pytest.raises(ValueError, match="JSON"):
        console.print_json({"energy_J": value})


def test_progress_is_silent_where_nobody_looks(capsys):
    with console.progress_bar("work") as update:
        update(1, 2)
    assert capsys.readouterr() == ("", "")


def test_the_duration_of_long_work_is_stated_once_its_pace_is_known():
    lines = Lines(0.0)
    lines.update(0, 100, 0.1)
    assert lines.line(1.0) == ""
    lines.update(1, 100, 3.1)
    assert lines.line(4.0) == "takes about 5 min"  # 3 s for each of a hundred
    assert lines.line(5.0) == ""
    lines.update(50, 100, 150.1)
    assert lines.line(150.1) == "50 %, about 2 min left"


def test_work_of_less_than_a_minute_is_a_line_now_and_then():
    lines = Lines(0.0)
    for done, at in ((1, 5.0), (2, 10.0)):
        lines.update(done, 8, at)
    assert [lines.line(at) for at in (10.0, 11.0, 20.5)] == ["25 %, about 30 s left", "", "25 %, about 20 s left"]


def test_where_work_outlasts_its_pace_no_time_left_is_told():
    lines = Lines(0.0)
    lines.update(7, 8, 7.0)
    assert lines.line(60.0) == "87 %, at work for 60 s"


def test_what_was_done_before_says_nothing_of_the_pace():
    lines = Lines(0.0)
    lines.update(90, 100, 0.0)
    assert lines.line(12.0) == "90 %, at work for 12 s"
    lines.update(91, 100, 12.5)
    assert lines.line(13.0) == "takes about 2 min"


def test_what_was_done_before_is_told_from_the_beginning_of_the_work():
    lines = Lines(0.0)
    for done, at in ((0, 20.0), (90, 20.1), (91, 32.6)):
        lines.update(done, 100, at)
    assert lines.line(33.0) == "takes about 2 min"


def test_silent_work_shows_that_it_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(progress, "DELAY_s", 0.01)
    monkeypatch.setattr(progress, "LINES_s", 0.05)
    with console.progress_bar("thinking"):
        time.sleep(0.2)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("ipcircuit: thinking: at work for 0 s\n")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--evidence", "guess"], "--evidence: unknown; found 'guess'; allowed: predicted, fitted, input"),
        (["--verdict", "right"], "--verdict: unknown; found 'right'; allowed: reproduced, differs"),
        (["--id", "A99"], "unknown claim; found 'A99'"),
    ],
)
def test_claims_names_an_unknown_filter(capsys, arguments, problem):
    code, out, err = call(capsys, "claims", *arguments)
    assert (code, out) == (2, "")
    assert problem in err


def test_claims_evaluates_what_is_asked_only(capsys, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(evaluate, "evaluate", lambda run, ids, progress: asked.extend(ids) or ())
    assert call(capsys, "claims", "--id", "A2", "--id", "A9.core", "--json")[:2] == (0, "[]\n")
    assert asked == ["A2.r_parallel", "A2.r_antiparallel", "A9.core"]
    asked.clear()
    call(capsys, "claims", "--id", "A9", "--evidence", "arithmetic")
    assert "A9.core" in asked
    assert "A9.transistors" not in asked
    asked.clear()
    call(capsys, "claims", "--verdict", "needs data", "--evidence", "predicted", "--id", "A6.r_squared")
    assert asked == []


def test_a_broken_experiment_is_listed_and_says_why(capsys, monkeypatch):
    monkeypatch.setattr(study.EXPERIMENTS, "load", lambda name: (_ for _ in ()).throw(InputError(f"{name} is broken")))
    code, out, _ = call(capsys, "study", "--help")
    assert code == 0
    assert "Cannot be used: memory is broken" in " ".join(out.replace("│", " ").split())
    assert call(capsys, "study", "memory")[2] == "ipcircuit: error: memory is broken\n"


def test_json_does_not_depend_on_the_hash_seed() -> None:
    """A set has another order in each process; the keys of a record have one."""
    command = [sys.executable, "-m", "ipcircuit", "characterize", "differential", "--json"]
    first, second = (
        subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    )
    assert first == second


@pytest.mark.parametrize("words", ["montecarlo comparator", "study window", "report", "netlist comparator"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_computed(capsys, monkeypatch, tmp_path, words):
    """As on a read-only disk; root may write to any folder."""
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    for target in (tmp_path, tmp_path / "new" / "deeper"):
        if not words.startswith("netlist") or target != tmp_path:
            assert cli.main([*words.split(), "-o", str(target)]) == 2
            assert f"--output: cannot be written; found '{target}'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
