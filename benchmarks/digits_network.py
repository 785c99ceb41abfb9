"""A spiking network trained on scikit-learn's digits, and what else could do its job.

    python benchmarks/digits_network.py -o DIR [--steps 8] [--rate 0.5] [--epochs 30] [--seed 0]

Writes DIR/network.py (64 inputs, 128 LIF neurons, 10 sums), DIR/network.pt and DIR/digits.npz: pixels as independent
spikes, at most in `rate` of the steps. The network was trained on two thirds of them, and the file holds the rest. Then

    ipcircuit cost DIR/network.py --input DIR/digits.npz
    ipcircuit gpu-energy --model DIR/network.py --input DIR/digits.npz -o DIR/gpu.json

and prints the baselines. Single thread, seconds.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits

from ipcircuit.cli.console import print_table
from ipcircuit.units import si
from network.accounting.baselines import network_baselines
from network.answers.tuning import Tuning, tune
from network.foreign.inputs import Samples, load_inputs
from network.foreign.loading import load_network
from network.quantised.training import TUNING

NETWORK = '''"""64 inputs, 128 LIF neurons of ipcircuit, 10 sums of weights; trained on scikit-learn's digits."""

from pathlib import Path

import torch
from torch import nn

from network.neurons.lif import LIFNeuron


def MODEL() -> nn.Module:
    model = nn.Sequential(nn.Linear(64, 128), LIFNeuron(2.0), nn.Linear(128, 10))
    weights = Path(__file__).with_name("network.pt")
    if weights.exists():
        model.load_state_dict(torch.load(weights, weights_only=True))
    return model
'''


def spikes(steps: int, rate: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Digits as independent spikes (time, samples, 64), in random order, and their classes."""
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    rates = rate * torch.as_tensor(digits.data[order] / 16, dtype=torch.float32)
    drawn = torch.bernoulli(rates.expand(steps, *rates.shape), generator=torch.Generator().manual_seed(seed))
    return drawn.to(torch.uint8), torch.as_tensor(digits.target[order])


def train(folder: Path, inputs: torch.Tensor, targets: torch.Tensor, epochs: int, seed: int) -> None:
    """Train the network and store its weights."""
    torch.manual_seed(seed)
    (folder / "network.py").write_text(NETWORK, encoding="utf-8")
    (folder / "network.pt").unlink(missing_ok=True)
    network = load_network(str(folder / "network.py"), seed=seed)
    tune(network, inputs, targets, Tuning(epochs, learning_rate=2e-3, seed=seed))
    torch.save(network.module.state_dict(), folder / "network.pt")


def main() -> None:
    """Train, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.5)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=True)
    inputs, targets = spikes(chosen.steps, chosen.rate, chosen.seed)
    seen = 2 * len(targets) // 3
    train(chosen.output, inputs[:, :seen], targets[:seen], chosen.epochs, chosen.seed)
    np.savez(chosen.output / "digits.npz", inputs=inputs[:, seen:].numpy(), targets=targets[seen:].numpy())
    network = load_network(str(chosen.output / "network.py"))
    samples: Samples = load_inputs(str(chosen.output / "digits.npz"), features=(64,))
    rows = network_baselines(network, samples, tuning=replace(TUNING, seed=chosen.seed))
    table = [
        (
            row["system"],
            *(si(row[key], "J", 3) for key in ("energy_per_sample_J", "energy_45nm_J")),
            _share(row["score"]),
            {None: "", True: "as good as the SNN", False: "worse than the SNN"}[row["equal_accuracy"]],
        )
        for row in rows
    ]
    columns = ["system", "28 nm", "45 nm", "accuracy (%)", ""]
    print_table("energy per sample", columns, table, right=columns[1:4])


def _share(score: dict[str, float] | None) -> str:
    return "" if score is None else f"{100 * score['value']:.1f} ({100 * score['low']:.1f}…{100 * score['high']:.1f})"


if __name__ == "__main__":
    main()
