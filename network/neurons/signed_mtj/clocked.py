"""Signed MTJ neurons at their circuit's own clock, as a layer in the place of a network's own.

A drive is the width of one pulse at full current, which ends with the drive's share of a time step; then the divider is
read, and a comparator per line decides at the strobe. A spike of either sign blocks the drive of the next step, which
is the reset. The membrane is stepped by `ipcircuit.compact.signed_mtj.neuron.membrane`, with the currents by hand that
the circuit's check uses too. Only the spikes of the line `plus` leave the layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ipcircuit.compact.signed_mtj.neuron import SignedLif, membrane
from network.neurons.billing import Billing, Counts
from network.neurons.mapped import MappedNeuron, surrogate
from network.neurons.stepping import StepMode

_LEAST = 1e-4  # of a pulse's longest width


@dataclass(frozen=True)
class Clock:
    """Times of a step (s) and currents (as drives, the u that they settle at).

    Attributes:
        drive_s, settle_s, strobe_s, read_s, period_s: longest pulse; its end to the read; read to strobe; length of the
            read; the step.
        drive, read: of the pulse, and of the read.
        width_s: pulse that takes a membrane at rest to the threshold of `plus` at the strobe.
    """

    drive_s: float
    settle_s: float
    strobe_s: float
    read_s: float
    period_s: float
    drive: float
    read: float
    width_s: float


@dataclass(frozen=True)
class SignedCopies:
    """Differences between neurons: current relative to the nominal one, and thresholds (u) of both lines; floats, or
    tensors of the features' shape."""

    current: Any
    plus: Any
    minus: Any


Draw = Callable[[tuple[int, ...], torch.Generator], SignedCopies]


class ClockedSignedLayer(MappedNeuron):
    """See the module's text.

    Args:
        neuron: compact neuron with the drive as its input (`SignedLif.normalised`).
        clock: of the circuit.
        nominal: thresholds of neurons that are all alike.
        noise: standard deviation of u at a strobe by thermal agitation.
        copies: draws the neurons of a layer; None: all alike.
        seed, step_mode: as `MappedNeuron`.
    """

    billing = Billing("signed", "signed_mtj")

    def __init__(
        self,
        neuron: SignedLif,
        clock: Clock,
        nominal: SignedCopies,
        *,
        noise: float = 0.0,
        copies: Draw | None = None,
        seed: int = 0,
        step_mode: StepMode = "m",
    ) -> None:
        super().__init__(step_mode, seed)
        self.neuron, self.clock, self.nominal, self.noise = neuron, clock, nominal, noise
        self._draw = copies

    def draw(self, features: tuple[int, ...], generator: torch.Generator) -> SignedCopies | None:
        """Current and thresholds of each neuron."""
        return None if self._draw is None else self._draw(features, generator)

    def at_rest(self, like: torch.Tensor) -> list[torch.Tensor]:
        """u at the last strobe, and whether the next step's drive is blocked (1 or 0)."""
        return [torch.zeros_like(like), torch.zeros_like(like)]

    def advance(
        self, drive: torch.Tensor, state: list[torch.Tensor], copies: SignedCopies | None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """From strobe to strobe: the rest of the read, rest, the pulse, and the read up to the strobe."""
        own, width = copies or self.nominal, drive * (1 - state[1])
        u = at_strobe(self.neuron, self.clock, state[0], width * self.clock.width_s, own.current)
        if self.noise > 0:
            u = (u + self.noise * self.normal(u)).clamp(-1, 1)
        plus, minus = (u >= own.plus).to(u.dtype), (u <= own.minus).to(u.dtype)
        return surrogate(plus, u - own.plus, self.nominal.plus / 2), [u, torch.maximum(plus, minus)]

    def level(self, state: list[torch.Tensor]) -> torch.Tensor:
        """u over the threshold of `plus`."""
        return state[0] / self.nominal.plus

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """An operation is a time step: the junction is read whether it is driven or not. The strength of an input is
        its pulse, over the longest; one that a spike before it blocks is counted too."""
        widths = inputs.detach().double().abs() * self.clock.width_s
        strength = float(widths.clamp(max=self.clock.drive_s).sum()) / self.clock.drive_s
        spikes = round(float(outputs.detach().double().sum()))
        return Counts(inputs.numel(), spikes, inputs=int((inputs != 0).sum()), drives=strength)


def at_strobe(neuron: SignedLif, clock: Clock, u: torch.Tensor, width_s: torch.Tensor, current: Any) -> torch.Tensor:
    """u at the strobe after that at which it was `u`, with a pulse of `width_s` (negative: of the other sign).

    Args:
        current: factor on the currents of pulse and read.
    """
    longest = clock.drive_s
    width = width_s.abs().clamp(_LEAST * longest, longest)
    silent = clock.period_s - clock.settle_s - clock.read_s - width
    read, none = clock.read * current + torch.zeros_like(u), torch.zeros_like(u)
    level = torch.where(width_s == 0, none, clock.drive * width_s.detach().sign() * current)
    u = membrane(neuron, u, read, clock.read_s - clock.strobe_s)
    u = _for(neuron, u, none, silent, clock.period_s)
    u = _for(neuron, u, level, width, longest)
    u = membrane(neuron, u, none, clock.settle_s)
    return membrane(neuron, u, read, clock.strobe_s)


def _for(neuron: SignedLif, u: torch.Tensor, level: torch.Tensor, time_s: torch.Tensor, longest: float) -> torch.Tensor:
    """u after a time of its own for each neuron: a step of `longest` with the time constant scaled."""
    return membrane(neuron, u, level, longest, longest / time_s)
