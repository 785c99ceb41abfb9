"""Firing of junctions without heat: independent draws, whose gradient the forward pass already knows.

Most layers of a deep network are of this kind. Nothing is listed and nothing recurs: one pass over the inputs draws the
spikes and keeps the derivative of their expectation, which the backward pass multiplies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from network.neurons.thermal_mtj import compiled
from network.neurons.thermal_mtj.firing import Rule, takes_no_heat
from network.neurons.thermal_mtj.sample import MANY, sample_mean


def applies(rule: Rule, volts: torch.Tensor) -> bool:
    """Whether this covers the case: one junction that takes no heat, devices all alike, and a large input."""
    (parameters, buffers), *others = rule.junctions
    return not others and not buffers and takes_no_heat(parameters) and volts.numel() >= compiled.LEAST


def fire(
    rule: Rule, volts: torch.Tensor, initial: list[torch.Tensor] | None, generator: torch.Generator | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """As `network.neurons.thermal_mtj.firing.fire`; Theta stays 0."""
    exact = volts.float() if volts.dtype in compiled.NARROW else volts
    out: torch.Tensor = _Draws.apply(exact, rule, generator)  # pyright: ignore[reportAssignmentType]
    return out.to(volts.dtype), [exact.new_zeros(()).expand(1, *volts.shape[1:])]


class _Draws(torch.autograd.Function):
    """Forward draws and keeps the derivative of the expectation; backward multiplies by it."""

    @staticmethod
    def forward(ctx: Any, volts: torch.Tensor, rule: Rule, generator: Any) -> torch.Tensor:
        line, order = _line(volts.detach())
        loops = line.device.type == "cpu" and rule.neurons <= MANY and compiled.at_hand()
        out, slopes = (_by_loops if loops else _by_tensors)(rule, line, generator, sloped=ctx.needs_input_grad[0])
        ctx.save_for_backward(slopes)
        ctx.order = order
        return _shaped(out, order)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        (slopes,) = ctx.saved_tensors
        return gradients[0] * _shaped(slopes, ctx.order), None, None


Order = tuple[tuple[int, ...], list[int]]


def _line(values: torch.Tensor) -> tuple[torch.Tensor, Order]:
    """Values in the order in which they are stored, so that channels may come last in memory; and what restores it."""
    axes = sorted(range(values.dim()), key=lambda axis: (-values.stride(axis), -values.shape[axis]))
    stored = values.permute(axes)
    back = sorted(range(values.dim()), key=lambda axis: axes[axis])
    return stored.contiguous().reshape(-1), (tuple(stored.shape), back)


def _shaped(line: torch.Tensor, order: Order) -> torch.Tensor:
    shape, back = order
    return line.reshape(shape).permute(back)


def _slope(rule: Rule) -> float:
    return rule.junctions[0][0].slope if rule.surrogate_slope is None else rule.surrogate_slope


def _by_loops(
    rule: Rule, volts: torch.Tensor, generator: torch.Generator | None, *, sloped: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    from network.neurons.thermal_mtj.kernel import memoryless, stretches_of
    from network.neurons.thermal_mtj.kernel_numbers import tables

    inputs, p = volts.numpy(), rule.junctions[0][0]
    out, slopes = torch.empty_like(volts), volts.new_empty(len(volts) * sloped)
    draws = rule.neurons if rule.sampled else 0
    seed = np.uint64(torch.randint(2**63 - 1, (), generator=generator).item())
    curve, binomial = np.array([p.slope, p.midpoint, p.maximum]), (seed, *tables(draws, inputs.dtype))
    arrays = out.numpy(), slopes.numpy()
    compiled.shared(
        stretches_of(len(volts)),
        lambda a, b: memoryless(inputs, curve, _slope(rule), draws, binomial, a, b, *arrays),
    )
    return out, slopes


def _by_tensors(
    rule: Rule, volts: torch.Tensor, generator: torch.Generator | None, *, sloped: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    parameters, k = rule.junctions[0][0], _slope(rule)
    above, pulse = volts - parameters.midpoint, volts > 0

    def fired(slope: float) -> torch.Tensor:
        return torch.sigmoid(slope * above).mul_(pulse)

    p, slopes = fired(parameters.slope), volts.new_empty(0)
    if sloped:
        s = p if k == parameters.slope else fired(k)
        slopes = torch.addcmul(s, s, s, value=-1).mul_(parameters.maximum * k)
    p = p * parameters.maximum
    return sample_mean(p, rule.neurons, generator) if rule.sampled else p, slopes
