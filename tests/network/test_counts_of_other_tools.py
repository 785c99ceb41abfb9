"""Our counts against SpikingJelly 2.0's operation counters and NeuroBench 2.3's metrics, on three networks each."""

import copy
import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from network.accounting.counting.count import NetworkCounts, count_network, counted_events
from network.accounting.counting.weights import dense_operations
from network.foreign.network import LoadedNetwork

jelly = importlib.import_module("spikingjelly.activation_based.neuron")
layers = importlib.import_module("spikingjelly.activation_based.layer")
functional = importlib.import_module("spikingjelly.activation_based.functional")
counters = importlib.import_module("spikingjelly.activation_based.op_counter")
snn = importlib.import_module("snntorch")
bench = importlib.import_module("neurobench.benchmarks")
models = importlib.import_module("neurobench.models")
workload = importlib.import_module("neurobench.metrics.workload")
static = importlib.import_module("neurobench.metrics.static")

STEPS, BATCH, FLOAT = 6, 8, 4  # bytes of a number


def spikes(*features: int, steps: int = STEPS) -> torch.Tensor:
    return (torch.rand(steps, BATCH, *features, generator=torch.Generator().manual_seed(2)) < 0.3).float()


def seeded(*modules: nn.Module) -> Any:
    """A network of larger weights than torch draws, so that all its layers spike."""
    network = nn.Sequential(*modules).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                bound = 4 / parameter[0].numel() ** 0.5
                parameter.uniform_(-bound, bound, generator=generator)
    return network


def counted(network: nn.Module, x: torch.Tensor) -> NetworkCounts:
    counts = count_network(LoadedNetwork("test", "here", network), x, batch=3)
    assert all(layer.spikes for layer in counts.neurons)
    assert counts.not_counted == ()
    return counts


JELLY: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "MLP": (
        lambda: seeded(layers.Linear(20, 30), jelly.LIFNode(), layers.Linear(30, 5), jelly.IFNode()),
        (20,),
    ),
    "CNN": (
        lambda: seeded(
            *(layers.Conv2d(2, 6, 3, padding=1, bias=False), layers.BatchNorm2d(6), jelly.IFNode()),
            *(layers.MaxPool2d(2), layers.Conv2d(6, 8, 3, stride=2, padding=1, groups=2), jelly.LIFNode(tau=1.5)),
            *(layers.Flatten(), layers.Linear(32, 5), jelly.IFNode()),
        ),
        (2, 8, 8),
    ),
    "recurrent": (
        lambda: seeded(
            *(layers.Linear(10, 16), jelly.IFNode(), layers.LinearRecurrentContainer(jelly.LIFNode(tau=1.2), 16, 16)),
            *(layers.Linear(16, 5), jelly.IFNode()),
        ),
        (10,),
    ),
}


def jelly_counts(network: Any, x: torch.Tensor, mode: str) -> tuple[dict[str, int], dict[str, int]]:
    """SpikingJelly's operations and bytes."""
    synops, macs, memory = counters.SynOpCounter(), counters.MACCounter(), counters.NeuromorphicMemoryAccessCounter()
    functional.set_step_mode(network, mode)
    functional.reset_net(network)
    both = counters.DispatchCounterMode([synops, macs]), counters.ModuleCounterMode([memory], model=network)
    with torch.no_grad(), both[0], both[1]:
        for part in [x] if mode == "m" else x:
            network(part)
    functional.reset_net(network)
    return {"synops": synops.get_total(), "macs": macs.get_total()}, memory.get_counts()["Global"]


@pytest.mark.parametrize("mode", ["m", "s"])
@pytest.mark.parametrize("name", JELLY)
def test_spikes_cost_what_spikingjelly_counts(name: str, mode: str) -> None:
    """Differences: it multiplies in normalisation, which is folded into weights here, and gives them a bias."""
    make, features = JELLY[name]
    network, x = make(), spikes(*features)
    theirs, memory = jelly_counts(network, x, mode)
    ours = counted(network, x)
    assert sum(layer.effective_acs for layer in ours.synapses) == theirs["synops"] > 0
    if mode == "m":  # as in training, which takes all steps at once
        functional.reset_net(network)
        with counted_events(network) as events, torch.no_grad():
            network(x)
        counts = ("layer", "spikes", "effective_acs", "updates", "steps", "trials")
        for layer in events.values():
            assert [getattr(layer, c) for c in counts] == [getattr(ours.layers[layer.layer], c) for c in counts]
    normalised = STEPS * BATCH * 6 * 8 * 8 if name == "CNN" else 0
    assert theirs["macs"] == normalised
    assert sum(layer.effective_macs for layer in ours.synapses) == 0
    assert memory["weight_read_bytes"] == FLOAT * sum(layer.weight_reads for layer in ours.synapses)
    assert memory["bias_read_bytes"] == FLOAT * (sum(layer.biases or 0 for layer in ours.synapses) - normalised)
    accesses = FLOAT * sum(layer.state_reads or 0 for layer in ours.neurons)
    assert (memory["neuron_state_read_bytes"], memory["neuron_state_write_bytes"]) == (accesses, accesses)


