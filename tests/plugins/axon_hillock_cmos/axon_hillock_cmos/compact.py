"""Compact model: the published equations as a pure step, for numpy arrays and torch tensors alike.

Between two spikes the input brings the charge Q = C_fb V_DD; during a spike the reset takes it away again:

    T(I) = Q / I + Q / (I_reset - I)        period
    phase ← phase + dt / T(I)               one spike for each whole turn
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CompactNeuron:
    """Charge of one spike, C, and reset current, A."""

    charge_C: float
    reset_A: float

    def rate(self, current_A: Any) -> Any:
        """Spikes per second under a current from 0 to the reset's: 1 / T = I (I_reset - I) / (Q I_reset)."""
        return current_A * (self.reset_A - current_A) / (self.charge_C * self.reset_A)

    def width(self, current_A: Any) -> Any:
        """Spike width, s."""
        return self.charge_C / (self.reset_A - current_A)

    def step(self, phase: Any, current_A: Any, dt: float) -> tuple[Any, Any]:
        """Spikes within `dt` (s) under a constant current, and the phase afterwards (0 to 1)."""
        turned = phase + dt * self.rate(current_A)
        rest = turned % 1
        return turned - rest, rest
