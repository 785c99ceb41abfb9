"""Layers of this project, of its plug-ins, and of NIR graphs that it has loaded."""

from __future__ import annotations

from typing import Any

from torch import nn

from network.foreign.adapters.adapter import Adapter, call_reset, inherits
from network.foreign.description import NeuronDescription, TimeAxis


def describe(module: nn.Module) -> NeuronDescription | None:
    """The module's own `description`; else that of a layer that is billed by a circuit; else None."""
    if isinstance(own := getattr(module, "description", None), NeuronDescription):
        return own
    billing = getattr(module, "billing", None)
    if billing is None:
        return None
    rest: dict[str, Any] = {"framework": "ipcircuit", "class_name": type(module).__name__}
    if inherits(module, "LIFNeuron"):
        rate = 1 / float(getattr(module, "tau"))  # noqa: B009
        return NeuronDescription(kind="LIF", decay=1 - rate, input_gain=rate, inclusive=True, **rest)
    equation = f"it is the compact model of {billing.circuit} already, which is no LIF neuron"
    decay = None if billing.memory else 0.0
    return NeuronDescription(kind=billing.kind, decay=decay, threshold=None, unsupported=(equation,), **rest)


def time_axis(module: nn.Module) -> TimeAxis:
    """By the layer's step mode; layers without take all steps."""
    return "single" if getattr(module, "step_mode", "m") == "s" else "multi"


class _Own(Adapter):
    def knows(self, module: nn.Module) -> bool:
        """Whether the module is of ours, or is billed by a circuit, as a plug-in's is."""
        return getattr(module, "billing", None) is not None or super().knows(module)


ADAPTER = _Own("ipcircuit", ("network.",), (), describe, time_axis, call_reset)
