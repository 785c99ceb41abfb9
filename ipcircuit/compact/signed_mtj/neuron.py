"""The signed leaky integrate-and-fire neuron (Zheng et al., arXiv 2606.03796): one step of its membrane, in torch.

`membrane` is the only such function: the circuit check compares it with ngspice, the fits search its constants, and
the layers of `network.neurons.signed_mtj` step with it.

    ideal       τ du/dt = -u + g J
    saturating  τ du/dt = (1 - u²) (-u + g J)

with u the magnetisation along the pinned layer and J the current density. The second form is the Landau-Lifshitz-
Gilbert equation averaged over the precession about the pinned axis; derivation, onset and capture:
docs/physics/signed_mtj.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch

from ipcircuit.errors import InputError

_Number = TypeVar("_Number", torch.Tensor, float)
LARGEST = 1 - 1e-6  # |u| is kept below: artanh ends here in single precision
_SUBSTEP = 0.5  # of τ; the error of a fourth-order Runge-Kutta step is then below 2e-3


@dataclass(frozen=True)
class SignedLif:
    """Constants of one neuron.

    Attributes:
        tau_s: membrane time constant, s.
        gain: steady u per current density, m²/A; or 1 where the input is the drive g J itself.
        saturating: the device's form; False is the ideal LIF equation.
        onset: current density (A/m², or drive) above which a magnetisation at rest starts to turn; 0 has no rest.
        capture: |u| below which a turning magnetisation is caught at its easy axis.
    """

    tau_s: float
    gain: float
    saturating: bool = False
    onset: float = 0.0
    capture: float = 0.0

    def __post_init__(self) -> None:
        if not (self.tau_s > 0 and math.isfinite(self.gain) and self.onset >= 0 and self.capture >= 0):
            raise InputError(
                "not a neuron",
                where="SignedLif",
                found=f"tau {self.tau_s:g} s, gain {self.gain:g}, onset {self.onset:g}, capture {self.capture:g}",
                allowed="tau above 0; onset and capture not negative",
            )

    def normalised(self) -> SignedLif:
        """The same neuron with the drive g J as its input."""
        return replace(self, gain=1.0, onset=self.onset * abs(self.gain))


def membrane(
    neuron: SignedLif, u: _Number, current_density: _Number, dt_s: float, tau: torch.Tensor | float = 1.0
) -> _Number:
    """u after `dt_s` of constant current density: tensors, differentiable in both, or floats, much faster one by one.

    The saturating form is solved for w = artanh u, dw/dt = (g J - tanh w)/τ: |u| < 1 whatever the current. Whether the
    magnetisation turns is decided at the beginning of the step; the gradient sees it turning in any case, since a
    caught neuron would never learn to start.

    Args:
        u: membrane before the step, any shape.
        current_density: A/m² (or drive, see `SignedLif.gain`), broadcasts with `u`.
        dt_s: s.
        tau: factor on the time constant, broadcasts with `u`.

    Raises:
        InputError: a step that is not positive.
    """
    if not dt_s > 0:
        raise InputError("time step must be positive", where="dt_s", found=dt_s, allowed="above 0 s")
    level: Any = current_density  # a tensor or a float, as `u` is
    if not neuron.saturating:
        decay: Any = decay_factor(dt_s, neuron.tau_s, tau)
        return decay * u + (1 - decay) * neuron.gain * level
    target = neuron.gain * level
    tanh: Any
    w: Any
    if isinstance(u, torch.Tensor):
        tanh, w = torch.tanh, torch.atanh(u.clamp(-LARGEST, LARGEST))
        if neuron.onset > 0:
            turning = (u.detach().abs() > neuron.capture) | (level.detach().abs() > neuron.onset)
            target = target + (target * turning.to(u.dtype) - target).detach()
    else:
        tanh, w = math.tanh, math.atanh(min(max(u, -LARGEST), LARGEST))
        if neuron.onset > 0 and abs(u) <= neuron.capture and abs(level) <= neuron.onset:
            target = 0.0
    count = math.ceil(dt_s / (_SUBSTEP * neuron.tau_s))
    h = dt_s / (neuron.tau_s * count) / tau
    for _ in range(count):
        a = target - tanh(w)
        b = target - tanh(w + h / 2 * a)
        c = target - tanh(w + h / 2 * b)
        w = w + h / 6 * (a + 2 * b + 2 * c + target - tanh(w + h * c))
    return tanh(w)


def decay_factor(dt_s: float, tau_s: float, tau: torch.Tensor | float = 1.0) -> torch.Tensor | float:
    """exp(-dt / (tau tau_s)), a tensor if `tau` is one."""
    exponent = -dt_s / (tau_s * tau)
    return torch.exp(exponent) if isinstance(exponent, torch.Tensor) else math.exp(exponent)


def trace(neuron: SignedLif, current_density: torch.Tensor, dt_s: float, start: Any = 0.0) -> torch.Tensor:
    """u without spikes and resets under a sequence of current densities, shape (time, …); u after each step."""
    alone = current_density.dim() == 1 and current_density.dtype == torch.float64 and not current_density.requires_grad
    levels = current_density.tolist() if alone else current_density
    u, rows = float(start) if alone else torch.zeros_like(current_density[0]) + start, []
    for level in levels:
        u = membrane(neuron, u, level, dt_s)
        rows.append(u)
    return torch.tensor(rows, dtype=torch.float64) if alone else torch.stack(rows)
