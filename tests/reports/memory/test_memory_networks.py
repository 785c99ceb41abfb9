"""Accuracy against memory energy from made-up runs: energies and intervals that can be worked out by hand."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from energy.compare import published_cost
from energy.digital import RecurrentCell, digital_energy
from ipcircuit.errors import InputError
from network.experiments.memory.memory import MemoryResults
from reports import counted
from reports.figures import style
from reports.memory import figures_capacity, networks, tables
from reports.section import Run
from tests.network.test_trial_energy import lif_cost
from tests.reports.memory.test_memory_claims import record

T_975_OF_1 = 12.7062  # Student's t, 97.5 %, one degree of freedom


def layer(name: str, kind: str, operations: float, **more: Any) -> dict[str, Any]:
    """Ten steps, four inputs."""
    sizes = {"layer": name, "kind": kind, "steps": 10, "units": 4, "neurons": 1, "trials": 100}
    return {**sizes, "operations_per_trial": operations, "spikes_per_trial": 0.0, "density": 0.5, **more}


def trained(model: str, n: int, pr: float, seed: int, layers: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    made = record("nback", model, {"PR": pr}, {"n": n}, seed, **options)
    return {**made, "layers": layers, "topology": [4, 3, 2]}


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Folder of made-up runs as a report's `Run`; every circuit costs the published 0.6 nJ, a LIF spike 2 pJ."""
    costs = {"delay_feedback_lif": lif_cost(), "comparator": published_cost(), "differential": published_cost()}
    simulated = []

    def cost_at(circuit: str, amplitude_V: float | None, *, n_jobs: int | None):
        simulated.append((circuit, amplitude_V))
        return costs[circuit]

    monkeypatch.setattr(counted, "_cost_at", cost_at)

    def make(*runs: dict[str, Any]):
        for index, made in enumerate(runs):
            (tmp_path / str(index)).mkdir()
            (tmp_path / str(index) / "run.json").write_text(json.dumps({"version": 1, **made}))
        return Run(runs=tmp_path)

    make.simulated = simulated
    return make


def points(run: Run, network: str) -> list[networks.EnergyPoint]:
    return [point for point in networks.energy_points(run) if point.network == network]


def test_two_seeds_by_hand(stored):
    """PR 0.4 and 0.6; 10 and 20 operations of 0.6 nJ: mean 9 nJ, half a difference of 6 nJ times t."""
    hidden = layer("hidden_neurons", "stochastic", 40.0)
    run = stored(
        trained("ipnet", 2, 0.4, 0, [layer("input_neurons", "differential", 10.0), hidden]),
        trained("ipnet", 2, 0.6, 1, [layer("input_neurons", "differential", 20.0, amplitude_V=0.9), hidden]),
    )
    paper, circuit, system = points(run, "IPNet")
    assert (paper.n, paper.scope, paper.seeds) == (2, "paper", 2)
    assert paper.performance == pytest.approx((0.5, 0.5 - 0.1 * T_975_OF_1, 0.5 + 0.1 * T_975_OF_1), rel=1e-5)
    assert paper.energy_J == pytest.approx((9e-9, 9e-9 - 3e-9 * T_975_OF_1, 9e-9 + 3e-9 * T_975_OF_1), rel=1e-5)
    assert circuit.energy_J is None  # the published cost has one scope
    assert system.energy_J is None
    # a run stored before amplitudes were counted has the item pulses' 0.85 V; hidden ones are then not known
    assert stored.simulated == [("differential", 0.85), ("differential", 0.9)]


def test_one_seed_has_no_interval_and_lif_is_counted_by_spikes(stored):
    neurons = layer("input_neurons", "lif", 20.0, spikes_per_trial=20.0)
    paper, circuit, system = points(stored(trained("lif", 1, 0.0, 0, [neurons])), "LIF")
    assert paper.performance == (0.0, None, None)
    assert paper.energy_J == (pytest.approx(40e-12), None, None)
    assert circuit.energy_J is None
    assert system.energy_J == (pytest.approx(60e-12), None, None)  # 20 idle intervals of 1 pJ on top


def test_lstm_is_the_estimate_of_the_runs_own_sizes(stored):
    fp32, int8 = points(stored(trained("lstm", 3, 1.0, 0, [layer("output_synapses", "synapses", 60.0)])), "LSTM")
    expected = digital_energy(RecurrentCell("LSTM", 4, 3, 10), "int8")
    assert (fp32.precision, fp32.scope) == ("fp32", None)
    assert int8.energy_J == (expected.energy_per_sample_28nm_J, None, None)
    assert int8.energy_45nm_J == expected.energy_per_sample_45nm_J


def test_both_layers_plastic_are_added(stored):
    layers = [layer("input_neurons", "differential", 10.0), layer("hidden_neurons", "differential", 30.0)]
    paper, *_ = points(stored(trained("ipnet", 1, 0.9, 0, layers, placement="both")), "IPNet, both layers plastic")
    assert paper.energy_J == (pytest.approx(40 * 0.6e-9), None, None)


def test_tables_and_figure_say_the_same(stored):
    run = stored(
        *(
            trained("ipnet", n, 1 / n, s, [layer("input_neurons", "differential", 10.0)])
            for n in (1, 2)
            for s in (0, 1)
        ),
        trained("lstm", 1, 0.99, 0, [layer("output_synapses", "synapses", 60.0)]),
    )
    rows = tables.n_back_networks(run).rows
    assert [(row["n"], row["network"], row["seeds"]) for row in rows[:3]] == [(1, "IPNet", 2)] * 3
    assert rows[0]["energy_per_trial_J"] == pytest.approx(6e-9)
    assert rows[1]["energy_per_trial_J"] is None
    (ipnet, *_, lstm) = tables.n_back_energy(run).rows
    assert [ipnet[f"PR_n{n}"] for n in (1, 2, 3, 4)] == [1.0, 0.5, None, None]
    assert lstm["energy_45nm_J"] > lstm["energy_per_trial_J"]
    with style.style():
        plot = figures_capacity.networks(run)
        assert set(style.render(plot.figure)) == {"svg", "png"}
    first, second, third, _ = plot.figure.axes
    assert first.get_xscale() == "log"
    drawn = [tuple(line.get_xydata()[0]) for line in first.lines if len(line.get_xydata())]
    assert (pytest.approx(6e-9), pytest.approx(100.0)) in drawn
    assert len(second.containers) == 1  # paper scope alone has an energy
    assert [text.get_text() for text in third.texts] == ["no stored run"]
    assert plot.chart is not None
    charted = [row for row in csv.DictReader(io.StringIO(plot.chart.csv)) if row["network"] == "IPNet"]
    numbers = [(row["n"], float(row["energy_J"]), float(row["performance"])) for row in charted]
    assert numbers == [("n = 1", pytest.approx(6e-9), 100.0), ("n = 2", pytest.approx(6e-9), 50.0)]
    chosen = {one["name"]: one["value"] for one in plot.chart.spec["params"] if "value" in one}
    assert chosen == {"chosen_n": "n = 1"}
    assert "IPNet (paper) 6 nJ" in plot.alt
    assert "PR of IPNet 100 to 50 %" in plot.alt


def test_no_run_at_all_and_a_run_without_its_events(stored, monkeypatch):
    broken = trained("ipnet", 1, 0.5, 0, [{"layer": "input_neurons", "kind": "differential"}])
    with pytest.raises(InputError, match="input_neurons"):
        networks.energy_points(stored(broken))
    monkeypatch.setattr(networks, "results", lambda run: MemoryResults(()))
    assert networks.energy_points(Run()) == []
