"""The mean of N Bernoulli draws, exactly, without N passes: one uniform number per mean, by inverting the binomial."""

from __future__ import annotations

import math

import torch

FEW = 3  # up to here N comparisons are cheaper than the inversion
MANY = 64  # above, the smallest term of the inversion leaves float32; torch.binomial takes over
CHUNK = 1 << 17  # numbers inverted at a time, so that the buffers stay in the cache of a core
SPARSE = 0.5  # share of non-zero probabilities below which only those are drawn


def sample_mean(p: torch.Tensor, draws: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """Mean of `draws` independent draws that are 1 with probability `p`.

    The binomial distribution is sampled by inversion: exact to the rounding of its cumulative sum (float32: 1e-6).

    Args:
        p: probabilities, 0 … 1, any shape; float32 is used for narrower types.
        draws: N, at least 1.
        generator: random numbers; default torch's own.

    Returns:
        Multiples of 1/N, shape and type of `p`. No gradient.
    """
    with torch.no_grad():
        flat = p.detach().reshape(-1)
        if flat.dtype in (torch.bfloat16, torch.float16):
            flat = flat.float()
        active = flat > 0
        if flat.numel() and int(active.sum()) / flat.numel() < SPARSE:
            where = active.nonzero().squeeze(1)
            counts = torch.zeros_like(flat)
            counts[where] = _counts(flat[where], draws, generator)
        else:
            counts = _counts(flat.contiguous(), draws, generator)
        return counts.div_(draws).reshape(p.shape).to(p.dtype)


def _counts(p: torch.Tensor, draws: int, generator: torch.Generator | None) -> torch.Tensor:
    if draws > MANY:
        return torch.binomial(torch.full_like(p, draws), p, generator=generator)
    if draws <= FEW:
        counts = torch.zeros_like(p)
        for _ in range(draws):
            counts += _uniform(p, generator) < p
        return counts
    if p.device.type != "cpu":
        return _invert(p, _uniform(p, generator), draws)
    counts = torch.empty_like(p)
    for first in range(0, p.numel(), CHUNK):
        part = p[first : first + CHUNK]
        counts[first : first + CHUNK] = _invert(part, _uniform(part, generator), draws)
    return counts


def _uniform(like: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    return torch.rand(like.shape, dtype=like.dtype, device=like.device, generator=generator)


def _invert(p: torch.Tensor, rest: torch.Tensor, draws: int) -> torch.Tensor:
    """Number of successes whose cumulative probability first exceeds the uniform numbers `rest` (overwritten).

    Counts the rarer outcome, so that the first term, at least 2^-N, is a normal number.
    """
    rare = torch.minimum(p, 1 - p)
    term = (1 - rare).pow_(draws)  # rare^k (1 - rare)^(N - k), without its binomial coefficient
    odds = rare.div_(1 - rare)
    rest.sub_(term)
    beyond = torch.empty(p.shape, dtype=torch.bool, device=p.device)
    count = torch.zeros(p.shape, dtype=torch.uint8, device=p.device)
    for k in range(1, draws + 1):
        torch.ge(rest, 0, out=beyond)
        count.add_(beyond.view(torch.uint8))
        if k < draws:
            term.mul_(odds)
            rest.sub_(term, alpha=math.comb(draws, k))
    counts = count.to(p.dtype)
    return torch.where(p > 0.5, draws - counts, counts)
