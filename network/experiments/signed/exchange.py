"""Exchanging the neurons of a trained network, and its accuracy with them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from torch import nn

from network.data.samples import Samples
from network.mapping.exchange import exchange
from network.neurons.signed_mtj.dynamics import SignedDynamics
from network.neurons.signed_mtj.layer import SignedLIF, Variation, signed_layers
from network.tasks.frames import frame_batches
from network.training.outputs import outputs


@dataclass(frozen=True)
class Variant:
    """Neurons that can take the place of a network's own.

    Attributes:
        name: for tables and plots.
        dynamics: of the membranes.
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


def replace_neurons(network: nn.Module, variant: Variant, seed: int = 0) -> None:
    """Exchange the neurons of every signed layer in place; weights and batch normalisation stay as they are.

    Args:
        seed: of noise and variation; each layer has its own stream.
    """
    numbers = {path: number for number, (path, _) in enumerate(signed_layers(network))}

    def other(path: str, layer: nn.Module) -> SignedLIF | None:
        if not isinstance(layer, SignedLIF):
            return None
        firing, own = replace(layer.firing, noise=variant.noise), 1000 * seed + numbers[path]
        return SignedLIF(variant.dynamics, firing, variant.variation, seed=own, stateful=layer.stateful)

    exchange(network, other)


def with_neurons(network: nn.Module, variant: Variant, seed: int = 0) -> nn.Module:
    """A copy of the network with other neurons."""
    other = copy.deepcopy(network)
    replace_neurons(other, variant, seed)
    return other


def correct(network: nn.Module, samples: Samples, steps: int) -> int:
    """Number of samples that are classified right."""
    answers, batch = outputs(network, frame_batches(samples, steps))
    return int((answers.argmax(1) == batch.targets).sum())


def accuracy(network: nn.Module, samples: Samples, steps: int) -> float:
    """Share of samples that are classified right, 0 … 1."""
    return correct(network, samples, steps) / len(samples)


def swapped_accuracy(network: nn.Module, variant: Variant, samples: Samples, steps: int, draws: int = 3) -> float:
    """Accuracy with other neurons and unchanged weights; the mean over `draws` chips if they differ."""
    draws = draws if variant.random else 1
    right = sum(correct(with_neurons(network, variant, seed), samples, steps) for seed in range(draws))
    return right / (draws * len(samples))
