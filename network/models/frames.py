"""Convolutional spiking networks for frames: a small one, and the ResNet18 family with neurons in place of ReLU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from ipcircuit.errors import InputError

Neuron = Callable[[int], nn.Module]


class OverTime(nn.Module):
    """Applies a module to each step of (time, batch, ...) at once, by folding time into the batch.

    Batch normalisation inside it therefore takes its statistics over time and batch.
    """

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        self.inner = modules[0] if len(modules) == 1 else nn.Sequential(*modules)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(time, batch, ...) in and out."""
        steps, batch = x.shape[:2]
        y = self.inner(x.flatten(0, 1))
        return y.unflatten(0, (steps, batch))


class RateReadout(nn.Linear):
    """Linear readout of spike rates: mean of the inputs (time, batch, …) over time, and over what `dims` names.

    A spike adds its weights whenever it comes, so its accumulations are counted spike by spike.
    """

    def __init__(self, inputs: int, outputs: int, dims: tuple[int, ...] = (0,)) -> None:
        super().__init__(inputs, outputs)
        self.dims = dims

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(time, batch, …) to (batch, outputs)."""
        return super().forward(input.mean(dim=self.dims))


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
        neuron: Neuron,
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
            problem = "needs at least one channel and one block per stage"
            raise InputError(problem, where="width, blocks", found=(width, tuple(blocks)))
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
