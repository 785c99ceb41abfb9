"""The delay-feedback LIF neuron in ngspice: paper numbers, spikes, energy between them, sizes, and what is refused."""

import itertools
import math
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

from circuits.catalog import load
from circuits.cells.layout import bare_netlist
from circuits.conditions import Conditions
from circuits.ecram_lif.assumptions import assumed_parameters
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.response import START, LifResult, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.testbench import DelayFeedbackTestbench
from energy.area import count_devices, transistors_of
from energy.characterize import CircuitWarning, characterize
from ipcircuit.declaration.ambient import AmbientWarning
from ipcircuit.devices.ecram.device import resistance, with_resistance
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.models import CORNERS
from ipcircuit.spice.transient import Transient
from reports.ecram_lif.section import SECTION
from reports.section import Run
from reports.site.provenance import assumed

DESIGN, CONDITIONS = LifDesign(), Conditions()
TRAIN, FIRST_SPIKE = Stimulus.regular(200e-9, 40), Stimulus.regular(200e-9, 10)
CIRCUITS = ("delay_feedback_lif", "delay_feedback_lif_ecram")


def respond(stimulus: Stimulus = TRAIN, design: LifDesign = DESIGN, conditions: Conditions = CONDITIONS) -> LifResult:
    return evaluate_lif(design, conditions, stimulus, simulate(lif_job(design, conditions, stimulus)))


@pytest.fixture(scope="module")
def result() -> LifResult:
    return respond()


def test_estimate_by_hand() -> None:
    """Docstring's numbers: 2 pJ of C·V², 14 fJ of short circuit per µs, 40 fJ of the reset inverter, 9.5 fJ a gate."""
    paper = DESIGN.estimate(1.0, 1e-6, 1.0)
    assert paper["C V² of the membrane"] == pytest.approx(2e-12)
    assert paper["short circuit, threshold stage"] == pytest.approx(14e-15, rel=0.02)
    assert paper["short circuit, reset inverter"] == pytest.approx(40e-15, rel=0.02)
    assert paper["gates"] == pytest.approx(9.5e-15)
    assert DESIGN.bias_current(DESIGN.delay_s, 1.0) == pytest.approx(0.55e-6)


def test_energy_of_a_spike(result: LifResult) -> None:
    """C2, at the default sizing: ±25 %; and within 10 % of the estimate that no simulation has touched."""
    assert result.energy_per_spike_J == pytest.approx(2e-12, rel=0.25)
    paper = math.fsum(DESIGN.estimate(1.0, result.interval_s, result.input_spikes).values())
    assert result.energy_per_spike_J == pytest.approx(paper, rel=0.10)
    # Whatever the threshold, synapse and pull-up together lift 2 pF by 1 V: 2 pJ, plus 0.05 pJ through the gate and
    # what the leak takes.
    lifted = result.energy_J["synapse"] + result.energy_J["membrane pull-up"] - result.heat_J["synapse gate"]
    assert lifted == pytest.approx(2e-12, rel=0.03)
    first, last = result.spikes_s[0], result.spikes_s[-1]
    supply = -CONDITIONS.v_dd * result.run.integral("i(vdd)", first, last) / (result.spikes_s.size - 1)
    assert result.energy_per_spike_J == pytest.approx(supply, rel=1e-6)
    assert min(result.energy_J.values()) > 0


def test_energy_buys_capacitance_and_supply() -> None:
    """dE/dC is V² within 5 %: 1 V and 1.1 V, 1 pF and 3 pF."""
    for v_dd in (1.0, 1.1):
        conditions = replace(CONDITIONS, v_dd=v_dd)
        energies = []
        for farads in (1e-12, 3e-12):
            found = respond(Stimulus.regular(200e-9, 28), replace(DESIGN, membrane_F=farads), conditions).energy_J
            energies.append(found["synapse"] + found["membrane pull-up"])
        assert (energies[1] - energies[0]) / 2e-12 == pytest.approx(v_dd**2, rel=0.06)


def test_spike_width_follows_the_delay_and_ends_the_refractory_time(result: LifResult) -> None:
    """Paper: 10 ns of delay and 1.4 ns of reset (the edges in between come on top); the
    refractory time ends within `refractory_s` after the spike."""
    assert result.width_s == pytest.approx(11.4e-9, rel=0.25)
    assert 0 < result.refractory_s - result.width_s < DESIGN.refractory_s
    for delay in [20e-9, 40e-9]:
        width = respond(FIRST_SPIKE, replace(DESIGN, delay_s=delay)).width_s
        assert width - result.width_s == pytest.approx(delay - DESIGN.delay_s, rel=0.05)


