"""Counting in netlists, area scopes, and the write driver."""

import math
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy import area, driver
from ipcircuit.errors import InputError
from ipcircuit.spice.expressions import evaluate
from ipcircuit.spice.netlist import expand
from ipcircuit.technology.catalog import technology, technology_of

PDK = Path(__file__).parents[1] / "ipcircuit" / "technology" / "pdk130" / "demo130.toml"

CELLS = """
.subckt inverter a y vdd vss params: wn=100n wp={2*wn}
MN y a vss vss nmos28lp w={wn} l=30n ; pull-down
MP y a vdd vdd pmos28lp
+ w = {wp}
* a comment inside a continued line
+ l = 30n
.ends
.subckt and2 a b y vdd vss
M1 x a vdd vdd pmos28lp w=200n l=30n
M2 x b vdd vdd pmos28lp w=200n l=30n
M3 x a n1 vss nmos28lp w=200n l=30n
M4 n1 b vss vss nmos28lp w=200n l=30n
X1 x y vdd vss inverter
.ends
.subckt mtj p n
B1 p n i=v(p,n)/230
C1 s 0 1n
.ends
"""
WIDTHS = {"inverter": 2.0, "and2": 4.0}
NEURON = f"""M this title starts like a transistor
.param wide = 0.3u
{CELLS}
.subckt comparator in out vdd vss
Xa in mid vdd vss inverter wn={{wide}}
Xb mid out vdd vss inverter
.ends
X1 d1 o1 vdd 0 comparator
X2 d2 o2 vdd 0 comparator
X3 o1 b1 vdd 0 inverter $ the first complement
X4 o2 b2 vdd 0 INVERTER
X5 o1 b2 plus vdd 0 and2
X6 b1 o2 minus vdd 0 and2
Xm1 in1 d1 mtj
Xm2 d1 0 mtj
Xm3 in2 d2 mtj
Xm4 d2 0 mtj
R1 in1 0 1k
V1 vdd 0 0.9
.control
M9 never counted here x y
.endc
.end
M10 after the end nmos28lp
"""


def test_transistors_of_the_differential_neuron_and_their_sizes() -> None:
    models = [t.model for t in area.transistors_of(NEURON, leaves=("mtj",))]
    assert Counter(models) == {"nmos28lp": 12, "pmos28lp": 12}
    assert area.count_devices(NEURON, leaves=("mtj",)) == {"transistor": 24, "mtj": 4, "resistor": 1}
    transistors = area.transistors_of(NEURON)
    # an AND's own inverter is part of the AND, if that is known as a cell
    assert area.cell_instances(transistors, ("and2",)) == {"inverter": 6, "and2": 2}
    assert area.cell_instances(transistors) == {"inverter": 8, "and2": 2}
    by_name = {t.name: t for t in area.transistors_of(NEURON)}
    assert by_name["x1.xa.mn"].width_m == pytest.approx(0.3e-6, rel=1e-12)
    assert by_name["x1.xa.mp"].width_m == pytest.approx(0.6e-6, rel=1e-12)
    assert by_name["x1.xb.mp"].width_m == pytest.approx(0.2e-6, rel=1e-12)
    assert by_name["x1.xb.mp"].length_m == 30e-9
    assert by_name["x1.xa.mn"].cell == "inverter"
    assert by_name["x1.xa.mn"].instance() == ("x1.xa", "inverter")
    assert by_name["x5.x1.mn"].instance(("and2",)) == ("x5", "and2")


def test_multipliers_and_nested_definitions() -> None:
    deck = CELLS + "X1 a y vdd 0 inverter m=3\nM1 a b c d nmos28lp w=1u l=30n nf=4 m=2\n"
    transistors = area.transistors_of(deck)
    assert len(transistors) == 3 * 2 + 2
    assert {t.fingers for t in transistors if not t.hierarchy} == {4}
    assert area.cell_instances(transistors)["inverter"] == 3
    deck = """t
.subckt outer a
.subckt cell a
M1 a a a a inner_model
.ends
X1 a cell
.ends
.subckt cell a
M1 a a a a outer_model
M2 a a a a outer_model
.ends
X1 a outer
X2 a cell
"""
    assert Counter(t.model for t in area.transistors_of(deck)) == {"inner_model": 1, "outer_model": 2}
    line = "M1 a a a a n w=1u l=1u\n"
    assert expand(line) == []
    assert len(expand(line, title=False)) == 1


@given(st.integers(1, 20), st.integers(1, 20))
def test_nested_multipliers_multiply(outer: int, inner: int) -> None:
    deck = f"t\n.subckt s a\nM1 a a a a n w=1u l=1u m={inner}\n.ends\nX1 a s m={outer}\n"
    assert len(area.transistors_of(deck)) == outer * inner


