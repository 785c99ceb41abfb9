"""SANA-FE's soma `leaky_integrate_fire` in numpy, as its 2.2.9 computes it, and how a layer of neurons is said in it.

A step is  v ← trunc(64 · decay · v) / 64,  v ← v + current,  spike where v > threshold,  then the reset. Potentials are
scaled so that the threshold is `LEVEL`: the rounding to 1/64 is then that of float32. What a layer fires arrives at the
next one a step later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ipcircuit.errors import InputError
from network.export.chain import Chain, Stage
from network.foreign.description import NeuronDescription

LEVEL = 2.0**18  # threshold; 64 times 128 of it still fits into 32 bits
_MEETS = 1e-9  # relative: by which a threshold is lowered where a membrane that just meets it spikes


@dataclass(frozen=True)
class Soma:
    """A layer of neurons in SANA-FE's terms.

    Attributes:
        name: of its group.
        decay, threshold, reset: per neuron, (neurons,). reset_mode: hard, soft or none.
        weights: scaled, (inputs, neurons). bias: scaled, per step.
        inhibition: weight from each neuron to itself; 0 where there is none.
    """

    name: str
    decay: np.ndarray
    threshold: np.ndarray
    reset: np.ndarray
    reset_mode: str
    weights: np.ndarray
    bias: np.ndarray
    inhibition: float


def soma_of(stage: Stage, constant: np.ndarray | None = None) -> Soma:
    """A stage in SANA-FE's terms.

    Args:
        constant: an input that is the same in every step, (inputs,), in place of spikes.

    Raises:
        InputError: the neuron has a feature that this soma lacks.
    """
    neuron = stage.neuron
    if missing := _missing(neuron):
        raise InputError(
            f"{neuron.kind} cannot be said in SANA-FE's leaky_integrate_fire: {'; '.join(missing)}",
            where=stage.path,
            allowed="a leaky or perfect integrator with reset",
        )

    def each(value: Any) -> np.ndarray:
        array = np.asarray(torch.as_tensor(value, dtype=torch.float64))
        return np.broadcast_to(array.reshape(-1) if array.size == stage.neurons else array, (stage.neurons,)).copy()

    scale = LEVEL / (each(neuron.threshold) - each(neuron.rest))
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise InputError("threshold not above rest", where=stage.path, allowed="a threshold above the rest potential")
    gain = scale * each(neuron.input_gain)
    bias, weights = stage.bias * gain, stage.weights * gain
    if constant is not None:
        bias, weights = bias + constant @ weights, weights[:0]
    return Soma(
        name=stage.path.replace(".", "_") or "neurons",
        decay=each(neuron.decay),
        threshold=np.full(stage.neurons, LEVEL * (1 - _MEETS if neuron.inclusive else 1)),
        reset=(each(neuron.reset_value) - each(neuron.rest)) * scale,
        reset_mode="none" if neuron.reset_delayed else {"zero": "hard", "subtract": "soft"}.get(neuron.reset, "none"),
        weights=weights,
        bias=bias,
        inhibition=-LEVEL if neuron.reset_delayed else 0.0,
    )


def _missing(neuron: NeuronDescription) -> list[str]:
    """Features that the soma lacks, in words."""
    lacking = {
        "it gives no spikes": not neuron.spiking,
        "no decay per step": neuron.decay is None,
        "a synaptic current": neuron.synaptic_decay is not None,
        "a refractory time": bool(neuron.refractory_steps),
        "adaptation": neuron.adaptation,
        "weights of its own from its spikes to itself": neuron.recurrent,
        "graded spikes": neuron.graded is not None,
    }
    return [*(text for text, lacks in lacking.items() if lacks), *neuron.unsupported]


@dataclass(frozen=True)
class Activity:
    """Events of a layer in SANA-FE over all its steps.

    Attributes:
        spikes: (steps, neurons). synaptic_events: connections along which a spike came.
    """

    spikes: np.ndarray
    synaptic_events: int


def simulate(chain: Chain, somas: Sequence[Soma], *, constant: bool) -> list[Activity]:
    """Spikes of every layer in each step of SANA-FE: as many steps as the sample has, and one for each layer."""
    time = len(chain.inputs)
    steps = time + len(somas)
    arriving = np.zeros((steps, 0 if constant else chain.inputs.shape[1]))
    if not constant:
        arriving[:time] = chain.inputs
    activities = []
    for depth, soma in enumerate(somas):
        activity = _layer(soma, arriving, slice(depth + 1, depth + 1 + time))
        activities.append(activity)
        arriving = activity.spikes
    return activities


def _layer(soma: Soma, arriving: np.ndarray, biased: slice) -> Activity:
    steps, neurons = len(arriving), len(soma.bias)
    current = np.zeros((steps, neurons))
    current[1:] = arriving[:-1] @ soma.weights
    current[biased] += soma.bias
    spikes, v = np.zeros((steps, neurons)), np.zeros(neurons)
    for step in range(steps):
        v = np.trunc(64 * soma.decay * v) / 64 + current[step]
        if step:
            v = v + soma.inhibition * spikes[step - 1]
        fired = v > soma.threshold
        spikes[step] = fired
        if soma.reset_mode == "hard":
            v = np.where(fired, soma.reset, v)
        elif soma.reset_mode == "soft":
            v = v - fired * soma.threshold
    events = int(arriving.sum(0) @ (soma.weights != 0).sum(1))
    events += int((soma.bias != 0).sum()) * (biased.stop - biased.start)
    events += int(spikes.sum()) if soma.inhibition else 0
    return Activity(spikes, events)
