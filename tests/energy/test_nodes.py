"""`study nodes`: what scales with a technology and what does not, energies explained by hand, rows that cannot work."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PySpice.Spice.Netlist import Circuit

from circuits.catalog import load
from circuits.cells.static import ThresholdComparator
from circuits.conditions import dc_deck
from circuits.thermal_mtj.neuron import ThermalMtjConditions
from circuits.thermal_mtj.sense.sizes import MtjSizes
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.variation.copies.outcome import Status
from energy.variation.nodes import OWN, SCALED, SET, Nodes, node_runs
from ipcircuit.cli.main import main
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.transient import Sweep
from ipcircuit.technology.catalog import names, technology
from ipcircuit.technology.measure import Process, ring_figures

V_DD = 0.8  # V, the comparator's own supply
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "your_own_process.md").read_text(encoding="utf-8")
DEMO = ROOT / "tests" / "ipcircuit" / "technology" / "pdk130" / "demo130.toml"
#: Rows of the page's table of all circuits: circuit, supply and a cell for each technology.
ROWS = re.findall(r"^\| (\w+) \| (scaled|own) \| (.*?) ?\|$", PAGE, re.M)


@pytest.fixture(scope="module")
def nodes() -> Nodes:
    return node_runs(load("comparator"), [technology(name) for name in names()])


def test_rows_at_scaled_and_equal_supply(nodes: Nodes) -> None:
    rows = {(run.technology.name, run.supply): run for run in nodes.runs}
    assert set(rows) == {("lp28", OWN), *((n, s) for n in ("planar45", "planar65") for s in (SCALED, OWN))}
    assert all(run.status is Status.WORKS for run in nodes.runs)
    assert (rows["planar45", SCALED].v_dd_V, rows["planar65", SCALED].v_dd_V) == (0.88, 0.96)
    assert all(rows[name, OWN].v_dd_V == V_DD for name in names())


def _static_energy(name: str) -> float:
    """Energy (J) that the comparator draws if its current at each moment is that of the DC curve at its input."""
    testbench = load("comparator").configured(technology=technology(name), v_dd=V_DD, v_read=V_DD)
    assert isinstance(testbench, ThermalMtjTestbench)
    conditions = testbench.conditions
    assert isinstance(conditions, ThermalMtjConditions)
    circuit = Circuit("comparator current")
    circuit.subcircuit(ThresholdComparator(*MtjSizes().comparator))
    circuit.V("dd", "vdd", 0, V_DD)
    circuit.V("sweep", "divider", 0, 0)
    circuit.X("comparator", "threshold_comparator", "divider", "out", "vdd", 0)
    deck = dc_deck(circuit, conditions, "Vsweep", -1.0, 1.0, 1e-3)
    curve = simulate(Job("comparator", "DC current", deck, ("i(vdd)",)))
    assert isinstance(curve, Sweep)
    cycle = testbench.operation().cycle
    fires = cycle.probabilities[0]
    total = 0.0
    for tag, weight in (("p", 1 - fires), ("ap", fires)):
        current = np.interp(cycle.run[f"x{tag}.divider"], curve.sweep, -curve["i(vdd)"])
        total += weight * V_DD * float(np.trapezoid(current, cycle.run.time))
    return total


def test_energy_by_hand_junction_as_it_was_and_the_comparator_from_its_dc_current_and_c_v2(nodes: Nodes) -> None:
    own = {run.technology.name: run for run in nodes.runs if run.supply == OWN}
    load_J = 1e-15 * V_DD**2
    for name, run in own.items():
        # The same pulses on the same junction and divider: nothing of it is CMOS.
        for part in ("mtj", "divider"):
            assert run.components_J[part] == pytest.approx(own["lp28"].components_J[part], rel=1e-5)
        # What the two inverters take is the current that both transistors of the first one carry near its threshold,
        # and beyond it about one cycle of a minimum inverter, and the output's load.
        cmos, inverter = run.values["cmos_energy_J"], run.values["inverter_cycle_J"]
        assert cmos is not None
        assert inverter is not None
        static = _static_energy(name)
        rest = cmos - static - load_J
        assert 0.4 * inverter < rest < 1.6 * inverter, name
        shown = [f"{1e15 * value:.4g}" for value in (cmos, static, load_J, rest, inverter)]
        row = " | ".join([name, *shown, f"{run.values['circuit_area_um2']:.4g}"])
        assert f"| {row} |" in PAGE


def test_c_v2_of_an_inverter_scales_with_the_supply_squared_and_the_size_of_the_gate(nodes: Nodes) -> None:
    own = {run.technology.name: run.values["inverter_cycle_J"] or 0.0 for run in nodes.runs if run.supply == OWN}
    ring = ring_figures(Process.of(technology("planar65")), vdd=0.9)
    assert ring is not None
    assert ring.energy_J / own["planar65"] == pytest.approx((0.9 / V_DD) ** 2, rel=0.05)  # and short circuit beside it
    # W/L is the same: overlap and fringe go with W, the channel with W·L over its oxide (1.5, 1.6, 2.1 nm).
    for name, oxide in (("planar45", 1.6), ("planar65", 2.1)):
        node, reference = technology(name), technology("lp28")
        edge = node.width.value / reference.width.value
        channel = edge * node.length.value / reference.length.value * 1.5 / oxide
        assert min(edge, channel) * 0.95 < own[name] / own["lp28"] < max(edge, channel) * 1.05


def test_area_goes_with_pitch_and_row_and_with_f2(nodes: Nodes) -> None:
    own = {run.technology.name: run for run in nodes.runs if run.supply == OWN}
    reference = technology("lp28")
    for name, run in own.items():
        node = technology(name)
        sites = [t.poly_pitch.value * t.row_height.value for t in (node, reference)]
        areas = [r.values["circuit_area_um2"] or 0.0 for r in (run, own["lp28"])]
        assert areas[0] / areas[1] == pytest.approx(sites[0] / sites[1], rel=1e-9)
        squares = [r.values["paper_area_um2"] or 0.0 for r in (run, own["lp28"])]
        f2 = (node.feature_size.value / reference.feature_size.value) ** 2
        assert squares[0] / squares[1] == pytest.approx(f2, rel=1e-9)
        # Cell rules follow the node: area per F² stays within the range of pitch and row height.
        low, high = (run.values[key] or 0.0 for key in ("area_low_um2", "area_high_um2"))
        assert low < areas[1] * f2 * 1.25
        assert high > areas[1] * f2 / 1.25


def test_bad_lists_of_technologies() -> None:
    with pytest.raises(InputError, match=r"each technology once; found 'lp28, lp28'"):
        node_runs(load("comparator"), [technology(), technology()])
    with pytest.raises(InputError, match="no parameter of this name"):
        node_runs(load("comparator"), [technology()], {"v_ddd": 1.0})


def test_a_technology_that_cannot_work_is_a_row_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    # The threshold rises with the supply; the levels at a read voltage that stays do not.
    words = ["study", "nodes", "--technology", "planar65", "--copies", "2", "--set", "v_read=0.8", "--set", "v_dd=0.96"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    text = " ".join(shown.replace("\u00a0", " ").split())
    assert "planar65 at 0.96 V: comparator, mtj divider: comparator window closed: the threshold misses" in text
    assert max(map(len, shown.splitlines())) <= 80
    run = node_runs(load("comparator"), [technology("planar65")], {"v_dd": 0.96, "v_read": 0.8}).runs[0]
    assert (run.supply, run.status) == (SET, Status.FAILED)
    assert run.row()["energy_per_operation_J"] is None


def test_the_page_has_every_built_in_circuit() -> None:
    assert {circuit for circuit, _, _ in ROWS} == set(CIRCUITS.names())


@pytest.mark.slow
@pytest.mark.parametrize("circuit", sorted({circuit for circuit, _, _ in ROWS}))
def test_table_of_all_circuits_is_current(circuit: str) -> None:
    technologies = [*(technology(name) for name in names()), technology(DEMO)]
    runs = {(r.technology.name, r.supply): r for r in node_runs(load(circuit), technologies).runs}
    for _, supply, cells in (row for row in ROWS if row[0] == circuit):
        for process, cell in zip(technologies, [c.strip() for c in cells.split("|")], strict=True):
            run = runs.get((process.name, supply))
            if run is None:
                assert cell == ""
            elif run.status is Status.WORKS:
                assert cell == f"{1e12 * (run.values['energy_per_operation_J'] or 0.0):.4g} ({run.v_dd_V:g} V)"
            else:
                assert re.fullmatch(rf"no[¹²³] \({run.v_dd_V:g} V\)", cell)
