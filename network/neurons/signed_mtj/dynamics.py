"""One time step of a signed neuron's membrane in a network: the interface, and the compact model behind it.

Units of the network: v = u / u_threshold, so that both thresholds are at 1, and a drive x of such a size that the ideal
neuron settles at v = x under a constant one. Steps have the fixed length `dt_s`, and drives are constant within a step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch

from ipcircuit.compact.signed_mtj.neuron import SignedLif, decay_factor, membrane
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


class CompactDynamics:
    """`ipcircuit.compact.signed_mtj.neuron.membrane` in thresholds: the state is the membrane itself."""

    dt_s: float
    threshold: float

    @property
    def normalised(self) -> SignedLif:
        """The compact neuron with the drive as its input."""
        raise NotImplementedError

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

    def step(self, state: torch.Tensor, drive: torch.Tensor, tau: Factor = 1.0, gain: Factor = 1.0) -> torch.Tensor:
        """State after `dt_s`; see `SignedDynamics`."""
        drive = drive * (gain * self.threshold)
        return membrane(self.normalised, state * self.threshold, drive, self.dt_s, tau) / self.threshold

    def noise_std(self, state: torch.Tensor, sigma: float, tau: Factor = 1.0) -> torch.Tensor:
        """sigma sqrt((1 - u²)(1 - beta²)): rotational diffusion with the dissipation of the equation; u = 0 if linear.

        The stationary deviation of v' = beta v + noise is then `sigma`.
        """
        beta = decay_factor(self.dt_s, self.normalised.tau_s, tau)
        u = state * self.threshold if self.normalised.saturating else torch.zeros_like(state)
        return sigma * ((1 - (u**2).clamp(max=1.0)) * (1 - beta**2)) ** 0.5


@dataclass(frozen=True)
class LinearDynamics(CompactDynamics):
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
    threshold = 1.0  # the equation is linear: it is the same in thresholds

    def __post_init__(self) -> None:
        _positive(self, "dt_s", "tau_s", "leak", "gain")

    @cached_property
    def normalised(self) -> SignedLif:
        return SignedLif(self.tau_s / self.leak, self.gain / self.leak)


@dataclass(frozen=True)
class DeviceDynamics(CompactDynamics):
    """The neuron of a junction, as the circuit check has it.

    Attributes:
        neuron: the compact neuron (`SignedAnalytic.neuron`).
        dt_s: step, s.
        threshold: of u, above the neuron's `capture`, below 1.
        name: for tables and plots.

    Raises:
        InputError: a step that is not positive, or a threshold that is out of reach or below the capture.
    """

    neuron: SignedLif
    dt_s: float = 0.5e-9
    threshold: float = 0.4
    name: str = "device"

    def __post_init__(self) -> None:
        _positive(self, "dt_s")
        if not self.neuron.capture < self.threshold < 1:
            raise InputError(
                "threshold cannot be told from rest or never be reached",
                where="threshold",
                found=self.threshold,
                allowed=f"above {self.neuron.capture:.3g}, below 1",
            )

    @cached_property
    def normalised(self) -> SignedLif:
        return self.neuron.normalised()


def _positive(dynamics: object, *names: str) -> None:
    for name in names:
        if not (getattr(dynamics, name) > 0 and math.isfinite(getattr(dynamics, name))):
            raise InputError("must be positive", where=name, found=getattr(dynamics, name))
