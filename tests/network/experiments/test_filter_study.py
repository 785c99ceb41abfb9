"""The study of temporal filters: what the models can and cannot, what it costs, and the command that runs it."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from circuits.ecram_lif.temporal_filter import temporal_filter
from circuits.ecram_lif.testbench import DelayFeedbackTestbench
from energy.break_even.costing import ratio
from energy.break_even.scenario import Scenario
from energy.characterize import Characterization, characterize, configured_at
from energy.cost import SCOPES
from energy.digital import INT8_ADD, NODE_SCALE
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from network.experiments.filters import account, comparison, models
from network.experiments.filters.bank import TemporalFilterBank
from network.experiments.filters.experiment import (
    BANKS,
    COUNTER,
    GPU,
    LSTM,
    TIMER,
    FilterOptions,
    FilterResult,
    ModelRow,
    run_filters,
)
from network.experiments.filters.rates import neuron_parameters, pair_parameters, train_charges
from network.experiments.filters.task import IntervalTask, make_samples

SMALL = FilterOptions(seed=3, repetitions=2, train=100, test=80)


@pytest.fixture(scope="module")
def cost() -> Characterization:
    return characterize(DelayFeedbackTestbench(), n_jobs=1)


@pytest.fixture(scope="module")
def study(cost: Characterization) -> FilterResult:
    return run_filters(SMALL, cost)


def test_accuracies_of_banks_digital_systems_and_gpu(study: FilterResult) -> None:
    plastic, ablated, plain = (study.row(name) for name in BANKS)
    assert min(plastic.accuracies) > 0.7
    assert ablated.accuracies == (0.25, 0.25)  # every sample looks the same: one class is always said
    assert max(plain.accuracies) < min(plastic.accuracies)
    assert study.row(COUNTER).accuracies == (0.25, 0.25)
    assert min(study.row(TIMER).accuracies) > 0.95
    assert min(study.row(LSTM).accuracies) > 0.8
    row = study.row(GPU)
    assert row.accuracy is None
    assert row.interval is None
    assert set(row.energy_J.values()) == {None}
    assert "no GPU" in row.note


def test_study_is_reproducible_by_seed(study: FilterResult, cost: Characterization) -> None:
    again = run_filters(SMALL, cost)
    assert again.to_json() == study.to_json()


def test_energy_is_events_times_cost(study: FilterResult, cost: Characterization) -> None:
    """By hand, for the ablated bank: constant conductance, a known number of spikes at each of five neurons."""
    row, parts = study.row("ablated bank"), cost.cost.scopes["circuit"].energy_breakdown_J
    per_output = float(cost.cost.details["input_spikes_per_output_spike"])
    task = SMALL.task
    assert row.input_events == 5 * task.spikes
    inputs = row.input_events * (parts["input stage"] + 2 * parts["ECRAM synapse gate"]) / per_output
    outputs = (row.output_events or 0.0) * sum(
        parts[n] for n in ("membrane pull-up", "threshold stage", "output buffer", "delay and reset")
    )
    pair = models.bank_pairs(neuron_parameters(), (1.0,))["ablated bank"][0]
    ohms = 1 / sum(1 / (p.base_ohm + p.series_ohm) for p in pair)
    # Reference: the 30 kΩ synapse of the record under the train that it was measured with, by events.
    neuron = neuron_parameters()
    mean_charge = float(train_charges([[neuron]], torch.full((40, 1, 1), 200e-9)).mean())
    reference = neuron.drive_V * neuron.pulse_s / mean_charge
    channel = row.input_events * parts["synapse"] / per_output * reference / ohms
    assert row.energy_J["circuit"] - row.readout_J == pytest.approx(inputs + outputs + channel, rel=1e-5)


def test_scopes_differ_by_the_leakage_of_idle_neurons(study: FilterResult, cost: Characterization) -> None:
    row = study.row("plastic bank")
    assert row.energy_J["paper"] == row.energy_J["circuit"]
    idle = 5 * SMALL.task.duration_s * cost.measurement.idle_power_W
    assert (row.energy_J["system"] or 0) - (row.energy_J["circuit"] or 0) == pytest.approx(idle, rel=1e-6)


def test_reference_train_costs_what_the_record_says(cost: Characterization) -> None:
    """The neuron under the train that it was measured with: its own record comes out."""
    neuron = neuron_parameters()
    found = account.event_costs(cost, neuron)["circuit"]
    bank = TemporalFilterBank([[neuron]], 200e-9)
    trains = torch.ones(40, 1, 1)
    with torch.no_grad():
        events = account.count_events(trains, bank(trains)[0])
    per_output = float(cost.cost.details["input_spikes_per_output_spike"])
    energy = account.bank_energy(found, replace(events, outputs=40 / per_output), branches=1, neurons=1, duration_s=0.0)
    recorded = cost.cost.scopes["circuit"].energy_per_spike_J
    assert energy == pytest.approx(40 / per_output * recorded, rel=1e-6)
    assert events.outputs == pytest.approx(40 / per_output, rel=0.15)


def test_readout_timer_and_interval_by_hand() -> None:
    assert account.timer_energy(48, 1000) == pytest.approx(1096 * INT8_ADD.value * NODE_SCALE.value)
    labels = np.arange(60) % 3
    features = 4.0 * np.eye(3)[labels]
    first, second = (models.fit_readout(features, labels) for _ in range(2))
    assert first.accuracy(features, labels) == 1.0
    np.testing.assert_array_equal(first.classifier.coef_, second.classifier.coef_)
    row = ModelRow("m", "simulated", (0.8, 0.9), {}, None, None, None, "")
    low, high = row.interval or (0, 0)
    assert low == pytest.approx(max(0.0, 0.85 - 12.706 * 0.05), abs=1e-3)
    assert high == 1.0


def test_a_filter_that_is_not_sized_hides_behind_the_neurons_own_rhythm() -> None:
    """At the default 30 kΩ every third input spike fires the neuron, whatever the intervals; sized, counts follow."""
    task = IntervalTask()
    samples = make_samples(task, 40, 0)
    trains, neuron = torch.as_tensor(samples.trains).float(), neuron_parameters()
    pairs = [pair_parameters(neuron, temporal_filter(0.25)), models.bank_pairs(neuron, (0.25,))["plastic bank"][0]]
    with torch.no_grad():
        counts = TemporalFilterBank(pairs, task.dt_s)(trains)[0].spikes.sum(0)[:, 0].numpy()
    assert set(counts[:, 0]) == {task.spikes / 3}
    assert np.ptp(counts[:, 1]) >= 3


def test_impossible_studies_and_costs_name_the_field(cost: Characterization) -> None:
    for sizes, field in [
        ({"repetitions": 1}, "repetitions"),
        ({"train": 3}, "train"),
        ({"test": 0}, "test"),
        ({"seed": -1}, "seed"),
        ({"train": 100.5}, "train"),
        ({"scales": ()}, "scales"),
    ]:
        with pytest.raises(InputError, match=field):
            FilterOptions(**sizes)
    other = replace(cost, cost=replace(cost.cost, events=None))
    with pytest.raises(InputError, match=r"no price of an input event: .* within the price of an operation"):
        account.event_costs(other, neuron_parameters())


@pytest.fixture(scope="module")
def rows() -> list[comparison.FilterRow]:
    return comparison.compare_filters((1.0, 0.25), circuit_scales=())


@pytest.fixture
def small_runs(monkeypatch, study, rows):
    """The command with its heavy parts replaced by what was already computed."""
    from network.experiments.filters import experiment as module

    monkeypatch.setattr(comparison, "compare_filters", lambda **options: rows)
    monkeypatch.setattr(module, "run_filters", lambda options, cost, progress: replace(study, options=options))


def test_command_prints_json_and_writes_its_files(small_runs, capsys, tmp_path) -> None:
    code = cli.main(["study", "filters", "--quick", "--seed", "5", "--json", "-o", str(tmp_path / "out"), "-j", "1"])
    shown = capsys.readouterr()
    assert (code, shown.err) == (0, "")
    found = json.loads(shown.out)
    assert found["task"]["options"]["seed"] == 5
    assert [row["scale"] for row in found["filters"]] == [1.0, 0.25]
    assert all(abs(row["deviation"]) < 0.10 for row in found["filters"])
    assert {row["model"] for row in found["task"]["models"]} >= {*BANKS, LSTM, GPU}
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        "filters.json",
        "filter_rates.csv",
        "filter_models.csv",
        "filter_response.svg",
        "filter_models.png",
        "temporal_filter.cir",
    } <= names
    assert json.loads((tmp_path / "out" / "filters.json").read_text()) == found


def test_command_prints_tables_and_refuses(small_runs, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert cli.main(["study", "filters", "--quick", "-j", "1"]) == 0
    shown = capsys.readouterr().out
    for text in ("865", "-4.5", "plastic bank", "not measured here", "chance 25.0 %"):
        assert text in shown
    assert "None" not in shown
    assert cli.main(["study", "filters", "--quick", "--seed", "-1"]) == 2
    assert "seed" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert cli.main(["study", "filters", "--quick", "-o", str(tmp_path / "file"), "-j", "1"]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_ratios_to_the_bank_are_those_of_the_experiment_and_of_other_constants() -> None:
    study = run_filters(FilterOptions.quick(), characterize(configured_at("delay_feedback_lif")))
    bank = study.row(BANKS[0])
    for scope in SCOPES:
        for other, name in (("timer_digital", TIMER), ("lstm_digital", LSTM)):
            chosen: Any = {"scope": scope, "precision": "fp32"}
            one = ratio("filters", other, Scenario(**chosen))
            mine, its = bank.energy_J[scope], study.row(name).energy_J[scope]
            assert mine is not None
            assert its is not None
            assert one.nominal == pytest.approx(its / mine, rel=1e-9)
    timer = ratio("filters", "timer_digital")
    assert timer.nominal < 1  # it takes less, and is the better one
    assert timer.other.conditions["accuracy"] > timer.device.conditions["accuracy"]
    halved = timer.values({NODE_SCALE.name: np.array([NODE_SCALE.value / 2])})
    assert timer.nominal / 2 < halved[0] < timer.nominal  # the readout of the bank is halved as well
    with pytest.raises(InputError, match="the bank is of another circuit"):
        ratio("filters", "timer_digital", device="differential")
