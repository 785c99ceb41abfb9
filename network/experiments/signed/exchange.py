"""Putting other neurons into a trained network, and judging it with them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from torch import nn

from network.data.samples import Samples
from network.experiments.signed.train import correct
from network.neurons.signed_mtj.dynamics import SignedDynamics
from network.neurons.signed_mtj.layer import SignedLIF, SpikeCount, Variation, signed_layers


@dataclass(frozen=True)
class Variant:
    """Neurons that a network can be given.

    Attributes:
        name: for tables and plots.
        dynamics: what the membranes do.
        noise: stationary standard deviation of a membrane at rest, in thresholds.
        variation: spread between neurons.
    """

    name: str
    dynamics: SignedDynamics
    noise: float = 0.0
    variation: Variation | None = None

    @property
    def random(self) -> bool:
        """Whether two chips, or two runs, differ."""
        return self.noise > 0 or self.variation is not None


def give(network: nn.Module, variant: Variant, seed: int = 0) -> None:
    """Exchange the neurons of every signed layer in place; weights and batch normalisation stay as they are.

    Args:
        seed: of noise and variation; each layer has its own stream.
    """
    for number, (_, layer) in enumerate(signed_layers(network)):
        layer.dynamics, layer.variation = variant.dynamics, variant.variation
        layer.firing = replace(layer.firing, noise=variant.noise)
        layer.seed(1000 * seed + number)
        layer.reset()


def with_neurons(network: nn.Module, variant: Variant, seed: int = 0) -> nn.Module:
    """A copy of the network with other neurons."""
    other = copy.deepcopy(network)
    give(other, variant, seed)
    return other


def swapped_accuracy(network: nn.Module, variant: Variant, samples: Samples, steps: int, draws: int = 3) -> float:
    """Share classified right with other neurons and unchanged weights; the mean over `draws` chips if they differ."""
    draws = draws if variant.random else 1
    right = sum(correct(with_neurons(network, variant, seed), samples, steps) for seed in range(draws))
    return right / (draws * len(samples))


@contextmanager
def counting(network: nn.Module) -> Iterator[dict[str, SpikeCount]]:
    """Count the spikes of each signed layer, by name, while the block runs."""
    layers: list[tuple[str, SignedLIF]] = signed_layers(network)
    counts = {name: SpikeCount() for name, _ in layers}
    before = [layer.count for _, layer in layers]
    try:
        for name, layer in layers:
            layer.count = counts[name]
        yield counts
    finally:
        for (_, layer), old in zip(layers, before, strict=True):
            layer.count = old
