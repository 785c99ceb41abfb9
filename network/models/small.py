"""A small convolutional spiking network that trains on one core in about a minute."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from network.models.over_time import OverTime, RateReadout


class SmallNet(nn.Module):
    """Two convolutions with neurons and a linear readout, averaged over time.

    Args:
        neuron: makes one layer of neurons; called once per layer with its index.
        channels: of the input.
        classes: outputs.
        size: height = width of the input, a multiple of 2 x `stride`.
        width: channels of the first convolution; the second has twice as many.
        stride: of the first convolution (1 for 8 x 8 digits, 2 for larger frames).
    """

    def __init__(
        self,
        neuron: Callable[[int], nn.Module],
        channels: int = 1,
        classes: int = 10,
        size: int = 8,
        width: int = 16,
        stride: int = 1,
    ) -> None:
        super().__init__()
        side = size // (2 * stride)
        self.features = nn.Sequential(
            OverTime(nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)),
            neuron(0),
            OverTime(nn.Conv2d(width, 2 * width, 3, 2, 1, bias=False), nn.BatchNorm2d(2 * width)),
            neuron(1),
        )
        self.readout = RateReadout(2 * width * side * side, classes)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Scores (batch, classes) of frames (time, batch, channels, size, size)."""
        return self.readout(self.features(frames).flatten(2))
