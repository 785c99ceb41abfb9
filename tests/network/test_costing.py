"""Costs of networks as functions: they are those of the accounting, over the seeds of the stored runs."""

from typing import Any

import numpy as np
import pytest

from circuits.events import Event
from energy.break_even.costing import costing, ratio
from energy.break_even.scenario import Scenario
from energy.characterize import cost_at
from energy.cost import SCOPES
from energy.digital import RecurrentCell, digital_energy
from energy.inference import Work, chip_prices, inference_energy
from ipcircuit.errors import InputError
from network.accounting.costing.neurons import NeuronRuns
from network.accounting.prices import neuron_energy
from network.experiments.memory.memory import layers_of, load_results
from network.experiments.runs import Cell
from network.experiments.steering.experiment import load_steering

TRIALS = [  # task, its options, other system (or the device), model, its options, amplitude of its pulses
    ("nback", {"n": 2}, None, "ipnet", {}, 0.85),
    ("nback", {"n": 2}, "lif", "lif", {}, None),
    ("nback", {"n": 2}, "lif_both", "lif", {"leaky_hidden": True}, None),
    ("recall", {}, None, "ipnet", {}, None),
    ("interference", {"similarity": "high"}, None, "ipnet", {}, None),
]


@pytest.mark.parametrize(("task", "options", "other", "model", "of_model", "volts"), TRIALS)
def test_the_energy_is_the_mean_of_the_accounting_over_the_seeds(
    task: str, options: dict, other: str | None, model: str, of_model: dict, volts: float | None
) -> None:
    cell = Cell("", task, model, options, of_model)
    records = [r for r in load_results().records if cell.holds(r)]
    assert len(records) >= 5
    memory = [{k: v for k, v in layers_of(r).items() if v.part == "memory"} for r in records]
    circuit = "delay_feedback_lif" if model == "lif" else "differential"
    rows = [neuron_energy(layers, {circuit: cost_at(circuit, volts)}) for layers in memory]
    for scope in SCOPES:
        mean = np.mean([sum(r["energy_per_trial_J"] for r in row if r["scope"] == scope) for row in rows])
        chosen: Any = {"scope": scope}
        one = ratio(task, other or "lstm_digital", Scenario(**chosen))
        assert (one.other if other else one.device).nominal_J == pytest.approx(float(mean), rel=1e-9)


def test_lif_neurons_in_both_layers_take_a_ten_thousandth_of_the_device_and_do_better() -> None:
    one = ratio("nback", "lif_both")
    assert one.nominal < 1e-4
    assert one.other.conditions["PR"] > one.device.conditions["PR"]


def test_an_lstm_of_equal_size_is_the_digital_estimate() -> None:
    for precision in ("int8", "fp32"):
        chosen: Any = {"precision": precision}
        one = ratio("nback", "lstm_digital", Scenario(**chosen))
        estimate = digital_energy(RecurrentCell("LSTM", 225, 225, 20), precision)
        assert one.other.nominal_J == pytest.approx(estimate.energy_per_sample_28nm_J, rel=1e-9)


def test_leaky_neurons_on_a_digital_chip_by_hand() -> None:
    updates = 20 * 225
    by_hand = updates * (0.23e-12 + 0.03e-12 + 2 * 16 * 20e-12 / 64) * 28 / 45
    assert ratio("nback", "lif_digital").other.nominal_J == pytest.approx(by_hand, rel=1e-9)
    work = Work(state_accesses=2.0 * updates, updates=updates)
    assert inference_energy(work, chip_prices("int8")).energy_28nm_J == pytest.approx(by_hand, rel=1e-9)


def test_parallel_neurons_multiply_the_energy_and_seeds_spread_it() -> None:
    few, many = (ratio("gestures", "lif", Scenario(neurons=n)) for n in (4, 16))
    assert costing("gestures").neurons == 16
    assert ratio("gestures", "lif").nominal == many.nominal
    assert many.device.nominal_J == pytest.approx(4 * few.device.nominal_J, rel=1e-9)
    assert many.other.nominal_J == few.other.nominal_J
    (spread,) = (f for f in many.factors if f.name.startswith("events of IPNet18"))
    assert many.values({spread.name: np.array([2.0])}) == pytest.approx(many.nominal / 2)
    assert spread.range.low < 1 < spread.range.high


def test_steering_from_four_frames() -> None:
    one, records = ratio("steering", "lstm_digital"), load_steering().records
    cell = Cell("", "steering", "ipnet_small", {"steps": 4})
    runs = [layers_of(r)["memory"] for r in records if cell.holds(r)]
    (volts,) = {round(layer.amplitude_V or 0.0, 2) for layer in runs}
    price = cost_at("differential", volts).scopes["circuit"].energy_per_operation_J
    assert len(runs) >= 3
    assert price is not None
    operations = np.mean([layer.operations / layer.trials for layer in runs])
    assert one.device.nominal_J == pytest.approx(operations * price, rel=1e-3)  # leakage between operations apart
    assert ratio("steering", "lstm_digital", Scenario(neurons=8)).nominal == pytest.approx(4 * one.nominal, rel=1e-9)
    assert "EVA" in one.other.conditions
    assert one.other.conditions["hidden"] == 49
    assert costing("steering").about["gru_digital"].endswith("not trained on this")


def test_signed_neurons_on_their_circuit_and_on_a_chip_by_hand() -> None:
    one, cost = ratio("signed_digits", "neurons_digital"), cost_at("signed_mtj")
    updates = 6 * (768 + 384)  # 12 maps of 8 x 8 and 24 of 4 x 4 in each of 6 steps
    known = cost.events
    assert known is not None
    assert known.per_operation[Event.STEP] == 2  # of which one has an input; here each has one
    parts = cost.scopes["circuit"].energy_breakdown_J
    step = sum(energy * known.shares(name).get(Event.STEP, 0.0) / 2 for name, energy in parts.items())
    driven = (Event.INPUT, Event.DRIVE)
    inputs = sum(energy * known.shares(name).get(event, 0.0) for name, energy in parts.items() for event in driven)
    assert one.device.nominal_J == pytest.approx(updates * (step + inputs), rel=1e-9)
    by_hand = updates * (0.23e-12 + 0.03e-12 + 2 * 16 * 20e-12 / 64) * 28 / 45
    assert one.other.nominal_J == pytest.approx(by_hand, rel=1e-9)


def test_networks_without_counted_neurons_are_refused() -> None:
    with pytest.raises(InputError, match="no layers of neurons were counted"):
        NeuronRuns("nothing", [])
    with pytest.raises(InputError, match="has no such system"):
        ratio("interference", "lif")
