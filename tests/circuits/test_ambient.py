"""Ambient temperature in circuits: devices follow, what was designed at 27 °C stays, what is left out is said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from circuits.catalog import load
from circuits.conditions import Fidelity
from circuits.measurement import CurveCheck, Measurement
from circuits.own.testbench import CircuitTestbench
from circuits.signed_mtj.check import current_density
from circuits.signed_mtj.testbench import SignedMtjTestbench
from circuits.testbench import Testbench
from circuits.thermal_mtj.check import drive_of
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.variation.corners import corner_runs
from ipcircuit.compact.thermal_mtj.reduce import sigmoid
from ipcircuit.declaration.ambient import AMBIENT, NOMINAL_K, AmbientWarning, Law
from ipcircuit.declaration.device import Device, symbol
from ipcircuit.devices.ecram.device import declare as ecram
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS
from ipcircuit.parameters import Parameter
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job

HOT = 60.0


def _thermal(name: str = "differential", **conditions: Any) -> ThermalMtjTestbench:
    testbench = load(name).configured(**conditions)
    assert isinstance(testbench, ThermalMtjTestbench)
    return testbench


def test_nothing_changes_at_27_degrees() -> None:
    """And the way back from another temperature leads to the very same circuit."""
    for name in CIRCUITS.names():
        testbench = load(name)
        assert testbench.at_ambient(27.0) == testbench
        assert testbench.notes == ()
        if name in ("comparator", "differential", "signed_mtj"):
            assert testbench.configured(temperature_C=HOT).configured() == testbench


def test_junctions_follow_and_the_drive_stays_that_of_the_design() -> None:
    cold, hot = _thermal().neuron, _thermal(temperature_C=HOT).neuron
    assert hot.designed_halves == cold.halves
    assert hot.design.halves == hot.halves
    assert hot.input_amplitude(0.8) == cold.input_amplitude(0.8)
    assert hot.reset_amplitude() == cold.reset_amplitude()
    for before, after in zip(cold.halves, hot.halves, strict=True):
        assert after.device == before.device.at_ambient(HOT)
        assert after.reference_ohm < before.reference_ohm
        # One barrier for all: the divider's ratio in P does not move. And a junction is no larger in the heat.
        assert after.divider.gain_parallel == pytest.approx(before.divider.gain_parallel, rel=1e-12)
        assert after.diameters_m == before.diameters_m
    resistor = replace(_thermal(), conditions=replace(_thermal().conditions, reference="resistor"))
    halves = resistor.configured(temperature_C=HOT).neuron.halves
    assert [half.reference_ohm for half in halves] == [half.reference_ohm for half in cold.halves]


def test_a_setting_is_the_value_at_27_degrees_in_any_order() -> None:
    testbench = _thermal("comparator", temperature_C=HOT, r_parallel=250.0)
    again = _thermal("comparator", temperature_C=HOT).configured(temperature_C=HOT, r_parallel=250.0)
    assert (again.neuron.halves, again.neuron.designed) == (testbench.neuron.halves, testbench.neuron.designed)
    device = _thermal("comparator", r_parallel=250.0).neuron.halves[0].device
    assert testbench.neuron.halves[0].device == device.at_ambient(HOT)


def test_a_copy_s_deviations_are_those_of_27_degrees() -> None:
    sample = Sample(5, 0)
    cold, hot = (_thermal(temperature_C=t).sampled(sample).neuron for t in (27.0, HOT))
    assert hot.designed_halves == cold.designed_halves
    assert hot.design.halves == _thermal(temperature_C=HOT).neuron.halves
    for before, after in zip(cold.halves, hot.halves, strict=True):
        assert after.device == before.device.at_ambient(HOT)
        assert after == before.at_ambient(HOT)


def test_copies_at_screening_fidelity_are_as_hot_as_those_at_reference() -> None:
    bench, sample = _thermal("comparator", temperature_C=HOT), Sample(5, 0)
    fast = bench.at_fidelity(Fidelity.SCREENING)
    [together] = fast.measure_copies([sample]) or []
    assert isinstance(together, Measurement)
    assert together.energy_J == fast.sampled(sample).measure(n_jobs=1).energy_J
    reference = bench.sampled(sample).measure(n_jobs=1)
    fired = [m.details["firing_probability_mtj"] for m in (together, reference)]
    assert fired[0] == pytest.approx(fired[1], abs=2e-3)
    assert together.energy_J["mtj"] == pytest.approx(reference.energy_J["mtj"], rel=2e-3)
    cold = _thermal("comparator").at_fidelity(Fidelity.SCREENING).sampled(sample).measure(n_jobs=1)
    assert cold.details["firing_probability_mtj"] < fired[0] - 0.2


def test_compact_model_has_the_junction_at_its_temperature() -> None:
    """10 K lower the midpoint of the neuron by 1.9 to 2.0 mV/K and its slope by 10 / 310."""
    found = []
    for celsius in (27.0, 37.0):
        bench = _thermal("comparator", temperature_C=celsius)
        half = bench.neuron.halves[0]
        found.append(sigmoid(half.device, drive_of(bench.neuron, half, bench.conditions)))
    (slope, midpoint, _), (hot_slope, hot_midpoint, _) = found
    assert 19.0e-3 < midpoint - hot_midpoint < 20.0e-3
    assert hot_slope / slope == pytest.approx(NOMINAL_K / (NOMINAL_K + 10), rel=5e-3)


def test_signed_neuron_s_junctions_follow_and_its_levels_stay() -> None:
    cold, hot = load("signed_mtj"), load("signed_mtj").configured(temperature_C=HOT)
    assert isinstance(cold, SignedMtjTestbench)
    assert isinstance(hot, SignedMtjTestbench)
    assert hot.design.ladder_ohm == cold.design.ladder_ohm
    assert hot.design.reference_ohm == cold.design.reference_ohm > hot.design.made_reference_ohm
    assert hot.design.junction == cold.design.device.at_ambient(HOT)
    deck = hot.jobs()[0].deck
    assert f"ms={hot.design.junction.values()['ms']!r}" in deck
    assert f"resistance={hot.design.made_reference_ohm!r}" in deck
    assert current_density(hot.design, 1.1, 0.0, sign=1, reading=False) != current_density(
        cold.design, 1.1, 0.0, sign=1, reading=False
    )
    sample = Sample(1, 2)
    assert hot.sampled(sample).design.junction == cold.sampled(sample).design.junction.at_ambient(HOT)


def test_an_own_circuit_s_devices_follow_at_every_instance(tmp_path: Any) -> None:
    (tmp_path / "own.cir").write_text(
        ".subckt half in out vss\nxa in out mtj_reference_fixed resistance=400\nxb out vss pair\n.ends half\n"
        ".subckt pair a b\nxc a b mtj_reference_fixed\n.ends pair\n",
        encoding="utf-8",
    )
    (tmp_path / "own.toml").write_text(
        'netlist = "own.cir"\nsubcircuit = "half"\nsupplies = {}\noutputs = ["out"]\nbiases = { vss = 0.0 }\n'
        "[inputs.in]\nwidth_s = 1e-8\n[operation]\noperation_s = 2e-8\n",
        encoding="utf-8",
    )
    testbench = load(str(tmp_path / "own.toml"))
    assert isinstance(testbench, CircuitTestbench)
    device = testbench.declared_devices[0]
    hot = [device.with_parameters(**v).at_ambient(HOT).values()["resistance"] for v in ({"resistance": 400.0}, {})]
    deck = testbench.configured(temperature_C=HOT).jobs()[0].deck.lower()
    for name, ohms in zip(("xa in out", "xc a b"), hot, strict=True):
        assert f"{name} mtj_reference_fixed resistance={ohms!r}" in deck


@dataclass(frozen=True)
class _OneDevice(Testbench):
    """A user's testbench: the project knows no more of it than its device."""

    device: Device

    @property
    def name(self) -> str:
        return "one"

    @property
    def summary(self) -> str:
        return "one device"

    def jobs(self) -> Sequence[Job]:
        return []

    def evaluate(self, results: Any) -> Measurement:
        raise NotImplementedError

    def check(self, **options: Any) -> Sequence[CurveCheck]:
        return []


