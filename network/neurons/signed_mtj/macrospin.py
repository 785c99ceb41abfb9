"""The macrospin itself as a neuron: to check the averaged equation in small networks, not to train with.

One step of 0.5 ns is 500 steps of the Landau-Lifshitz-Gilbert equation for each neuron, so a hundred digits take about
a minute. It has no gradient. Only a reset to rest exists: a junction has no subtraction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import torch

from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.device import declare
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble
from ipcircuit.errors import InputError
from network.neurons.signed_mtj.dynamics import Factor, SignedDynamics

START = 0.02  # rad off the easy axis, within the plane: the thermal spread at 300 K is about ten times that


@dataclass(frozen=True)
class MacrospinDynamics(SignedDynamics):
    """States (3, *batch), float64: the magnetisation along W, L, T.

    Attributes:
        device: an `mtj_orthogonal`.
        dt_s, threshold: step, threshold of u.
        inner_s: step of the integration.
    """

    device: Device = field(default_factory=declare)
    dt_s: float = 0.5e-9
    threshold: float = 0.4
    inner_s: float = 1e-12
    name: str = "macrospin"

    @cached_property
    def _ensemble(self) -> Ensemble:
        return Ensemble(self.device)

    @cached_property
    def _current(self) -> float:
        """Current density of a drive of one threshold, A/m²."""
        return self.threshold / analytic(self.device).gain

    def rest(self, like: torch.Tensor) -> torch.Tensor:
        """All at `START` from +T."""
        one = torch.ones(like.shape, dtype=torch.float64)
        return torch.stack([0 * one, math.sin(START) * one, math.cos(START) * one])

    def read(self, state: torch.Tensor) -> torch.Tensor:
        """m_W in thresholds."""
        return (state[0] / self.threshold).to(torch.get_default_dtype())

    def step(self, state: torch.Tensor, drive: torch.Tensor, tau: Factor = 1.0, gain: Factor = 1.0) -> torch.Tensor:
        """State after `dt_s`.

        Raises InputError: a spread of the time constant, which is no parameter of the macrospin's.
        """
        if isinstance(tau, torch.Tensor) or tau != 1.0:
            problem = "a macrospin's time constant follows from its parameters"
            raise InputError(problem, where="variation.tau", allowed="0, or a device with other parameters")
        level = (drive.detach() * gain).to(torch.float64) * self._current
        return self._ensemble.run(lambda _: level, self.dt_s, step=self.inner_s, start=state).last

    def noise_std(self, state: torch.Tensor, sigma: float, tau: Factor = 1.0) -> torch.Tensor:
        """Not for this backend: thermal agitation belongs into the integration."""
        raise InputError("noise is not available with the macrospin backend", where="noise", allowed="0")

    def shifted(self, state: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
        """Not for this backend."""
        raise InputError("a junction cannot subtract", where="reset", allowed="zero, none")

    def reset(self, state: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """Rest where the mask is true."""
        return torch.where(where, self.rest(state[0]), state)
