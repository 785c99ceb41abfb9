"""The signed spike with a surrogate gradient at both thresholds.

Forward: s = H(v - theta) - H(-v - theta), in {-1, 0, +1}. Backward: ds/dv = g(v - theta) + g(v + theta), with
g either rectangular, 1/width inside a window of `width` around the threshold, or the derivative of an arctangent,
(2/width)/2 / (1 + (pi v/width)^2). Both have unit area, and the same height, 1/width, at the threshold.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ipcircuit.errors import InputError

SURROGATES = ("rectangular", "atan")


def surrogate_slope(distance: torch.Tensor, kind: str, width: float) -> torch.Tensor:
    """g at a distance from a threshold, same shape; area 1 over all distances.

    Raises:
        InputError: unknown kind, or a width that is not positive.
    """
    if kind not in SURROGATES:
        raise InputError("unknown surrogate", where="surrogate", found=kind, allowed=", ".join(SURROGATES))
    if not width > 0:
        raise InputError("must be positive", where="surrogate width", found=width)
    if kind == "rectangular":
        return (distance.abs() < width / 2).to(distance.dtype) / width
    return 1 / (width * (1 + (math.pi * distance / width) ** 2))


class _SignedSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, v: torch.Tensor, threshold: torch.Tensor, kind: str, width: float) -> torch.Tensor:
        ctx.save_for_backward(v, threshold)
        ctx.kind, ctx.width = kind, width
        return (v >= threshold).to(v.dtype) - (v <= -threshold).to(v.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        v, threshold = ctx.saved_tensors
        slope = surrogate_slope(v - threshold, ctx.kind, ctx.width) + surrogate_slope(
            v + threshold, ctx.kind, ctx.width
        )
        return grads[0] * slope, None, None, None


def signed_spike(
    v: torch.Tensor, threshold: torch.Tensor | float = 1.0, kind: str = "atan", width: float = 1.0
) -> torch.Tensor:
    """Spikes in {-1, 0, +1} of membranes `v`, same shape; a membrane exactly on a threshold spikes.

    Args:
        threshold: positive, one for all or broadcastable; gets no gradient.
        kind, width: of the surrogate gradient, see the module.
    """
    level = threshold if isinstance(threshold, torch.Tensor) else v.new_tensor(threshold)
    return _SignedSpike.apply(v, level, kind, width)  # type: ignore[no-any-return]
