"""Any network in 8-bit integers: weights of every layer, what these layers take, and recurrent layers throughout.

Rounded after training; weights and what they weigh stay trainable (straight-through estimator), so that the rounded
network can be fine-tuned. Biases, normalisations and sums stay as they are.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from network.neurons.stepping import reset, use_generator
from network.quantised.activation import rounded
from network.quantised.recurrent import IntegerRecurrent, Range

BITS = 8
Weighted = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d


class RoundedWeight(nn.Module):
    """Weights rounded to the nearest of 2^bits − 1 values, symmetric about 0, with a scale for each output."""

    def __init__(self, bits: int = BITS) -> None:
        super().__init__()
        self.largest = 2 ** (bits - 1) - 1

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Shape of `weight`."""
        scale = weight.detach().abs().amax(dim=tuple(range(1, weight.dim())), keepdim=True) / self.largest
        scale = scale.clamp(min=torch.finfo(weight.dtype).tiny)
        return rounded(weight / scale) * scale


def in_integers(model: nn.Module, inputs: torch.Tensor) -> nn.Module:
    """A copy of a network in integers of `BITS` bits, at rest; the network itself stays as it is, at rest.

    Layers that get whole numbers, such as spikes, get them as they are. LSTM and GRU layers are replaced by
    `IntegerRecurrent`.

    Args:
        inputs: of the network, (time, batch, ...): the largest values that its layers meet set their ranges.

    Raises:
        InputError: a recurrent layer of more than one layer or direction, or of another kind.
    """
    reset(model)
    use_generator(model, None)  # a generator cannot be copied
    twin = copy.deepcopy(model)
    ranges = _integer_layers(twin)
    _calibrate(twin, ranges, inputs)
    return twin


def _integer_layers(module: nn.Module) -> list[Range]:
    """Round the layers in a module in place; the ranges that are to be found."""
    ranges = list[Range]()
    for name, child in list(module.named_children()):
        if isinstance(child, nn.RNNBase):
            integer = IntegerRecurrent(child, BITS)
            setattr(module, name, integer)
            ranges += integer.ranges
        elif isinstance(child, Weighted):
            parametrize.register_parametrization(child, "weight", RoundedWeight(BITS))
            child.add_module("input_range", found := Range(BITS))
            child.register_forward_pre_hook(_rounded_input)
            ranges.append(found)
        else:
            ranges += _integer_layers(child)
    return ranges


def _rounded_input(layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    found = layer.input_range
    assert isinstance(found, Range)  # as `_integer_layers` put it
    return (found(inputs[0]), *inputs[1:])


@torch.no_grad()
def _calibrate(model: nn.Module, ranges: list[Range], inputs: torch.Tensor) -> None:
    """Find the ranges while the network runs, not yet rounded inside; its random numbers are of a seed."""
    for one in ranges:
        one.searching = True
    mode = model.training
    model.eval()
    use_generator(model, torch.Generator(device=inputs.device).manual_seed(0))
    model(inputs)
    reset(model)
    use_generator(model, None)
    model.train(mode)
    for one in ranges:
        one.searching = False
