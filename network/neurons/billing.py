"""By which circuit, and by which of its events, the cost of a layer of neurons is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import torch


@dataclass(frozen=True)
class Billing:
    """The account of a layer of neurons, a class attribute of the layer.

    Attributes:
        kind: name of the layer's kind in tables.
        circuit: registry name of the circuit whose cost record counts; None: one is still to be chosen.
        event: what is multiplied by its energy: an operation of the circuit, or an output spike.
        memory: whether the layer holds a state from step to step.
    """

    kind: str
    circuit: str | None
    event: Literal["operation", "spike"] = "operation"
    memory: bool = True


class Counts(NamedTuple):
    """Events of one call of a layer: operations, spikes of either sign, those of negative sign among them, and squared
    amplitudes of all set pulses, summed (V²; 0 where a layer has none); inputs that are not 0 where operations are
    something else, and their strength, summed in the unit of the circuit's record (None: not counted)."""

    operations: float
    spikes: float
    negative_spikes: float = 0.0
    squares_V2: float = 0.0
    inputs: float | None = None
    drives: float | None = None


class BilledLayer(Protocol):
    """A layer of neurons whose events are counted, with time and batch as the first axes of its input."""

    billing: Billing

    @property
    def parallel_neurons(self) -> int:
        """Neurons per input, N."""
        ...

    def out_features(self, in_features: int) -> int:
        """Length of the output's first feature axis for that of the input."""
        ...

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """Events of one call, from its input and output."""
        ...
