"""Weights of a few bits."""

from __future__ import annotations

import torch
from torch import nn

from network.foreign.network import LoadedNetwork

Weighted = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.RNNBase


def with_integer_weights(network: LoadedNetwork, bits: int = 8) -> LoadedNetwork:
    """A copy whose linear, convolutional and recurrent layers have weights of `bits` bits.

    Rounded to the nearest of 2^bits − 1 values, symmetric about 0, with a scale for each output; biases and all else
    stay as they are.
    """
    copy = network.copy()
    largest = 2 ** (bits - 1) - 1
    for module in copy.module.modules():
        if isinstance(module, Weighted):
            for name, weight in module.named_parameters(recurse=False):
                if name.startswith("weight") and weight.dim() > 1:
                    _round(weight, largest)
    return copy


@torch.no_grad()
def _round(weight: nn.Parameter, largest: int) -> None:
    scale = weight.abs().amax(dim=tuple(range(1, weight.dim())), keepdim=True) / largest
    steps = torch.where(scale > 0, weight / scale.clamp(min=torch.finfo(weight.dtype).tiny), 0.0)
    weight.copy_(steps.round().clamp(-largest, largest) * scale)
