"""Ratios as functions of their parameters: corners by hand, the numbers of `compare`, axes, errors."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from energy.break_even.changes import Changes
from energy.break_even.costing import Costing, costing, devices, others, ratio, tasks
from energy.break_even.problem import Cost, Factor, Ratio, cost
from energy.break_even.scenario import AXES, Scenario
from energy.characterize import cost_at
from energy.compare import EventWorkload, compare
from energy.constants import COMMON, OPERATIONS, SRAM_READ
from energy.cost import SCOPES
from energy.digital import published_estimates
from energy.gpu.baselines import load_gpu_baselines, measured_baselines
from energy.surroundings import access_energy
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.ranges import Range

MEMORY = "memory"
OTHER_VALUES = {  # of every axis one that is not the default
    "scope": "system",
    "neurons": 8,
    "frame_s": 0.1,
    "buffer": "addresses",
    "standby": "off",
    "neurons_per_driver": 16,
    "sram_bytes": 2**20,
    "precision": "fp32",
    "batch": 128,
    "technology": "45 nm",
}


def test_the_published_corner_by_hand() -> None:
    one = ratio(MEMORY, "lstm_a800", Scenario(scope="paper"), "published")
    assert one.nominal == pytest.approx(0.25 / (2 * 128 * 128 * 50 * 0.089 * 0.6e-9), rel=1e-9)
    assert one.nominal == pytest.approx(2874, rel=0.01)


def test_the_corner_in_which_the_device_takes_more_by_hand() -> None:
    products = 4 * 1024 * (512 + 1024) + 3 * 1024
    weights = 4 * 1024 * (512 + 1024) + 2 * 4 * 1024
    moved = weights + 512 + 4 * 1024  # bytes of a step: weights, inputs, both states in and out
    step = products * 0.23e-12 + 2 * 4 * 1024 * 0.03e-12 + moved / 8 * 20e-12
    operation = cost_at("differential").scopes["circuit"].energy_per_operation_J
    assert operation is not None
    by_hand = 50 * step * 28 / 45 / (8 * 2 * 128 * 128 * 50 * 0.089 * operation)
    one = ratio(MEMORY, "lstm_digital", Scenario(neurons=8))
    assert one.nominal == pytest.approx(by_hand, rel=1e-9)
    assert one.nominal <= 0.35
    assert ratio(MEMORY, "rnn_digital", Scenario(neurons=8)).nominal < 0.1


def test_every_ratio_is_that_of_compare() -> None:
    baselines = [*load_gpu_baselines(), *measured_baselines()]
    rows = compare(cost_at("differential"), EventWorkload(), baselines, digital=published_estimates())
    shown = {(row.scope, row.system): row.ratio_to_device for row in rows}
    compared = 0
    for scope in SCOPES:
        for other in others(MEMORY):
            for precision, technology in itertools.product(("int8", "fp32"), ("28 nm", "45 nm")):
                chosen: Any = {"scope": scope, "precision": precision, "technology": technology}
                one = ratio(MEMORY, other, Scenario(**chosen))
                name = one.other.system + (" as tabled" if technology == "45 nm" and "digital" in other else "")
                assert one.nominal == pytest.approx(shown[scope, name], rel=1e-9)
                compared += 1
    assert compared == len(SCOPES) * len(others(MEMORY)) * 4


@pytest.mark.parametrize("task", tasks())
def test_each_task_says_on_which_axes_its_ratios_depend(task: str) -> None:
    known = costing(task)
    assert isinstance(known, Costing)
    assert known.name == task
    assert known.summary
    assert set(known.about) == set(known.others)
    default = ratio(task, others(task)[0])
    assert default.nominal > 0
    assert default.without_effect == ()
    shown = others(task) if task == MEMORY else others(task)[:2]
    scenarios = [(shown[0], Scenario()), *((other, Scenario(scope="system", frame_s=0.1)) for other in shown)]
    for other, scenario in scenarios:
        one = ratio(task, other, scenario)
        assert one.factors
        assert {f.name for f in one.factors}.isdisjoint(one.fixed)
        bearing = {axis.name for axis in one.axes}
        for axis in AXES:
            try:
                changed = ratio(task, other, scenario.with_value(axis.name, OTHER_VALUES[axis.name])).nominal
            except InputError:
                changed = None  # not obtained there
            assert (changed == one.nominal) or axis.name in bearing, (other, axis.name)


def test_many_values_at_once_are_those_of_one_at_a_time() -> None:
    one = ratio(MEMORY, "lstm_digital", Scenario(scope="system", frame_s=0.1, buffer="addresses"))
    u = np.random.default_rng(1).random((3, len(one.factors)))
    columns = {f.name: f.range.values(u[:, i]) for i, f in enumerate(one.factors)}
    alone = [float(one.values({name: values[k] for name, values in columns.items()})[0]) for k in range(3)]
    assert one.values(columns) == pytest.approx(alone, rel=1e-12)
    assert float(one.values()[0]) == pytest.approx(one.nominal, rel=1e-12)
    twice = one.values({"share of active inputs": np.array([0.089])})
    assert twice == pytest.approx([one.nominal], rel=1e-12)


def test_the_circuit_moves_as_simulated_and_not_beyond_what_is_fitted() -> None:
    one = ratio(MEMORY, "lstm_a800")
    design, higher = (cost_at("differential", v).scopes["circuit"].energy_per_operation_J for v in (0.80, 0.82))
    assert design is not None
    assert higher is not None
    moved = one.values({"amplitude": np.array([0.80, 0.82])})
    assert moved == pytest.approx([one.nominal, one.nominal * design / higher], rel=0.01)
    assert moved[1] < 0.98 * moved[0]
    with pytest.raises(InputError, match="amplitude: outside the range in which the surrogate of differential holds"):
        one.values({"amplitude": np.array([0.5])})


def test_a_store_and_waiting_neurons_by_hand() -> None:
    inputs, frames, density = 2 * 128 * 128, 50, 0.089
    waiting = ratio(MEMORY, "lstm_digital", Scenario(scope="system", frame_s=0.1))
    off = ratio(MEMORY, "lstm_digital", Scenario(scope="system", frame_s=0.1, standby="off"))
    none = ratio(MEMORY, "lstm_digital", Scenario(scope="system"))
    events = cost_at("differential").events
    assert events is not None
    store = 2 * inputs / 64 * frames * 20e-12 * 28 / 45 + inputs * frames * 10e-12 * frames * 0.1
    assert off.device.nominal_J - none.device.nominal_J == pytest.approx(store, rel=1e-9)
    idle = inputs * frames * (0.1 - events.period_s) * events.idle_W
    assert waiting.device.nominal_J - off.device.nominal_J == pytest.approx(idle, rel=1e-9)
    shared = ratio(MEMORY, "lstm_digital", Scenario(scope="system", frame_s=0.1, neurons_per_driver=10**9))
    assert off.device.nominal_J < shared.device.nominal_J < waiting.device.nominal_J
    assert density == EventWorkload().density


def test_samples_that_run_together_share_the_reading_of_weights() -> None:
    one, many = (ratio(MEMORY, "lstm_digital", Scenario(batch=n)).other.nominal_J for n in (1, 128))
    weights = 4 * 1024 * (512 + 1024) + 2 * 4 * 1024
    saved = 50 * weights * (1 - 1 / 128) / 8 * 20e-12 * 28 / 45
    assert one - many == pytest.approx(saved, rel=1e-9)
    assert (access_energy(2**20), access_energy(8 * 2**10)) == (100e-12, 10e-12)


def _made(name: str, low: float = 1.0, **changed: float) -> Cost:
    known = Parameter(name, 2.0, "J", "", "a test", "measured", likely=Range(low, 4.0, "uniform", "a test"))
    return cost(name, "assumed", lambda read: changed.get("factor", 1.0) * read(known))


def test_a_factor_that_both_share_moves_both() -> None:
    one = Ratio("test", _made("x"), _made("x", factor=3.0), {})
    assert one.values({"x": np.array([1.0, 4.0])}) == pytest.approx([3, 3])
    assert [f.name for f in one.factors] == ["x"]
    with pytest.raises(InputError, match="different factors of one name"):
        Ratio("test", _made("x"), _made("x", low=1.5), {})


def test_energies_of_one_table_are_off_together() -> None:
    one, common = ratio(MEMORY, "lstm_digital", Scenario(neurons=8)), COMMON[0]
    more = one.values({common.name: np.array([1.2])})[0]
    assert more == pytest.approx(1.2 * one.nominal, rel=1e-12)
    access = next(f for f in one.factors if f.name == SRAM_READ.name)
    assert SRAM_READ.likely.low < access.range.low < access.range.high < SRAM_READ.likely.high
    assert access.range.source.endswith("less `energies of the 45 nm table`")
    u = np.random.default_rng(0).random((2, 20000))
    drawn = access.range.values(u[0]) * common.likely.values(u[1])  # as uncertain as stated
    assert np.log(drawn).std() == pytest.approx(np.log(SRAM_READ.likely.values(u[0])).std(), rel=0.01)

    held = Changes({SRAM_READ.name: 30e-12}).applied(one)  # the user's number, whatever the table is off by
    rest = one.values({SRAM_READ.name: np.array([1e-30])})[0]
    by_hand = one.values({SRAM_READ.name: np.array([30e-12])})[0] + 0.2 * rest
    assert held.values({common.name: np.array([1.2])})[0] == pytest.approx(by_hand, rel=1e-9)
    ranged = Changes(ranges={SRAM_READ.name: (1e-11, 2e-11)}).applied(one)
    at = {SRAM_READ.name: np.array([1.5e-11])}
    assert ranged.values({**at, common.name: np.array([0.8])})[0] == pytest.approx(one.values(at)[0] - 0.2 * rest)
    members = [f.name for f in one.factors if f.name in {p.name for p in OPERATIONS if p.common}]
    none = Changes({name: {p.name: p.value for p in OPERATIONS}[name] for name in members}).applied(one)
    assert common.name not in {f.name for f in none.factors}
    assert none.nominal == one.nominal

    both = Ratio("test", one.other, ratio(MEMORY, "rnn_digital").other, {})
    assert both.values({common.name: np.array([0.8, 1.25])}) == pytest.approx(2 * [both.nominal])
    with pytest.raises(InputError, match="unknown common factor; found 'tables'"):
        cost("c", "assumed", lambda read: read(dataclasses.replace(SRAM_READ, common="tables")))


def test_what_has_no_range_is_held_fixed_and_named() -> None:
    constant = Parameter("a constant", 2.0, "J", "", "a test", "measured")
    one = cost("c", "measured", lambda read: read(constant))
    assert (one.factors, one.nominal_J) == ((), 2.0)
    assert one.fixed == {"a constant": "no range is known of it"}
    assert Factor.of(constant) is None
    same = dataclasses.replace(constant, value=3.0)
    with pytest.raises(ValueError, match="two parameters"):
        cost("c", "measured", lambda read: read(constant) + read(same))


@pytest.mark.parametrize(
    ("task", "other", "scenario", "device", "message"),
    [
        ("memry", "lstm_a800", {}, None, "did you mean 'memory'"),
        (MEMORY, "lsm_digital", {}, None, "has no such system to compare with"),
        (MEMORY, "lstm_a800", {}, "published", "has no energy in this scope; found 'circuit'; allowed: paper"),
        (MEMORY, "lstm_a800", {}, "differentia", "unknown circuit"),
        (MEMORY, "lstm_h100", {"batch": 128}, None, "not above zero.*-3"),
        (MEMORY, "lstm_h100", {"batch": 7}, None, "not measured at this size; found 7; allowed: 1, 128"),
    ],
)
def test_what_was_not_obtained_says_so(task: str, other: str, scenario: dict, device: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ratio(task, other, Scenario(**scenario), device)


def test_bad_values_and_axes_say_so() -> None:
    one = ratio(MEMORY, "lstm_digital")
    with pytest.raises(InputError, match="unknown factor"):
        one.values({"phase of the moon": np.array([1.0])})
    with pytest.raises(InputError, match="columns of several lengths"):
        one.values({f.name: np.ones(2 + i) for i, f in enumerate(one.factors[:2])})
    with pytest.raises(InputError, match="scope"):
        Scenario(scope="pap")  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="unknown axis"):
        Scenario().with_value("colour", 1)
    assert ratio(MEMORY, "lstm_a800", Scenario(precision="fp32")).without_effect == ("precision",)
    assert devices(MEMORY)[0] == "differential"