def test_spikingjelly_multiplies_zeros_and_padding() -> None:
    """Numbers at the input: it counts a dense convolution with its padding, here zeros are skipped."""
    network, x = JELLY["CNN"][0](), spikes(2, 8, 8) * 0.5
    theirs, _ = jelly_counts(network, x, "m")
    first, *others = counted(network, x).synapses
    padded = dense_operations(network[0], torch.empty(STEPS * BATCH, 6, 8, 8))
    assert padded == STEPS * BATCH * 6 * 8 * 8 * 18
    assert theirs["macs"] == padded + STEPS * BATCH * 6 * 8 * 8
    assert theirs["synops"] == sum(layer.effective_acs for layer in others)
    assert first.dense == STEPS * BATCH * 2 * 6 * (3 * 8 - 2) ** 2  # 22 taps over an axis of 8, 2 fewer for its ends
    assert first.effective_macs == counted(network, 2 * x).synapses[0].effective_acs  # where the same inputs are spikes


TORCH: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "MLP": (
        lambda: seeded(
            *(nn.Linear(20, 30), snn.Leaky(0.9, init_hidden=True)),
            *(nn.Linear(30, 5), snn.Leaky(0.9, init_hidden=True, output=True)),
        ),
        (20,),
    ),
    "CNN": (
        lambda: seeded(
            *(nn.Conv2d(2, 6, 3, padding=1), snn.Leaky(0.5, init_hidden=True), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 8, 3, stride=2, padding=1, groups=2), snn.Leaky(0.9, init_hidden=True), nn.Flatten()),
            *(nn.Linear(32, 5), snn.Leaky(0.9, init_hidden=True, output=True)),
        ),
        (2, 8, 8),
    ),
    "recurrent": (
        lambda: seeded(
            *(nn.Linear(10, 16), snn.RLeaky(0.9, linear_features=16, init_hidden=True)),
            *(nn.Linear(16, 5), snn.Leaky(0.9, init_hidden=True, output=True)),
        ),
        (10,),
    ),
}


def benchmarked(network: nn.Module, x: torch.Tensor, *metrics: Any, spiking: bool = True) -> dict[str, Any]:
    """NeuroBench's results; it takes (batch, time, features)."""
    data = DataLoader(TensorDataset(x.transpose(0, 1) if spiking else x[0], torch.zeros(BATCH)), batch_size=4)
    model = (models.SNNTorchModel if spiking else models.TorchModel)(network)
    one = bench.Benchmark(model, data, [], [], [[static.Footprint], list(metrics)])
    with torch.no_grad():
        return one.run(quiet=True)


def neurobench_counts(network: nn.Module, x: torch.Tensor, *, spiking: bool = True) -> dict[str, Any]:
    results = benchmarked(network, x, workload.SynapticOperations, workload.ActivationSparsity, spiking=spiking)
    return results.pop("SynapticOperations") | results


def operations(counts: NetworkCounts) -> dict[str, float]:
    names = {"Effective_MACs": "effective_macs", "Effective_ACs": "effective_acs", "Dense": "dense"}
    return {theirs: counts.per_sample(ours, "synapses") for theirs, ours in names.items()}


@pytest.mark.parametrize("name", TORCH)
def test_spikes_cost_what_neurobench_counts(name: str) -> None:
    make, features = TORCH[name]
    network, x = make(), spikes(*features)
    ours = counted(copy.deepcopy(network), x)
    theirs = neurobench_counts(network, x)
    assert {key: theirs[key] for key in operations(ours)} == operations(ours)
    assert theirs["Effective_ACs"] > 0
    assert theirs["ActivationSparsity"] == pytest.approx(ours.activation_sparsity, rel=1e-12)
    assert theirs["Footprint"] == ours.footprint_bytes


def test_neurobench_leaves_out_weights_that_are_zero() -> None:
    """Here they are read like others: their place in memory is."""
    network, x = TORCH["MLP"][0](), spikes(20)
    with torch.no_grad():
        network[0].weight[:7, 3] = 0.0
    ours = counted(copy.deepcopy(network), x)
    missing = 7 * float(x[..., 3].sum()) / BATCH
    assert missing > 0
    assert neurobench_counts(network, x)["Effective_ACs"] == ours.per_sample("effective_acs", "synapses") - missing


def test_neurobench_adds_and_multiplies_in_one_layer_step_by_step() -> None:
    """Behind averages of spikes: a batch and step whose averages are all 0 or 1 are additions to it. Here a layer that
    gets fractions multiplies, always; the sum of both kinds is the same."""
    pooled = seeded(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 5), snn.Leaky(0.9, init_hidden=True, output=True))
    x = spikes(1, 4, 4)
    x[:3] = 0.0
    x[1, :, :, :2, :2] = 1.0
    ours = operations(counted(copy.deepcopy(pooled), x))
    theirs = neurobench_counts(pooled, x)
    assert ours["Effective_ACs"] == 0
    assert theirs["Effective_ACs"] == 5.0  # one mean of 1 for all samples, in step 2
    assert theirs["Effective_MACs"] + theirs["Effective_ACs"] == ours["Effective_MACs"]
    assert theirs["Dense"] == ours["Dense"]


def test_networks_of_relu_multiply_what_is_not_zero() -> None:
    network = seeded(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 3))
    x = 0.7 * spikes(1, 8, 8, steps=1)
    ours = count_network(LoadedNetwork("test", "here", network), x)
    theirs = neurobench_counts(network, x, spiking=False)
    assert {key: theirs[key] for key in operations(ours)} == operations(ours)
    assert theirs["ActivationSparsity"] == pytest.approx(ours.activation_sparsity, rel=1e-12)
