"""Cost of a network: which circuit stands where, what does not fit, what is printed, and what is refused."""

import csv
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import energy
import ipcircuit
from energy.break_even.comparison import break_even
from energy.break_even.scenario import Scenario
from energy.characterize import configured_at
from energy.cost import SCOPES
from ipcircuit.cli import main as cli
from ipcircuit.cli.cost_tables import show_cost
from ipcircuit.errors import InputError
from network.answers.score import Score
from network.cost import memory
from network.cost.assignment import assign, settings_of
from network.cost.files import write
from network.cost.memory import fitting
from network.cost.priced import circuits_of, priced
from network.cost.result import NetworkCost, ScopeEnergy
from network.cost.saved import read_costing
from network.cost.verdict import summary
from network.export.files import described
from network.export.files import write as write_export
from network.foreign.inputs import Samples
from network.foreign.network import LoadedNetwork
from network.mapping.suitability import Outcome, Suitability
from network.neurons.lif import LIFNeuron
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron

STEPS, SAMPLES = 20, 60


def separable() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A network that is right by its weights: each class has four inputs, of which half spike in a step."""
    targets = torch.arange(SAMPLES) % 2
    own = (torch.arange(8) // 4 == targets[:, None]).float()
    spikes = torch.bernoulli(0.5 * own.expand(STEPS, SAMPLES, 8), generator=torch.Generator().manual_seed(0))
    weights = nn.Linear(8, 2, bias=False)
    with torch.no_grad():
        weights.weight.copy_((torch.arange(8) // 4 == torch.arange(2)[:, None]).float())
    return nn.Sequential(weights, LIFNeuron()), spikes, targets


@pytest.fixture(scope="module")
def cost() -> NetworkCost:
    module, spikes, targets = separable()
    neurons = "1=signed_mtj"
    return energy.network_cost(module, (spikes, targets), neurons, synapses="array", address_events=True, chips=2)


def test_ratios_of_a_network_are_those_of_its_cost_and_move_with_its_prices(cost: NetworkCost) -> None:
    costs = cost.costing()
    by_name = {row["system"]: row["energy_per_sample_J"] for row in cost.baselines}
    assert set(costs.about.values()) == {r["system"] for r in cost.baselines if r["parts_J"]}
    for scope in SCOPES:
        for other, system in costs.about.items():
            chosen: Any = {"scope": scope}
            one = costs.ratio(other, Scenario(**chosen))
            assert one.device.nominal_J == pytest.approx(cost.energies[scope].total_J, rel=1e-9)
            assert one.other.nominal_J == pytest.approx(by_name[system], rel=1e-9)
    one = costs.ratio("snn_digital_int8", Scenario(scope="system"))
    by_line = sum(r["energy_J"] for r in cost.lines if r["event"] == "address event") * 3.0 / (1.7 + 3.0)
    moved = one.values({"spike moved by a hop": np.array([6.0e-12])})[0]  # twice as much
    assert moved == pytest.approx(one.other.nominal_J / (one.device.nominal_J + by_line), rel=1e-9)
    assert by_line > 0
    assert "sense amplifier" in {f.name for f in one.factors} | set(one.fixed)
    large = costs.ratio("snn_digital_int8", Scenario(scope="system", sram_bytes=2**20))
    assert large.other.nominal_J > one.other.nominal_J
    assert large.device.nominal_J == one.device.nominal_J  # its synapses are an array of devices
    found = break_even(costs, "snn_digital_int8", Scenario(scope="system"), samples=512)
    assert found.nominal == one.nominal
    assert found.interval[0] < found.nominal < found.interval[1]
    with pytest.raises(InputError, match="no such system to compare with; found 'snn'; allowed: snn_digital_int8"):
        break_even(costs, "snn", samples=512)
    with pytest.raises(InputError, match="priced on another circuit"):
        costs.ratio("snn_digital_int8", device="comparator")
    with pytest.raises(InputError, match="no neuron of it stands on a circuit"):
        replace(cost, circuits={}).costing()


def test_ratios_of_a_file_are_those_of_the_network(
    cost: NetworkCost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, own = write(cost, tmp_path / "cost") / "cost.json", cost.costing()
    read = read_costing(file)
    assert (read.name, read.summary, read.devices, read.about) == (own.name, own.summary, own.devices, own.about)
    scenario = Scenario(scope="system", sram_bytes=2**20, neurons_per_driver=4)
    for other in own.others:
        mine, theirs = own.ratio(other, scenario), read.ratio(other, scenario)
        assert theirs.nominal == mine.nominal
        assert theirs.factors == mine.factors
        assert theirs.fixed == mine.fixed

    command = ["break-even", "--cost", str(file), "--samples", "512", "--json"]
    assert cli.main([*command, "--against", "ann_digital_int8", "--scope", "system", "--target", "0.01"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["nominal"] == own.ratio("ann_digital_int8", Scenario(scope="system")).nominal
    assert shown["conditions"]["target"] == 0.01
    assert cli.main([*command, "--list"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row["systems"]) == set(own.others)
    assert cli.main([*command, "--task", "memory"]) == 2
    assert (
        "--task: a network's cost is its own task; found 'memory'; allowed: not with --cost" in capsys.readouterr().err
    )


LINE = {"layer": "1", "part": "", "scope": None, "event": "", "energy_each_J": 1.0, "energy_J": 1.0}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"prices": 3}, "cost.json: prices"),
        ({"prices": []}, "no energy in this scope"),
        ({"circuits": {"1": "relu"}}, "unknown circuit; found 'relu'"),
        ({"circuits": {}}, "no neuron of it stands on a circuit"),
        ({"baselines": []}, "no baseline of it has an energy"),
        ({"samples": 0}, "cost.json: samples"),
        ({"network": None}, "cost.json: network"),
        ({"lines": 3, "prices": [{"layer": "1"}]}, "missing part, scope, event"),
        ({"prices": [{**LINE, "energy_J": "1"}]}, "prices[0].energy_J"),
        ({"prices": [{**LINE, "energy_J": None}]}, "no energy in this scope"),
        ({"work": {"products": -1.0}}, "work: products"),
        ({"work": {"import": 1.0}}, "work: unknown field; found 'import'"),
    ],
)
def test_a_changed_file_of_a_cost_is_refused(
    cost: NetworkCost, tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    content = cost.to_json()
    work = change.pop("work", None)
    if work is not None:
        content["baselines"] = [{**content["baselines"][0], "work": work}]
    (tmp_path / "cost.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(InputError, match=re.escape(says)):
        read_costing(tmp_path / "cost.json").ratio("snn_digital_int8")


def test_circuits_by_layer() -> None:
    own = {"0": None, "2": "differential", "4": None}
    assert assign([], own) == {"0": "delay_feedback_lif", "2": "differential", "4": "delay_feedback_lif"}
    assert assign(["comparator", "4=signed_mtj"], own) == {"0": "comparator", "2": "differential", "4": "signed_mtj"}
    assert assign("2=comparator", own)["2"] == "comparator"


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["relu"], r"circuit: unknown circuit; found 'relu'"),
        (
            ["lif.fc=comparator"],
            r"--neuron: unknown layer \(did you mean 'lif.fc1'\?\); found 'lif.fc'; allowed: lif.fc1",
        ),
        (["comparator", "signed_mtj"], r"--neuron: given twice; found 'signed_mtj'"),
        (["lif.fc1=comparator", "lif.fc1=comparator"], r"--neuron: given twice"),
        (["lif.fc1="], r"--neuron: not a neuron; found 'lif.fc1='; allowed: CIRCUIT or LAYER=CIRCUIT"),
        (["=comparator"], r"--neuron: not a neuron; found '=comparator'"),
        ([""], r"--neuron: not a neuron; found ''"),
    ],
)
def test_circuits_that_are_refused(texts: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        assign(texts, {"lif.fc1": None})


def test_a_layer_beyond_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    net = nn.Sequential(nn.Linear(4, 100), nn.ReLU())
    with fitting(net, times=10):
        net(torch.ones(1, 4))
    monkeypatch.setattr(memory, "available_bytes", lambda: 23_999)  # 6 tensors of 100 numbers of 4 bytes, 10 times
    with pytest.raises(InputError, match=r"0: the layer does not fit into memory; found '100 neurons, 2.24e-05 GiB'"):  # noqa: SIM117
        with fitting(net, times=10):
            net(torch.ones(1, 4))

    class Enormous(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.empty(2**50).to(x)

    net[1] = Enormous()
    with pytest.raises(InputError, match=r"1: the layer does not fit into memory; allowed"), fitting(net, times=1):
        net(torch.ones(1, 4))


def test_energies_are_the_sum_of_the_price_list(cost: NetworkCost) -> None:
    assert list(cost.energies) == list(SCOPES)
    for scope, one in cost.energies.items():
        lines = [line for line in cost.lines if line["scope"] in (scope, None)]
        assert one.total_J is not None
        assert one.total_J == pytest.approx(math.fsum(line["energy_J"] for line in lines), rel=1e-12)
        assert one.total_J > 0
        assert math.fsum(p for p in one.parts.values() if p is not None) == pytest.approx(one.total_J, rel=1e-12)
    assert {"synapses", "moved spikes"} <= set(cost.energies["system"].parts)
    assert "moved spikes" not in cost.energies["circuit"].parts
    (layer,) = cost.layers
    assert layer["circuit"] == "signed_mtj"
    assert layer["neurons"] == 2
    assert layer["spikes_per_neuron_and_step"] == pytest.approx(layer["spikes_per_sample"] / (2 * STEPS))
    assert cost.counts.layers["0"].per_trial(cost.counts.layers["0"].operations) == pytest.approx(
        2 * float(separable()[1].sum()) / SAMPLES  # each spike meets two weights
    )


def test_what_becomes_of_the_network_stands_beside_its_energy(cost: NetworkCost, capsys: Any) -> None:
    assert cost.suitability is not None
    ideal = cost.suitability.outcome("ideal")
    assert ideal is not None
    assert ideal.accuracy is not None
    assert ideal.accuracy.value == 1.0
    assert cost.suitability.samples == round(0.3 * SAMPLES)  # the others are there to fine-tune with
    assert all(outcome.accuracy is not None for outcome in cost.suitability.outcomes)
    quantised = next(row for row in cost.baselines if row["system"].startswith("quantised ANN"))
    assert quantised["score"]["samples"] == cost.suitability.samples
    show_cost(cost.to_json())
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    order = ["energy per sample", "may these neurons stand there?", "price list", "what others would spend"]
    assert sorted(map(text.index, order)) == list(map(text.index, order))
    assert cost.summary.replace(" ", "").replace("\u00a0", "") in text.replace("\n", "").replace(" ", "")
    assert "accuracy: ideal 100.0 %" in cost.summary.lower().replace("Accuracy", "accuracy")


def test_files_hold_all_of_it(cost: NetworkCost, tmp_path: Path) -> None:
    write(cost, tmp_path / "out")
    stored = json.loads((tmp_path / "out" / "cost.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(cost.to_json()))
    with (tmp_path / "out" / "prices.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["energy_J"]) for row in rows] == [line["energy_J"] for line in cost.lines]
    assert list(cost.to_pandas()["energy_J"]) == [line["energy_J"] for line in cost.lines]
    for ending, magic in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        assert (tmp_path / "out" / f"accuracy_energy.{ending}").read_bytes().startswith(magic)
    assert len(cost.plot().get_lines()) >= len(cost.suitability.outcomes if cost.suitability else ())
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="output is a file, not a folder"):
        write(cost, tmp_path / "file")


def test_a_network_without_spikes_is_its_own_baseline(capsys: Any) -> None:
    relu = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    cost = ipcircuit.network_cost(relu, torch.rand(1, 30, 8))
    assert cost.energies == {}
    assert [row["system"] for row in cost.baselines[:2]] == ["network, digital int8", "network, digital fp32"]
    show_cost(cost.to_json())
    text = capsys.readouterr().out
    assert "may these neurons stand there?" not in text
    assert "energy per sample: Sequential on 30 samples" in text
    assert cost.summary.startswith("network, digital int8 spends least: ")


def test_a_layer_that_is_a_compact_model_keeps_its_circuit() -> None:
    own = nn.Sequential(DifferentialNeuron(load_device("liu2025")), nn.Linear(8, 2), LIFNeuron())
    assert circuits_of(LoadedNetwork("own", "test", own), "comparator") == {"0": "differential", "2": "comparator"}


def test_a_network_that_never_spikes_has_no_cost() -> None:
    module, spikes, _ = separable()
    with torch.no_grad():
        next(module.parameters()).mul_(0.0)
    with pytest.raises(InputError, match=r"the network never spikes; found '60 samples of 20 steps without a spike'"):
        ipcircuit.network_cost(module, spikes, "comparator")


def test_what_was_assumed_to_load_a_network_is_said() -> None:
    module, spikes, _ = separable()
    network = LoadedNetwork("net", "net.nir", module, notes=("step 0.1 ms, assumed",))
    data = Samples(spikes[:5, :4], None, "drawn")
    notes = priced(network, data, "signed_mtj", place=False).notes
    assert notes[0] == "step 0.1 ms, assumed."


def test_the_page_runs(capsys: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "network_cost.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```py\n(.*?)```", page, flags=re.S)
    assert len([line for line in block.splitlines() if line]) <= 12
    names: dict[str, Any] = {}
    exec(block, names)
    assert names["cost"].circuits == {"1": "delay_feedback_lif", "3": "delay_feedback_lif"}
    assert capsys.readouterr().out.strip() == names["cost"].summary
    assert re.match(
        r"[0-9.]+ [pn]J per sample \(scope system\); .*Agreement: ideal 100.0 %, circuit", names["cost"].summary
    )


def judged(high: float) -> Any:
    """Suitability of a circuit whose accuracy ends at `high`, where the network's own neurons reach 0.8."""
    shares = Score("accuracy", 0.8, 0.7, 0.9, 10), Score("accuracy", 0.6, 0.5, high, 10)
    ideal, circuit = (Outcome(name, "", share) for name, share in zip(("ideal", "circuit"), shares, strict=True))
    return Suitability("net", {}, 10, 5, 1e-6, {}, {}, (), (ideal, circuit))


