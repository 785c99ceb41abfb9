"""The declaration type refuses what no rendering could express, and every registered device renders everywhere."""

import math
from dataclasses import replace

import pytest
import sympy

from ipcircuit.declaration.device import Branch, Constraint, Definition, Device, Mode, State, symbol, voltage
from ipcircuit.declaration.python import initial_states, render_python
from ipcircuit.declaration.spice import node_scale, spice_subcircuit, subcircuit_name
from ipcircuit.declaration.veriloga import verilog_a_module
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.errors import InputError
from ipcircuit.families import DEVICES
from ipcircuit.parameters import Parameter, override

V = voltage("a", "b")
R = Parameter("r", 2.0, "ohm", "resistance", "test", "assumed", 1.0, 10.0)
C = Parameter("c", 3.0, "F", "capacitance", "test", "assumed", 0.0, 10.0)
CURRENT = Definition("current", V / symbol("r"), "A", "current")
CHARGE = State("q", symbol("current"), "C", "charge", symbol("c") * 1, 1.0)
MODE = Mode("only", "test", ("a", "b"), (CURRENT,), (CHARGE,), (Branch("a", "b", symbol("current")),))


def device(mode: Mode = MODE, parameters: tuple[Parameter, ...] = (R, C), **fields: object) -> Device:
    given = {"constraints": (), **fields}
    return Device("cell", "a cell", "none", "all else", 1.0, parameters, modes={mode.name: mode}, **given)


def test_registered_devices_render_in_every_mode_for_every_backend(name: str, mode: str) -> None:
    found = DEVICES.load(name)
    assert found.name == name
    stem = subcircuit_name(found, mode)
    spice, verilog = spice_subcircuit(found, mode), verilog_a_module(found, mode)
    assert f".subckt {stem} {' '.join(found.mode(mode).terminals)} params:" in spice
    assert f"module {stem}({', '.join(found.mode(mode).terminals)});" in verilog
    assert verilog.endswith("endmodule\n")
    for backend in ("numpy", "torch"):
        rendering = render_python(found, mode, backend)
        assert rendering.state_names == tuple(s.name for s in found.mode(mode).states)
        assert set(initial_states(found, mode)) == set(rendering.state_names)


def test_registered_devices_say_where_they_come_from_and_what_they_leave_out() -> None:
    for name in DEVICES.names():
        found = DEVICES.load(name)
        assert found.reference
        assert found.leaves_out
        assert all(p.source and p.description for p in found.parameters)
        assert all(len(p.source.split()) >= 2 for p in found.parameters if p.basis == "assumed")
        assert found.voltage_limit > 0
    assert {"mtj_thermal", "mtj_reference", "ecram"} <= set(DEVICES.names())


def test_constraints_hold_on_change_and_on_construction() -> None:
    with pytest.raises(InputError, match="R_AP must be larger") as caught:
        mtj_thermal.declare().with_parameters(r_antiparallel=230.0)
    assert "r_antiparallel = 230" in str(caught.value)
    assert "r_parallel = 230" in str(caught.value)
    assert caught.value.exit_code == 2
    with pytest.raises(InputError, match="slower than the fast one"):
        mtj_thermal.declare().with_parameters(tau_slow=1e-9)
    relation = Constraint(symbol("r") > symbol("c"), "r above c")
    with pytest.raises(InputError, match="r above c"):
        device(constraints=(relation,))
    assert device(parameters=(R.with_value(4.0), C), constraints=(relation,)).values()["r"] == 4.0


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (replace(MODE, definitions=(replace(CURRENT, name="Current"),)), "lower_case"),
        (replace(MODE, definitions=(replace(CURRENT, name="lambda"),)), "lower_case"),
        (replace(MODE, definitions=(CURRENT, CURRENT)), "unique"),
        (replace(MODE, states=(CHARGE, replace(CHARGE, name="r"))), "unique"),
        (replace(MODE, terminals=("a", "b", "q")), "unique"),
        (replace(MODE, definitions=(replace(CURRENT, expression=symbol("later")),)), "current uses a symbol"),
        (replace(MODE, states=(replace(CHARGE, derivative=symbol("nowhere")),)), "q uses a symbol"),
        (replace(MODE, states=(replace(CHARGE, initial=symbol("current")),)), "initial value of q uses"),
        (replace(MODE, branches=(Branch("a", "b", symbol("nowhere")),)), "branch current uses a symbol"),
        (replace(MODE, branches=(Branch("a", "c", symbol("current")),)), "no such terminal"),
        (replace(MODE, definitions=(replace(CURRENT, expression=voltage("a", "x")),)), "no such terminal"),
    ],
)
def test_what_no_rendering_could_express_is_refused(mode: Mode, message: str) -> None:
    with pytest.raises(InputError, match=message):
        device(mode)


