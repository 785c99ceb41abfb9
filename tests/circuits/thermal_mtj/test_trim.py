"""Trim of the comparators: what its legs and bits cost, what a code does to a threshold, and which one a copy gets."""

from __future__ import annotations

import numpy as np
import pytest

from circuits.catalog import load
from circuits.cells.layout import Cell, bare_netlist, subcircuits_of
from circuits.cells.trim import bit_lines, codes
from circuits.conditions import Fidelity
from circuits.thermal_mtj.reading.read import ReadDeck
from circuits.thermal_mtj.sense.comparators import own_thresholds, own_thresholds_job
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.area import transistors_of
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.transient import Sweep


def _trimmed(circuit: str = "comparator", legs: int = 1) -> ThermalMtjTestbench:
    return load(circuit).configured(trim_legs=legs)


def test_codes_and_bit_lines() -> None:
    assert codes(0) == (0,)
    assert codes(1) == (0, -1, 1)  # of alike ones the first is taken
    assert codes(2) == (0, -1, 1, -2, 2, -3, 3)
    lines = dict(bit_lines("_temporal", 2, -2, 0.8))  # the n leg of weight 2
    assert [lines["trim_temporal_n1"], lines["trim_temporal_n1_bar"]] == [0.8, 0.0]
    assert [name for name, volts in lines.items() if volts and not name.endswith("_bar")] == ["trim_temporal_n1"]


def test_codes_put_into_a_loaded_deck_are_those_of_decks_of_their_own() -> None:
    testbench, trims = _trimmed(), [(1,), (-1,)]
    samples = [Sample(4, 0)] * 2
    deck = ReadDeck(testbench.neuron, testbench.conditions)
    levels = np.array([[[0.37, 0.37], [0.43, 0.43]]])  # halves, states, copies
    loaded = deck.run(levels, SampleColumns(samples), trims)
    fresh = [simulate(deck.job([(0.37, 0.43)], *copy)) for copy in zip(samples, trims, strict=True)]
    for i, other in enumerate(fresh):
        assert all(np.array_equal(loaded[name][i], signal) for name, signal in other.signals.items())
    assert loaded["threshold_low"][0, 0] - loaded["threshold_low"][1, 0] > 0.005  # the codes did change


def test_what_legs_and_bits_cost_by_hand() -> None:
    for legs in (1, 2):
        testbench = _trimmed("differential", legs)
        neuron = testbench.neuron.build("sampled", (False, False), testbench.conditions)
        cells = {str(c.name): c for c in subcircuits_of(neuron)}
        leaves = [name for name, c in cells.items() if not isinstance(c, Cell) and name.startswith("mtj_")]
        count = len(transistors_of(bare_netlist(neuron), leaves=leaves))
        # in each of two comparators, of each leg of two kinds: two transistors and a bit of six
        assert count == 24 + 2 * 2 * legs * (2 + 6)
        assert all(isinstance(c, Cell) for name, c in cells.items() if name.startswith("trim_"))
        widths = {name: c.width_cpp for name, c in cells.items() if isinstance(c, Cell)}
        assert widths["trim_leg_n0"] == 1 + 1 + 1  # 200 nm at the input and at the enabling transistor, and a break
        assert widths.get("trim_leg_n1", 5) == 1 + 2 + 2


def test_a_code_moves_the_threshold_by_what_its_leg_adds() -> None:
    testbench = _trimmed()
    level = {}
    for code in (-1, 0, 1):
        run = simulate(own_thresholds_job(testbench.neuron.with_code(code), testbench.conditions))
        assert isinstance(run, Sweep)
        low, high = own_thresholds(testbench.neuron, testbench.conditions, run)[0]
        level[code] = 1e3 * (low + high) / 2
    # near its threshold an inverter shifts by n kT/2q, 18 mV, for an e-fold; two series gates add half of a doubling:
    # ln(1.5) 18 mV = 7 mV where currents go with exp(V / n kT), twice as much and more where they go with a square
    assert 7 < level[0] - level[-1] < 30
    assert 7 < level[1] - level[0] < 30


def test_a_copy_gets_the_code_of_largest_margin_at_both_fidelities() -> None:
    plain, testbench = load("comparator"), _trimmed()
    samples = [Sample(0, index) for index in range(10)]
    screened = testbench.at_fidelity(Fidelity.SCREENING).measure_copies(samples)
    without = plain.at_fidelity(Fidelity.SCREENING).measure_copies(samples)  # pyright: ignore[reportAttributeAccessIssue]
    assert screened is not None
    margins = [m.margin_V for m in screened]  # pyright: ignore[reportAttributeAccessIssue]
    before = [m.margin_V for m in without]
    assert sum(a > b + 3e-3 for a, b in zip(margins, before, strict=True)) >= 3  # the legs do something
    assert all(a > b - 3e-3 for a, b in zip(margins, before, strict=True))  # a leg that is off leaks, and has no shift
    index = max(range(10), key=lambda i: margins[i] - before[i])
    copy = testbench.sampled(samples[index])
    trimmed = copy._trimmed()
    assert trimmed.trim is not None
    assert trimmed.trim[0] != 0
    others = [c for c in codes(1) if c != trimmed.trim[0]]
    rooms = {}
    for code in (trimmed.trim[0], *others):
        run = simulate(own_thresholds_job(trimmed.with_code(code), copy.conditions))
        assert isinstance(run, Sweep)
        low, high = own_thresholds(trimmed, copy.conditions, run)[0]
        divider, v_read = trimmed.halves[0].divider, copy.conditions.v_read
        rooms[code] = min(low - divider.level_parallel(v_read), divider.level_antiparallel(v_read) - high)
    assert max(rooms, key=lambda code: rooms[code]) == trimmed.trim[0]
    assert rooms[trimmed.trim[0]] == pytest.approx(margins[index], abs=1.5e-3)  # steps of the sweep: 1 mV


def test_a_leg_has_a_width_that_can_be_made() -> None:
    with pytest.raises(InputError, match="smallest trim leg is too narrow"):
        load("comparator").configured(trim_legs=1, trim_share=0.5)
    with pytest.raises(InputError, match=r"trim_legs: size out of range; found 0\.5; allowed: a whole number, 0 … 3"):
        load("comparator").configured(trim_legs=0.5)
