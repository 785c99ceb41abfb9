"""Weights that the inputs of a layer meet, exact at the borders of strided, padded, grouped, transposed convolutions.

An input at place i of an axis meets as many of the kernel's taps as there are outputs that read it; the taps of several
axes multiply. An input channel of a convolution with groups feeds `out_channels / groups` outputs at each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import nn

Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
Transposed = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
Synapses = nn.Linear | Convolution | Transposed
AXES = {nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3}
AXES |= {nn.ConvTranspose1d: 1, nn.ConvTranspose2d: 2, nn.ConvTranspose3d: 3}


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution: kernel, stride, padding before and after, dilation, what the padding holds, and for a
    transposed one the outputs added at the end (None: not transposed)."""

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    padding: str = "zeros"
    added: int | None = None

    def outputs(self, size: int) -> int:
        """Length of the output."""
        reach = self.dilation * (self.kernel - 1)
        if self.added is not None:
            return (size - 1) * self.stride - self.before - self.after + reach + self.added + 1
        return (size + self.before + self.after - reach - 1) // self.stride + 1

    def uses(self, size: int) -> torch.Tensor:
        """Taps that each of `size` inputs meets."""
        taps = self.dilation * torch.arange(self.kernel)
        if self.added is not None:
            places = self.stride * torch.arange(size)[:, None] + taps - self.before
            return ((places >= 0) & (places < self.outputs(size))).sum(1)
        places = (self.stride * torch.arange(self.outputs(size))[:, None] + taps - self.before).flatten()
        if self.padding == "circular":
            places = places % size
        elif self.padding == "replicate":
            places = places.clamp(0, size - 1)
        elif self.padding == "reflect":
            places = size - 1 - (size - 1 - places.abs()).abs()
        return torch.bincount(places[(places >= 0) & (places < size)], minlength=size)


def axes(layer: Convolution | Transposed) -> tuple[Axis, ...]:
    """Axes of a convolution's kernel, in the order of the input's last axes."""
    number = len(layer.kernel_size)
    # padding as torch keeps it for `functional.pad`: last axis first, before and after
    ends = layer._reversed_padding_repeated_twice
    before, after = ends[::2][::-1], ends[1::2][::-1]
    added = layer.output_padding if isinstance(layer, Transposed) else (None,) * number
    sizes = zip(layer.kernel_size, layer.stride, before, after, layer.dilation, added, strict=True)
    return tuple(Axis(k, s, b, a, d, layer.padding_mode, o) for k, s, b, a, d, o in sizes)  # pyright: ignore


@dataclass(frozen=True)
class Fan:
    """What the inputs of one layer meet.

    Attributes:
        taps: of each place of a map; None: one each, as in a linear layer.
        outputs: that a tap leads to: output features, or output channels of the input's group.
    """

    taps: torch.Tensor | None
    outputs: int

    @cached_property
    def each(self) -> int | None:
        """Weights that an input meets, if all meet as many."""
        if self.taps is None:
            return self.outputs
        low, high = (int(v) for v in torch.aminmax(self.taps))
        return low * self.outputs if low == high else None

    @cached_property
    def sum(self) -> int:
        """Taps of a whole map."""
        return 1 if self.taps is None else int(self.taps.sum())

    @cached_property
    def flat(self) -> torch.Tensor:
        """Taps as a vector of floats."""
        return torch.ones(1) if self.taps is None else self.taps.flatten().float()

    def dense(self, inputs: int) -> int:
        """Weights met by `inputs` numbers that fill whole maps, zeros included."""
        return inputs // (1 if self.taps is None else self.taps.numel()) * self.sum * self.outputs


def fan(layer: Synapses, shape: Sequence[int]) -> Fan:
    """Fan-out of a layer's inputs of this shape."""
    if isinstance(layer, nn.Linear):
        return Fan(None, layer.out_features)
    along = axes(layer)
    return fan_along(along, tuple(shape[-len(along) :]), layer.out_channels // layer.groups)


@lru_cache(maxsize=1024)
def fan_along(along: tuple[Axis, ...], sizes: tuple[int, ...], outputs: int = 1) -> Fan:
    """Fan-out of a map of these sizes."""
    taps = torch.ones((), dtype=torch.long)
    for axis, size in zip(along, sizes, strict=True):
        taps = taps[..., None] * axis.uses(size)
    return Fan(taps, outputs)


def output_numbers(layer: Synapses, x: torch.Tensor) -> int:
    """Numbers in a layer's output for an input."""
    if isinstance(layer, nn.Linear):
        return x.numel() // layer.in_features * layer.out_features
    along = axes(layer)
    sizes = [axis.outputs(size) for axis, size in zip(along, x.shape[-len(along) :], strict=True)]
    return math.prod(x.shape[: -len(along) - 1]) * layer.out_channels * math.prod(sizes)


def dense_operations(layer: Any, output: torch.Tensor) -> int:
    """Multiply-accumulates of a dense chip, which multiplies the padding too: outputs times the weights of one.

    Published sizes of networks count like this; `Fan.dense` counts the inputs that there are.
    """
    if isinstance(layer, Transposed):
        return output.numel() * layer.weight.numel() // layer.out_channels  # an upper bound: as if of stride 1
    return output.numel() * layer.weight[0].numel()
