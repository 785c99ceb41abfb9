"""Latches in place of the inverter pairs: thresholds by hand and simulated, energy, area, copies at both fidelities."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from circuits.catalog import load
from circuits.cells.clocked import PAIR_PMOS, SENSE_LENGTH
from circuits.cells.layout import Cell, columns, subcircuits_of
from circuits.cells.static import LENGTH
from circuits.conditions import Fidelity
from circuits.measurement import Measurement
from circuits.thermal_mtj.sense.latch import designed_level, estimated_thresholds, latch_job, latch_thresholds, weights
from circuits.thermal_mtj.sense.sizes import MtjSizes
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.characterize import cost_record
from ipcircuit.errors import InputError
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.spice.jobs import transient
from ipcircuit.technology.mismatch import device_sigma

WIDTH = 2e-6
SITE = 0.12 * 0.81  # µm², a pitch wide and a row high


@pytest.fixture(scope="module")
def testbench() -> ThermalMtjTestbench:
    bench = load("comparator").configured(sense="latch", sense_width=WIDTH)
    assert isinstance(bench, ThermalMtjTestbench)
    return bench


def test_a_latch_decides_amid_the_levels_and_its_input_pair_moves_that_by_what_it_deviates(
    testbench: ThermalMtjTestbench,
) -> None:
    """By hand a p transistor whose threshold is 10 mV higher conducts as with a gate 10 mV lower: the one at the level
    lowers the latch's threshold by 10 mV. The pairs behind it add a tenth of theirs, by the gain before them.
    """
    neuron, conditions = testbench.neuron, testbench.conditions
    divider = neuron.halves[0].divider
    level = (divider.level_parallel(0.8) + divider.level_antiparallel(0.8)) / 2
    assert designed_level(neuron, conditions) == pytest.approx(level)
    found = weights(neuron, conditions)
    assert found.level_V == pytest.approx(level, abs=0.5e-3)
    assert found.of_volts["xlatch.min_a"] == pytest.approx(-1.0, abs=0.12)
    assert found.of_volts["xlatch.min_b"] == pytest.approx(1.0, abs=0.12)
    assert all(abs(weight) < 0.2 for name, weight in found.of_volts.items() if "min_" not in name)

    asked = RecordingSample(0, 0)
    estimated_thresholds(neuron, conditions, asked)
    sigma = device_sigma(WIDTH, SENSE_LENGTH)
    deviates = {**dict.fromkeys(asked.asked, 0.0), "xcomparator.xlatch.min_a": 10e-3 / sigma}
    copy = replace(conditions, sample=Sample(0, 0).with_deviates(deviates))
    [(low, high)] = latch_thresholds(neuron, copy, transient(latch_job(neuron, copy)))
    assert low == high
    assert low - found.level_V == pytest.approx(-10e-3, abs=1.2e-3)

    by_hand = math.sqrt(2) * sigma  # 2 mV·µm / √(2 µm · 0.04 µm) = 7.1 mV
    assert neuron.sizes.threshold_sigma() == pytest.approx(by_hand) == pytest.approx(7.07e-3, rel=1e-3)
    thresholds = [estimated_thresholds(neuron, conditions, Sample(0, i))[0] for i in range(300)]
    pairs = 0.11 * math.sqrt(2) * device_sigma(PAIR_PMOS, LENGTH)
    assert np.std(thresholds) == pytest.approx(math.hypot(1.07 * by_hand, pairs), rel=0.12)  # σ of a σ: 4 %


def test_what_latches_cost_and_how_copies_decide(testbench: ThermalMtjTestbench) -> None:
    """Screening, without a simulation of the copy, says what the simulated operation of it says."""
    measured = testbench.measure(n_jobs=1)
    cost = cost_record(measured).cost
    assert not measured.warnings
    assert cost.transistors == 11 + 6 + 2  # the latch, two buffers and a dummy, the strobe's driver
    cells = 7 + columns(WIDTH, WIDTH) + 3 * 2 + columns(1e-6)
    assert cost.scopes["circuit"].area_um2 == pytest.approx(cells * SITE)
    assert measured.overlay_um2 == {"ladder resistors": pytest.approx(50 * 0.04)}  # 25 kΩ of 500 Ω per square
    # 20 kΩ at the input: set pulse, read and reset as trapezoids, whose edges count a third
    cycle, set_V, reset_V = testbench.neuron.cycle, testbench.neuron.input_amplitude(0.8), 1.868115
    pulses = set_V**2 * (150e-9 + 40e-9 / 3) + 0.8**2 * (18e-9 + 1e-9 / 3) + reset_V**2 * (16e-9 + 4e-9 / 3)
    assert measured.energy_J["ladders"] == pytest.approx(pulses / 20e3, rel=1e-3)
    assert measured.energy_J["comparator"] < 20e-15
    assert measured.latency_s == pytest.approx(cycle.strobe[0] + 1e-9, abs=0.7e-9)
    assert measured.details["energy_balance_error"] == pytest.approx(0, abs=1e-3)
    copy, screening = testbench.sampled(Sample(0, 1)), testbench.at_fidelity(Fidelity.SCREENING)
    exact, coarse = copy.measure(n_jobs=1), screening.sampled(Sample(0, 1)).measure(n_jobs=1)
    (together,) = list(screening.measure_copies([Sample(0, 1)]) or ())
    assert isinstance(together, Measurement)
    assert (together.components, together.margin_V) == (coarse.components, coarse.margin_V)
    assert coarse.margin_V == pytest.approx(exact.margin_V, abs=0.3e-3)
    assert sum(coarse.energy_J.values()) == pytest.approx(sum(exact.energy_J.values()), rel=5e-4)
    assert coarse.pulse_input is not None
    assert exact.pulse_input is not None
    assert coarse.pulse_input.charge_C == pytest.approx(exact.pulse_input.charge_C, rel=1e-3)


def test_a_copy_whose_latch_deviates_beyond_the_window_is_wrong_at_both_fidelities(
    testbench: ThermalMtjTestbench,
) -> None:
    """The window is 37.7 mV on either side: a shift of 45 mV is wrong by 7 mV, and the P state is read as AP."""
    asked = RecordingSample(0, 0)
    testbench.sampled(asked)
    estimated_thresholds(testbench.neuron, testbench.conditions, asked)
    deviates = {
        **dict.fromkeys(asked.asked, 0.0),
        "xcomparator.xlatch.min_a": 42e-3 / device_sigma(WIDTH, SENSE_LENGTH),
    }
    sample = Sample(0, 0).with_deviates(deviates)
    for fidelity in Fidelity:
        found = testbench.at_fidelity(fidelity).sampled(sample).measure(n_jobs=1)
        assert found.margin_V == pytest.approx(37.7e-3 - 1.07 * 42e-3, abs=2e-3)
        assert "1 of 2 states of the junctions were decided wrongly (p)" in found.warnings[0]


def test_words_and_sizes_that_are_none(testbench: ThermalMtjTestbench) -> None:
    deck = load("comparator").jobs()[0].deck
    assert deck == testbench.configured(sense="inverter", sense_width=200e-9).jobs()[0].deck
    assert "strobe" not in deck
    assert MtjSizes(sense="latch").changed() == {"sense": "latch"}
    widths = {str(c.name): c.width_cpp for c in subcircuits_of(testbench.measure().neuron) if isinstance(c, Cell)}
    assert widths["clocked_comparator"] == 7 + columns(WIDTH, WIDTH)
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"sense": "colour"}, "sense: unknown word; found 'colour'; allowed: inverter, latch"),
        ({"sense": "latch", "trim_legs": 1}, "belongs to sense=inverter"),
        ({"sense": "latch", "sense_ratio": 3}, "belongs to sense=inverter"),
        ({"sense": 1.0}, "unknown word"),
        ({"v_dd": "latch"}, "not a number"),
        ({"latch_ohm": 1.0}, "latch_ohm: size out of range"),
    )
    for values, message in refused:
        with pytest.raises(InputError, match=message):
            load("comparator").configured(**values)
