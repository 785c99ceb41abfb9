"""The ngspice subcircuits as text, the expression printer, and the committed libraries."""

import math
import re
from importlib.resources import files

import numpy as np
import pytest
import sympy

from ipcircuit.declaration.device import Branch, Definition, Device, Mode, State, symbol, voltage
from ipcircuit.declaration.printing import print_analog
from ipcircuit.declaration.python import render_python
from ipcircuit.declaration.spice import node_scale, spice_subcircuit, subcircuit_name
from ipcircuit.declaration.veriloga import verilog_a_module
from ipcircuit.families import DEVICES
from ipcircuit.spice.jobs import Job, simulate
from tests.ipcircuit.declaration.conftest import CASES


def statements(name: str, mode: str) -> list[str]:
    """Lines of the subcircuit that ngspice reads (no comments)."""
    lines = spice_subcircuit(DEVICES.load(name), mode).splitlines()
    return [line for line in lines if not line.startswith("*")]


def test_text_of_the_subcircuit(name: str, mode: str) -> None:
    """States, nodes and defaults are the declaration's, each once; no power operator, no unit suffix."""
    device, lines = DEVICES.load(name), statements(name, mode)
    first = [line.split()[0] for line in lines]
    for state in device.mode(mode).states:
        assert f"C_{state.name} {state.name} 0 1e-09" in lines
        assert sum(line.startswith((f"B_{state.name} 0 {state.name} I=", f"G_{state.name}_0 ")) for line in lines) == 1
        assert sum(line.startswith(f".ic V({state.name})={{") for line in lines) == 1
    assert sum(line.startswith("C_") for line in lines) == len(device.mode(mode).states)
    for definition in device.mode(mode).definitions:
        nodes = {f"B_{definition.name}", f"R_{definition.name}"}
        assert sum(word in nodes for word in first) == (not definition.inline)
        assert node_scale(device, mode, definition.name) == definition.scale
    for branch in device.mode(mode).branches:  # one element each, whose current a balance of energies reads
        ends = f"{branch.positive} {branch.negative}"
        assert sum(line.startswith(f"B_{branch.positive}_{branch.negative} {ends} I=") for line in lines) == 1
    across = {f"across_{v.name[2:-1].replace(',', '_')}" for v in device.mode(mode).voltages()}
    own = {entry.name for entry in (*device.mode(mode).states, *device.mode(mode).definitions)}
    known = own | set(device.mode(mode).terminals) | across
    text = "\n".join(statements(name, mode))
    nodes = {node for pair in re.findall(r"V\(([^)]*)\)", text) for node in pair.split(",")}
    assert nodes <= known
    braces = {word for inner in re.findall(r"\{([^}]*)\}", text) for word in re.findall(r"(?<![\w.])[a-z_]\w*", inner)}
    defaults = {line[2:].split("=")[0] for line in lines if line.startswith("+ ")}
    constants = {line[7:].split("=")[0] for line in lines if line.startswith(".param ")}
    assert braces - {"sin", "cos", "exp", "ln"} == defaults | constants
    found = dict(line[2:].split("=") for line in lines if line.startswith("+ "))
    assert found
    assert {key: float(value) for key, value in found.items()} == {key: device.values()[key] for key in found}
    assert lines[0].startswith(f".subckt {subcircuit_name(device, mode)} ")
    assert lines[-1] == f".ends {subcircuit_name(device, mode)}"
    for line in statements(name, mode):
        assert "^" not in line
        assert "**" not in line
        assert "pow(" not in line
        # a number followed by a letter is a SPICE suffix (m, u, a …), read differently from one version to the next
        assert not re.search(r"(?<![\w.])\d+\.?\d*(?:e[+-]?\d+)?[a-df-zA-DF-Z]", line), line


def test_committed_files_are_what_the_code_generates(name: str, mode: str) -> None:
    device = DEVICES.load(name)
    stem = subcircuit_name(device, mode)
    folder = files("netlists") / "devices"
    hint = "run python -m circuits.regenerate"
    assert (folder / f"{stem}.lib").read_text(encoding="utf-8") == spice_subcircuit(device, mode), hint
    assert (folder / f"{stem}.va").read_text(encoding="utf-8") == verilog_a_module(device, mode), hint


def test_no_other_device_file_is_committed() -> None:
    stems = {subcircuit_name(DEVICES.load(name), mode) for name, mode in CASES}
    committed = [entry.name for entry in (files("netlists") / "devices").iterdir() if entry.is_file()]
    assert {name.rpartition(".")[0] for name in committed} == stems
    assert len(committed) == 2 * len(stems)


