"""`CircuitTestbench`: networks of known elements must measure as what they are."""

import math
import subprocess
from dataclasses import dataclass, replace

import pytest
from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.devices import add_device
from circuits.cells.static import Inverter
from circuits.conditions import Conditions
from circuits.events import Event
from circuits.measurement import Kind
from circuits.own import CircuitTestbench, Curve, Period, Piecewise, Pulses, SpikeInterval, Spikes
from circuits.own.balance import Balance
from energy.characterize import characterize
from energy.event_prices import event_prices
from ipcircuit.devices.thermal_mtj import device as thermal
from ipcircuit.devices.thermal_mtj import reference
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

OHM, FARAD, DEVICE_OHM, IDLE_OHM = 10e3, 1e-12, 50e3, 1e6
TAU = OHM * FARAD  # 10 ns


class Network(SubCircuit):
    """A low-pass filter, a declared resistor at its input and a plain one at the supply."""

    def __init__(self, ohm: float = OHM, farad: float = FARAD) -> None:
        super().__init__("network", "input", "output", "vdd", "vss")
        self.R("series", "input", "output", ohm)
        self.C("output", "output", "vss", farad)
        self.R("idle", "vdd", "vss", IDLE_OHM)
        device = reference.declare()
        add_device(self, "element", ("input", "vss"), device, device.with_parameters(resistance=DEVICE_OHM), "fixed")


class Buffer(SubCircuit):
    """Two inverters."""

    def __init__(self) -> None:
        super().__init__("buffer", "input", "output", "vdd", "vss")
        self.subcircuit(Inverter())
        self.X("first", "inverter", "input", "bar", "vdd", "vss")
        self.X("second", "inverter", "bar", "output", "vdd", "vss")
        self.R("pull", "bar", "vss", 1e9)


class Deep(SubCircuit):
    """Two buffers: transistors of cells of cells."""

    def __init__(self) -> None:
        super().__init__("deep", "input", "output", "vdd")
        self.subcircuit(Buffer())
        self.X("a", "buffer", "input", "mid", "vdd", 0)
        self.X("b", "buffer", "mid", "output", "vdd", 0)


@dataclass(frozen=True)
class Filter(CircuitTestbench):
    """A testbench with a number of its own."""

    unused_V: float = 0.1


BENCH = Filter(
    Network,
    supplies={"vdd": 1.0},
    inputs={"input": Pulses(width_s=20 * TAU, edge_s=0.1e-9)},
    operation=Period(40 * TAU),
    biases={"vss": 0.0},
    loads={"output": 0.0},
    write_input="input",
    fed_by={"xelement": "input"},
)


def test_known_elements_measure_as_what_they_are() -> None:
    """C V² through the resistor in each cycle, V² t / R in the declared element, V² / R from the supply."""
    m = BENCH.measure(n_jobs=1)
    parts = {c.name: c for c in m.components}
    assert parts["input"].energy_J == pytest.approx(FARAD, rel=2e-3)
    assert parts["xelement"].kind is Kind.DEVICE
    assert parts["xelement"].energy_J == pytest.approx((20 * TAU + 0.1e-9 * 2 / 3) / DEVICE_OHM, rel=1e-3)
    assert parts["vdd"].energy_J == pytest.approx(40 * TAU / IDLE_OHM, rel=1e-6)
    assert m.idle_power_W == pytest.approx(1 / IDLE_OHM, rel=1e-6)
    assert abs(m.details["energy_balance_error"]) < 1e-3
    assert (m.spikes_per_operation, m.period_s, m.warnings) == (1.0, pytest.approx(40 * TAU), ())
    assert m.latency_s == pytest.approx(math.log(2) * TAU, rel=5e-3)
    assert m.overlay_um2 == {"capacitors": pytest.approx(FARAD / 2e-3 * 1e12)}
    assert m.pulse_input is not None
    assert m.pulse_input.peak_current_A == pytest.approx(1 / OHM + 1 / DEVICE_OHM, rel=0.02)
    cost = characterize(BENCH, n_jobs=1).cost
    assert cost.devices == {"mtj_reference": 1}
    assert cost.scopes["paper"].energy_per_operation_J is None


def test_energy_of_transistors_within_cells_of_cells_balances() -> None:
    """The load draws C V² from the supply in each cycle; what the four inverters draw beside it is found again."""
    load, v_dd = 20e-15, 0.9
    inputs = {"input": Pulses(width_s=4e-9, edge_s=0.2e-9)}
    bench = CircuitTestbench(Deep, {"vdd": v_dd}, inputs, Period(8e-9), loads={"output": load})
    nominal, copy = bench.measure(n_jobs=1), bench.sampled(Sample(3, 0)).measure(n_jobs=1)
    for m in (nominal, copy):
        assert abs(m.details["energy_balance_error"]) < 0.02
        assert load * v_dd**2 < m.energy_J["vdd"] < 1.3 * load * v_dd**2
    assert nominal.energy_J != copy.energy_J
    assert characterize(bench, n_jobs=1).cost.transistors == 8


