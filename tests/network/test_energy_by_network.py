"""Accuracy against memory energy from made-up runs: energies and intervals that can be worked out by hand."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from energy.compare import published_cost
from energy.digital import RecurrentCell, digital_energy
from ipcircuit.errors import InputError
from reports.figures import style
from reports.memory import figure_memory_networks as figure
from reports.memory import memory_networks
from reports.memory import table_memory_tasks as memory_tasks
from tests.network.test_trial_energy import lif_cost
from tests.reports.test_reproduce_memory import record

T_975_OF_1 = 12.7062  # Student's t, 97.5 %, one degree of freedom


def layer(name: str, kind: str, operations: float, **more: Any) -> dict[str, Any]:
    """Ten steps, four inputs."""
    sizes = {"layer": name, "kind": kind, "steps": 10, "units": 4, "neurons": 1, "trials": 100}
    return {**sizes, "operations_per_trial": operations, "spikes_per_trial": 0.0, "density": 0.5, **more}


def run(model: str, n: int, pr: float, seed: int, layers: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    made = record("nback", model, {"PR": pr}, {"n": n}, seed, **options)
    return {**made, "layers": layers, "topology": [4, 3, 2]}


@pytest.fixture
def context(tmp_path, monkeypatch):
    """A report's context of these runs; every circuit costs the published 0.6 nJ, a LIF spike 2 pJ."""
    asked = []

    def simulated(circuit: str, amplitude_V: float, processes: int):
        asked.append((circuit, amplitude_V))
        return published_cost()

    monkeypatch.setattr(memory_networks, "_cost_at", simulated)

    def make(*runs: dict[str, Any]):
        for index, made in enumerate(runs):
            (tmp_path / str(index)).mkdir()
            (tmp_path / str(index) / "run.json").write_text(json.dumps({"version": 1, **made}))
        costs = {"delay_feedback_lif": lif_cost(), "comparator": published_cost(), "differential": published_cost()}
        return SimpleNamespace(runs=tmp_path, cost=costs.__getitem__, processes=1, asked=asked)

    return make


def points(context: Any, network: str) -> list[memory_networks.EnergyPoint]:
    return [point for point in memory_networks.energy_points(context) if point.network == network]


def test_two_seeds_by_hand(context):
    """PR 0.4 and 0.6; 10 and 20 operations of 0.6 nJ: mean 9 nJ, half a difference of 6 nJ times t."""
    hidden = layer("hidden_neurons", "stochastic", 40.0)
    found = context(
        run("ipnet", 2, 0.4, 0, [layer("input_neurons", "differential", 10.0), hidden]),
        run("ipnet", 2, 0.6, 1, [layer("input_neurons", "differential", 20.0, amplitude_V=0.9), hidden]),
    )
    paper, circuit, system = points(found, "IPNet")
    assert (paper.n, paper.scope, paper.seeds) == (2, "paper", 2)
    assert paper.performance == pytest.approx((0.5, 0.5 - 0.1 * T_975_OF_1, 0.5 + 0.1 * T_975_OF_1), rel=1e-5)
    assert paper.energy_J == pytest.approx((9e-9, 9e-9 - 3e-9 * T_975_OF_1, 9e-9 + 3e-9 * T_975_OF_1), rel=1e-5)
    assert circuit.energy_J is None  # the published cost has one scope
    assert system.energy_J is None
    # a run stored before amplitudes were counted has the item pulses' 0.85 V; hidden ones are then not known
    assert found.asked == [("differential", 0.85), ("differential", 0.9)]


def test_one_seed_has_no_interval_and_lif_is_counted_by_spikes(context):
    neurons = layer("input_neurons", "lif", 20.0, spikes_per_trial=20.0)
    paper, circuit, system = points(context(run("lif", 1, 0.0, 0, [neurons])), "LIF")
    assert paper.performance == (0.0, None, None)
    assert paper.energy_J == (pytest.approx(40e-12), None, None)
    assert circuit.energy_J is None
    assert system.energy_J == (pytest.approx(60e-12), None, None)  # 20 idle intervals of 1 pJ on top


def test_lstm_is_the_estimate_of_the_runs_own_sizes(context):
    fp32, int8 = points(context(run("lstm", 3, 1.0, 0, [layer("output_synapses", "synapses", 60.0)])), "LSTM")
    expected = digital_energy(RecurrentCell("LSTM", 4, 3, 10), "int8")
    assert (fp32.precision, fp32.scope) == ("fp32", None)
    assert int8.energy_J == (expected.energy_per_sample_28nm_J, None, None)
    assert int8.energy_45nm_J == expected.energy_per_sample_45nm_J


def test_both_layers_plastic_are_added(context):
    layers = [layer("input_neurons", "differential", 10.0), layer("hidden_neurons", "differential", 30.0)]
    paper, *_ = points(context(run("ipnet", 1, 0.9, 0, layers, placement="both")), "IPNet, both layers plastic")
    assert paper.energy_J == (pytest.approx(40 * 0.6e-9), None, None)


def test_tables_and_figure_say_the_same(context):
    found = context(
        *(run("ipnet", n, 1 / n, s, [layer("input_neurons", "differential", 10.0)]) for n in (1, 2) for s in (0, 1)),
        run("lstm", 1, 0.99, 0, [layer("output_synapses", "synapses", 60.0)]),
    )
    rows = memory_tasks.n_back_networks(found).rows
    assert [(row["n"], row["network"], row["seeds"]) for row in rows[:3]] == [(1, "IPNet", 2)] * 3
    assert rows[0]["energy_per_trial_J"] == pytest.approx(6e-9)
    assert rows[1]["energy_per_trial_J"] is None
    (ipnet, *_, lstm) = memory_tasks.n_back_energy(found).rows
    assert [ipnet[f"PR_n{n}"] for n in (1, 2, 3, 4)] == [1.0, 0.5, None, None]
    assert lstm["energy_45nm_J"] > lstm["energy_per_trial_J"]
    with style.style():
        plot = figure.draw(found)
        assert set(style.render(plot.figure)) == {"svg", "png"}
    first, second, third, _ = plot.figure.axes
    assert first.get_xscale() == "log"
    drawn = [tuple(line.get_xydata()[0]) for line in first.lines if len(line.get_xydata())]
    assert (pytest.approx(6e-9), pytest.approx(100.0)) in drawn
    assert len(second.containers) == 1  # paper scope alone has an energy
    assert [text.get_text() for text in third.texts] == ["no stored run"]
    assert "IPNet (paper) 6 nJ" in plot.alt
    assert "PR of IPNet 100 to 50 %" in plot.alt


def test_no_run_at_all_and_a_run_without_its_events(context):
    broken = run("ipnet", 1, 0.5, 0, [{"layer": "input_neurons", "kind": "differential"}])
    with pytest.raises(InputError, match="input_neurons"):
        memory_networks.energy_points(context(broken))
    assert memory_networks.energy_points(SimpleNamespace()) == []
