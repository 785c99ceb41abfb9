"""Maps of the input layer's heat for scenes shown forwards and backwards (Liu et al., Fig. 4b).

A map is the difference channel of the layer with the memory in one frame, summed over both polarities. Frame t forwards
and frame T - 1 - t backwards hold the same events; they differ by what came before. Without heat both maps are the same
up to the noise of the spikes; with heat the side that an edge came from is higher. No network is trained for this: the
layer has no weights.

The mean of the maps over a whole sample hardly tells the order: a pixel's heat is a sum over pairs of its pulses that
depends on their distance alone, and reversing the sample keeps all distances. What tells the order is where the heat
lies beside the edge in the same frame, which takes a convolution and a threshold to see.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from network.data.reversal import both_orders
from network.data.samples import Samples
from network.models.vision.layers import EventEncoding
from network.neurons.stepping import use_generator
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.neurons import DifferentialNeuron


@dataclass(frozen=True)
class Maps:
    """Maps of each sample and frame, (steps, n, height, width) each, in spikes.

    `backwards` is in the order of `forwards`: both hold the same events in the same frame.
    """

    forwards: torch.Tensor
    backwards: torch.Tensor

    @property
    def difference(self) -> torch.Tensor:
        """Forwards less backwards."""
        return self.forwards - self.backwards

    @property
    def divergence(self) -> float:
        """RMS of the difference over frames, samples and pixels."""
        return float(self.difference.double().square().mean().sqrt())

    @property
    def mean_divergence(self) -> float:
        """RMS of the difference of the maps' means over the frames."""
        return float(self.difference.double().mean(0).square().mean().sqrt())


def difference_maps(samples: Samples, device: NeuronDevice, neurons: int | None = None, seed: int = 0) -> Maps:
    """Maps of a set's samples.

    Args:
        device: junctions; those of `device.without_plasticity()` are the ablation.
        neurons: N that are drawn; None: the expected values.
        seed: of the draws.
    """
    both, n = both_orders(samples), len(samples)
    frames, _ = both.batch(torch.arange(2 * n), samples.values.shape[1])
    layer = DifferentialNeuron(device, neurons=neurons or 1, checked=False)
    layer.sampled = neurons is not None
    use_generator(layer, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        out = layer.run(EventEncoding()(frames))[0]
    heat = out.chunk(2, 2)[1].sum(2)
    return Maps(heat[:, :n], heat[:, n:].flip(0))