@pytest.mark.parametrize(
    ("deck", "message"),
    [
        ("t\nX1 a b nowhere\n", "unknown subcircuit; found 'nowhere'"),
        ("t\n.subckt s a\nM1 a a a a n\n", "has no .ends"),
        ("t\n.subckt s a\nX1 a s\n.ends\nX1 a s\n", "contains itself"),
        ("t\n.subckt s a\n.ends\n.subckt s a\n.ends\n", "defined twice"),
        ("t\n.ends\n", ".ends without"),
        ("t\n.if (a)\n", "conditional"),
        ("t\nM1 a b c n w=1u\n", "four nodes and a model"),
        ("t\nM1 a a a a n m=1.5\n", "not a whole number"),
        ("t\nM1 a a a a n m={copies}\n", "not a whole number"),
    ],
)
def test_a_netlist_that_cannot_be_counted_is_refused(deck: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        area.transistors_of(deck)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100n", 1e-7),
        ("2meg", 2e6),
        ("2m", 2e-3),
        ("0.1um", 1e-7),
        ("1e-7", 1e-7),
        ("{2*wn+10n}", 2.1e-7),
        ("'-wn/2'", -5e-8),
        ("v(a)", None),
        ("undefined", None),
        ("1/0", None),
    ],
)
def test_spice_numbers(text: str, value: float | None) -> None:
    found = evaluate(text, {"wn": 1e-7})
    assert found == (None if value is None else pytest.approx(value, rel=1e-12))


def test_area_of_paper_and_circuit_scope() -> None:
    estimate = area.paper_area(24, [200e-9])
    assert estimate.total_um2 == pytest.approx(1.505, abs=5e-4)
    assert estimate.mtj_um2 == pytest.approx(0.0314, abs=1e-4)
    assert estimate.total_um2 == math.fsum(estimate.breakdown_um2.values())
    assert area.paper_area(0).total_um2 == 0.0
    estimate = area.circuit_area({"inverter": 6, "and2": 2}, WIDTHS, [200e-9, 200e-9, 100e-9, 100e-9])
    assert estimate.low_um2 == pytest.approx(20 * 0.113 * 0.72)
    assert estimate.high_um2 == pytest.approx(20 * 0.140 * 0.90)
    assert estimate.low_um2 < estimate.total_um2 < estimate.high_um2
    assert estimate.breakdown_um2["mtj_overhang"] == 0.0
    estimate = area.circuit_area({"inverter": 1}, WIDTHS, [2e-6])
    assert estimate.total_um2 == pytest.approx(math.pi)
    assert math.fsum(estimate.breakdown_um2.values()) == pytest.approx(estimate.total_um2)
    for diameter in [0.0, -1e-9, math.nan]:
        with pytest.raises(InputError, match="diameter"):
            area.mtj_area_um2([diameter])


@given(st.floats(14e-9, 350e-9))
def test_area_goes_with_the_square_of_the_feature_size(length: float) -> None:
    """Pitch and height of a technology that states nothing but its length; a cell stays as many pitches wide."""
    own, ratio = technology(), length / 28e-9
    data = tomllib.loads(f'source = "x"\nlength = {length!r}\nv_dd = 1.0')
    process = technology_of({"name": "x", "models": {"file": "x.lib"}, "values": data}, "x.toml", Path())
    cells = {"inverter": 6, "and2": 2}
    for one, other in (
        (area.paper_area(24, (), own), area.paper_area(24, (), process)),
        (area.circuit_area(cells, WIDTHS, (), None, own), area.circuit_area(cells, WIDTHS, (), None, process)),
    ):
        assert other.total_um2 == pytest.approx(ratio**2 * one.total_um2)
        assert (other.low_um2, other.high_um2) == pytest.approx((ratio**2 * one.low_um2, ratio**2 * one.high_um2))
        assert [p.name for p in other.parameters] == [p.name for p in one.parameters]


def test_transistors_of_a_library_s_subcircuits_are_counted_in_units_of_the_circuits() -> None:
    """0.84 µm where the minimum is 0.42 µm are two minimum widths: one gate column, as 200 nm in 28 nm."""
    process = technology(PDK)
    cell = ".subckt own d g s b\nX1 d g s b demo130_pr__nfet_01v8 w=0.84 l=0.15 m=2\nX2 d g s b mtj\n.ends\n"
    deck = f"t\n{CELLS}{cell}X1 a b c d own\nX2 a y vdd 0 inverter\n"
    transistors = area.transistors_of(deck, leaves=("mtj",), technology=process)
    assert [(t.name, t.width_m) for t in transistors[:2]] == [
        ("x1.x1", pytest.approx(200e-9)),
        ("x1.x1#2", pytest.approx(200e-9)),
    ]
    assert [t.width_m for t in transistors[2:]] == pytest.approx([100e-9, 200e-9])  # reference devices stay as they are
    assert area.cell_widths(transistors, {})["own"] == 3.0
    counts = area.count_devices(deck, leaves=("mtj",), technology=process)
    assert counts == {"transistor": 2, "mtj": 1, "demo130_pr__nfet_01v8": 2}
    with pytest.raises(InputError, match="unknown subcircuit"):
        area.transistors_of(deck, leaves=("mtj",))


