"""Device-to-device spread: every parallel neuron of every input has its own midpoint and heat, and some do not work."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class DeviceSpread:
    """Deviations of devices from the nominal one; all zero by default. No source gives these: they are for sweeps.

    Attributes:
        midpoint_V: standard deviation of the firing midpoint, V.
        heating: relative standard deviation of the midpoint shift by heat; negative draws count as 0.
        off: share of devices that never fire.
        seed: of the draw.
    """

    midpoint_V: float = 0.0
    heating: float = 0.0
    off: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.midpoint_V < 0 or self.heating < 0 or not 0 <= self.off <= 1:
            raise InputError("spread out of range", where="DeviceSpread", found=self, allowed=">= 0, off 0 … 1")

    def draw(self, neurons: int, features: tuple[int, ...], salt: int = 0) -> dict[str, torch.Tensor]:
        """`midpoint` (V), `heat` (factor) and `works` (1 or 0), each of shape (neurons, *features).

        `salt` keeps the draws of two junctions of one neuron apart.
        """
        generator = torch.Generator().manual_seed(2 * self.seed + salt)
        shape = (neurons, *features)
        midpoint = self.midpoint_V * torch.randn(shape, generator=generator)
        heat = (1 + self.heating * torch.randn(shape, generator=generator)).clamp(min=0)
        works = (torch.rand(shape, generator=generator) >= self.off).float()
        return {"midpoint": midpoint, "heat": heat, "works": works}


def quantised(volts: torch.Tensor, levels: int, valid: tuple[float, float]) -> torch.Tensor:
    """Amplitudes a driver of `levels` equally spaced levels over the valid range can give; 0 (idle) stays 0.

    The gradient passes unchanged (straight through).

    Raises:
        InputError: fewer than two levels.
    """
    if levels < 2:
        raise InputError("a driver needs two levels", where="levels", found=levels)
    step = (valid[1] - valid[0]) / (levels - 1)
    nearest = (((volts - valid[0]) / step).round().clamp(0, levels - 1)) * step + valid[0]
    nearest = torch.where(volts > 0, nearest, torch.zeros_like(volts))
    return volts + (nearest - volts).detach()
