"""Neurons of snnTorch (checked with 1.0.0)."""

from __future__ import annotations

from typing import Any

from torch import nn

from network.foreign.adapters.adapter import Adapter, changed_by, inherits
from network.foreign.description import NeuronDescription, TimeAxis, trainable_among, value_of

_NEURONS = "snntorch._neurons"
_KINDS = {
    "Leaky": "LIF",
    "RLeaky": "LIF",
    "Synaptic": "CubaLIF",
    "RSynaptic": "CubaLIF",
    "Lapicque": "LIF",
}
_ALL_STEPS = ("LeakyParallel", "StateLeaky", "LinearLeaky", "AssociativeLeaky", "LeakyKernel")
_INPUT_LOST = ("RLeaky", "Synaptic", "RSynaptic", "Lapicque")  # in the step after a spike, where the reset is to zero


def describe(module: nn.Module) -> NeuronDescription | None:
    """Description of a neuron; None for layers that are none, such as the weights within a recurrent neuron."""
    known = next((kind for kind in type(module).__mro__ if kind.__module__.startswith(_NEURONS)), None)
    if known is None or not (inherits(module, "SpikingNeuron") or known.__name__ in _ALL_STEPS):
        return None
    kind = _KINDS.get(known.__name__)
    rest: dict[str, Any] = {"framework": "snntorch", "class_name": type(module).__name__}
    threshold = value_of(getattr(module, "threshold", 1.0))
    if kind is None:
        equation = f"the equation of {known.__name__} is not that of a LIF neuron"
        return NeuronDescription(kind=known.__name__, threshold=threshold, unsupported=(equation,), **rest)
    m: Any = module
    decay, gain = value_of(m.beta.clamp(0, 1)), 1.0
    if known.__name__ == "Lapicque":
        rate = value_of(m.time_step / (m.R * m.C))
        decay, gain = 1 - rate, rate * value_of(m.R)
    reset, at_once = m.reset_mechanism, not getattr(module, "reset_delay", True)
    graded = value_of(getattr(module, "graded_spikes_factor", 1.0))
    return NeuronDescription(
        kind=kind,
        decay=decay,
        input_gain=gain,
        threshold=threshold,
        synaptic_decay=value_of(m.alpha.clamp(0, 1)) if kind == "CubaLIF" else None,
        reset=reset,
        reset_delayed=reset == "subtract" and not at_once,
        refractory_steps=1.0 if reset == "zero" and known.__name__ in _INPUT_LOST and not at_once else 0.0,
        recurrent=hasattr(module, "recurrent"),
        graded=None if isinstance(graded, float) and graded == 1 else graded,
        trainable=trainable_among(module, ("alpha", "beta", "threshold", "graded_spikes_factor")),
        unsupported=(*changed_by(module, known), *_left_out(m, at_once)),
        **rest,
    )


def _left_out(module: Any, at_once: bool) -> list[str]:
    left_out = []
    if module.inhibition:
        left_out.append("inhibition: only the neuron with the largest membrane of a layer spikes")
    if module.state_quant:
        left_out.append("state_quant: the membrane is rounded after every step")
    if at_once:
        left_out.append("reset_delay=False: a membrane that is still above the threshold is reset again")
    return left_out


def time_axis(module: nn.Module) -> TimeAxis:
    """One step, but for the neurons that are computed for all steps at once."""
    return "multi" if inherits(module, *_ALL_STEPS) else "single"


def reset(module: nn.Module) -> None:
    """Put a neuron's hidden states at 0."""
    if callable(method := getattr(module, "reset_mem", None)):
        method()


ADAPTER = Adapter("snntorch", ("snntorch.",), ("1.0",), describe, time_axis, reset)