def test_heat_of_a_device_that_either_source_may_feed_is_a_detail() -> None:
    m = replace(BENCH, fed_by={}).measure(n_jobs=1)
    assert m.energy_of(Kind.DEVICE) == 0
    assert m.details["heat of xelement, J"] == pytest.approx(4e-12, rel=1e-2)
    with pytest.raises(InputError, match="no source of this name"):
        replace(BENCH, fed_by={"xelement": "output"}).measure(n_jobs=1)


def test_components_are_paid_per_the_events_that_are_stated(tmp_path) -> None:
    """Three spikes charge the capacitor; a resistor at the supply draws V²/R all the time; a period is a step."""
    (tmp_path / "spikes.txt").write_text("0\n600e-9\n1200e-9\n")
    train = replace(BENCH, inputs={"input": Spikes((0.0,), 20 * TAU)}, operation=Period(180 * TAU, 1))
    paid = replace(train, paid_per={"input": Event.INPUT, "vdd": Event.TIME}).with_stimulus(tmp_path / "spikes.txt")
    m = paid.measure(n_jobs=1)
    assert m.events_per_operation == {Event.STEP: 1.0, Event.INPUT: 3.0}
    prices = event_prices(characterize(paid, n_jobs=1))["circuit"]
    assert prices.of(Event.INPUT)["input"] == pytest.approx(FARAD, rel=0.02)
    assert prices.running_W == pytest.approx(1 / IDLE_OHM, rel=1e-6)
    assert list(prices.of(Event.OPERATION)) == ["xelement"]
    with pytest.raises(InputError, match="paid_per: no component of this name"):
        replace(paid, paid_per={"output": Event.INPUT}).measure(n_jobs=1)


def test_set_reaches_sizes_own_numbers_operation_stimulus_and_conditions() -> None:
    names = [name for group in BENCH.settings for name in group.names]
    assert {"ohm", "farad", "unused_V", "spike_level", "operation_s", "input_width_s", "v_dd", "output_load_F"} <= set(
        names
    )
    assert len(set(names)) == len(names)
    changed = BENCH.configured(farad=FARAD / 2, input_width_s=10 * TAU, v_dd=2.0, unused_V=0.3)
    assert (changed.sizes, changed.unused_V) == ({"farad": FARAD / 2}, 0.3)
    m = changed.measure(n_jobs=1)
    assert m.energy_J["input"] == pytest.approx(FARAD / 2 * 4, rel=2e-3)  # the pulse has the supply's height
    assert m.energy_J["vdd"] == pytest.approx(4 * 40 * TAU / IDLE_OHM, rel=1e-6)
    assert m.conditions["farad"] == FARAD / 2
    assert BENCH.sampled(Sample(0, 1)).conditions.sample == Sample(0, 1)


def test_every_port_is_connected_and_to_one_thing() -> None:
    for change, message in (
        ({"biases": {}}, r"nothing is said of port vss of circuit network; .*its ports: input, output, vdd, vss"),
        ({"biases": {"vss": 0.0, "vee": 0.0}}, "circuit network has no port 'vee'; .*input, output, vdd, vss"),
        ({"biases": {"vss": 0.0, "vdd": 0.0}}, "port 'vdd' of network is connected twice"),
        ({"loads": {"vdd": 1e-15}}, "no such port"),
        ({"write_input": "vdd"}, "no such port"),
    ):
        with pytest.raises(InputError, match=message) as error:
            replace(BENCH, **change).jobs()
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="v_dd: out of range"):
        replace(BENCH, supplies={"vdd": -1.0}, conditions=Conditions(v_dd=-1.0))


def test_stimulus_outside_its_operation_is_refused() -> None:
    for signal in (Pulses(width_s=41 * TAU), Spikes((1e-9, 2e-9), 5e-9), Piecewise(()), Spikes((0.0,), 1e-9, unit="A")):
        with pytest.raises(InputError):
            replace(BENCH, inputs={"input": signal}).jobs()
    for operation in (lambda: Period(0.0), lambda: Period(1e-9, 0), lambda: SpikeInterval(-1.0)):
        with pytest.raises(InputError):
            operation()


