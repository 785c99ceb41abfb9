"""The thermally plastic neuron in torch: a pure step function and a run over a whole sequence."""

from __future__ import annotations

from typing import Any

import torch

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters


def zero_state(parameters: ThermalNeuronParameters, like: torch.Tensor) -> torch.Tensor:
    """Theta of a cold neuron: shape (poles, *like.shape), V."""
    return like.new_zeros((len(parameters.decay), *like.shape))


def firing_probability(parameters: ThermalNeuronParameters, theta: torch.Tensor, volts: torch.Tensor) -> torch.Tensor:
    """Eq. 4 with Eq. 5 (sign corrected): P of one set pulse of `volts` V, shape of `volts`; 0 in an idle step."""
    p = parameters.maximum * torch.sigmoid(parameters.slope * (volts - parameters.midpoint + theta.sum(0)))
    return torch.where(volts > 0, p, torch.zeros_like(p))


def pulse_heat(alpha: Any, beta: Any, delta: Any, volts: Any) -> Any:
    """Eq. 11: what a pulse of `volts` V adds to Theta, V; for numbers and tensors, and compiled in the network."""
    return alpha * volts**2 + beta * volts + delta


def heating(parameters: ThermalNeuronParameters, volts: torch.Tensor) -> torch.Tensor:
    """Eq. 11 per pole: what one step adds to Theta, shape (poles, *volts.shape), V; 0 in an idle step."""
    shape = (len(parameters.decay), *(1,) * volts.dim())

    def column(values: tuple[float, ...]) -> torch.Tensor:
        return volts.new_tensor(values).reshape(shape)

    heat = pulse_heat(column(parameters.alpha), column(parameters.beta), column(parameters.delta), volts)
    return torch.where(volts > 0, heat, torch.zeros_like(heat))


def next_state(parameters: ThermalNeuronParameters, theta: torch.Tensor, volts: torch.Tensor) -> torch.Tensor:
    """Eq. 12 per pole: Theta after the step, shape (poles, *volts.shape), V."""
    decay = volts.new_tensor(parameters.decay).reshape(-1, *(1,) * volts.dim())
    return decay * theta + heating(parameters, volts)


def run(
    parameters: ThermalNeuronParameters, volts: torch.Tensor, theta: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Firing probabilities of a sequence.

    Args:
        volts: set amplitudes, shape (time, …), V; 0 for an idle step.
        theta: state before the first step, shape (poles, …), default cold.

    Returns:
        Probabilities of shape (time, …), and the state after the last step.
    """
    state = zero_state(parameters, volts[0]) if theta is None else theta
    probabilities = []
    for amplitude in volts:
        probabilities.append(firing_probability(parameters, state, amplitude))
        state = next_state(parameters, state, amplitude)
    return torch.stack(probabilities), state
