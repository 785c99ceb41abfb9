"""Content of tensors, counted exactly and cheaply: a network's pass must not wait for it.

numpy compares and counts some times faster than torch on a processor. Large tensors are looked at in pieces, which stay
in its cache and add nothing to speak of to the memory of the pass.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

PIECE = 2**16
_OF_NUMPY = (torch.float32, torch.float64, torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def _pieces(x: torch.Tensor) -> Iterator[np.ndarray]:
    x = x.detach()
    x = x if x.dtype in _OF_NUMPY else x.float()
    numbers = x.cpu().numpy().reshape(-1)
    return (numbers[start : start + PIECE] for start in range(0, numbers.size, PIECE))


def nonzeros(x: torch.Tensor) -> int:
    """Numbers that are not 0."""
    return sum(int(np.count_nonzero(piece != 0)) for piece in _pieces(x))


def nonzeros_if_spikes(x: torch.Tensor) -> tuple[int, bool]:
    """Numbers that are not 0, and whether all of them are 1."""
    nonzero = ones = 0
    for piece in _pieces(x):
        nonzero += int(np.count_nonzero(piece != 0))
        ones += int(np.count_nonzero(piece == 1))
    return nonzero, nonzero == ones


def whole(x: torch.Tensor) -> bool:
    """Whether all numbers are whole; infinity and NaN are not."""
    return all(bool(np.isfinite(piece).all() and (piece == np.rint(piece)).all()) for piece in _pieces(x))


def total(x: torch.Tensor) -> int:
    """Sum of the sizes of whole numbers."""
    return round(sum(float(np.abs(piece).sum(dtype=np.float64)) for piece in _pieces(x)))


def spikes(y: torch.Tensor) -> tuple[int, int, int]:
    """Numbers that are not 0, spikes, and those of negative sign; a spike of n counts as n, graded ones each as one."""
    nonzero, plain = nonzeros_if_spikes(y)
    if plain:
        return nonzero, nonzero, 0
    negative = sum(int(np.count_nonzero(piece < 0)) for piece in _pieces(y))
    return nonzero, total(y) if whole(y) else nonzero, negative


def drives(x: torch.Tensor, low: float, high: float) -> tuple[int, float]:
    """Numbers that are not 0, and the sum of all, each held within limits, in their own precision piece by piece."""
    nonzero, strength = 0, 0.0
    for piece in x.detach().reshape(-1).split(PIECE):
        nonzero += nonzeros(piece)
        strength += float(piece.clamp(low, high).sum())
    return nonzero, strength