def _device(**ambient: Any) -> Device:
    ohms = Parameter("ohms", 100.0, "ohm", "", "a test", "derived")
    return Device("thing", "", "", "", 1.0, (ohms,), **ambient)


def test_a_user_s_device_follows_its_law_or_is_warned_of() -> None:
    law = Law("ohms", symbol("ohms") * AMBIENT / NOMINAL_K, "a test", "derived", 250.0, 350.0)
    assert _OneDevice(_device(ambient=(law,))).configured(temperature_C=57.0).device.values()["ohms"] > 109.0
    with pytest.raises(InputError, match="does not hold"):
        _OneDevice(_device(ambient=(law,))).configured(temperature_C=85.0)
    silent = _OneDevice(_device())
    assert silent.configured() == silent
    with pytest.warns(AmbientWarning, match="one: device thing is as at 27 °C.*says nothing of it"):
        hot = silent.configured(temperature_C=85.0)
    assert hot.device == silent.device
    assert len(hot.notes) == 1


def test_what_is_left_out_is_in_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    note = "device ecram is as at 27 °C"
    runs = corner_runs(load("delay_feedback_lif"), {"v_dd": 0.5}, corners=("tt",), temperatures=(27.0, 85.0))
    assert runs.notes[0].startswith(note)  # once, and without a warning for each run
    assert runs.to_json()["notes"] == list(runs.notes)
    assert ecram().at_ambient(85.0) is ecram()
    quiet = corner_runs(load("comparator"), {"v_dd": 0.1}, corners=("tt",), temperatures=(85.0,))
    assert "notes" not in quiet.to_json()