def _evaluated(text: str, **values: float) -> float:
    """The printed text as Python reads it, which agrees with SPICE for + - * / and function calls."""
    functions = {"exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "abs": abs, "max": max, "min": min}
    return eval(text, {"__builtins__": {}}, {**functions, **values})


X, Y = symbol("x"), symbol("y")


@pytest.mark.parametrize(
    "expression",
    [
        X**2,
        X**3,
        X**-1,
        X**-2,
        -(X**3),
        (X + Y) ** 3,
        X**2 * Y**-3,
        sympy.Rational(1, 3) * X,
        X - (Y - 2),
        X / (Y / 3),
        sympy.sqrt(Y),
        Y ** sympy.Rational(3, 2),
        Y ** sympy.Rational(-1, 2),
        sympy.exp(X) / Y,
        sympy.Max(X, Y, 0.5),
        sympy.Min(X, Y, 0.5),
        sympy.Abs(X) * 1e-9,
        sympy.log(Y) - X * -2.5e-12,
        X * (Y - 1) * (X - Y) / (X * Y + 3),
    ],
    ids=str,
)
def test_printed_expression_has_the_expressions_value(expression: sympy.Expr) -> None:
    text = print_analog(expression, {"x": "x", "y": "y"})
    assert "^" not in text
    assert "**" not in text
    for x, y in ((-2.0, 3.0), (0.7, 0.2), (-0.3, 1.9)):
        expected = float(expression.subs({X: x, Y: y}))
        assert _evaluated(text, x=x, y=y) == pytest.approx(expected, rel=1e-14), text


def test_power_keeps_the_sign_of_a_negative_base_and_symbols_are_mapped() -> None:
    """ngspice reads (-2)^3 as +8."""
    text = print_analog(symbol("x") ** 3, {"x": "V(x)"})
    assert text == "(V(x)*V(x)*V(x))"
    with pytest.raises(KeyError):
        print_analog(symbol("x"), {})


def _static_deck(name: str, mode: str, volts: float, states: dict[str, float]) -> str:
    """All definitions at one operating point: states held by their initial values and huge capacitors."""
    device = DEVICES.load(name)
    text = spice_subcircuit(device, mode)
    for state, value in states.items():
        scale = node_scale(device, mode, state)
        text = re.sub(rf"^C_{state} .*$", f"V_{state} {state} 0 {value / scale!r}", text, flags=re.M)
        text = re.sub(rf"^\.ic V\({state}\).*$", f"* {state} held", text, flags=re.M)
    terminals = device.mode(mode).terminals
    low = LOW_TERMINALS.get(name, "n")
    sources = [f"V_{t} {t} 0 {_level(t, volts)!r}" for t in terminals if t != low]
    nodes = " ".join("0" if t == low else t for t in terminals)
    lines = [f"* {name} {mode}", text, *sources, f"X1 {nodes} {subcircuit_name(device, mode)}", ".tran 1n 2n", ".end"]
    return "\n".join(lines) + "\n"


LOW_TERMINALS = {"ecram": "s"}  # the grounded terminal of a device, where it is not n


def _level(terminal: str, volts: float) -> float:
    """Voltage of a terminal: different ones where there are several."""
    return {"variate": 0.7, "d": 0.3 - volts}.get(terminal, volts)


@pytest.mark.parametrize("volts", [-1.2, -0.8, -0.31, 0.4, 0.83, 1.25])
def test_ngspice_evaluates_every_definition_like_numpy(name: str, mode: str, volts: float) -> None:
    device = DEVICES.load(name)
    held = {"ap": 0.37, "t_fast": 13.0, "t_slow": 4.0, "hazard": 0.699, "r_fast": 2130.0, "r_slow": -740.0}
    held |= {"m_w": 0.48, "m_l": -0.6, "m_t": 0.64}
    states = {s.name: held[s.name] for s in device.mode(mode).states}
    series = {"r_series": 310.0} if mode == "mean_field" else {}  # with it v_ap is the solution of an equation
    deck = _static_deck(name, mode, volts, states).replace("r_series=0.0", "r_series=310.0")
    run = simulate(Job(name, f"{mode} {volts}", deck))
    terminal_voltages = {v.name: _level(v.name[2:-1].split(",")[0], volts) for v in device.mode(mode).voltages()}
    expected = render_python(device, mode).evaluate(terminal_voltages, states, {**device.values(), **series})
    for definition in (d for d in device.mode(mode).definitions if not d.inline):
        found = float(run[f"x1.{definition.name}"][-1]) * definition.scale
        assert found == pytest.approx(float(expected[definition.name]), rel=1e-6, abs=1e-12 * definition.scale)
    for branch in device.mode(mode).branches:
        found = -float(run[f"i(v_{branch.positive})"][-1])
        current = float(expected[f"i_{branch.positive}_{branch.negative}"])
        assert found == pytest.approx(current, rel=1e-6, abs=1e-15)


def test_state_starts_and_integrates_in_physical_units() -> None:
    """`.ic` inside a subcircuit holds, with the instance's own parameters."""
    device = DEVICES.load("mtj_thermal")
    instance = "V1 p 0 0\nX1 p 0 mtj_thermal_mean_field initial_ap=0.3\n.tran 1n 20n\n.end\n"
    run = simulate(Job("mtj_thermal", "start", f"* start\n{spice_subcircuit(device, 'mean_field')}{instance}"))
    assert np.abs(run["x1.ap"] - 0.3).max() < 1e-6
    # dx/dt = 3e8 V/s of a state scaled by 10 reaches 6.0 after 20 ns.
    ramp = State("x", 3e8 * voltage("a", "b"), "K", "ramp", sympy.Integer(0), 10.0)
    double = Definition("twice", 2 * symbol("x"), "K", "twice", 100.0)
    mode = Mode("only", "", ("a", "b"), (double,), (ramp,), (Branch("a", "b", voltage("a", "b") / 1000),))
    device = Device("ramp", "", "", "", 2.0, (), modes={"only": mode})
    text = spice_subcircuit(device, "only")  # without parameters there is no "params:"
    run = simulate(Job("ramp", "20 ns", f"* ramp\n{text}V1 a 0 1\nX1 a 0 ramp_only\n.tran 0.1n 20n\n.end\n"))
    assert run.at("x1.x", 20e-9) * 10 == pytest.approx(6.0, rel=1e-3)
    assert run.at("x1.twice", 20e-9) * 100 == pytest.approx(12.0, rel=1e-3)
