"""Circuits in SPICE text and their TOMLs that attack or err: one line with file and place, nothing run or written."""

import os
from importlib import resources
from pathlib import Path

import pytest

from ipcircuit.cli.main import main

NETLIST, TOML = (
    resources.files("circuits.own").joinpath(f"example.{ending}").read_text(encoding="utf-8")
    for ending in ("cir", "toml")
)
LINES = NETLIST.splitlines()

#: A line of the netlist in place of its third element (line 6), and the words of the refusal.
ELEMENTS = [
    (".control", "line 6: statement that a model file may not hold; found '.control'"),
    (".controlx", "line 6: statement"),
    (".include ../outside.cir", "line 6: included file lies outside"),
    (".include /etc/hostname", "line 6: included file lies outside"),
    (".include link.cir", "line 6: included file lies outside"),
    (".lib '../outside.cir' tt", "line 6: included file lies outside"),
    ("shell touch x", "line 6: element without its nodes or value"),  # an S
    ("system('touch x')", "line 6: unexpected text"),
    ("a1 %vd(membrane vss) null filesource", "line 6: neither a statement nor an element"),
    (".model src filesource(gain=1)", "line 6: model 'src' is of an unknown device type"),
    ("n1 membrane vss psp", "line 6: element N is of a Verilog-A model"),
    ("v1 membrane vss pwl(file=/etc/passwd)", "line 6: "),
    ("v1 membrane vss external", "line 6: "),
    ("r1 membrane vss", "line 6: element without its nodes or value"),
    ("m1 membrane vss", "line 6: element without its nodes or value"),
    ("r1 membrane vss {1k", "line 6: unexpected text"),
    ('r1 membrane vss "1k"', "line 6: unexpected text"),
    (".option scale=1e-6", "line 6: option inside .subckt"),
    (".options reltol=1", "line 6: option that a model file may not set"),
    (".tran 1n 1u", "line 6: statement"),
    (".ic v(membrane)=1", "line 6: statement"),
    (".global vdd", "line 6: statement"),
    (".end", "line 7: statement after .end"),
    (".subckt inner a b", ".subckt without .ends"),
    ("x1 membrane vss nowhere", "line 6: unknown subcircuit; found 'nowhere'"),
    ("m1 membrane vss vss vss mynmos w=1u l=1u", "line 6: unknown model; found 'mynmos'"),
    (".model nmos28lp nmos level=54", "the circuit defines a model of the technology"),
    ("x1 membrane output bias vdd vss my_neuron", "subcircuit 'my_neuron' contains itself"),
    ("x1 membrane my_neuron", "line 6: subcircuit my_neuron has another number of ports"),
    ("r1 membrane vss 1k m=1000000000", "multiplier of an element; found '1000000000'"),
    ("r1 membrane vss 1k m={10**9}", "multiplier of an element"),
    ("r1 membrane vss 1k\0", "not a text file"),
    ("r1 membrane vss 1k\x1b[2J", "line 6: character that is not plain text"),
]
#: A text of the TOML, what takes its place, and the words of the refusal.
DESCRIPTIONS = [
    ('"my_neuron.cir"', '"../outside.cir"', "netlist: outside the folder of the description"),
    ('"my_neuron.cir"', '"/etc/hostname"', "netlist: outside the folder of the description"),
    ('"my_neuron.cir"', '"link.cir"', "netlist: outside the folder of the description"),
    ('"my_neuron.cir"', '"missing.cir"', "missing.cir: cannot read the model file: No such file"),
    ('"my_neuron.cir"', '"."', "cannot read the model file: "),
    ('"my_neuron.cir"', '"pipe"', "cannot read the model file: not a regular file"),
    ("netlist = ", "netlists = ", "missing netlist"),
    ('subcircuit = "my_neuron"', 'subcircuit = "other"', "no such subcircuit; found 'other'; allowed: my_neuron"),
    ('subcircuit = "my_neuron"', "subcircuit = 1", "subcircuit: must be a valid string"),
    ('subcircuit = "my_neuron"', 'colour = "red"', "unknown field; found 'colour'"),
    ('subcircuit = "my_neuron"', 'technology = "/etc/hostname"', "technology: outside the folder"),
    ("{ vdd = 0.8 }", "{ vcc = 0.8 }", "has no port 'vcc'; found 'vcc'; allowed: its ports: membrane, output"),
    ("{ vdd = 0.8 }", "{ }", "nothing is said of port vdd"),
    ("{ vdd = 0.8 }", "{ vdd = nan }", "supplies"),
    ("{ vdd = 0.8 }", "{ vdd = inf }", "supplies"),
    ("{ vdd = 0.8 }", '{ vdd = "0.8" }', "supplies.vdd: must be a valid number"),
    ("{ vdd = 0.8 }", "{ vdd = 1e9 }", "v_dd: out of range"),
    ("{ vdd = 0.8 }", "{ vdd = -0.8 }", "v_dd: out of range; found -0.8"),
    ("bias = 0.5, ", "", "nothing is said of port bias of circuit my_neuron; "),
    ("bias = 0.5, ", "bias = 0.5, vdd = 1.0, ", "port 'vdd' of my_neuron is connected twice"),
    ("{ membrane = 0.0 }", '{ "membrane)=1\\n.control\\n" = 0.0 }', "initial_V: no name of a node"),
    ("{ level_A = 50e-9 }", "{ level_A = true }", "inputs.membrane: level_A: must be a valid number"),
    ("{ level_A = 50e-9 }", "{ level_A = nan }", "inputs.membrane"),
    ("{ level_A = 50e-9 }", "{ level = 50e-9 }", "inputs.membrane: which kind is it?"),
    ("{ level_A = 50e-9 }", "{ level_A = 5e-8, stop_s = 1.0 }", "unknown field; found 'stop_s'"),
    ("{ level_A = 50e-9 }", "{ level_A = 5e-8, start_s = -1.0 }", "stimulus outside the operation"),
    ("{ level_A = 50e-9 }", '{ level_A = 5e-8, source = "gnd" }', "source of a current: no such port; found 'gnd'"),
    ("{ level_A = 50e-9 }", "{ width_s = 1e-9, count = 1000000000 }", "count: must be less than or equal to 10000"),
    ("{ level_A = 50e-9 }", "{ width_s = 1e-9, count = 3 }", "times of a stimulus must ascend"),
    ("{ level_A = 50e-9 }", "{ corners = [[0.0, 0.0], [1.0, 0.5]] }", "stimulus outside the operation"),
    ("{ level_A = 50e-9 }", "{ corners = [] }", "no points"),
    ("{ level_A = 50e-9 }", "{ times_s = [1e-7], width_s = 1e-9, high = 1.0, unit = 'W' }", "unit"),
    ("{ run_s = 4e-6 }", "{ run_s = 1e9 }", "run_s: a length of time"),
    ("{ run_s = 4e-6 }", "{ run_s = 0.0 }", "run_s: a length of time"),
    ("{ run_s = 4e-6 }", "{ operation_s = 1e-9, count = 1000000000 }", "count: must be less than or equal to"),
    ("{ run_s = 4e-6 }", "{ seconds = 1.0 }", "operation: which kind is it?"),
    ('["output"]', "[]", "nothing is said of port output"),
    ('["output"]', '["output", "nowhere"]', "has no port 'nowhere'"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (tmp_path / "outside.cir").write_text(NETLIST)
    (folder / "link.cir").symlink_to(tmp_path / "outside.cir")
    os.mkfifo(folder / "pipe")
    (folder / "my_neuron.cir").write_text(NETLIST)
    (folder / "my_neuron.toml").write_text(TOML)
    monkeypatch.chdir(folder)
    return folder


def refused(folder: Path, capsys, *command: str) -> str:
    """The line in which a command refuses the circuit; everything is as before."""
    before = {path: path.stat().st_mtime_ns for path in folder.parent.rglob("*")}
    code = main([*(command or ("netlist", "my_neuron.toml", "-o", "deck.cir"))])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, ""), shown
    assert shown.err.startswith("ipcircuit: error: "), shown.err
    assert shown.err.count("\n") == 1
    assert {path: path.stat().st_mtime_ns for path in folder.parent.rglob("*")} == before
    return shown.err


@pytest.mark.parametrize(("line", "says"), ELEMENTS, ids=[repr(line) for line, _ in ELEMENTS])
def test_a_netlist_that_attacks_or_errs_is_refused_with_file_and_line(folder: Path, capsys, line, says) -> None:
    (folder / "my_neuron.cir").write_text("\n".join([*LINES[:5], line, *LINES[6:]]) + "\n")
    message = refused(folder, capsys)
    assert says in message
    assert "my_neuron.cir" in message or "model of the technology" in message


@pytest.mark.parametrize(("old", "new", "says"), DESCRIPTIONS, ids=[new or "left out" for _, new, _ in DESCRIPTIONS])
def test_a_description_that_attacks_or_errs_is_refused(folder: Path, capsys, old, new, says) -> None:
    assert old in TOML
    (folder / "my_neuron.toml").write_text(TOML.replace(old, new))
    message = refused(folder, capsys)
    assert says in message


def test_a_circuit_that_is_no_file_of_ours(folder: Path, capsys) -> None:
    assert "missing.toml: cannot read: no such file" in refused(folder, capsys, "characterize", "missing.toml")
    assert "unknown circuit" in refused(folder, capsys, "characterize", "my_neuron.cir")
    assert "train: " not in refused(folder, capsys, "train", "my_neuron.toml")
    (folder / "my_neuron.toml").write_bytes(b"\xff\xfe\x00")
    assert "my_neuron.toml: cannot read" in refused(folder, capsys, "characterize", "my_neuron.toml")
    (folder / "my_neuron.toml").write_text("[" * 10_000)
    assert "not TOML" in refused(folder, capsys, "characterize", "my_neuron.toml")


def test_a_circuit_that_unfolds_without_end_is_refused_at_once(folder: Path, capsys) -> None:
    levels = [f".subckt s{i} a b\nx1 a b s{i + 1}\nx2 a b s{i + 1}\n.ends" for i in range(40)]
    (folder / "my_neuron.cir").write_text("\n".join([*levels, ".subckt s40 a b\n.ends", ""]))
    toml = TOML.replace('"my_neuron"\n', '"s0"\n')
    (folder / "my_neuron.toml").write_text(toml)
    assert "too many elements" in refused(folder, capsys)


def test_nothing_of_the_text_reaches_a_deck_but_what_was_read(folder: Path, capsys) -> None:
    (folder / "my_neuron.cir").write_text("*#shell touch x\n*ng_script\n" + NETLIST + "* COMMENT\n")
    assert main(["netlist", "my_neuron.toml"]) == 0
    deck = capsys.readouterr().out
    assert "shell" not in deck
    assert "COMMENT" not in deck
    assert "mn1 bar membrane vss vss nmos28lp" in deck