def test_ecram_in_the_delay_path_sets_the_width() -> None:
    """Second mode: at one capacitor, the delay grows by R C ln(V_DD / V), the reset setting in at V_DD/2 … V_DD/3."""
    base = LifDesign(delay_path="ecram")
    slower = with_resistance(base.delay_device, 45e3)
    # the capacitor follows R so that the delay stays; ask for a delay that keeps the capacitor
    longer = replace(base, delay_device=slower, delay_s=base.delay_s * 45.8 / 30.8)
    assert longer.delay_capacitance == pytest.approx(base.delay_capacitance)
    widths = [respond(FIRST_SPIKE, d).width_s for d in (base, longer)]
    assert math.log(2) < (widths[1] - widths[0]) / (15e3 * base.delay_capacitance) < math.log(3)


def test_what_one_spike_or_none_cannot_say_is_none() -> None:
    found = respond(Stimulus(40e-6, (), 15e-9))
    assert found.spikes_s.size == 0
    assert (found.energy_J, found.energy_per_spike_J, found.interval_s) == (None, None, None)
    assert (found.width_s, found.latency_s, found.threshold_V) == (None, None, None)
    found = respond(Stimulus.regular(200e-9, 8))
    assert found.spikes_s.size == 1
    assert found.width_s is not None
    assert found.energy_per_spike_J is None


def test_frequency_grows_with_current() -> None:
    intervals = [r.interval_s for r in DelayFeedbackTestbench().frequencies()]
    assert len(intervals) == len(DelayFeedbackTestbench.currents)
    assert all(a is not None and b is not None and a > b for a, b in itertools.pairwise(intervals))
    found = respond(Stimulus(6e-6, (), 1e-6))
    assert found.threshold_V == pytest.approx(0.5, abs=0.06)  # paper: 0.475 V
    check = DelayFeedbackTestbench().check_intervals()
    assert check.passed
    assert check.max_error > 0.01  # a hand formula, not the circuit


def test_volatile_part_speeds_the_neuron_up_and_its_ablation_does_not() -> None:
    stimulus = Stimulus.regular(500e-9, 36)
    ablated = replace(DESIGN, synapse=DESIGN.synapse.with_parameters(volatile=0.0))
    plastic, fixed = respond(stimulus), respond(stimulus, ablated)
    assert np.diff(fixed.spikes_s) == pytest.approx(np.diff(fixed.spikes_s)[0], rel=0.01)
    assert plastic.spikes_s.size > fixed.spikes_s.size
    first, last = np.diff(plastic.spikes_s)[[0, -1]]
    assert last < 0.9 * first
    ohms = resistance(plastic.run, "xneuron.xsynapse")
    assert ohms[0] == pytest.approx(30e3, rel=1e-3)
    assert 15e3 < ohms[-1] < 22e3  # the volatile change approaches its limit of 15 kΩ
    first_pulse = 30e3 - plastic.run.at(ohms, START + 15e-9)
    assert first_pulse == pytest.approx(1500.0, rel=0.05)  # C1, inside the circuit


@pytest.mark.slow
@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("temperature", [-40.0, 27.0, 125.0])
def test_it_spikes_at_every_corner_and_temperature(corner: str, temperature: float) -> None:
    conditions = Conditions(corner=corner, temperature_C=temperature)
    found = respond(Stimulus.regular(200e-9, 25), conditions=conditions)
    assert found.spikes_s.size >= 3
    assert found.energy_per_spike_J == pytest.approx(2e-12, rel=0.25)
    assert found.width_s == pytest.approx(14e-9, rel=0.25)


