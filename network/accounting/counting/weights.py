"""Weights that the inputs of a layer meet, exact at the borders of strided, padded, grouped, transposed convolutions.

An input at place i of an axis meets as many of the kernel's taps as there are outputs that read it; the taps of several
axes multiply. An input channel of a convolution with groups feeds `out_channels / groups` outputs at each of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from network.accounting.events import LayerEvents

Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
Transposed = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
Synapses = nn.Linear | Convolution | Transposed
EXACT = 2**24  # whole numbers that float32 adds without rounding
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
        return _uses(self, size)


@lru_cache(maxsize=1024)
def _uses(axis: Axis, size: int) -> torch.Tensor:
    taps = axis.dilation * torch.arange(axis.kernel)
    if axis.added is not None:
        places = axis.stride * torch.arange(size)[:, None] + taps - axis.before
        return ((places >= 0) & (places < axis.outputs(size))).sum(1)
    places = (axis.stride * torch.arange(axis.outputs(size))[:, None] + taps - axis.before).flatten()
    if axis.padding == "circular":
        places = places % size
    elif axis.padding == "replicate":
        places = places.clamp(0, size - 1)
    elif axis.padding == "reflect":
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


def uses(along: tuple[Axis, ...], sizes: torch.Size | tuple[int, ...]) -> torch.Tensor:
    """Taps that each input of a map meets, shape `sizes`."""
    product = torch.ones((), dtype=torch.long)
    for axis, size in zip(along, sizes, strict=True):
        product = product[..., None] * axis.uses(size)
    return product


@dataclass(frozen=True)
class Fan:
    """What the inputs of one layer meet.

    Attributes:
        taps: of each place of a map; None: one each, as in a linear layer.
        outputs: that a tap leads to: output features, or output channels of the input's group.
    """

    taps: torch.Tensor | None
    outputs: int

    def dense(self, inputs: int) -> int:
        """Weights met by `inputs` numbers that fill whole maps, zeros included."""
        if self.taps is None:
            return inputs * self.outputs
        return inputs // self.taps.numel() * int(self.taps.sum()) * self.outputs


def fan(layer: Synapses, shape: torch.Size | tuple[int, ...]) -> Fan:
    """Fan-out of a layer's inputs of this shape."""
    if isinstance(layer, nn.Linear):
        return Fan(None, layer.out_features)
    along = axes(layer)
    return Fan(uses(along, shape[-len(along) :]), layer.out_channels // layer.groups)


def dense_operations(layer: Any, output: torch.Tensor) -> int:
    """Multiply-accumulates of a dense chip, which multiplies the padding too: outputs times the weights of one.

    Published sizes of networks count like this; `Fan.dense` counts the inputs that there are.
    """
    if isinstance(layer, Transposed):
        return output.numel() * layer.weight.numel() // layer.out_channels  # an upper bound: as if of stride 1
    return output.numel() * layer.weight[0].numel()


@dataclass(frozen=True)
class Activity:
    """Content of a tensor.

    Attributes:
        nonzero: numbers that are not 0. whole: whether all are whole numbers.
        met: weights that the non-zero ones meet. additions: the same, a number n counted |n| times; as `met` where not
            all are whole.
    """

    nonzero: int
    whole: bool
    met: int
    additions: int


def activity(x: torch.Tensor, fan: Fan) -> Activity:
    """Content of a layer's input."""
    x = x.detach()
    x = x if x.dtype in (torch.float32, torch.float64) else x.float()
    nonzero = int(torch.count_nonzero(x))
    if nonzero == int(torch.count_nonzero(x == 1)):  # spikes: one look at the places
        met = _taps(x, nonzero, fan)
        return Activity(nonzero, True, met, met)
    sizes = x.abs()
    met = _taps((sizes > 0).to(x.dtype), nonzero, fan)
    whole = bool((sizes == sizes.round()).all()) and math.isfinite(total := float(sizes.sum(dtype=torch.float64)))
    several = whole and total != nonzero
    return Activity(nonzero, whole, met, _taps(sizes, round(total), fan) if several else met)


def _taps(sizes: torch.Tensor, total: int, fan: Fan) -> int:
    """Sum of sizes (whole numbers, `total` in all), each times the weights that it meets."""
    if fan.taps is None:
        return total * fan.outputs
    low, high = (int(v) for v in torch.aminmax(fan.taps))
    if low == high:
        return total * low * fan.outputs
    maps = sizes.reshape(-1, fan.taps.numel())
    if high * float(sizes.amax()) * fan.taps.numel() >= EXACT:
        maps = maps.double()
    met = maps @ fan.taps.to(maps).flatten()
    return round(float(met.sum(dtype=torch.float64))) * fan.outputs


def accumulate(row: LayerEvents, x: torch.Tensor, fan: Fan) -> None:
    """Add the weights that an input meets to a row of synapses."""
    content = activity(x, fan)
    row.add(nonzero=content.nonzero, operations=content.met, additions=content.additions, dense=fan.dense(x.numel()))
    row.whole = bool(row.whole) and content.whole
