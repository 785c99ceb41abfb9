"""Our energy as a metric of NeuroBench: the same as from counts of the same samples, and never a 0 that is none."""

import copy
import importlib
import sys
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from energy.cost import NeuronCost, ScopeCost
from energy.event_prices import event_prices
from ipcircuit.errors import MissingDependencyError
from network.accounting.counting.count import count_network
from network.accounting.price_list import price_lines
from network.export.neurobench import neuron_energy_metric
from network.foreign.network import LoadedNetwork

snn = importlib.import_module("snntorch")
jelly = importlib.import_module("spikingjelly.activation_based.neuron")
bench = importlib.import_module("neurobench.benchmarks")
models = importlib.import_module("neurobench.models")

SPIKE_J = 2e-12
SCOPES = {
    "paper": ScopeCost(SPIKE_J, SPIKE_J, None, {"all": SPIKE_J}),
    "circuit": ScopeCost(),
    "system": ScopeCost(3 * SPIKE_J, 3 * SPIKE_J, None, {"all": 3 * SPIKE_J}),
}
COST = NeuronCost("delay_feedback_lif", "simulated", "by hand", {"density": 0.5}, 1, {}, None, None, SCOPES)


def network(*first: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(
        *(first or (nn.Conv2d(1, 2, 3, padding=1), snn.Leaky(0.9, init_hidden=True), nn.MaxPool2d(2), nn.Flatten())),
        *(nn.Linear(8, 3), snn.Leaky(0.9, init_hidden=True, output=True)),
    )
    with torch.no_grad():
        for parameter in layers.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)
    return layers


def result(layers: nn.Module, x: torch.Tensor, *known: Any) -> dict[str, Any]:
    data = DataLoader(TensorDataset(x.transpose(0, 1), torch.zeros(x.shape[1])), batch_size=3)
    model = models.SNNTorchModel(layers)
    for kind in known:
        model.add_activation_module(kind)
    one = bench.Benchmark(model, data, [], [], [[], [neuron_energy_metric(COST)]])
    with torch.no_grad():
        return one.run(quiet=True)["NeuronEnergy"]


def spikes(*features: int) -> torch.Tensor:
    return (torch.rand(6, 7, *features, generator=torch.Generator().manual_seed(1)) < 0.4).float()


def test_the_metric_is_the_price_of_the_counts() -> None:
    layers, x = network(), spikes(1, 4, 4)
    counts = count_network(LoadedNetwork("test", "here", copy.deepcopy(layers)), x)
    found = result(layers, x)
    assert found["problem"] is None
    assert found["spikes"] == pytest.approx(counts.per_sample("spikes"), rel=1e-12)
    assert counts.per_sample("spikes") > 1
    assert found["scopes"]["paper"]["neurons_J"] == pytest.approx(SPIKE_J * counts.per_sample("spikes"), rel=1e-9)
    assert found["scopes"]["circuit"]["neurons_J"] is None
    assert found["scopes"]["circuit"]["total_J"] is None
    neurons = {layer.layer: COST.circuit for layer in counts.neurons}
    lines = price_lines(counts.layers, neurons, {COST.circuit: event_prices(COST)})
    weights = sum(line.energy_J or 0.0 for line in lines if line.layer not in neurons)
    for scope in found["scopes"].values():
        assert scope["synapses_J"] == pytest.approx(weights, rel=1e-12)
    system = found["scopes"]["system"]
    assert system["total_J"] == pytest.approx(system["neurons_J"] + system["synapses_J"], rel=1e-12)


def test_what_neurobench_does_not_see_has_no_energy() -> None:
    hidden = network(nn.Linear(4, 8), jelly.IFNode())
    x = spikes(4)
    unseen = result(copy.deepcopy(hidden), x)
    assert "NeuroBench does not see IFNode: model.add_activation_module(IFNode)" in unseen["problem"]
    assert {energy for scope in unseen["scopes"].values() for energy in scope.values()} == {None}
    assert result(hidden, x, jelly.IFNode)["problem"] is None
    quiet = network(nn.Linear(4, 8, bias=False), snn.Leaky(0.9, init_hidden=True))
    nn.init.constant_(quiet.get_parameter("2.bias"), -1.0)
    silent = result(quiet, 0 * x)
    assert "no neuron of the network has spiked" in silent["problem"]
    assert silent["scopes"]["paper"]["total_J"] is None


def test_without_neurobench_the_metric_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neurobench.metrics.abstract", None)
    with pytest.raises(MissingDependencyError, match="pip install neurobench"):
        neuron_energy_metric(COST)
