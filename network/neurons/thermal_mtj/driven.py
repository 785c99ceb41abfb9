"""Thermally plastic MTJ neurons as a layer in the place of a network's own.

A drive is the amplitude of a set pulse: from the lowest that the neuron was fitted for, at 0, to its firing midpoint,
at 1. Without a positive drive there is no pulse. What remains from step to step is heat, which moves the midpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from network.neurons.billing import Billing, Counts
from network.neurons.mapped import MappedNeuron
from network.neurons.stepping import StepMode
from network.neurons.thermal_mtj.firing import Rule, fire_step


@dataclass(frozen=True)
class ThermalCopies:
    """Differences between neurons, each of the features' shape: `midpoint` (V, added), `heat` (factor), and `works`
    (1, or 0 for one that never fires)."""

    midpoint: torch.Tensor
    heat: torch.Tensor
    works: torch.Tensor


Draw = Callable[[tuple[int, ...], torch.Generator], ThermalCopies]


class DrivenThermalLayer(MappedNeuron):
    """See the module's text.

    Args:
        junction: compact constants at the layer's time step and temperature.
        full_V: amplitude of a drive of 1: the firing midpoint for which the drives are sized.
        copies: draws the neurons of a layer; None: all alike.
        seed, step_mode: as `MappedNeuron`; the seed is also that of the random firing.
    """

    billing = Billing("thermal", "comparator")

    def __init__(
        self,
        junction: ThermalNeuronParameters,
        full_V: float,
        *,
        copies: Draw | None = None,
        seed: int = 0,
        step_mode: StepMode = "m",
    ) -> None:
        super().__init__(step_mode, seed)
        self.junction, self.full_V, self._draw = junction, full_V, copies

    def draw(self, features: tuple[int, ...], generator: torch.Generator) -> ThermalCopies | None:
        """Midpoint and heating of each neuron."""
        return None if self._draw is None else self._draw(features, generator)

    def volts(self, drive: torch.Tensor) -> torch.Tensor:
        """Amplitudes (V) of drives, 0 without a pulse; the driver ends where the fit does."""
        low, high = self.junction.valid
        return torch.where(drive > 0, (low + drive * (self.full_V - low)).clamp(max=high), torch.zeros_like(drive))

    def at_rest(self, like: torch.Tensor) -> list[torch.Tensor]:
        """A cold neuron: Theta of each pole (V)."""
        return [torch.zeros_like(like) for _ in self.junction.decay]

    def advance(
        self, drive: torch.Tensor, state: list[torch.Tensor], copies: ThermalCopies | None
    ) -> tuple[torch.Tensor, Any]:
        """One cycle of set, read and reset, and the wait after it."""
        buffers = {}
        if copies is not None:
            parts = {"midpoint": copies.midpoint, "heat": copies.heat, "works": copies.works}
            buffers = {name: values.flatten().unsqueeze(0) for name, values in parts.items()}
        rule = Rule([(self.junction, buffers)], neurons=1, difference=False)
        generator = self.generator or self._noise
        channels, after = fire_step(rule, self.volts(drive), [torch.stack(state)], generator)
        return channels[0], list(after[0])

    def level(self, state: list[torch.Tensor]) -> torch.Tensor:
        """By how much heat has moved the midpoint, in the voltage of one threshold."""
        return torch.stack(state).sum(0) / (self.full_V - self.junction.valid[0])

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """An operation is a set pulse."""
        squares = float(self.volts(inputs).detach().double().square().sum())
        return Counts(int((inputs > 0).sum()), round(float(outputs.detach().double().sum())), squares_V2=squares)
