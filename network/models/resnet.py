"""The ResNet18 family with neurons in place of ReLU (He et al., CVPR 2016; CIFAR stem: 3 x 3, stride 1, no pooling)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.models.over_time import OverTime, RateReadout

Neuron = Callable[[int], nn.Module]


def _conv(inputs: int, outputs: int, kernel: int, stride: int) -> OverTime:
    return OverTime(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut, added before the second layer of neurons.

    The shortcut is the identity, or a 1 x 1 convolution where size or channels change.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, neurons: tuple[nn.Module, nn.Module]) -> None:
        super().__init__()
        self.first, self.second = _conv(inputs, outputs, 3, stride), _conv(outputs, outputs, 3, 1)
        self.neuron_1, self.neuron_2 = neurons
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else _conv(inputs, outputs, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(time, batch, inputs, h, w) to (time, batch, outputs, h/stride, w/stride)."""
        return self.neuron_2(self.second(self.neuron_1(self.first(x))) + self.shortcut(x))


class ResNet(nn.Module):
    """Stem, four stages of basic blocks, mean over time and space, linear readout.

    Args:
        neuron: makes one layer of neurons; called once per layer with its index.
        classes, channels: outputs and input channels.
        width: channels of the first stage (64: ResNet18); the stages have 1, 2, 4 and 8 times as many.
        blocks: per stage ((2, 2, 2, 2): ResNet18).
        stem_stride: of the first convolution: 1 for CIFAR, 2 to save time on 128 x 128 event frames.

    Raises:
        InputError: a width or a number of blocks below 1.
    """

    def __init__(
        self,
        neuron: Neuron,
        classes: int = 10,
        channels: int = 3,
        width: int = 64,
        blocks: Sequence[int] = (2, 2, 2, 2),
        stem_stride: int = 1,
    ) -> None:
        super().__init__()
        if width < 1 or not blocks or min(blocks) < 1:
            raise InputError(
                "needs at least one channel and one block per stage",
                where="width, blocks",
                found=(width, tuple(blocks)),
            )
        self.stem, self.neuron = _conv(channels, width, 3, stem_stride), neuron(0)
        stages: list[nn.Module] = []
        inputs, index = width, 1
        for stage, count in enumerate(blocks):
            outputs = width * 2**stage
            for number in range(count):
                stride = 2 if stage > 0 and number == 0 else 1
                stages.append(BasicBlock(inputs, outputs, stride, (neuron(index), neuron(index + 1))))
                inputs, index = outputs, index + 2
        self.stages = nn.Sequential(*stages)
        self.readout = RateReadout(inputs, classes, (0, 3, 4))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Scores (batch, classes) of frames (time, batch, channels, height, width)."""
        return self.readout(self.stages(self.neuron(self.stem(frames))))
