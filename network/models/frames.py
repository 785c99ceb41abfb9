"""Convolutional spiking networks for frames: a small one, and the ResNet18 family with neurons in place of ReLU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import torch
from torch import nn

from ipcircuit.errors import InputError

Neuron = Callable[[int], nn.Module]
LARGE_STEM = 4  # stride of a stem for large images, pooling included
POSITIONS = ("input", "stem", "stage1", "stage2", "stage3", "stage4", "output")


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


class MeanReadout(RateReadout):
    """The same of real numbers, whose mean is multiplied once for all steps."""

    def weighed(self, input: torch.Tensor) -> torch.Tensor:
        """What meets the weights: (1, batch, …)."""
        return input.mean(dim=self.dims).unsqueeze(0)


class SmallNet(nn.Module):
    """Two convolutions with neurons and a readout, averaged over time.

    Args:
        neuron: makes one layer of neurons, or what stands in their place; called once per layer with its index.
        channels: of the input.
        classes: outputs.
        size: height = width of the input, a multiple of 2 x `stride`.
        width: channels of the first convolution; the second has twice as many.
        stride: of the first convolution (1 for 8 x 8 digits, 2 for larger frames).
        head: makes the readout of features (time, batch, inputs) from inputs and outputs.
    """

    def __init__(
        self,
        neuron: Neuron,
        channels: int = 1,
        classes: int = 10,
        size: int = 8,
        width: int = 16,
        stride: int = 1,
        head: Callable[[int, int], nn.Module] = RateReadout,
    ) -> None:
        super().__init__()
        side = size // (2 * stride)
        self.features = nn.Sequential(
            OverTime(nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)),
            neuron(0),
            OverTime(nn.Conv2d(width, 2 * width, 3, 2, 1, bias=False), nn.BatchNorm2d(2 * width)),
            neuron(1),
        )
        self.readout = head(2 * width * side * side, classes)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Scores (batch, classes) of frames (time, batch, channels, size, size)."""
        return self.readout(self.features(frames).flatten(2))


Convolution = Callable[[int, int, int, int], nn.Module]
"""Makes inputs, outputs, kernel and stride into a normalised convolution of (time, batch, channels, height, width)."""
Insert = Callable[[str, int], tuple[nn.Module, int] | None]
"""Layer that stands at a position with so many channels, and its own channels; None: nothing stands there."""


def batch_normalised(inputs: int, outputs: int, kernel: int, stride: int) -> OverTime:
    """Convolution without bias, and batch normalisation."""
    return OverTime(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut: the identity, or a 1 x 1 convolution where size or channels change.

    The shortcut is added before the second layer of neurons; with `add_spikes` after it, and a 1 x 1 convolution then
    has neurons of its own (spike-element-wise addition, Fang et al., NeurIPS 2021).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int,
        neuron: Callable[[], nn.Module],
        *,
        convolution: Convolution = batch_normalised,
        add_spikes: bool = False,
    ) -> None:
        super().__init__()
        self.first, self.second = convolution(inputs, outputs, 3, stride), convolution(outputs, outputs, 3, 1)
        self.neuron_1, self.neuron_2, self.add_spikes = neuron(), neuron(), add_spikes
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            shortcut = convolution(inputs, outputs, 1, stride)
            self.shortcut = nn.Sequential(shortcut, neuron()) if add_spikes else shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(time, batch, inputs, h, w) to (time, batch, outputs, h/stride, w/stride)."""
        y = self.second(self.neuron_1(self.first(x)))
        if self.add_spikes:
            return self.neuron_2(y) + self.shortcut(x)
        return self.neuron_2(y + self.shortcut(x))


class ResNet(nn.Module):
    """Stem, four stages of basic blocks, mean over time and space, linear readout.

    Args:
        neuron: makes one layer of neurons; called once per layer with its index.
        classes, channels: outputs and input channels.
        width: channels of the first stage (64: ResNet18); the stages have 1, 2, 4 and 8 times as many.
        blocks: per stage ((2, 2, 2, 2): ResNet18; (3, 4, 6, 3): ResNet34).
        stem_stride: of the convolution at the input: 1 for CIFAR. 4: the convolution of stride 2 and the pooling of
            stride 2 that ResNet has for large images.
        stem_kernel: side of the stem's filters; 7 in ResNet.
        convolution, add_spikes: see `BasicBlock`.
        insert: layers with a memory at one of `POSITIONS`; at ``stem`` it takes the place of the neurons.
        head: makes the readout of features (time, batch, inputs, height, width) from inputs and outputs.

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
        *,
        stem_kernel: int = 3,
        convolution: Convolution = batch_normalised,
        add_spikes: bool = False,
        insert: Insert = lambda position, channels: None,
        head: Callable[[int, int], nn.Module] = lambda inputs, outputs: RateReadout(inputs, outputs, (0, 3, 4)),
    ) -> None:
        super().__init__()
        if width < 1 or not blocks or min(blocks) < 1:
            problem = "needs at least one channel and one block per stage"
            raise InputError(problem, where="width, blocks", found=(width, tuple(blocks)))
        layer = count()

        def placed(position: str, inputs: int, default: Callable[[], nn.Module] = nn.Identity) -> tuple[nn.Module, int]:
            return insert(position, inputs) or (default(), inputs)

        self.input, channels = placed("input", channels)
        large = stem_stride == LARGE_STEM
        self.stem = convolution(channels, width, stem_kernel, 2 if large else stem_stride)
        self.neuron, inputs = placed("stem", width, lambda: neuron(next(layer)))
        self.pool = OverTime(nn.MaxPool2d(3, 2, 1)) if large else nn.Identity()
        stages: list[nn.Module] = []
        for stage, number in enumerate(blocks):
            outputs = width * 2**stage
            for block in range(number):
                stride = 2 if stage > 0 and block == 0 else 1
                kind = {"convolution": convolution, "add_spikes": add_spikes}
                stages.append(BasicBlock(inputs, outputs, stride, lambda: neuron(next(layer)), **kind))
                inputs = outputs
            module, inputs = placed(f"stage{stage + 1}", inputs)
            if not isinstance(module, nn.Identity):
                stages.append(module)
        self.stages = nn.Sequential(*stages)
        self.output, inputs = placed("output", inputs)
        self.readout = head(inputs, classes)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Scores (batch, classes) of frames (time, batch, channels, height, width)."""
        return self.readout(self.output(self.features(frames)))

    def features(self, frames: torch.Tensor) -> torch.Tensor:
        """Output of the last stage, (time, batch, channels, height, width)."""
        return self.stages(self.pool(self.neuron(self.stem(self.input(frames)))))
