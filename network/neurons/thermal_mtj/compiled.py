"""Firing of a whole sequence by the compiled loops of `kernel`, where numba is installed and they pay."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from network.neurons.thermal_mtj.firing import Rule, takes_no_heat
from network.neurons.thermal_mtj.sample import MANY

LEAST = 1 << 16  # inputs below which milliseconds are not worth loading numba (and, once per machine, compiling)
NARROW = (torch.bfloat16, torch.float16)  # cannot hold volts to a millivolt: computed in float32


@cache
def at_hand() -> bool:
    return importlib.util.find_spec("numba") is not None


def applies(rule: Rule, volts: torch.Tensor) -> bool:
    """Whether the loops cover this case: a large input on the CPU, junctions all alike, and numba installed."""
    known = volts.device.type == "cpu" and volts.dtype in (torch.float32, torch.float64, *NARROW)
    covered = not any(buffers for _, buffers in rule.junctions) and rule.neurons <= MANY
    return known and covered and volts.numel() >= LEAST and at_hand()


def fire(
    rule: Rule, volts: torch.Tensor, initial: list[torch.Tensor] | None, generator: torch.Generator | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """As `network.neurons.thermal_mtj.firing.fire`."""
    flat = (volts.float() if volts.dtype in NARROW else volts).reshape(*volts.shape[:2], -1)
    start = None if initial is None else [t.to(flat).reshape(-1, *flat.shape[1:]) for t in initial]
    out, *after = _Loops.apply(flat, rule, start, generator)  # pyright: ignore[reportGeneralTypeIssues]
    shape = (*volts.shape[:2], len(rule.junctions) * volts.shape[2], *volts.shape[3:])
    return out.reshape(shape).to(volts.dtype), [a.reshape(a.shape[0], *volts.shape[1:]) for a in after]


class _Loops(torch.autograd.Function):
    """Forward samples and lists the pulses; backward is the closed-form gradient of the expectation, from that list."""

    @staticmethod
    def forward(ctx: Any, volts: torch.Tensor, rule: Rule, initial: list[torch.Tensor] | None, generator: Any) -> Any:
        from network.neurons.thermal_mtj import kernel
        from network.neurons.thermal_mtj.kernel_numbers import tables

        samples, features = volts.shape[1:]
        inputs = volts.detach().contiguous().numpy().reshape(len(volts), -1)
        pulses = _pulses(inputs, samples, features, len(rule.junctions), ctx.needs_input_grad[0])
        # numpy asks for huge pages, which the system hands out cleared, so that nothing but the pulses is written: the
        # first write to small pages costs more than the layer
        out = np.zeros((len(volts), samples, len(rule.junctions), features), inputs.dtype)
        draws = rule.neurons if rule.sampled else 0
        curves, slopes, poles, powers = _numbers(rule, len(volts))
        seed = np.uint64(torch.randint(2**63 - 1, (), generator=generator).item())
        state = _state(rule, volts, initial)
        numbers, binomial = (curves, slopes, poles, draws, rule.difference), (seed, *tables(draws, inputs.dtype))
        rest = numbers, powers, binomial, samples, features
        flat = out.reshape(len(volts), -1)
        _in_tiles(samples, features, lambda a, b: kernel.forward(inputs, state, *rest, a, b, pulses, flat))
        ctx.save_for_backward(*(torch.from_numpy(part) for part in pulses))
        ctx.rule, ctx.shape = rule, volts.shape
        after = _by_junction(rule, volts, torch.from_numpy(state))
        ctx.mark_non_differentiable(*after)
        return (torch.from_numpy(out), *after)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        from network.neurons.thermal_mtj import kernel

        steps, samples, features = ctx.shape
        wanted = gradients[0].contiguous().numpy().reshape(steps, -1)
        out = np.zeros((steps, samples * features), wanted.dtype)
        _, _, poles, powers = _numbers(ctx.rule, steps)
        constants = poles, powers, ctx.rule.difference, samples, features
        pulses = tuple(part.numpy() for part in ctx.saved_tensors)
        _in_tiles(samples, features, lambda a, b: kernel.backward(*constants, a, b, pulses, wanted, out))
        return torch.from_numpy(out).reshape(ctx.shape), None, None, None


def _pulses(volts: np.ndarray, samples: int, features: int, junctions: int, sloped: bool) -> tuple[np.ndarray, ...]:
    """Buffers for the `pulses` of the kernel, sized for all inputs; pages are only committed when written."""
    from network.neurons.thermal_mtj.kernel import tiles_of

    rows, number = (tiles_of(samples, features), len(volts)), volts.size
    starts, ends, places = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(number, np.int16)
    return starts, ends, places, np.empty(number, volts.dtype), np.empty((junctions, number * sloped), volts.dtype)


def _numbers(rule: Rule, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`curves`, slopes of the gradient, `poles` and `powers` of `network.neurons.thermal_mtj.kernel`."""
    curves = np.array([(p.slope, p.midpoint, p.maximum) for p, _ in rule.junctions])
    slopes = curves[:, 0].copy()
    if rule.surrogate_slope is not None:
        slopes[:] = rule.surrogate_slope
    heated = [(j, p) for j, (p, _) in enumerate(rule.junctions) if not takes_no_heat(p)]
    rows = [(j, *pole) for j, p in heated for pole in zip(p.decay, p.alpha, p.beta, p.delta, strict=True)]
    poles = np.array(rows, float).reshape(-1, 5)
    return curves, slopes, poles, poles[:, 1:2] ** np.arange(steps + 1)


def _state(rule: Rule, volts: torch.Tensor, initial: list[torch.Tensor] | None) -> np.ndarray:
    """Theta of all poles before the first step (poles, columns), to be overwritten; none where there is no heat."""
    cold = (
        [volts.new_zeros((len(p.decay), *volts.shape[1:])) for p, _ in rule.junctions] if initial is None else initial
    )
    heated = [theta.detach() for theta, (p, _) in zip(cold, rule.junctions, strict=True) if not takes_no_heat(p)]
    return torch.cat([volts.new_zeros((0, *volts.shape[1:])), *heated]).flatten(1).numpy()


def _by_junction(rule: Rule, volts: torch.Tensor, state: torch.Tensor) -> list[torch.Tensor]:
    """The same by junction, for those that take no heat 0."""
    states, rows = [], iter(state)
    for p, _ in rule.junctions:
        theta = volts.new_zeros((len(p.decay), *volts.shape[1:]))
        if not takes_no_heat(p):
            for pole in theta:
                pole.copy_(next(rows).reshape(pole.shape))
        states.append(theta)
    return states


def _in_tiles(samples: int, features: int, work: Callable[[int, int], None]) -> None:
    from network.neurons.thermal_mtj.kernel import tiles_of

    shared(tiles_of(samples, features), work)


def shared(tiles: int, work: Callable[[int, int], None]) -> None:
    """Share tiles among torch's number of threads; the outcome does not depend on that number."""
    threads = min(torch.get_num_threads(), tiles)
    if threads == 1:
        work(0, tiles)
        return
    bounds = [tiles * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))
