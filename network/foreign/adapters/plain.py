"""Plain torch: activations without a state."""

from __future__ import annotations

from torch import nn

from network.foreign.adapters.adapter import Adapter, call_reset
from network.foreign.description import NeuronDescription, TimeAxis


def describe(module: nn.Module) -> NeuronDescription | None:
    """A ReLU: what it is given, where it is positive."""
    if not isinstance(module, nn.ReLU):
        return None
    return NeuronDescription(
        "torch", "ReLU", type(module).__name__, spiking=False, decay=0.0, threshold=None, reset="none"
    )


def time_axis(module: nn.Module) -> TimeAxis:
    """Any shape will do; counted with those that take one step."""
    return "single"


ADAPTER = Adapter("torch", ("torch.",), (), describe, time_axis, call_reset)  # also of users' own modules
