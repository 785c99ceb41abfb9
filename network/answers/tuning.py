"""Training of a network of any tool to answer with classes: fine-tuning, with a circuit's neurons in it or without.

Gradients are those of its layers: surrogates through a circuit's compact model or a tool's neurons, straight through
the rounding of quantised activations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ipcircuit.errors import InputError
from ipcircuit.records import Positive, PositiveCount, Seed, record
from network.foreign.network import LoadedNetwork
from network.neurons.stepping import use_generator
from network.tasks.task import Batch, Batches, Draws, Task
from network.threads import Progress
from network.training.loop import train
from network.training.settings import Identity, Settings

LEAST_SAMPLES = 20  # to part: fewer are all judged
HELD_OUT = 0.3


def parted(samples: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers of samples in a random order: those that are held out and judged (`HELD_OUT` of all), and the others."""
    order = torch.randperm(samples, generator=generator)
    cut = round(HELD_OUT * samples)
    return order[:cut], order[cut:]


@record
class Tuning:
    """Training of a few epochs.

    Attributes:
        epochs: passes over the training samples. batch: samples per batch.
        learning_rate: of Adam, at its highest; half a cosine to 0.
        seed: of the order of the samples, of random firing and of dropout.
    """

    epochs: PositiveCount = 3
    batch: PositiveCount = 64
    learning_rate: Positive = 2e-3
    seed: Seed = 0


@dataclass
class _Answers(Task):
    """Which class does a sample belong to? By the sums over time of the network's outputs."""

    inputs: torch.Tensor
    targets: torch.Tensor
    name: ClassVar[str] = "answers"
    headline: ClassVar[str] = "accuracy"

    def batches(self, size: int, generator: torch.Generator) -> Batches:
        remaining = torch.zeros(0, dtype=torch.long)

        def select(source: torch.Generator) -> Batch:
            nonlocal remaining
            if not len(remaining):
                remaining = torch.randperm(len(self.targets), generator=source)
            chosen, remaining = remaining[:size], remaining[size:]
            return Batch(self.inputs[:, chosen], self.targets[chosen])

        return Draws(select, generator)

    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        return [Batch(self.inputs[:, :trials], self.targets[:trials])]

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        return cross_entropy(outputs, batch.targets)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        return {"accuracy": float((outputs.argmax(1) == batch.targets).double().mean())}


class _Scores(nn.Module):
    """A network as the training loop calls it: inputs (time, batch, *features) to scores (batch, classes)."""

    def __init__(self, network: LoadedNetwork) -> None:
        super().__init__()
        self.network, self.module = network, network.module

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.network.scores(self.network.run(inputs)).flatten(1)


def tune(
    network: LoadedNetwork,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    settings: Tuning | None = None,
    progress: Progress | None = None,
) -> None:
    """Train a network's weights in place; it is in its evaluation mode afterwards.

    Args:
        inputs: (time, samples, *features). targets: class indices (samples,).
        progress: called with (done, total) batches.

    Raises:
        InputError: targets that are no class indices, a network without trainable weights, or training that diverges.
    """
    chosen = settings or Tuning()
    if targets.is_floating_point() or targets.dim() != 1:
        found = f"{targets.dtype}, {tuple(targets.shape)}"
        raise InputError("fine-tuning needs classes", where="targets", found=found, allowed="class indices, (samples,)")
    if not any(p.requires_grad for p in network.module.parameters()):
        raise InputError("has no weights to train", where=network.name)
    batches = -(-len(targets) // chosen.batch)
    plan = Settings(chosen.epochs * batches, chosen.batch, chosen.learning_rate, evaluate_every=None, schedule="cosine")
    task, identity = _Answers(inputs, targets.long()), Identity("answers", "loaded", chosen.seed)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(chosen.seed)  # of dropout
            train(task, _Scores(network), identity, plan, progress=progress)
    finally:
        use_generator(network.module, None)
        network.with_mode(False).reset()
