"""What a signed neuron's membrane does in one time step: the interface, and the two linear forms of it.

Units of the network: v = u / u_threshold, so that both thresholds are at 1, and a drive x of such a size that the ideal
neuron settles at v = x under a constant one. Steps have the fixed length `dt_s`, and drives are constant within a step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from ipcircuit.errors import InputError

Factor = torch.Tensor | float


@runtime_checkable
class SignedDynamics(Protocol):
    """One time step of a population of any shape. States are opaque tensors; `read` gives the membrane v."""

    @property
    def name(self) -> str:
        """For tables and plots."""
        ...

    @property
    def dt_s(self) -> float:
        """Length of a step, s."""
        ...

    def rest(self, like: torch.Tensor) -> torch.Tensor:
        """State at rest for drives of the shape of `like`."""
        ...

    def read(self, state: torch.Tensor) -> torch.Tensor:
        """Membrane v, in thresholds, of the drive's shape."""
        ...

    def step(self, state: torch.Tensor, drive: torch.Tensor, tau: Factor = 1.0, gain: Factor = 1.0) -> torch.Tensor:
        """State after `dt_s` with a constant drive; `tau` and `gain` multiply time constant and gain of each neuron."""
        ...

    def noise_std(self, state: torch.Tensor, sigma: float, tau: Factor = 1.0) -> torch.Tensor:
        """Standard deviation of v that one step of noise adds, for a stationary deviation `sigma` around rest."""
        ...

    def shifted(self, state: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        """State with the membrane moved by `by` (noise, reset by subtraction)."""
        ...

    def reset(self, state: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """State with the membrane brought to rest where the mask `where` is true."""
        ...


class ScalarState:
    """The state is the membrane itself."""

    def rest(self, like: torch.Tensor) -> torch.Tensor:
        """All membranes at 0."""
        return torch.zeros_like(like)

    def read(self, state: torch.Tensor) -> torch.Tensor:
        """The state."""
        return state

    def shifted(self, state: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        """The sum."""
        return state + by

    def reset(self, state: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """0 where the mask is true."""
        return torch.where(where, torch.zeros_like(state), state)


def decay_factor(dt_s: float, tau_s: float, tau: Factor = 1.0) -> Factor:
    """exp(-dt / (tau tau_s)), a tensor if `tau` is one."""
    exponent = -dt_s / (tau_s * tau)
    return torch.exp(exponent) if isinstance(exponent, torch.Tensor) else math.exp(exponent)


@dataclass(frozen=True)
class LinearDynamics(ScalarState):
    """tau dv/dt = -leak v + gain x, solved exactly over a step: the LIF equation of the source (B2).

    With leak = gain = 1 it is the ideal neuron. Fitted to a device, leak and gain are its alpha_1 and alpha_2 I R_m per
    drive, and only leak/tau and gain/leak matter.

    Attributes:
        name: for tables and plots.
        dt_s, tau_s: step and time constant, s.
        leak, gain: dimensionless.

    Raises:
        InputError: a value that is not positive.
    """

    name: str
    dt_s: float
    tau_s: float
    leak: float = 1.0
    gain: float = 1.0

    def __post_init__(self) -> None:
        for field in ("dt_s", "tau_s", "leak", "gain"):
            if not (getattr(self, field) > 0 and math.isfinite(getattr(self, field))):
                raise InputError("must be positive", where=field, found=getattr(self, field))

    def step(self, state: torch.Tensor, drive: torch.Tensor, tau: Factor = 1.0, gain: Factor = 1.0) -> torch.Tensor:
        """v' = beta v + (1 - beta) (gain/leak) x with beta = exp(-leak dt/tau)."""
        beta = decay_factor(self.dt_s, self.tau_s / self.leak, tau)
        return beta * state + (1 - beta) * (self.gain / self.leak) * gain * drive

    def noise_std(self, state: torch.Tensor, sigma: float, tau: Factor = 1.0) -> torch.Tensor:
        """sigma sqrt(1 - beta^2): the stationary deviation of v' = beta v + noise is then `sigma`."""
        beta = decay_factor(self.dt_s, self.tau_s / self.leak, tau)
        return torch.ones_like(state) * sigma * (1 - beta**2) ** 0.5
