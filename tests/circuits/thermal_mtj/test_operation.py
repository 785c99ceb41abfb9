"""One operation of the MTJ neurons in ngspice: levels, logic, energy balance, and the same energy from a plain deck."""

from dataclasses import replace

import numpy as np
import pytest
from PySpice.Spice.Netlist import Circuit

from circuits.catalog import load
from circuits.conditions import Analysis, transient_deck
from circuits.measurement import Kind
from circuits.thermal_mtj.cycle import add_replica, cycle_job, drive, tag
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions, comparator, differential
from circuits.thermal_mtj.reading.divider import Divider
from circuits.thermal_mtj.testbench import OperationResult, ThermalMtjTestbench, threshold, threshold_job
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, simulate, simulate_all
from ipcircuit.spice.transient import Transient

CIRCUITS = ("comparator", "differential")


@pytest.fixture(scope="module")
def operations() -> dict[str, OperationResult]:
    return {name: _testbench(name).operation() for name in CIRCUITS}


def _testbench(name: str) -> ThermalMtjTestbench:
    return load(name)


def test_divider_levels_by_hand() -> None:
    """V_READ = 0.8 V and the geometric mean: 0.8 / (1 + sqrt(410/230)) = 342.6 mV, and 457.4 mV at low bias."""
    divider = Divider(declare().with_set(THERMAL_200NM), (230.0 * 410.0) ** 0.5)
    assert divider.level_parallel(0.8) == pytest.approx(0.8 / (1 + (410 / 230) ** 0.5), rel=1e-12)
    assert divider.level_antiparallel_low_bias(0.8) == pytest.approx(0.8 - divider.level_parallel(0.8), rel=1e-12)
    # with the bias dependence: V = 0.8 R/(R + R_ref), R = 230 + 180/(1 + (V/0.5)²), solved by hand to 417.96 mV
    level = divider.level_antiparallel(0.8)
    r_ap = 230 + 180 / (1 + (level / 0.5) ** 2)
    assert level == pytest.approx(0.8 * r_ap / (r_ap + divider.reference_ohm), rel=1e-9)
    assert level == pytest.approx(0.41796, abs=1e-4)
    assert divider.level_parallel(divider.input_for(0.8)) == pytest.approx(0.8)
    assert divider.level_antiparallel(divider.input_for_antiparallel(0.8)) == pytest.approx(0.8)
    # One input drives both halves: the 100 nm divider must put the same voltage on its junction.
    first, second = differential().halves
    assert first.divider.gain_parallel == pytest.approx(second.divider.gain_parallel, rel=1e-12)
    assert REFERENCE_100NM[0].value == pytest.approx(230 * 450 / 82)


@pytest.mark.parametrize("name", CIRCUITS)
def test_levels_truth_table_margin_and_energy_balance(operations: dict[str, OperationResult], name: str) -> None:
    cycle = operations[name].cycle
    for states, levels in cycle.levels.items():
        for half, state, level in zip(cycle.neuron.halves, states, levels, strict=True):
            wanted = half.divider.level_antiparallel(0.8) if state else half.divider.level_parallel(0.8)
            assert level == pytest.approx(wanted, abs=1e-4)
    # A10: every row right at TT, 27 °C; the margin is the distance of the nearest level to the threshold.
    operation = operations[name]
    rows = operation.truth_table()
    assert len(rows) == 2 ** len(operation.cycle.neuron.halves)
    assert all(row.correct for row in rows)
    for row in rows:
        distances = [abs(v - operation.threshold_V) for v in row.dividers_V]
        assert row.noise_margin_V == pytest.approx(min(distances))
        assert 0.025 < row.noise_margin_V < 0.06
    # Energy from the input source's charge equals the heat of junctions and dividers (gates take femtojoules).
    cycle = operations[name].cycle
    heat = sum(c.energy_J for c in cycle.components if c.kind is not Kind.CMOS)
    assert cycle.pulse_input.energy_J == pytest.approx(heat, rel=1e-3)


def test_logic_and_replicas_of_the_differential_neuron() -> None:
    """Fig. S8b: channel 1 is the reference; channel 2 is +1 / -1 / 0 on two lines."""
    logic = differential().logic
    assert [logic(s) for s in ((False, False), (False, True), (True, False), (True, True))] == [
        (False, False, False),
        (True, False, True),
        (False, True, False),
        (True, False, False),
    ]
    # Four outcomes and the mean: five replicas, each with its own source, in one deck.
    neuron: MtjNeuron = differential()
    job = cycle_job(neuron, ThermalMtjConditions())
    for name in ["mean", *(tag(s) for s in neuron.outcomes())]:
        assert f"Vset_{name} " in job.deck
        assert f"Xx{name}" not in job.deck
        assert f"X{name} " in job.deck


