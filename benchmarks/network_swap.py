"""Trained networks of snnTorch, SpikingJelly and Norse with their own neurons, and with a circuit's.

    python benchmarks/network_swap.py [--sets digits nmnist gestures] [--data DIR] [--circuits NAME …] [--json FILE]

Digits of scikit-learn as random spikes, synthetic gestures (which need memory), and, with a folder that holds N-MNIST,
its recordings. One hidden layer, trained for a few epochs with fixed seeds, and then judged by
`network.mapping.suitability.may_stand`.
Minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ipcircuit.cli.options import overrides
from ipcircuit.files import write_text_atomic
from network.answers.tuning import Tuning, tune
from network.data.events.recorded import load_recorded
from network.data.gestures import GestureSettings, generate
from network.data.samples import Samples, Split, load_digits, shuffled_split
from network.foreign.network import LoadedNetwork
from network.mapping.suitability import Conditions, Suitability, may_stand
from network.mapping.swap import CircuitSettings

CIRCUITS = ("delay_feedback_lif", "signed_mtj", "comparator")
HIDDEN, SEED = 48, 0
TRAINING = {"digits": Tuning(epochs=10, learning_rate=1e-2)}
OTHERS = Tuning(epochs=15, batch=32, learning_rate=5e-3)


@dataclass(frozen=True)
class Part:
    """Inputs (time, samples, features) of 0 and 1, and class indices (samples,)."""

    inputs: torch.Tensor
    targets: torch.Tensor


@dataclass(frozen=True)
class Set:
    """A set to train and test with."""

    name: str
    train: Part
    test: Part
    classes: int


def spikes_of(samples: Samples, steps: int, seed: int) -> Part:
    """Events as they are, at most one per pixel and frame; grey levels as the probability of a spike per step."""
    frames, labels = samples.batch(torch.arange(len(samples)), steps)
    values = frames.flatten(2)
    if samples.timed:
        return Part((values > 0).float(), labels)
    drawn = torch.rand(values.shape, generator=torch.Generator().manual_seed(seed))
    return Part((drawn < values).float(), labels)


def load(name: str, data: Path | None) -> Set:
    """A set by name; N-MNIST from a folder."""
    steps = {"digits": 5, "nmnist": 10, "gestures": GestureSettings.steps}[name]
    if name == "digits":
        split = shuffled_split(load_digits(), 0.25, SEED)
    elif name == "gestures":
        split = Split(generate(1200, 2 * SEED), generate(400, 2 * SEED + 1))
    else:
        assert data is not None, "nmnist needs --data"
        split = load_recorded("nmnist", data, steps=steps, size=17, complete=False)
    train, test = (spikes_of(samples, steps, seed) for seed, samples in enumerate((split.train, split.test)))
    return Set(name, train, test, len(split.train.classes))


def spikingjelly(inputs: int, classes: int) -> nn.Module:
    """LIFNode with its defaults: half of the membrane left per step, half of the input counts, hard reset."""
    from spikingjelly.activation_based import neuron

    def lif() -> nn.Module:
        return neuron.LIFNode(tau=2.0, step_mode="m")

    return nn.Sequential(nn.Linear(inputs, HIDDEN), lif(), nn.Linear(HIDDEN, classes), lif())


def snntorch(inputs: int, classes: int) -> nn.Module:
    """Leaky with a beta of 0.9 and its default, the reset by subtraction."""
    import snntorch as snn

    def lif(output: bool = False) -> nn.Module:
        return snn.Leaky(0.9, init_hidden=True, output=output)

    return nn.Sequential(nn.Linear(inputs, HIDDEN), lif(), nn.Linear(HIDDEN, classes), lif(output=True))


def norse(inputs: int, classes: int) -> nn.Module:
    """LIFCell, current based: 0.9 of the membrane and half of the synaptic current left per step, hard reset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import norse.torch as tools

    def lif() -> nn.Module:
        return tools.LIFCell(tools.LIFParameters(tau_syn_inv=torch.tensor(500.0), v_th=torch.tensor(0.3)))

    return tools.SequentialState(nn.Linear(inputs, HIDDEN), lif(), nn.Linear(HIDDEN, classes), lif())


TOOLS: dict[str, Callable[[int, int], nn.Module]] = {
    "spikingjelly": spikingjelly,
    "snntorch": snntorch,
    "norse": norse,
}


def trained(tool: str, data: Set) -> LoadedNetwork:
    """A network of a tool, trained with its own neurons."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        module = TOOLS[tool](data.train.inputs.shape[2], data.classes)
    network = LoadedNetwork(f"{tool}, {data.name}", f"benchmarks/network_swap.py:{tool}", module)
    tune(network, data.train.inputs, data.train.targets, TRAINING.get(data.name, OTHERS))
    return network


def judged(
    network: LoadedNetwork, circuit: str, data: Set, chips: int, settings: CircuitSettings | None = None
) -> Suitability:
    """The network with a circuit's neurons."""
    return may_stand(
        network,
        circuit,
        data.test.inputs,
        data.test.targets,
        training=(data.train.inputs, data.train.targets),
        conditions=Conditions(chips=chips),
        settings=settings,
    )


def main() -> None:
    """Train, exchange, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=["digits"], choices=["digits", "nmnist", "gestures"])
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--circuits", nargs="+", default=list(CIRCUITS))
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", help="of the circuit, with one --circuits")
    parser.add_argument("--data", type=Path, help="folder that holds N-MNIST")
    parser.add_argument("--chips", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file for the results")
    arguments = parser.parse_args()
    changed = overrides(arguments.set)
    rows = []
    for name in arguments.sets:
        data = load(name, arguments.data)
        for tool in arguments.tools:
            network = trained(tool, data)
            for circuit in arguments.circuits:
                result = judged(network, circuit, data, arguments.chips, {circuit: changed})
                rows.append({"set": name, "tool": tool, "circuit": circuit, "settings": changed, **result.to_json()})
                print(f"{name:9s} {tool:13s} {circuit:19s} {result.verdict}", flush=True)
                for path in result.layers:
                    print(f"    layer {path}: {'; '.join(result.gaps(path)) or 'nothing missing'}", flush=True)
    if arguments.json:
        write_text_atomic(arguments.json, json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