@pytest.mark.parametrize(
    ("energies_J", "scores", "says"),
    [
        (
            (2e-9, 3e-9),
            (True, True),
            "1 nJ per sample (scope system); it spends least: a, the next, takes 2 nJ, 2 times as much.",
        ),
        ((5e-10, 3e-9), (True, True), "1 nJ per sample (scope system); a wins with 500 pJ, 2 times less."),
        (
            (5e-10, 3e-9),
            (False, True),
            "1 nJ per sample (scope system); it spends least: b, the next, takes 3 nJ, 3 times as much.",
        ),
        (
            (5e-10, 3e-9),
            (False, False),
            "1 nJ per sample (scope system); a (accuracy not obtained) wins with 500 pJ, 2 ti",
        ),
    ],
)
def test_summary_names_the_winner(energies_J: tuple[float, ...], scores: tuple[bool, ...], says: str) -> None:
    rows = [
        {
            "system": name,
            "energy_per_sample_J": joule,
            "counts_memory": True,
            "equal_accuracy": None,
            "score": s or None,
        }
        for name, joule, s in zip("ab", energies_J, scores, strict=True)
    ]
    quoted = {**rows[0], "system": "0.9 pJ per AC", "energy_per_sample_J": 1e-12, "counts_memory": False}
    worse = {**rows[0], "system": "worse", "energy_per_sample_J": 1e-12, "equal_accuracy": False}
    own = {"paper": ScopeEnergy("paper", {}, 5e-10, None), "system": ScopeEnergy("system", {}, 1e-9, None)}
    assert summary(own, [quoted, worse, *rows], None, None).startswith(says)
    verbs = [summary(own, rows[1:], judged(high), None).split(":")[0].split("; ")[-1] for high in (0.9, 0.7)]
    if energies_J[1] > 1e-9:
        assert verbs == ["it wins", "it spends least, but answers worse with these neurons"]
    assert summary({"system": ScopeEnergy("system", {}, None, None)}, rows, None, "why").startswith(
        "The energy of this"
    )