def test_names_modes_and_symbols() -> None:
    with pytest.raises(InputError, match="mean_field, sampled"):
        mtj_thermal.declare().mode("average")
    with pytest.raises(InputError, match=r"r_paralel.*r_parallel"):
        mtj_thermal.declare().with_parameters(r_paralel=100.0)
    with pytest.raises(KeyError):
        node_scale(mtj_thermal.declare(), "mean_field", "nothing")
    assert sympy.Abs(symbol("x")) ** 2 == symbol("x") ** 2
    assert voltage("p", "n").name == "v(p,n)"
    assert voltage("p").name == "v(p)"
    second = Definition("power", symbol("current") * V, "W", "power")
    assert device(replace(MODE, definitions=(CURRENT, second))).mode("only").definitions[1] is second
    with pytest.raises(InputError, match="power uses a symbol that is not declared before it"):
        device(replace(MODE, definitions=(second, CURRENT)))


def test_with_parameters_and_with_set_keep_the_original_and_each_source() -> None:
    original = mtj_thermal.declare()
    changed = original.with_parameters(r_parallel=200.0)
    assert (original.values()["r_parallel"], changed.values()["r_parallel"]) == (230.0, 200.0)
    parameter = next(p for p in changed.parameters if p.name == "r_parallel")
    assert (parameter.source, parameter.basis) == ("set by the user", "assumed")
    assert changed.parameters[1:] == original.parameters[1:]
    reference = mtj_thermal.declare().with_set(REFERENCE_100NM)
    assert reference.parameters == REFERENCE_100NM
    assert reference.with_set(THERMAL_200NM) == mtj_thermal.declare()
    with pytest.raises(InputError, match="no parameter of this name"):
        mtj_reference.declare().with_set(REFERENCE_100NM)
    with pytest.raises(InputError, match="R_AP must be larger"):
        mtj_thermal.declare().with_set((THERMAL_200NM[0].with_value(1e3),))


def test_values_of_parameters_and_their_range() -> None:
    for value in [0.5, 11.0, math.nan, math.inf]:
        with pytest.raises(InputError, match=r"parameter r \(resistance\) is out of range.*1 … 10 ohm"):
            R.with_value(value)
    assert R.with_value(1.0).value == 1.0
    assert R.with_value(10).value == 10.0
    assert [p.value for p in override((R, C), {"c": 9.0}, owner="cell")] == [2.0, 9.0]
    with pytest.raises(InputError, match="cell has no parameter of this name; found 'x'; allowed: r, c"):
        override((R, C), {"x": 1.0}, owner="cell")
    with pytest.raises(InputError, match="unique"):
        device(parameters=(R, C, R.with_value(5.0)))


def test_voltage_limit_and_initial_state() -> None:
    junction = mtj_thermal.declare()
    junction.check_voltage(-junction.voltage_limit, where="sweep")
    for volts in (1.001 * junction.voltage_limit, -2.0, math.nan):
        with pytest.raises(InputError, match="sweep: voltage across mtj_thermal leaves the range"):
            junction.check_voltage(volts, where="sweep")
    junction = mtj_thermal.declare().with_parameters(initial_ap=0.25)
    assert initial_states(junction, "mean_field") == {"ap": 0.25, "t_fast": 0.0, "t_slow": 0.0}
    assert initial_states(junction, "sampled", {**junction.values(), "initial_ap": 1.0})["hazard"] == 2.0
