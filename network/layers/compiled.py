"""Firing of a whole sequence by the compiled loops of `network.layers.kernel`, where they are at hand and pay."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from network.layers.sample import MANY

if TYPE_CHECKING:
    from network.layers.firing import Rule

LEAST = 1 << 20  # inputs below which the first call's compiling (seconds, once per machine) is not worth it


@cache
def _at_hand() -> bool:
    return importlib.util.find_spec("numba") is not None


def applies(rule: Rule, volts: torch.Tensor) -> bool:
    """Whether the loops cover this case: a large input on the CPU, junctions all alike, and numba installed."""
    known = volts.device.type == "cpu" and volts.dtype in (torch.float32, torch.float64)
    covered = not any(buffers for _, buffers in rule.junctions) and rule.neurons <= MANY
    return known and covered and volts.numel() >= LEAST and _at_hand()


def fire(
    rule: Rule, volts: torch.Tensor, initial: list[torch.Tensor] | None, generator: torch.Generator | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """As `network.layers.firing.fire`."""
    flat = volts.reshape(*volts.shape[:2], -1)
    start = None if initial is None else [t.to(volts).reshape(-1, *flat.shape[1:]) for t in initial]
    out, *after = _Loops.apply(flat, rule, start, generator)  # pyright: ignore[reportGeneralTypeIssues]
    shape = (*volts.shape[:2], len(rule.junctions) * volts.shape[2], *volts.shape[3:])
    return out.reshape(shape), [a.reshape(a.shape[0], *volts.shape[1:]) for a in after]


class _Loops(torch.autograd.Function):
    """Forward samples; backward is the closed-form gradient of the expectation, from the volts alone."""

    @staticmethod
    def forward(ctx: Any, volts: torch.Tensor, rule: Rule, initial: list[torch.Tensor] | None, generator: Any) -> Any:
        from network.layers import kernel

        volts = volts.contiguous()
        ctx.save_for_backward(volts)
        ctx.rule, ctx.initial = rule, initial
        curves, poles = _numbers(rule, volts)
        state = _state(rule, volts, initial)
        out = _empty((*volts.shape[:2], len(rule.junctions), volts.shape[2]), volts)
        draws = rule.neurons if rule.sampled else 0
        ratios = np.array([0.0] + [(draws - k + 1) / k for k in range(1, draws + 1)])
        seed = np.uint64(torch.randint(2**63 - 1, (), generator=generator).item())
        given = (volts.numpy(), state, curves, poles, ratios, draws, rule.difference, seed)
        _in_tiles(volts, lambda first, last: kernel.forward(*given, first, last, out.numpy()))
        after = _by_junction(rule, volts, torch.from_numpy(state))
        ctx.mark_non_differentiable(*after)
        return (out, *after)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        from network.layers import kernel

        (volts,) = ctx.saved_tensors
        rule: Rule = ctx.rule
        curves, poles = _numbers(rule, volts)
        slopes = curves[:, 0].copy()
        if rule.surrogate_slope is not None:
            slopes[:] = rule.surrogate_slope
        wanted, out = gradients[0].contiguous().numpy(), _empty(volts.shape, volts)
        given = (volts.numpy(), _state(rule, volts, ctx.initial), curves, slopes, poles, rule.difference)
        _in_tiles(volts, lambda first, last: kernel.backward(*given, first, last, wanted, out.numpy()))
        return out, None, None, None


def _empty(shape: tuple[int, ...], like: torch.Tensor) -> torch.Tensor:
    """Memory from numpy, which asks for huge pages: the first write to small ones costs more than the layer."""
    return torch.from_numpy(np.empty(shape, like.detach().numpy().dtype))


def _heated(rule: Rule) -> list[int]:
    from network.layers.firing import takes_no_heat

    return [j for j, (parameters, _) in enumerate(rule.junctions) if not takes_no_heat(parameters)]


def _numbers(rule: Rule, volts: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The arrays `curves` and `poles` of `network.layers.kernel`."""
    dtype = volts.detach().numpy().dtype
    curves = [(p.slope, p.midpoint, p.maximum) for p, _ in rule.junctions]
    poles = []
    for j in _heated(rule):
        p = rule.junctions[j][0]
        poles += [(j, *pole) for pole in zip(p.decay, p.alpha, p.beta, p.delta, strict=True)]
    return np.array(curves, dtype), np.array(poles, dtype).reshape(-1, 5)


def _state(rule: Rule, volts: torch.Tensor, initial: list[torch.Tensor] | None) -> np.ndarray:
    """Theta of all poles before the first step, to be overwritten; junctions without heat have none."""
    poles = [len(rule.junctions[j][0].decay) for j in _heated(rule)]
    if initial is None or not poles:
        return volts.new_zeros((sum(poles), *volts.shape[1:])).numpy()
    return torch.cat([initial[j].detach() for j in _heated(rule)]).numpy()


def _by_junction(rule: Rule, volts: torch.Tensor, state: torch.Tensor) -> list[torch.Tensor]:
    found = [volts.new_zeros((len(p.decay), *volts.shape[1:])) for p, _ in rule.junctions]
    parts = state.split([len(rule.junctions[j][0].decay) for j in _heated(rule)]) if len(state) else ()
    for j, part in zip(_heated(rule), parts, strict=True):
        found[j] = part.clone()
    return found


def _in_tiles(volts: torch.Tensor, work: Callable[[int, int], None]) -> None:
    """Share the tiles among torch's number of threads; the outcome does not depend on that number."""
    from network.layers.kernel import TILE

    tiles = volts.shape[1] * -(-volts.shape[2] // TILE)
    threads = min(torch.get_num_threads(), tiles)
    if threads == 1:
        return work(0, tiles)
    bounds = [tiles * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))
    return None
