"""The signed leaky integrate-and-fire neuron of seed 2 (Zheng et al., arXiv 2606.03796), ideal and as a device does it.

The seed's equation τ_m du/dt = -α1 u + α2 I R_m has more constants than a trace can tell apart: τ_m, α1 and α2 can be
multiplied by one number without effect. Here α1 = 1, and what is left is a time constant and a gain,

    linear      τ du/dt = -u + g J
    saturating  τ du/dt = (1 - u²) (-u + g J)

with u the magnetisation along the pinned layer and J the current density. The second is what the
Landau-Lifshitz-Gilbert equation gives when the fast precession about the pinned axis is averaged out
(`signed_analytic`): |m| = 1 leaves 1 - u² for torque and damping to act on. It equals the first for small u.

Below the onset J does not turn the magnetisation out of its easy axis: |u| stays below `locked`, the device is blind.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch

from ipcircuit.errors import InputError

_SUBSTEP = 0.1  # of τ; Heun's error is then below 1e-3
_EDGE = 1 - 1e-9  # u stays inside ±1, where atanh is finite


@dataclass(frozen=True)
class SignedLif:
    """Constants of one neuron.

    Attributes:
        tau_s: membrane time constant, s.
        gain: steady u per current density, m²/A.
        saturating: the device's form; False is the ideal LIF equation.
        onset: current density (A/m²) below which a membrane at rest stays there; 0 for an ideal neuron.
        locked: |u| below which the onset matters.
    """

    tau_s: float
    gain: float
    saturating: bool = False
    onset: float = 0.0
    locked: float = 0.0

    def __post_init__(self) -> None:
        if not (self.tau_s > 0 and math.isfinite(self.gain)):
            raise InputError(
                "not a neuron",
                where="SignedLif",
                found=f"tau {self.tau_s:g} s, gain {self.gain:g}",
                allowed="tau above 0",
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values by name; `SignedLif(**values)` gives the neuron back."""
        return asdict(self)


def membrane(neuron: SignedLif, u: torch.Tensor, current_density: torch.Tensor, dt_s: float) -> torch.Tensor:
    """u after `dt_s` of constant current density (A/m²); tensors that broadcast. Differentiable in both.

    Raises:
        InputError: a step that is not positive.
    """
    if not dt_s > 0:
        raise InputError("time step must be positive", where="dt_s", found=dt_s, allowed="above 0 s")
    target = neuron.gain * current_density
    if neuron.onset > 0:
        asleep = (current_density.abs() < neuron.onset) & (u.abs() < neuron.locked)
        target = torch.where(asleep, torch.zeros_like(target), target)
    if not neuron.saturating:
        decay = math.exp(-dt_s / neuron.tau_s)
        return decay * u + (1 - decay) * target
    count = max(1, math.ceil(dt_s / (_SUBSTEP * neuron.tau_s)))
    h = dt_s / (count * neuron.tau_s)
    x = torch.atanh(u.clamp(-_EDGE, _EDGE))  # dx/dt = (target - tanh x)/τ: Heun
    for _ in range(count):
        first = target - torch.tanh(x)
        second = target - torch.tanh(x + h * first)
        x = x + h / 2 * (first + second)
    return torch.tanh(x)


def step(
    neuron: SignedLif, u: torch.Tensor, current_density: torch.Tensor, dt_s: float, threshold: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """One time step with spikes of both signs and a reset to zero.

    Args:
        u: membrane before the step, any shape.
        current_density: A/m², constant over the step, broadcasts with u.
        dt_s: s.
        threshold: |u| at which the neuron spikes, between 0 and 1.

    Returns:
        spikes (+1, -1 or 0) and the membrane after the step, 0 where it has spiked.

    Raises:
        InputError: a threshold outside 0 … 1, or a step that is not positive.
    """
    if not 0 < threshold < 1:
        raise InputError("threshold out of range", where="threshold", found=threshold, allowed="above 0, below 1")
    after = membrane(neuron, u, current_density, dt_s)
    spikes = (after >= threshold).to(after.dtype) - (after <= -threshold).to(after.dtype)
    return spikes, torch.where(spikes == 0, after, torch.zeros_like(after))


def trace(neuron: SignedLif, current_density: torch.Tensor, dt_s: float, start: Any = 0.0) -> torch.Tensor:
    """u without spikes and resets under a sequence of current densities, shape (time, …); u after each step."""
    u, rows = torch.zeros_like(current_density[0]) + start, []
    for level in current_density:
        u = membrane(neuron, u, level, dt_s)
        rows.append(u)
    return torch.stack(rows)
