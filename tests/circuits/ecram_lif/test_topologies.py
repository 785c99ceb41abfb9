"""Axon-hillock and differential-pair neurons in ngspice: paper numbers, energy, and what must be refused."""

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from circuits.cells.layout import bare_netlist
from circuits.conditions import Conditions
from circuits.ecram_lif.axon_hillock import AxonHillockDesign
from circuits.ecram_lif.differential_pair import DifferentialPairDesign
from circuits.ecram_lif.neuron import NeuronDesign
from circuits.ecram_lif.response import LifResult, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.topologies import CORNERS, TEMPERATURES, corner_grid, ecram_testbench
from energy.area import count_devices
from energy.characterize import CircuitWarning, characterize
from ipcircuit.declaration.ambient import AmbientWarning
from ipcircuit.devices.ecram.device import with_resistance
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import simulate

HILLOCK, PAIR, CONDITIONS = AxonHillockDesign(), DifferentialPairDesign(), Conditions()
CURRENT = Stimulus(4.5e-6, (), 1e-6)
TRAIN = Stimulus.regular(200e-9, 16)
NAMES = ("axon_hillock_lif", "differential_pair_lif")
DESIGNS: tuple[NeuronDesign, ...] = (HILLOCK, PAIR)


def respond(design: NeuronDesign, stimulus: Stimulus = CURRENT, conditions: Conditions = CONDITIONS) -> LifResult:
    return evaluate_lif(design, conditions, stimulus, simulate(lif_job(design, conditions, stimulus)))


@pytest.fixture(scope="module")
def hillock() -> LifResult:
    return respond(HILLOCK)


@pytest.fixture(scope="module")
def pair() -> LifResult:
    return respond(PAIR)


def test_axon_hillock_by_hand() -> None:
    """Docstring's numbers."""
    assert HILLOCK.jump(1.0) == pytest.approx(0.4)
    assert HILLOCK.reset_current(1.0) == pytest.approx(80e-6)
    assert HILLOCK.reaction(1.0) == pytest.approx(1.9e-9, rel=0.03)
    assert HILLOCK.fall(1.0) == pytest.approx(2.2e-9, rel=0.02)
    assert HILLOCK.interval(1e-6, 1.0) == pytest.approx(1.08e-6, rel=0.01)
    paper = HILLOCK.estimate(1.0, 1e-6, 1.0)
    charged = paper["C V² of the feedback, from the output"] + paper["C V² of the membrane's return"]
    assert charged == pytest.approx(1.84e-12, rel=0.01)
    assert paper["short circuit, first inverter"] == pytest.approx(15e-15, rel=0.03)
    assert paper["gates"] == pytest.approx(9.5e-15)


def test_differential_pair_by_hand() -> None:
    """Docstring's numbers."""
    assert PAIR.width(1.0) == pytest.approx(14.9e-9, rel=0.01)
    assert PAIR.dead(1.0) == pytest.approx((14.9 + 7.3) * 1e-9, rel=0.01)
    assert PAIR.tipping(0.5e6) == pytest.approx(37e-9, rel=0.01)
    assert PAIR.pull_up_charge() == pytest.approx(0.13e-12)
    assert PAIR.interval(1e-6, 1.0) == pytest.approx(1.08e-6, rel=0.01)
    paper = PAIR.estimate(1.0, 1e-6, 1.0)
    assert paper["C V² of the membrane's swing"] == pytest.approx(1.20e-12)
    assert paper["static, differential pair"] == pytest.approx(0.14e-12, rel=0.02)


def test_output_lifts_the_membrane_by_the_jump(hillock: LifResult) -> None:
    """Half of V_DD C_fb / C when the output is half way, the reset not yet open; less than all of it at the peak."""
    run, spike = hillock.run, float(hillock.spikes_s[1])
    inside = (run.time > spike - 5e-9) & (run.time < spike + 10e-9)
    assert run.at("membrane", spike) - 0.475 == pytest.approx(0.40 / 2, abs=0.03)
    assert 0.3 < run["membrane"][inside].max() - 0.475 < 0.4
    assert run["membrane"].min() == pytest.approx(-0.05, abs=0.05)
    assert hillock.width_s == pytest.approx(14.1e-9, rel=0.15)


