"""Neurons of Norse (checked with 1.1.0)."""

from __future__ import annotations

from typing import Any

from torch import nn

from network.foreign.adapters.adapter import Adapter, changed_by, inherits
from network.foreign.description import NeuronDescription, TimeAxis, value_of

_NEURONS = "norse.torch.module"
_BASES = ("SNN", "SNNCell", "SNNRecurrent", "SNNRecurrentCell")
_KINDS = {
    "LIF": "CubaLIF",
    "LIFBox": "LIF",
    "IAF": "IF",
    "LI": "CubaLI",
    "LIBox": "LI",
    "LIFRefrac": "CubaLIF",
}


def describe(module: nn.Module) -> NeuronDescription | None:
    """Description of a neuron, cell or recurrent layer; None for containers, encoders and the like."""
    known = next((kind for kind in type(module).__mro__ if kind.__module__.startswith(_NEURONS)), None)
    if known is None or not inherits(module, *_BASES) or known.__name__ in _BASES:
        return None
    name = known.__name__.removesuffix("Cell").removesuffix("Recurrent")
    recurrent = inherits(module, "SNNRecurrent", "SNNRecurrentCell")
    m: Any = module
    rest: dict[str, Any] = {
        "framework": "norse",
        "class_name": type(module).__name__,
        "recurrent": recurrent,
        "dt_s": float(m.dt),
    }
    p = getattr(m.p, "lif", m.p)
    kind = _KINDS.get(name)
    if kind is None:
        equation = f"the equation of {known.__name__} is not that of a LIF neuron"
        threshold = value_of(p.v_th) if hasattr(p, "v_th") else None
        adapts = "AdEx" in name or "LSNN" in name
        return NeuronDescription(
            kind=known.__name__, threshold=threshold, adaptation=adapts, unsupported=(equation,), **rest
        )
    spiking = hasattr(p, "v_th")
    rate = value_of(m.dt * p.tau_mem_inv) if hasattr(p, "tau_mem_inv") else None
    subtract = getattr(getattr(p, "reset_method", None), "__name__", "") == "reset_subtract"
    return NeuronDescription(
        kind=kind,
        spiking=spiking,
        decay=1.0 if rate is None else 1 - rate,
        input_gain=1.0 if rate is None else rate,
        rest=value_of(getattr(p, "v_leak", 0.0)),
        threshold=value_of(p.v_th) if spiking else None,
        synaptic_decay=1 - value_of(m.dt * p.tau_syn_inv) if kind.startswith("Cuba") else None,
        reset="none" if not spiking else "subtract" if subtract else "zero",
        reset_value=value_of(getattr(p, "v_reset", 0.0)),
        refractory_steps=float(m.p.rho_reset) if hasattr(m.p, "rho_reset") else 0.0,
        unsupported=changed_by(module, known),
        trainable=tuple(
            name for name in getattr(p, "_fields", ()) if getattr(getattr(p, name), "requires_grad", False)
        ),
        **rest,
    )


def time_axis(module: nn.Module) -> TimeAxis:
    """Cells take one step, layers all."""
    return "single" if inherits(module, "SNNCell", "SNNRecurrentCell") else "multi"


def reset(module: nn.Module) -> None:
    """Nothing: states are handed in and out."""


ADAPTER = Adapter("norse", ("norse.",), ("1.1",), describe, time_axis, reset)