def test_a_cell_without_a_declared_width_is_as_wide_as_its_widest_row() -> None:
    """Two p transistors of two fingers each, three n of one; and one more column for the break."""
    row = "".join(f"M{i} a a a a p w=350n\n" for i in range(2)) + "".join(f"M{i} a a a a n\n" for i in range(2, 5))
    transistors = area.transistors_of(f"t\n.subckt mine a\n{row}.ends\nX1 a mine\nX2 a mine\nM1 a a a a n nf=3\n")
    widths = area.cell_widths(transistors, {})
    assert widths == {"mine": 5.0, "": 4.0}  # top-level transistors stand in a row of their own
    assert area.cell_widths(transistors, {"mine": 7.0})["mine"] == 7.0
    estimate = area.circuit_area(area.cell_instances(transistors), widths)
    assert estimate.low_um2 == pytest.approx((2 * 5 + 4) * 0.113 * 0.72)
    with pytest.raises(InputError, match="no layout width"):
        area.circuit_area({"xor9": 1}, widths)


def test_system_scope_adds_named_components_once() -> None:
    circuit = area.circuit_area({"inverter": 6, "and2": 2}, WIDTHS)
    system = area.system_area(circuit, {"driver": 80.0, "access": 1.0}, [driver.TAPER])
    assert system.total_um2 == pytest.approx(circuit.total_um2 + 81)
    assert driver.TAPER in system.parameters
    with pytest.raises(InputError, match="already counted"):
        area.system_area(circuit, {"inverter": 1.0}, [])
    with pytest.raises(InputError, match="must not be negative"):
        area.system_area(circuit, {"driver": -1.0}, [])


def test_write_driver_takes_the_lowest_supply_with_headroom_and_names_its_assumptions() -> None:
    assert driver.size_write_driver(3.5e-3, 1.6).supply_V == 1.8
    assert driver.size_write_driver(3.5e-3, 1.601).supply_V == 2.5
    assert driver.size_write_driver(3.5e-3, 2.1).headroom_V == pytest.approx(0.4)
    with pytest.raises(InputError, match=r"0\.1 V are missing"):
        driver.size_write_driver(3.5e-3, 3.2)
    # 0.4 V in from 2.5 V leaves 1.05 V per switch; from 3.3 V only the 1.5 V saturation is reached: known answer.
    only_high = technology().io[2:]
    sized = driver.size_write_driver(550e-6, 0.3, only_high)
    assert sized.width_n_m == pytest.approx(1e-6)  # 550 uA at 550 uA/um
    sized = driver.size_write_driver(3.5e-3, 2.1)
    assert len(sized.parameters) == 11
    assert all(p.basis == "assumed" and len(p.source) > 20 for p in sized.parameters)
    for current, voltage in [(0.0, 1.0), (-1.0, 1.0), (1.0, math.nan)]:
        with pytest.raises(InputError, match="must be positive"):
            driver.size_write_driver(current, voltage)


@given(st.floats(1e-6, 1e-2), st.floats(1.1, 10.0))
def test_driver_grows_in_proportion_to_its_current(current: float, factor: float) -> None:
    small, large = (driver.size_write_driver(i, 2.1) for i in (current, current * factor))
    for name in ("width_n_m", "width_p_m", "area_um2", "gate_energy_per_cycle_J", "leakage_power_W"):
        assert getattr(large, name) == pytest.approx(factor * getattr(small, name), rel=1e-9)


def test_driver_energy_and_idle_leakage() -> None:
    sized = driver.size_write_driver(3.5e-3, 2.1)
    parts = driver.driver_energy(sized, 0.6e-9, 1.0e-9)
    assert parts["supply_overhead"] == pytest.approx(2.5 * 0.6e-9 - 1.0e-9)
    assert parts["gate_switching"] == sized.gate_energy_per_cycle_J
    with pytest.raises(InputError, match="exceeds"):
        driver.driver_energy(sized, 0.6e-9, 1.6e-9)
    assert driver.idle_leakage_energy(1e-9, 230e-9, 1.0) == 0.0
    assert driver.idle_leakage_energy(1e-9, 1.0, 0.5) == pytest.approx(1e-9)
    assert driver.idle_leakage_energy(1e-9, 1.0, 0.1) == pytest.approx(9e-9)
    with pytest.raises(InputError, match="density"):
        driver.idle_leakage_energy(1e-9, 1.0, 0.0)