@pytest.mark.parametrize(
    ("spikes", "message"),
    [
        ((1e-6, 3e-6, 2e-6), r"stimulus, spike 2: spike times must increase .*found 2e-06"),
        ((1e-6, 1.005e-6), r"must increase by more than a spike's"),
        ((-1e-9, 1e-6), r"spike time outside the run"),
        ((1e-6, 6e-6), r"spike time outside the run"),
        ((1e-6, float("nan")), r"spike time outside the run"),
    ],
)
def test_bad_spike_times_are_refused(spikes: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Stimulus(5e-6, spikes)


def test_impossible_settings_are_refused() -> None:
    for changes in ({"membrane_F": 0.0}, {"leak_A": -1.0}):
        with pytest.raises(InputError, match="must be positive"):
            lif_job(replace(DESIGN, **changes), CONDITIONS, TRAIN)
    with pytest.raises(InputError, match="unknown delay path"):
        lif_job(replace(DESIGN, delay_path="memristor"), CONDITIONS, TRAIN)
    with pytest.raises(InputError, match="supply outside"):
        lif_job(DESIGN, replace(CONDITIONS, v_dd=3.0), TRAIN)
    with pytest.raises(InputError, match=r"no parameter of this name.*'membran'.*membrane_F.*tau_slow"):
        DelayFeedbackTestbench().configured(membran=1.0)
    with pytest.raises(InputError, match="not a number of spikes"):
        DelayFeedbackTestbench().configured(input_count=2.5).netlist()
    for name in ["delay_s", "refractory_s"]:
        with pytest.raises(InputError, match=rf"{name}: delay shorter than the loop can hold.*5e-09 s or more"):
            lif_job(replace(DESIGN, **{name: 3e-9}), CONDITIONS, TRAIN)
    # At 0.8 V the pull-up is slower than the estimate of the refusal above allows for.
    with pytest.raises(InputError, match=r"spike at .* s: delay shorter .* swing; found 'peak 0\.8\d V_DD"):
        respond(conditions=replace(CONDITIONS, v_dd=0.8))
    assert respond(design=replace(DESIGN, delay_s=20e-9), conditions=replace(CONDITIONS, v_dd=0.8)).spikes_s.size > 1
    design = replace(DESIGN, synapse=with_resistance(DESIGN.synapse, 9e3))
    with pytest.raises(
        InputError, match=r"xsynapse: ECRAM resistance leaves the model's window at .* s; found '.* ohm'"
    ):
        respond(Stimulus.regular(100e-9, 10), design)


def test_overrides_reach_design_device_and_supply() -> None:
    with pytest.warns(AmbientWarning, match="device ecram is as at 27 °C"):
        testbench = DelayFeedbackTestbench().configured(
            corner="ff", temperature_C=85.0, membrane_F=1e-12, tau_slow=5e-5, v_dd=0.9, input_interval_s=3e-7
        )
    assert (testbench.design.membrane_F, testbench.conditions.v_dd, testbench.input_interval_s) == (1e-12, 0.9, 3e-7)
    assert testbench.conditions.corner == "ff"
    for device in (testbench.design.synapse, testbench.design.delay_device):
        assert device.values()["tau_slow"] == 5e-5
    assert testbench.design.synapse.values()["sign"] == 1.0
    assert testbench.design.delay_device.values()["sign"] == -1.0


def test_transistors_and_devices_of_the_netlist() -> None:
    for path, transistors, devices in (("bias", 21, 1), ("ecram", 20, 2)):
        netlist = bare_netlist(LifDesign(delay_path=path).build())
        assert len(transistors_of(netlist, leaves=("ecram_dynamic",))) == transistors
        assert count_devices(netlist, leaves=("ecram_dynamic",)) == Counter(
            transistor=transistors, ecram_dynamic=devices, capacitor=2
        )


@pytest.mark.parametrize("name", CIRCUITS)
def test_cost_record_in_three_scopes(name: str) -> None:
    found = characterize(load(name))
    circuit, system = found.cost.scopes["circuit"], found.cost.scopes["system"]
    assert found.cost.circuit == name
    assert found.driver is None
    assert circuit.energy_per_spike_J == pytest.approx(2e-12, rel=0.25)
    assert circuit.energy_per_spike_J < system.energy_per_spike_J < 1.05 * circuit.energy_per_spike_J
    assert circuit.area_um2 == pytest.approx(1000, rel=0.25)  # 2 pF at 2 fF/µm², and above it all else
    assert "ECRAM synapse gate" in circuit.energy_breakdown_J
    assert found.cost.details["on paper: C V² of the membrane, J"] == pytest.approx(2e-12)


def test_cost_record_without_a_spike_has_no_energy_per_spike() -> None:
    with pytest.warns(CircuitWarning, match="delay_feedback_lif: no spike"):
        found = characterize(DelayFeedbackTestbench().configured(input_count=2)).cost
    assert found.details["output_spikes"] == 0
    assert found.latency_s is None
    for scope in found.scopes.values():
        assert scope.energy_per_spike_J is None
        assert scope.energy_per_operation_J > 0


def test_crossings_are_interpolated() -> None:
    run = Transient("x", "", np.array([0.0, 1.0, 2.0, 3.0]), {"a": np.array([0.0, 1.0, 0.0, 2.0])}, "none", None)
    assert run.crossings("a", 0.5, up=True) == pytest.approx([0.5, 2.25])
    assert run.crossings("a", 0.5, up=False) == pytest.approx([1.5])


MEASURED_IN = {"temperature_C"}  # what a run is made under, not assumed


def test_assumed_sizes_are_complete_and_in_the_report() -> None:
    found = {p.name: p for p in assumed_parameters()}
    for owner in (LifDesign, Conditions):
        sizes = {f.name for f in fields(owner) if f.type == "float"} - MEASURED_IN
        assert sizes <= set(found)
        assert all(found[name].value == getattr(owner(), name) for name in sizes)
    assert all(p.unit and p.source.startswith("assumed: ") for p in found.values())
    rows = assumed(SECTION.parameters(Run())).rows
    listed = {row["parameter"]: row["value"] for row in rows if row["where"] == "ECRAM neuron"}
    assert listed == {p.name: p.value for p in assumed_parameters()}
