"""Quantised activations in the place of spiking neurons."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from network.foreign import neurons
from network.foreign.description import NeuronDescription

MOST_CALIBRATED = 1_000_000  # inputs


class _Rounded(torch.autograd.Function):
    """Rounding whose gradient is that of no rounding (straight-through estimator; arXiv 1308.3432)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.round()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0]


def rounded(x: torch.Tensor) -> torch.Tensor:
    """Nearest whole numbers, with the gradient of `x` itself."""
    return _Rounded.apply(x)  # pyright: ignore[reportReturnType]


class QuantisedReLU(nn.Module):
    """y = round(L · clip(x / α, 0, 1)) / L with L = 2^bits − 1: what a spike rate from 0 to 1 can tell.

    α, the input of full rate, is trained. Shapes are the input's.
    """

    def __init__(self, bits: int, full: torch.Tensor | float = 1.0) -> None:
        super().__init__()
        self.levels = 2**bits - 1
        self.log_full = nn.Parameter(torch.as_tensor(full, dtype=torch.get_default_dtype()).log())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Activations from 0 to 1."""
        share = (x / self.log_full.exp()).clamp(0, 1)
        return rounded(self.levels * share) / self.levels

    @torch.no_grad()
    def calibrate(self, x: torch.Tensor) -> None:
        """Let α be no more than what all but a hundredth of the positive inputs stay below."""
        positive = x[x > 0][:MOST_CALIBRATED]
        if positive.numel():
            self.log_full.clamp_(max=float(positive.quantile(0.99).log()))


class InPlaceOfNeuron(nn.Module):
    """An activation that is called as a neuron of any tool is, and answers in its form.

    Args:
        original: the neuron. It is called too, from rest, for the form of its answer alone.
        activation: what stands in its place.
    """

    def __init__(self, original: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        object.__setattr__(self, "_original", original)  # no part of this module: nothing is to find a neuron here
        self.activation = activation

    def forward(self, inputs: torch.Tensor, *states: Any) -> Any:
        """What the neuron returns, with activations for spikes."""
        original = self.__dict__["_original"]
        neurons.reset(original)
        with torch.no_grad():
            answer = original(inputs.detach(), *states)
        neurons.reset(original)
        return _with_first(answer, self.activation(inputs))

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if (original := self.__dict__.get("_original")) is None:
                raise
        return getattr(original, name)


def _with_first(answer: Any, tensor: torch.Tensor) -> Any:
    """An answer with another tensor in the place of its first one."""
    if isinstance(answer, tuple) and not hasattr(answer, "_fields"):
        return (_with_first(answer[0], tensor), *answer[1:])
    return tensor


def activation_of(neuron: NeuronDescription, bits: int) -> nn.Module:
    """Activation for a neuron: with α the input at which it would spike in every step; none for one without spikes."""
    if not neuron.spiking:
        return nn.Identity()
    threshold = 1.0 if neuron.threshold is None else neuron.threshold
    full = (torch.as_tensor(threshold) - torch.as_tensor(neuron.rest)) / torch.as_tensor(neuron.input_gain)
    return QuantisedReLU(bits, full.clamp(min=1e-6).to(torch.get_default_dtype()))
