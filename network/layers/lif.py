"""The leaky integrate-and-fire neuron that the source compares with, in plain torch."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from network.layers.checks import check_shape

ALPHA = 2.0  # width of the arctangent surrogate, SpikingJelly's default


class _Spike(torch.autograd.Function):
    """Heaviside step with the arctangent surrogate gradient (Fang et al., ICCV 2021)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return ALPHA / 2 / (1 + (math.pi / 2 * ALPHA * x) ** 2) * gradients[0]


class LIFNeuron(nn.Module):
    """H = V + (X − V) / tau, spike at H ≥ 1, hard reset to 0: SpikingJelly's LIFNode with its defaults.

    Input of shape (time, batch, *features); the state persists until `reset`.

    Args:
        tau: membrane time constant in steps.
    """

    def __init__(self, tau: float = 2.0) -> None:
        super().__init__()
        self.tau = tau
        self.state: torch.Tensor | None = None

    def reset(self) -> None:
        """Membrane at rest."""
        self.state = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_shape(x, multi_step=True, where="LIFNeuron")
        membrane = torch.zeros_like(x[0]) if self.state is None else self.state
        spikes = []
        for current in x:
            membrane = membrane + (current - membrane) / self.tau
            spike: torch.Tensor = _Spike.apply(membrane - 1)  # pyright: ignore[reportAssignmentType]
            spikes.append(spike)
            membrane = membrane * (1 - spike.detach())
        self.state = membrane
        return torch.stack(spikes)
