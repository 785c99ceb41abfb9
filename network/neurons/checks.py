"""Checks of a layer's input: what is refused, and what is warned of once."""

from __future__ import annotations

import warnings

import torch

from ipcircuit.errors import InputError


def check_shape(x: torch.Tensor, *, multi_step: bool, where: str) -> None:
    """Raise InputError unless `x` is a floating-point tensor (time, batch, *features) or (batch, *features)."""
    shape, least = ("(time, batch, *features)", 3) if multi_step else ("(batch, *features)", 2)
    if x.dim() < least or x.numel() == 0:
        raise InputError("wrong shape", where=where, found=tuple(x.shape), allowed=f"{shape}, nothing empty")
    if not x.is_floating_point():
        raise InputError("wrong type", where=where, found=str(x.dtype), allowed="a floating-point tensor of volts")


def check_finite(x: torch.Tensor, where: str) -> tuple[float, float]:
    """Least and greatest number in `x`; raises InputError for NaN or infinity."""
    low, high = (float(v) for v in torch.aminmax(x.detach()))
    # aminmax gives NaN if there is one, and infinity is an extreme
    if not (abs(low) < float("inf") and abs(high) < float("inf")):
        raise InputError("input holds NaN or infinity", where=where)
    return low, high


class RangeCheck:
    """Refuses NaN and infinity; warns once when amplitudes lie outside the fitted range, with their share."""

    def __init__(self, valid: tuple[float, float], where: str) -> None:
        self.valid, self.where, self.warned = valid, where, False

    def __call__(self, volts: torch.Tensor) -> None:
        with torch.no_grad():
            low, high = check_finite(volts, self.where)
            if not self.warned and (low < 0 or high > self.valid[1] or 0 < low < self.valid[0]):
                outside = (volts != 0) & ((volts < self.valid[0]) | (volts > self.valid[1]))
                self._warn(outside, low, high)

    def _warn(self, outside: torch.Tensor, low: float, high: float) -> None:
        share = outside.float().mean().item()
        self.warned = True
        warnings.warn(
            f"{self.where}: {share:.2%} of the inputs lie outside {self.valid[0]:g} … {self.valid[1]:g} V, where the "
            f"model was fitted (found {low:.4g} … {high:.4g} V); 0 V is an idle step",
            stacklevel=5,
        )