def test_axon_hillock_energy_is_the_feedbacks_not_the_membranes(hillock: LifResult) -> None:
    """The output delivers C_fb V_DD², whatever C_mem: within 12 % (short circuit, gates of the reset path)."""
    larger = respond(replace(HILLOCK, membrane_F=1.8e-12)).energy_J
    half = respond(replace(HILLOCK, feedback_F=0.4e-12)).energy_J
    output = "second inverter"
    assert hillock.energy_J[output] == pytest.approx(0.8e-12, rel=0.12)
    assert larger[output] == pytest.approx(hillock.energy_J[output], rel=0.06)
    assert hillock.energy_J[output] - half[output] == pytest.approx(0.4e-12, rel=0.12)


def test_differential_pair_energy_swing_and_width(pair: LifResult) -> None:
    """Energy of the pair is static power times the interval, at 1 µA and at 4 µA."""
    fast = respond(PAIR, Stimulus(1.4e-6, (), 4e-6))
    for found in (pair, fast):
        assert found.energy_J["differential pair"] / found.interval_s == pytest.approx(0.138e-6, rel=0.06)
    assert pair.width_s == pytest.approx(14.9e-9, rel=0.1)
    assert pair.refractory_s == pytest.approx((14.9 + 7.3) * 1e-9, rel=0.15)
    # Without the ECRAM's supply in it: interval at 1 µA grows by C ΔV / I, 0.2 µs for 0.1 V.
    intervals = [respond(replace(PAIR, threshold_V=v)).interval_s for v in (0.45, 0.55)]
    assert intervals[1] - intervals[0] == pytest.approx(2e-12 * 0.1 / (1e-6 - 20e-9), rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_costs_and_curves_of_each_circuit(name: str) -> None:
    found = characterize(ecram_testbench(name))
    circuit, system = found.cost.scopes["circuit"], found.cost.scopes["system"]
    paper = found.cost.details["on paper: energy per spike, J"]
    assert circuit.energy_per_spike_J == pytest.approx(paper, rel=0.12)
    assert circuit.energy_per_spike_J == pytest.approx(math.fsum(circuit.energy_breakdown_J.values()))
    assert circuit.area_um2 == pytest.approx(1000, rel=0.02)  # 2 pF at 2 fF/µm², and above it all else
    assert found.cost.devices == {"ecram": 1}
    waits = system.energy_per_spike_J - circuit.energy_per_spike_J
    period = found.measurement.period_s
    # idle steps: one in 1/density steps is an operation, the others draw the idle power
    assert waits == pytest.approx(found.measurement.idle_power_W * period * (1 / 0.089 - 1), rel=1e-6)
    assert (found.measurement.idle_power_W > 0.1e-6) == (name == "differential_pair_lif")
    with pytest.warns(CircuitWarning, match="no spike"):
        found = characterize(ecram_testbench(name).configured(input_count=2)).cost
    assert found.latency_s is None
    assert {scope.energy_per_spike_J for scope in found.scopes.values()} == {None}
    assert all((scope.energy_per_operation_J or 0) > 0 for scope in found.scopes.values())
    checks = ecram_testbench(name).check()
    assert [c.curve for c in checks if not c.passed] == []
    assert [c.tolerance for c in checks] == [0.10, 0.02]
    assert all(c.max_error > 1e-6 for c in checks)  # formulas by hand, not the circuit itself


@pytest.mark.parametrize("design", DESIGNS)
def test_energy_silence_and_window(design: NeuronDesign) -> None:
    """Components add up to the supply's; silent below the leak and without input; leaving the window is named."""
    found = respond(design, TRAIN)
    first, last = found.spikes_s[0], found.spikes_s[-1]
    supply = -CONDITIONS.v_dd * found.run.integral("i(vdd)", first, last) / (found.spikes_s.size - 1)
    assert found.energy_per_spike_J == pytest.approx(supply, rel=1e-6)
    assert min(found.energy_J.values()) > 0
    found = respond(design, Stimulus(20e-6, (), 15e-9))
    assert found.spikes_s.size == 0
    assert (found.energy_J, found.energy_per_spike_J, found.interval_s) == (None, None, None)
    found = respond(design, Stimulus(20e-6), replace(CONDITIONS, corner="ff", temperature_C=125.0))
    assert found.spikes_s.size == 0
    assert found.run["membrane"][-1] < 0.1
    changed = replace(design, synapse=with_resistance(design.synapse, 9e3))
    with pytest.raises(
        InputError, match=r"xsynapse: ECRAM resistance leaves the model's window at .* s; found '.* ohm'"
    ):
        respond(changed, Stimulus.regular(100e-9, 10))


@pytest.mark.parametrize(("design", "transistors", "capacitors"), [(HILLOCK, 14, 2), (PAIR, 24, 2)])
def test_transistors_of_the_netlist(design: NeuronDesign, transistors: int, capacitors: int) -> None:
    assert count_devices(bare_netlist(design.build()), leaves=("ecram_dynamic",)) == Counter(
        transistor=transistors, ecram_dynamic=1, capacitor=capacitors
    )


REFUSED: list[tuple[NeuronDesign, dict[str, Any], str]] = [
    (HILLOCK, {"membrane_F": 0.0}, "membrane_F: must be positive"),
    (HILLOCK, {"width_s": -1e-9}, "width_s: must be positive"),
    (HILLOCK, {"feedback_F": 3e-15}, r"feedback_F: feedback too small to latch.*above 3\.01e-15 F"),
    (HILLOCK, {"feedback_F": 2e-12}, "feedback_F: feedback too large"),
    (HILLOCK, {"width_s": 1e-7}, "width_s: the reset is weaker than the synapse.*below 4.8e-08 s"),
    (PAIR, {"tail_A": 0.0}, "tail_A: must be positive"),
    (PAIR, {"threshold_V": 0.2}, r"threshold outside the differential pair's input range; found 0\.2.*0\.35 … 0\.75 V"),
    (PAIR, {"threshold_V": 0.9}, "threshold outside the differential pair's input range"),
    (PAIR, {"refractory_s": 1e-9}, "refractory_s: reset shorter than the membrane needs"),
]


@pytest.mark.parametrize(("design", "changes", "message"), REFUSED)
def test_impossible_settings_are_refused(design: NeuronDesign, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        lif_job(replace(design, **changes), CONDITIONS, TRAIN)


def test_spike_that_does_not_latch_is_noticed() -> None:
    """A feedback that the dc gain allows, but too slow a second inverter: the output turns back before the supply."""
    with pytest.raises(InputError, match=r"spike at .* s: feedback too small to latch.*larger feedback_F or width_s"):
        respond(replace(HILLOCK, feedback_F=40e-15, width_s=1e-9))


@pytest.mark.parametrize(("name", "own"), [(NAMES[0], "feedback_F"), (NAMES[1], "threshold_V")])
def test_overrides_reach_design_device_and_supply(name: str, own: str) -> None:
    changes: dict[str, Any] = {own: 0.4, "tau_slow": 5e-5, "v_dd": 0.9}
    with pytest.warns(AmbientWarning):
        testbench = ecram_testbench(name).configured(corner="ff", temperature_C=85.0, **changes)
    assert (getattr(testbench.design, own), testbench.conditions.v_dd, testbench.conditions.corner) == (0.4, 0.9, "ff")
    assert testbench.design.synapse.values()["tau_slow"] == 5e-5
    with pytest.raises(InputError, match=rf"no parameter of this name.*'sense_width'.*{own}"):
        ecram_testbench(name).configured(sense_width=1e-6)


def test_it_spikes_at_the_outermost_corners() -> None:
    testbenches = [ecram_testbench(name) for name in NAMES]
    cold, hot = corner_grid(testbenches, ["ss"], [-40.0]), corner_grid(testbenches, ["ff"], [125.0])
    assert all(point.fires for point in (*cold, *hot))
    for slow, fast in zip(cold, hot, strict=True):
        assert fast.result.width_s < slow.result.width_s < 2 * fast.result.width_s


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_spikes_at_every_corner_and_temperature(name: str) -> None:
    points = corner_grid([ecram_testbench(name)])
    assert len(points) == len(CORNERS) * len(TEMPERATURES)
    assert [p.testbench.conditions.label() for p in points if not p.fires] == []
    widths = np.array([p.result.width_s for p in points if p.result is not None], float)
    assert (np.abs(widths / 15.5e-9 - 1) < 0.3).all()
