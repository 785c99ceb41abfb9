"""Weights that a tensor's numbers meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from network.accounting.counting.events import LayerEvents
from network.accounting.counting.weights import Fan
from network.neurons.content import PIECE, nonzeros_if_spikes, total, whole

EXACT = 2**24  # whole numbers that float32 adds without rounding


@dataclass(frozen=True)
class Activity:
    """Content of a layer's input.

    Attributes:
        nonzero: numbers that are not 0. whole: whether all are whole numbers.
        met: weights that the non-zero ones meet. additions: the same, a number n counted |n| times; as `met` where not
            all are whole.
    """

    nonzero: int
    whole: bool
    met: int
    additions: int


def activity(x: torch.Tensor, fan: Fan) -> Activity:
    """Content of a layer's input."""
    x = x.detach()
    x = x if x.dtype in (torch.float32, torch.float64) else x.float()
    nonzero, plain = nonzeros_if_spikes(x)
    met = met_by(x, nonzero, fan, plain=plain)
    if plain or not whole(x):
        return Activity(nonzero, plain, met, met)
    return Activity(nonzero, True, met, total(x) * fan.each if fan.each is not None else _taps(x, torch.abs, fan))


def met_by(x: torch.Tensor, nonzero: int, fan: Fan, *, plain: bool = False) -> int:
    """Weights that the non-zero numbers meet, `nonzero` of them; `plain`: they are all 1."""
    if fan.each is not None:
        return nonzero * fan.each
    return _taps(x, None if plain else lambda part: part.bool().to(part.dtype), fan)


def _taps(x: torch.Tensor, size: Callable[[torch.Tensor], torch.Tensor] | None, fan: Fan) -> int:
    """Sum over the places of a map of the whole numbers `size` of x (x itself if None), each times its weights."""
    places, met = fan.flat.numel(), 0.0
    exact = size is torch.abs or fan.sum >= EXACT  # a map's sum may not fit a float of 32 bits
    taps = fan.flat.numpy().astype(np.float64 if exact else np.float32)
    for rows in x.reshape(-1, places).split(max(1, PIECE // places)):
        sizes = (rows if size is None else size(rows)).cpu().numpy()
        met += float((sizes @ taps).sum(dtype=np.float64))  # of single precision, exact by EXACT
    return round(met) * fan.outputs


def accumulate(row: LayerEvents, x: torch.Tensor, fan: Fan) -> None:
    """Add the weights that an input meets to a row of synapses."""
    content = activity(x, fan)
    row.add(nonzero=content.nonzero, operations=content.met, additions=content.additions, dense=fan.dense(x.numel()))
    row.whole = bool(row.whole) and content.whole
