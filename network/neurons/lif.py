"""The leaky integrate-and-fire neuron that the source compares with, in plain torch."""

from __future__ import annotations

import math
from typing import Any

import torch

from network.neurons.billing import Billing, Counts
from network.neurons.content import drives, spikes
from network.neurons.stepping import StepMode, SteppedLayer, check_finite, check_shape, check_state

SUPPLY = 2.0  # thresholds: the circuit's threshold is half its supply
ALPHA = 2.0  # width of the arctangent surrogate, SpikingJelly's default


class Spike(torch.autograd.Function):
    """Heaviside step with the arctangent surrogate gradient (Fang et al., ICCV 2021)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return ALPHA / 2 / (1 + (math.pi / 2 * ALPHA * x) ** 2) * gradients[0]


class LIFNeuron(SteppedLayer):
    """H = V + (X − V) / tau, spike at H ≥ 1, hard reset to 0: SpikingJelly's LIFNode with its defaults.

    Input of shape (time, batch, *features), or (batch, *features) with ``step_mode="s"``; the state persists until
    `reset`.

    Args:
        tau: membrane time constant in steps.
        step_mode: ``m`` (all steps) or ``s`` (one).
        checked: refuse NaN (one pass over the input).
    """

    # The circuit is a choice: of the registry's LIF neurons the first.
    billing = Billing("lif", "delay_feedback_lif", "spike")
    parallel_neurons = 1

    def __init__(self, tau: float = 2.0, step_mode: StepMode = "m", checked: bool = True) -> None:
        super().__init__(step_mode)
        self.tau, self.checked = tau, checked

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        several = self.step_mode == "m"
        check_shape(x, multi_step=several, where="LIFNeuron")
        if self.checked:
            check_finite(x, "LIFNeuron")
        currents = x if several else x.unsqueeze(0)
        membrane = torch.zeros_like(currents[0]) if self.state is None else self.state
        check_state([membrane], [tuple(currents.shape[1:])], "LIFNeuron")
        spikes = []
        for current in currents:
            membrane = membrane + (current - membrane) / self.tau
            spike: torch.Tensor = Spike.apply(membrane - 1)  # pyright: ignore[reportAssignmentType]
            spikes.append(spike)
            membrane = membrane * (1 - spike.detach())
        self.state = membrane
        return torch.stack(spikes) if several else spikes[0]

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """An operation is an input that is not 0. A positive one brings charge, at most up to the supply."""
        driven, strength = drives(inputs, 0, SUPPLY * self.tau)
        return Counts(driven, spikes(outputs)[1], drives=strength / self.tau)