def test_a_curve_by_hand_passes_and_a_wrong_one_fails() -> None:
    delay = Curve("delay", "ohm", (OHM, 2 * OHM), "latency_s", lambda b: math.log(2) * b.sizes["ohm"] * FARAD, 0.02)
    checks = replace(BENCH, curves=(delay, replace(delay, expected=(7e-9, 7e-9)))).check(n_jobs=1)
    assert [c.passed for c in checks] == [True, False]
    assert checks[1].circuit[1] == pytest.approx(2, rel=0.02)
    with pytest.raises(InputError, match="no setting of this name"):
        replace(BENCH, curves=(replace(delay, setting="colour"),)).check(n_jobs=1)


def test_the_netlist_prints_what_was_measured(tmp_path) -> None:
    (tmp_path / "deck.cir").write_text(BENCH.netlist())
    text = subprocess.run(
        ["ngspice", "-b", "deck.cir"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    (value,) = (
        float(line.partition("=")[2]) for line in text.splitlines() if line.startswith("energy_per_operation_j")
    )
    assert value == pytest.approx(math.fsum(BENCH.measure(n_jobs=1).energy_J.values()), rel=2e-3)


def test_a_file_of_spike_times_drives_the_one_input_of_spikes(tmp_path) -> None:
    """Each spike charges the capacitor anew."""
    (tmp_path / "spikes.txt").write_text("0\n600e-9\n1200e-9\n")
    train = replace(BENCH, inputs={"input": Spikes((0.0,), 20 * TAU)}, operation=Period(180 * TAU, 1))
    m = train.with_stimulus(tmp_path / "spikes.txt").measure(n_jobs=1)
    assert m.spikes_per_operation == 3
    assert m.energy_J["input"] == pytest.approx(3 * FARAD, rel=0.02)
    (tmp_path / "close.txt").write_text("0\n100e-9\n")
    for bench, path, message in ((train, "close.txt", "ascend by more than"), (BENCH, "spikes.txt", "which input")):
        with pytest.raises(InputError, match=message):
            bench.with_stimulus(tmp_path / path)


def test_a_supply_that_transistors_do_not_stand_is_refused_and_one_without_them_is_not() -> None:
    with pytest.raises(InputError, match="supply outside the card's range"):
        CircuitTestbench(Deep, {"vdd": 3.0}, {"input": Pulses(width_s=4e-9)}, Period(8e-9)).jobs()
    assert replace(BENCH, supplies={"vdd": 3.0}).jobs()


class Junctions(SubCircuit):
    """Two junctions in parallel, one of them in a cell, which is used `times`."""

    def __init__(self, times: int = 1) -> None:
        super().__init__("junctions", "input", "vss")
        device = thermal.declare()
        add_device(self, "own", ("input", "vss"), device, device.with_parameters(r_parallel=300.0), "mean_field")
        cell = SubCircuit("cell", "a", "b")
        add_device(cell, "inner", ("a", "b"), device, device, "mean_field")
        self.subcircuit(cell)
        for i in range(times):
            self.X(f"cell{i}", "cell", "input", "vss")


def test_every_instance_of_a_device_varies_on_its_own() -> None:
    """At 0.1 V the heat is V² t / R of each copy's resistance; the draw is that of the instance's path."""
    inputs = {"input": Pulses(width_s=100e-9, high=0.1)}
    bench = CircuitTestbench(Junctions, {}, inputs, Period(200e-9), outputs=("input",), biases={"vss": 0.0})
    sample, declared = Sample(5, 0), thermal.declare()
    copy = bench.sampled(sample).measure(n_jobs=1)
    for path, device in (("xown", declared.with_parameters(r_parallel=300.0)), ("xcell0.xinner", declared)):
        ohm = device.varied(sample, path).values()["r_parallel"]
        assert ohm != device.values()["r_parallel"]
        assert copy.energy_J[path] == pytest.approx(0.1**2 * (100e-9 + 2e-9 / 3) / ohm, rel=2e-3)
    assert set(bench.variations) == {"mtj_thermal"}
    assert abs(copy.details["energy_balance_error"]) < 1e-4
    twice = replace(bench, circuit=Junctions(2))
    assert twice.jobs()
    with pytest.raises(InputError, match="used several times"):
        twice.sampled(sample).jobs()


def test_devices_are_found_beside_a_library_with_conditions() -> None:
    """Its transistors are left closed: the balance is not complete, the heat of the devices is."""
    library = (
        ".if (a == 1)\n.param x=1\n.else\n.param x=2\n.endif\n"
        ".subckt fet d g s b\n.if (a == 1)\nm1 d g s b n\n.else\nm1 d g s b m\n.endif\n.ends"
    )
    title, *deck = BENCH.jobs()[0].deck.splitlines()
    with_library = "\n".join([title, library, "xf a b c d fet", *deck])
    balance = Balance.of(with_library, BENCH.devices, "xneuron")
    assert list(balance.branches) == ["xelement"]
    assert not balance.complete
    assert Balance.of(BENCH.jobs()[0].deck, BENCH.devices, "xneuron").complete
