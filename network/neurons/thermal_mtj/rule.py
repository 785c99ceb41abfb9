"""The computation of a layer of junctions as data, for `firing` and the compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters

Junction = tuple[ThermalNeuronParameters, dict[str, torch.Tensor]]


@dataclass(frozen=True)
class Rule:
    """Computation of a block from volts: one output channel per junction.

    Attributes:
        junctions: parameters and, with device spread, buffers of shape (neurons, columns).
        neurons: parallel neurons, N.
        difference: give the second junction's spikes less the first one's in the second channel.
        surrogate_slope: k used for the gradient, 1/V; None is the neuron's own (the gradient of the expectation).
        sampled: False gives the expectation itself.
    """

    junctions: Sequence[Junction]
    neurons: int
    difference: bool
    surrogate_slope: float | None = None
    sampled: bool = True


def takes_no_heat(parameters: ThermalNeuronParameters) -> bool:
    """Whether Theta stays 0."""
    return not any((*parameters.alpha, *parameters.beta, *parameters.delta))