def test_export_has_the_energies_of_the_price_list(tmp_path: Path) -> None:
    module, spikes, _ = separable()
    exported = described(module, spikes, "1=signed_mtj", sample=3, scope="system")
    one = Samples(spikes[:, 3:4], None, "one")
    lines = priced(LoadedNetwork("n", "n", module), one, "1=signed_mtj", place=False).lines
    ours = math.fsum(row.energy_J or 0.0 for row in lines if row.layer == "1" and row.scope == "system")
    assert ours > 0
    assert exported.neuron_energy_J == pytest.approx(ours, rel=1e-9)
    weights = math.fsum(row.energy_J or 0.0 for row in lines if row.layer == "0")
    assert exported.expected["1"]["synapse_J"] == pytest.approx(weights, rel=1e-9)
    write_export(exported, tmp_path / "out")
    names = ["architecture.yaml", "expected.json", "network.yaml"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    with pytest.raises(InputError, match=r"--sample: no such sample; found 60; allowed: 0 … 59"):
        described(module, spikes, sample=60)


def test_settings_of_all_circuits_and_of_one() -> None:
    """What is stated for one circuit replaces what is stated for all; it reaches its price and what stands there."""
    stated = {"signed_mtj.trim_legs": 5.0, "v_dd": 1.2, "signed_mtj.v_dd": 1.0}
    assert settings_of(["signed_mtj", "comparator"], stated) == {
        "signed_mtj": {"v_dd": 1.0, "trim_legs": 5.0},
        "comparator": {"v_dd": 1.2},
    }
    assert settings_of(["comparator"], {}) == {}
    with pytest.raises(InputError, match="no layer has this circuit; found 'signed_mtj'"):
        settings_of(["comparator"], stated)
    assert configured_at("signed_mtj", settings={"trim_legs": 5.0}).design.legs == 5  # pyright: ignore
