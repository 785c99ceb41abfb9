"""Parameters of the thermally plastic neuron: Eqs. 4, 5 and 12 of Liu et al. with one or more thermal poles."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class ThermalNeuronParameters:
    """P = L / (1 + exp(-k (V - x0 + sum of Theta_i))), Theta_i <- gamma_i Theta_i + alpha_i V² + beta_i V + delta_i.

    The heating terms count only for V > 0, a step with an operation; an idle step only cools. `delta` is the heat of
    the reset pulse, which the source's Eq. 11 leaves out. One pole with delta = 0 is its Eq. 12.

    Attributes:
        maximum: L, highest firing probability.
        slope: k, 1/V. midpoint: x0 at ambient temperature, V.
        period: time step the coefficients hold for, s.
        decay, alpha, beta, delta: per pole: gamma; 1/V; pure number; V.
        valid: lowest and highest amplitude for which the heating polynomial was fitted, V.
        origin: where the values come from.
    """

    slope: float
    midpoint: float
    decay: tuple[float, ...]
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    delta: tuple[float, ...]
    period: float
    valid: tuple[float, float]
    origin: str
    maximum: float = 1.0

    def __post_init__(self) -> None:
        lengths = {len(self.decay), len(self.alpha), len(self.beta), len(self.delta)}
        if len(lengths) != 1 or not self.decay:
            raise InputError("decay, alpha, beta and delta need one value per pole", found=sorted(lengths))
        if any(not 0 <= g < 1 for g in self.decay):
            raise InputError("decay per step out of range", found=self.decay, allowed="0 … 1, below 1")
        if not (self.slope > 0 and self.period > 0 and 0 < self.maximum <= 1):
            raise InputError("slope and period must be positive and the maximum in 0 … 1", found=self)

    def time_constants(self) -> tuple[float, ...]:
        """Thermal time constant of each pole, s."""
        return tuple(-self.period / math.log(g) if g > 0 else 0.0 for g in self.decay)
