"""Sizes of the thermal MTJ neurons: what a designer changes, by hand and in the circuit that comes of it."""

from __future__ import annotations

import math
from statistics import stdev
from typing import Any

import pytest

from circuits.catalog import load
from circuits.cells.layout import Cell, bare_netlist, columns, subcircuits_of
from circuits.thermal_mtj.neuron import ThermalMtjConditions, differential
from circuits.thermal_mtj.sense.sizes import MtjSizes
from circuits.thermal_mtj.testbench import ThermalMtjTestbench, threshold, threshold_job
from energy.area import cell_instances, cell_widths, circuit_area, transistors_of
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.transient import Sweep

SITE = 0.12 * 0.81  # µm², a pitch wide and a row high


def _differential(**values: Any) -> ThermalMtjTestbench:
    return load("differential").configured(**values)


def _area(testbench: ThermalMtjTestbench) -> float:
    measured = testbench.neuron.build("sampled", (False, False), testbench.conditions)
    inner = list(subcircuits_of(measured))
    leaves = [str(s.name) for s in inner if not isinstance(s, Cell) and "mtj_" in str(s.name)]
    transistors = transistors_of(bare_netlist(measured), leaves=leaves)
    declared = {str(s.name): s.width_cpp for s in inner if isinstance(s, Cell)}
    cells, widths = cell_instances(transistors, declared), cell_widths(transistors, declared)
    diameters = [d for half in testbench.neuron.halves for d in half.diameters_m]
    return circuit_area(cells, widths, diameters).total_um2


def test_wide_transistors_fold_into_fingers_and_long_gates_take_more_pitch() -> None:
    assert columns(200e-9) == 2  # a finger and a break
    assert columns(2.6e-6) == 14
    assert columns(2.6e-6, length=40e-9) == 14  # fits the same grid
    assert columns(2.6e-6, length=104e-9) == pytest.approx(1 + 13 * 1.5)  # 60 nm beyond it: half a pitch each
    # 13 columns of the wider inverter instead of 1, in each of two comparators
    today, wide = _area(_differential()), _area(_differential(sense_width=2.6e-6))
    assert today == pytest.approx((6 * 2 + 2 * 4) * SITE, rel=1e-9)  # inverters and AND gates
    assert wide - today == pytest.approx(2 * 12 * SITE, rel=1e-9)
    assert _area(_differential(restore_scale=4)) - today == pytest.approx(2 * (5 - 2) * SITE, rel=1e-9)


def test_threshold_deviates_as_one_over_the_root_of_the_gate_area() -> None:
    # 2 mV·µm / √(2 · 0.2 · 0.028) = 18.9 mV and / √(2 · 0.1 · 0.028) = 26.7 mV, half of each
    assert 1e3 * MtjSizes().threshold_sigma() == pytest.approx(math.hypot(18.9, 26.7) / 2, rel=2e-3)
    for sizes in (MtjSizes(sense_width=800e-9), MtjSizes(sense_width=560e-9, sense_length=40e-9)):
        assert sizes.threshold_sigma() == pytest.approx(MtjSizes().threshold_sigma() / 2, rel=1e-9)


def test_reference_of_several_pillars_is_the_same_resistance_and_deviates_less() -> None:
    one, nine = differential(), differential().with_sizes(reference_rows=3)
    half = nine.halves[0]
    assert half.reference_ohm == one.halves[0].reference_ohm
    assert len(half.pillars_ohm) == 9
    assert half.with_pillars(half.pillars_ohm).reference_ohm == pytest.approx(half.reference_ohm, rel=1e-12)
    # strings of 100 + 200 + 300 and of 600 ohm thrice, in parallel
    mixed = half.with_pillars((100.0, 200.0, 300.0, *(200.0,) * 6))
    assert mixed.reference_ohm == pytest.approx(200.0)
    assert half.diameters_m == (200e-9, *(one.halves[0].diameters_m[1],) * 9)
    copies = [[n.sampled(Sample(0, i)).halves[1].reference_ohm for i in range(150)] for n in (one, nine)]
    single, several = (stdev(ohms) / one.halves[1].reference_ohm for ohms in copies)
    assert single == pytest.approx(0.05, rel=0.2)  # σ of a σ from 150 copies: 6 %
    assert several == pytest.approx(0.05 / 3, rel=0.2)


def test_sizes_reach_the_simulated_circuit() -> None:
    """Twice the p width at the same n width pulls the threshold up; scaling both leaves it."""

    def level(**sizes: float) -> float:
        run = simulate(threshold_job(ThermalMtjConditions(), MtjSizes(**sizes)))
        assert isinstance(run, Sweep)
        return threshold(ThermalMtjConditions(), run)

    assert level(sense_width=1.6e-6) == pytest.approx(level(), abs=2e-3)
    assert level(sense_ratio=1.0) > level() + 0.01
    measured = _differential(sense_width=1.6e-6, reference_rows=2, reference_factor=1.05).measure()
    assert not measured.warnings
    assert measured.conditions["sense_width_m"] == 1.6e-6
    assert measured.details["energy_balance_error"] == pytest.approx(0, abs=1e-3)
    assert len(measured.device_diameters_m) == 2 * (1 + 4)
    assert measured.neuron_netlist.lower().count("xref_temporal_") == 4
    # R_P/(R_P + 1.05 √(R_P R_AP)) of 0.8 V, and the smallest distance to the threshold
    ohms = 1.05 * (230 * 410) ** 0.5
    assert measured.details["noise_margin_p_p_V"] == pytest.approx(level() - 0.8 * 230 / (230 + ohms), abs=3e-3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sense_width": 50e-9}, "sense_width: size out of range; found 5e-08; allowed: 1e-07 … 0.0001 m"),
        ({"sense_ratio": 4.0}, "sense inverter is too narrow"),
        ({"reference_rows": 1.5}, "allowed: a whole number, 1 … 10"),
        ({"sense_length": 1e-6}, "sense_length"),
        ({"restore_scale": float("nan")}, "restore_scale"),
    ],
)
def test_sizes_that_no_circuit_has(values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _differential(**values)


def test_signed_reference_of_several_pillars_deviates_less_and_the_design_is_the_same() -> None:
    one, nine = load("signed_mtj"), load("signed_mtj").configured(reference_rows=3)
    assert one.jobs()[0].deck == nine.jobs()[0].deck
    errors = [[bench.sampled(Sample(0, i)).design.reference_error for i in range(100)] for bench in (one, nine)]
    assert errors[0][3] == pytest.approx(-0.0062655304520193855, rel=1e-12)  # as ever
    assert stdev(errors[0]) == pytest.approx(0.05, rel=0.25)
    assert stdev(errors[1]) == pytest.approx(0.05 / 3, rel=0.25)
    with pytest.raises(InputError, match="reference_rows: size out of range"):
        load("signed_mtj").configured(reference_rows=1.5).jobs()
