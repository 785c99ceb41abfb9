"""One time step of a signed neuron's membrane in a network: the compact model, linear or of a junction.

Units of the network: v = u / u_threshold, so that both thresholds are at 1, and a drive x of such a size that the ideal
neuron settles at v = x under a constant one. Steps have the fixed length `dt_s`, and drives are constant within a step.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import torch

from ipcircuit.compact.signed_mtj.neuron import LARGEST, SignedLif, decay_factor, membrane
from ipcircuit.errors import InputError
from ipcircuit.records import Positive, record

Factor = torch.Tensor | float


class SignedDynamics:
    """One time step of a population of any shape: `ipcircuit.compact.signed_mtj.neuron.membrane` in thresholds.

    The state is the membrane itself; another kind of neuron may have other states, opaque tensors, whose membrane v in
    thresholds `read` gives.

    Attributes:
        name: for tables and plots.
        dt_s: length of a step, s.
        threshold: of u.
    """

    name: str
    dt_s: float
    threshold: float

    @property
    def normalised(self) -> SignedLif:
        """The compact neuron with the drive as its input."""
        raise NotImplementedError

    def rest(self, like: torch.Tensor) -> torch.Tensor:
        """State at rest for drives of the shape of `like`."""
        return torch.zeros_like(like)

    def read(self, state: torch.Tensor) -> torch.Tensor:
        """Membrane v, in thresholds, of the drive's shape."""
        return state

    def shifted(self, state: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        """State with the membrane moved by `by` (noise, reset by subtraction)."""
        return state + by

    def reset(self, state: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """State with the membrane brought to rest where the mask `where` is true."""
        return torch.where(where, torch.zeros_like(state), state)

    def step(self, state: torch.Tensor, drive: torch.Tensor, tau: Factor = 1.0, gain: Factor = 1.0) -> torch.Tensor:
        """State after `dt_s` with a constant drive; `tau` and `gain` multiply time constant and gain of each neuron."""
        drive = drive * (gain * self.threshold)
        return membrane(self.normalised, state * self.threshold, drive, self.dt_s, tau) / self.threshold

    def noise_std(self, state: torch.Tensor, sigma: float, tau: Factor = 1.0) -> torch.Tensor:
        """Standard deviation of v that one step of noise adds, for a stationary deviation `sigma` around rest.

        sigma sqrt((1 - u²)(1 - beta²)): rotational diffusion with the dissipation of the equation; u = 0 if linear. The
        stationary deviation of v' = beta v + noise is then `sigma`.
        """
        beta = decay_factor(self.dt_s, self.normalised.tau_s, tau)
        u = state * self.threshold if self.normalised.saturating else torch.zeros_like(state)
        return sigma * ((1 - (u**2).clamp(max=LARGEST)) * (1 - beta**2)) ** 0.5  # a root of 0 has no slope


@record
class LinearDynamics(SignedDynamics):
    """tau dv/dt = -leak v + gain x, solved exactly over a step: the LIF equation of the source (B2).

    With leak = gain = 1 it is the ideal neuron. Fitted to a device, leak and gain are its alpha_1 and alpha_2 I R_m per
    drive, and only leak/tau and gain/leak matter.

    Attributes:
        name: for tables and plots.
        dt_s, tau_s: step and time constant, s.
        leak, gain: dimensionless.
    """

    name: str
    dt_s: Positive
    tau_s: Positive
    leak: Positive = 1.0
    gain: Positive = 1.0
    threshold: ClassVar[float] = 1.0  # the equation is linear: it is the same in thresholds

    @cached_property
    def normalised(self) -> SignedLif:
        return SignedLif(self.tau_s / self.leak, self.gain / self.leak)


@record
class DeviceDynamics(SignedDynamics):
    """The neuron of a junction, as the circuit check has it.

    Attributes:
        neuron: the compact neuron (`SignedAnalytic.neuron`).
        dt_s: step, s.
        threshold: of u, above the neuron's `capture`, below 1.
        name: for tables and plots.

    Raises:
        InputError: a threshold that is out of reach or below the capture.
    """

    neuron: SignedLif
    dt_s: Positive = 0.5e-9
    threshold: float = 0.4
    name: str = "device"

    def __post_init__(self) -> None:
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