@pytest.mark.parametrize("name", CIRCUITS)
def test_energy_balance_of_one_random_trajectory(name: str) -> None:
    """All sources' charge-integrated energy against every component's own, plus what the load capacitors hold."""
    neuron, conditions = _testbench(name).neuron, ThermalMtjConditions()
    states = (False,) * len(neuron.halves)
    circuit = Circuit("balance")
    variates = ("0.05",) * len(states)  # both junctions switch early in the plateau
    add_replica(circuit, neuron, "sampled", states, conditions, drive(neuron, conditions), "one", variates)
    run = simulate(Job(name, "energy balance", transient_deck(circuit, conditions, Analysis(neuron.cycle.period))))
    sources = run.energy("drive_one", -run["i(vset_one)"]) + run.energy("vdd_one", -run["i(vdd_one)"])
    heat = supply = gates = 0.0
    for half in neuron.halves:
        inner, level = f"xone.xmtj{half.suffix}", run[f"xone.divider{half.suffix}"]
        reference = (run["drive_one"] - level) / half.reference_ohm
        heat += 1e-3 * run.integral(f"{inner}.heat") + run.integral(reference**2 * half.reference_ohm)
        gates += run.integral(level * (reference - 1e-3 * run[f"{inner}.current"]))
        assert run.at(f"{inner}.ap", neuron.cycle.set_end) == pytest.approx(1.0, abs=1e-3)
    for meter in neuron.supplies.values():
        supply += run.energy("vdd_one", f"i(v.xone.{meter})")
    stored = sum(0.5 * 1e-15 * (run[f"{o}_one"][-1] ** 2 - run[f"{o}_one"][0] ** 2) for o in neuron.outputs)
    assert sources == pytest.approx(heat + supply + gates, rel=1e-3)
    assert abs(stored) < 1e-16  # the operation ends where it began
    assert 1e-15 < supply < 1e-13  # tens of femtojoules: present, and small against a nanojoule


def test_expected_energy_is_the_mean_over_trajectories() -> None:
    """Mean-field energy against the quadrature of sampled runs over the exponential variate (stratified quantiles)."""
    neuron, conditions = comparator(), replace(ThermalMtjConditions(), amplitude=0.83)
    count = 24
    quantiles = (np.arange(count) + 0.5) / count
    jobs = []
    for i, u in enumerate(quantiles):
        circuit = Circuit("trajectory")
        add_replica(
            circuit,
            neuron,
            "sampled",
            (False,),
            conditions,
            drive(neuron, conditions),
            "one",
            (repr(float(-np.log1p(-u))),),
        )
        deck = transient_deck(circuit, conditions, Analysis(neuron.cycle.period))
        jobs.append(Job("comparator", f"quantile {i}", deck, ("drive_one", "i(vset_one)", "xone.xmtj.ap")))
    runs = [run for run in simulate_all(jobs) if isinstance(run, Transient)]
    energy = np.mean([run.energy("drive_one", -run["i(vset_one)"]) for run in runs])
    fired = np.mean([run.at("xone.xmtj.ap", neuron.cycle.set_end) for run in runs])
    mean = ThermalMtjTestbench(neuron, conditions=conditions).operation().cycle
    assert mean.pulse_input.energy_J == pytest.approx(energy, rel=2e-3)
    assert mean.probabilities[0] == pytest.approx(fired, abs=1.0 / count)


def test_resistor_reference_and_supply() -> None:
    """A reference junction held in P is a resistor of its value: same energies, one device kind less."""
    mtj = _testbench("comparator").operation().cycle
    resistor = (
        ThermalMtjTestbench(comparator(), conditions=ThermalMtjConditions(reference="resistor")).operation().cycle
    )
    assert resistor.energy_per_operation_J == pytest.approx(mtj.energy_per_operation_J, rel=1e-4)
    levels = []
    for v_dd in (0.8, 0.9):
        conditions = replace(ThermalMtjConditions(), v_dd=v_dd)
        run = simulate(threshold_job(conditions))
        levels.append(threshold(conditions, run))
    assert levels[0] < levels[1] < levels[0] + 0.1


def test_bad_settings_are_refused() -> None:
    testbench = _testbench("comparator").configured(v_read=0.5)
    with pytest.raises(InputError, match=r"window closed: .* by 10\d\.\d mV"):
        testbench.operation()
    with pytest.raises(InputError, match=r"no parameter of this name.*'r_paralel'.*amplitude.*r_parallel"):
        _testbench("comparator").configured(r_paralel=1.0)
    for changes in [{"amplitude": -0.1}, {"amplitude": 1.4}, {"v_dd": 3.0}]:
        with pytest.raises(InputError):
            _testbench("differential").configured(**changes).netlist()


def test_outputs_that_do_not_settle_are_told() -> None:
    """10 pF through a minimum inverter's few 10 µA: 8 pC take longer than the read of some 10 ns."""
    slow = _testbench("comparator").configured(output_load_F=1e-11).measure()
    assert [text.partition(":")[0] for text in slow.warnings] == [
        "2 of 2 states of the junctions were decided wrongly (p, ap)"
    ]
    assert _testbench("comparator").measure().warnings == ()
