"""Neurons of SpikingJelly (checked with 2.0.0)."""

from __future__ import annotations

from typing import Any

from torch import nn

from network.foreign.adapters.adapter import Adapter, call_reset, changed_by, inherits
from network.foreign.description import NeuronDescription, TimeAxis, trainable_among, value_of

_NEURONS = "spikingjelly.activation_based.neuron"
_EXACT = {  # classes whose step is the description's equation
    "IFNode": "IF",
    "SimpleIFNode": "IF",
    "LIFNode": "LIF",
    "SimpleLIFNode": "LIF",
    "ParametricLIFNode": "PLIF",
    "CUBALIFNode": "CubaLIF",
    "OTTTLIFNode": "LIF",
    "SLTTLIFNode": "LIF",
    "NonSpikingIFNode": "I",
    "NonSpikingLIFNode": "LI",
}
_BASES = ("SimpleBaseNode", "BaseNode", "NonSpikingBaseNode")


def describe(module: nn.Module) -> NeuronDescription | None:
    """Description of a node; None for layers, containers and encoders."""
    known = next((kind for kind in type(module).__mro__ if kind.__module__.startswith(_NEURONS)), None)
    if known is None:
        return None
    kind = _EXACT.get(known.__name__)
    rest: dict[str, Any] = {"framework": "spikingjelly", "class_name": type(module).__name__}
    if kind is None or not inherits(module, *_BASES):
        equation = f"the equation of {known.__name__} is not that of a LIF neuron"
        return NeuronDescription(kind=known.__name__, threshold=_threshold(module), unsupported=(equation,), **rest)
    spiking = not inherits(module, "NonSpikingBaseNode")
    reset = getattr(module, "v_reset", None) if spiking else 0.0
    decay, gain = _leak(module, kind)
    cuba = kind == "CubaLIF"
    return NeuronDescription(
        kind=kind,
        spiking=spiking,
        decay=decay,
        input_gain=gain,
        rest=0.0 if reset is None or cuba or kind in ("IF", "I") else value_of(reset),
        threshold=_threshold(module) if spiking else None,
        synaptic_decay=value_of(getattr(module, "c_decay")) if cuba else None,  # noqa: B009
        reset="none" if not spiking else "subtract" if reset is None else "zero",
        reset_value=0.0 if reset is None else value_of(reset),
        inclusive=True,
        trainable=trainable_among(module, ("w",)),
        unsupported=changed_by(module, known),
        **rest,
    )


def _threshold(module: nn.Module) -> Any:
    threshold = getattr(module, "v_threshold", None)
    return None if threshold is None else value_of(threshold)


def _leak(module: Any, kind: str) -> tuple[Any, Any]:
    """Decay and input gain of one step."""
    if kind in ("IF", "I"):
        return 1.0, 1.0
    if kind == "CubaLIF":
        return value_of(module.v_decay), 1.0
    rate = value_of(module.w.sigmoid()) if kind == "PLIF" else 1 / value_of(module.tau)
    return 1 - rate, rate if getattr(module, "decay_input", True) else 1.0


def time_axis(module: nn.Module) -> TimeAxis:
    """By the module's step mode; some nodes take all steps only."""
    return "single" if getattr(module, "step_mode", "m") == "s" else "multi"


ADAPTER = Adapter("spikingjelly", ("spikingjelly.",), ("2.0",), describe, time_axis, call_reset)
