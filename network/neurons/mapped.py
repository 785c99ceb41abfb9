"""Base of the layers that stand in the place of a network's neurons: drives in thresholds in, spikes out."""

from __future__ import annotations

from typing import Any

import torch

from ipcircuit.errors import InputError
from network.neurons.billing import Billing
from network.neurons.stepping import StepMode, SteppedLayer, check_finite, check_shape


class MappedNeuron(SteppedLayer):
    """A circuit's neurons: one step takes drives, in thresholds, and gives spikes, 0 or 1.

    A drive of 1 takes a neuron at rest just to its threshold. Shapes as `SteppedLayer`; the state persists until
    `reset`.

    Args:
        seed: of the differences between the neurons, which are drawn for the first input's shape, and of noise.
    """

    billing: Billing
    parallel_neurons = 1

    def __init__(self, step_mode: StepMode = "m", seed: int = 0) -> None:
        super().__init__(step_mode)
        self._seed = seed
        self.generator: torch.Generator | None = None
        self._noise = torch.Generator().manual_seed(seed ^ 0x5EED)
        self._drawn: tuple[tuple[int, ...], Any] | None = None

    def forward(self, drives: torch.Tensor) -> torch.Tensor:
        """Spikes of the shape of `drives`. Raises InputError: wrong rank or type, NaN or infinity."""
        several, where = self.step_mode == "m", type(self).__name__
        check_shape(drives, multi_step=several, where=where)
        check_finite(drives, where)
        steps = drives if several else drives.unsqueeze(0)
        copies = self._copies(steps[0])
        state = self.at_rest(steps[0]) if self.state is None else self.state
        if tuple(state[0].shape) != tuple(steps.shape[1:]):
            problem = "state of another input; call reset() between batches of different shape"
            raise InputError(problem, where=where, found=tuple(steps.shape[1:]), allowed=str(tuple(state[0].shape)))
        spikes = []
        for drive in steps:
            spike, state = self.advance(drive, state, copies)
            spikes.append(spike)
        self.state = state
        return torch.stack(spikes) if several else spikes[0]

    def at_rest(self, like: torch.Tensor) -> list[torch.Tensor]:
        """State of neurons at rest for drives of the shape of `like`; the first tensor has that shape."""
        raise NotImplementedError

    def advance(self, drive: torch.Tensor, state: list[torch.Tensor], copies: Any) -> tuple[torch.Tensor, Any]:
        """Spikes and state after one step."""
        raise NotImplementedError

    def membrane(self) -> torch.Tensor:
        """Membranes after the last step, in thresholds. Raises InputError: there was none."""
        if self.state is None:
            raise InputError("has no membrane before its first step", where=type(self).__name__)
        return self.level(self.state)

    def level(self, state: list[torch.Tensor]) -> torch.Tensor:
        """Membranes of a state, in thresholds, shape of a step's drives."""
        raise NotImplementedError

    def draw(self, features: tuple[int, ...], generator: torch.Generator) -> Any:
        """What distinguishes the neurons of a layer of this shape; None: they are all alike."""
        return None

    def normal(self, like: torch.Tensor) -> torch.Tensor:
        """Standard normal numbers of the layer's noise, shape of `like`."""
        return torch.randn(like.shape, generator=self.generator or self._noise).to(like)

    def _copies(self, like: torch.Tensor) -> Any:
        features = tuple(like.shape[1:])
        if self._drawn is None:
            self._drawn = features, self.draw(features, torch.Generator().manual_seed(self._seed))
        shape, copies = self._drawn
        if copies is not None and shape != features:
            problem = "the layer's neurons were drawn for another shape"
            raise InputError(problem, where=type(self).__name__, found=features, allowed=str(shape))
        return copies


def surrogate(fired: torch.Tensor, margin: torch.Tensor, width: float = 0.5) -> torch.Tensor:
    """Spikes with the gradient of a fast sigmoid of the margin, m/(width + |m|) (Zenke and Ganguli 2018).

    Args:
        fired: 0 or 1. margin: by how much the membrane exceeds its threshold, same shape and unit as `width`.
    """
    if not (torch.is_grad_enabled() and margin.requires_grad):
        return fired
    smooth = margin / (width + margin.abs())
    return fired + (smooth - smooth.detach())
