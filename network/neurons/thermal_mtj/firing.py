"""Sampled firing with the gradient of its expectation, over a whole sequence, in pieces that fit a cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ipcircuit.compact.thermal_mtj.neuron import firing_probability, heating, next_state
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from network.neurons.thermal_mtj.sample import sample_mean

Junction = tuple[ThermalNeuronParameters, dict[str, torch.Tensor]]
PIECE = 1 << 18  # numbers (time × columns) worked on at a time on a CPU
GPU_PIECE = 1 << 24
SPARSE = 0.5  # share of inputs with a pulse below which only those are worked on
BLOCK = 64  # steps that one triangular product covers; its cost per step grows with the block


@dataclass(frozen=True)
class Rule:
    """Computation of a block from volts: one output channel per junction.

    Attributes:
        junctions: parameters and, with device spread, buffers of shape (neurons, columns).
        neurons: parallel neurons, N.
        difference: give the second junction's spikes less the first one's in the second channel.
        surrogate_slope: k used for the gradient, 1/V; None is the neuron's own (the gradient of the expectation).
        sampled: False gives the expectation itself.
    """

    junctions: Sequence[Junction]
    neurons: int
    difference: bool
    surrogate_slope: float | None = None
    sampled: bool = True


def takes_no_heat(parameters: ThermalNeuronParameters) -> bool:
    """Whether Theta stays 0."""
    return not any((*parameters.alpha, *parameters.beta, *parameters.delta))


def linear_scan(
    decay: float, inputs: torch.Tensor, initial: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """States of s(t + 1) = decay · s(t) + inputs(t), as the steps find them.

    A block of steps is one product with the lower triangular matrix of powers of `decay`; blocks hand over their last
    state. Differentiable in `inputs` and `initial`.

    Args:
        decay: factor per step, 0 … 1.
        inputs: shape (time, …).
        initial: state before the first step, shape of ``inputs[0]``; default 0.

    Returns:
        State before each step, shape of `inputs`; and the state after the last one.
    """
    steps = inputs.shape[0]
    flat = inputs.reshape(steps, -1)
    state = flat.new_zeros(flat.shape[1]) if initial is None else initial.reshape(-1)
    blocks = []
    with torch.autocast(flat.device.type, enabled=False):  # a narrow product would lose the heat
        for first in range(0, steps, BLOCK):
            block = flat[first : first + BLOCK]
            size = block.shape[0]
            powers = _powers(decay, size, flat)
            states = torch.addmm(powers[:-1, None] * state, _triangle(powers, size), block)
            blocks.append(states)
            state = decay * states[-1] + block[-1]
    before = blocks[0] if len(blocks) == 1 else torch.cat(blocks)
    return before.reshape(inputs.shape), state.reshape(inputs.shape[1:])


def _powers(decay: float, size: int, like: torch.Tensor) -> torch.Tensor:
    """decay**0 … decay**size; computed in double precision."""
    exponents = torch.arange(size + 1, dtype=torch.float64)
    return torch.tensor(decay, dtype=torch.float64).pow(exponents).to(like)


def _triangle(powers: torch.Tensor, size: int) -> torch.Tensor:
    """Matrix (size, size) whose row t weighs the inputs of the steps before t: decay**(t - 1 - s) for s < t."""
    step = torch.arange(size, device=powers.device)
    lag = step[:, None] - step[None, :] - 1
    return torch.where(lag >= 0, powers[lag.clamp(min=0)], powers.new_zeros(()))


def states(
    parameters: ThermalNeuronParameters, volts: torch.Tensor, initial: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Theta before every step, shape (poles, time, …), and after the last, shape (poles, …), V (Eq. 12)."""
    return _Piece(volts, None).states(parameters, volts, initial)


def _probabilities(
    parameters: ThermalNeuronParameters, buffers: dict[str, torch.Tensor], volts: torch.Tensor, theta: torch.Tensor
) -> torch.Tensor:
    """Eq. 4: shape of `volts`; with spread one per parallel neuron, shape (neurons, *volts.shape)."""
    if not buffers:
        return firing_probability(parameters, theta, volts)
    dims = volts.dim() - buffers["midpoint"].dim() + 1

    def per_neuron(name: str) -> torch.Tensor:
        values = buffers[name].to(volts)
        return values.reshape(values.shape[0], *(1,) * dims, *values.shape[1:])

    own = (per_neuron("heat") * theta.sum(0) - per_neuron("midpoint")).unsqueeze(0)
    return firing_probability(parameters, own, volts) * per_neuron("works")


def channels(
    rule: Rule, volts: torch.Tensor, thetas: Sequence[torch.Tensor], generator: torch.Generator | None, *, sampled: bool
) -> list[torch.Tensor]:
    """One random outcome of every output channel; or else its expected value, for the gradient.

    Args:
        thetas: state of each junction before each step.
    """
    means = []
    for (parameters, buffers), theta in zip(rule.junctions, thetas, strict=True):
        own = sampled or rule.surrogate_slope is None
        curve = parameters if own else replace(parameters, slope=rule.surrogate_slope)
        p = _probabilities(curve, buffers, volts, theta)
        if sampled and rule.sampled:
            p = sample_mean(p, 1 if buffers else rule.neurons, generator)
        means.append(p.mean(0) if buffers else p)
    return [means[0], means[1] - means[0]] if rule.difference else means


@dataclass(frozen=True)
class _Piece:
    """A part of the input and where it has pulses: `pulses` are their flat places, None if most places have one.

    A neuron without a pulse never fires and takes no heat, so with few pulses only the recurrence itself is dense.
    """

    volts: torch.Tensor
    pulses: torch.Tensor | None

    @classmethod
    def of(cls, volts: torch.Tensor, rule: Rule) -> _Piece:
        if rule.junctions[0][1]:
            return cls(volts, None)
        pulses = (volts > 0).reshape(-1).nonzero().squeeze(1)
        return cls(volts, pulses if len(pulses) < SPARSE * volts.numel() else None)

    def at_pulses(self, values: torch.Tensor) -> torch.Tensor:
        """Values of the volts' shape where they are worked on: all, or those of the pulses."""
        return values if self.pulses is None else values.reshape(-1)[self.pulses]

    def spread(self, values: torch.Tensor) -> torch.Tensor:
        """The inverse: 0 elsewhere."""
        if self.pulses is None:
            return values
        return values.new_zeros(self.volts.numel()).index_copy(0, self.pulses, values).reshape(self.volts.shape)

    def states(
        self, parameters: ThermalNeuronParameters, amplitudes: torch.Tensor, initial: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As the function `states`, before each of the `amplitudes`."""
        if takes_no_heat(parameters):
            cold = amplitudes.new_zeros((1, *(1,) * amplitudes.dim()))
            return cold, self.volts.new_zeros((1, *self.volts.shape[1:]))
        poles = []
        for i, heat in enumerate(heating(parameters, amplitudes)):
            start = None if initial is None else initial[i]
            before, after = linear_scan(parameters.decay[i], self.spread(heat), start)
            poles.append((self.at_pulses(before), after))
        return torch.stack([before for before, _ in poles]), torch.stack([after for _, after in poles])


class _Fire(torch.autograd.Function):
    """Forward samples; backward is the gradient of the expectation, recomputed piece by piece from the volts alone."""

    @staticmethod
    def forward(ctx: Any, volts: torch.Tensor, rule: Rule, initial: list[torch.Tensor] | None, generator: Any) -> Any:
        ctx.save_for_backward(volts)
        ctx.rule, ctx.initial = rule, initial
        out = volts.new_empty((len(rule.junctions), *volts.shape))
        after = [volts.new_zeros((len(p.decay), *volts.shape[1:]), dtype=_work(volts)) for p, _ in rule.junctions]
        for columns in _pieces(volts, rule):
            piece = _Piece.of(volts[:, columns].to(_work(volts)).contiguous(), rule)
            amplitudes = piece.at_pulses(piece.volts)
            poles = [piece.states(p, amplitudes, _at(initial, i, columns)) for i, (p, _) in enumerate(rule.junctions)]
            drawn = channels(rule, amplitudes, [before for before, _ in poles], generator, sampled=True)
            for i, channel in enumerate(drawn):
                out[i, :, columns] = piece.spread(channel).to(volts.dtype)
                after[i][:, columns] = poles[i][1]
        ctx.mark_non_differentiable(*after)
        return (out, *after)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        (volts,) = ctx.saved_tensors
        rule, initial, wanted = ctx.rule, ctx.initial, gradients[0]
        out = torch.empty_like(volts)
        for columns in _pieces(volts, rule):
            piece = _Piece.of(volts[:, columns].to(_work(volts)).contiguous(), rule)
            with torch.enable_grad():
                amplitudes = piece.at_pulses(piece.volts).requires_grad_()
                starts = [_at(initial, i, columns) for i in range(len(rule.junctions))]
                pairs = zip(rule.junctions, starts, strict=True)
                thetas = [piece.states(p, amplitudes, start)[0] for (p, _), start in pairs]
                expected = channels(rule, amplitudes, thetas, None, sampled=False)
            weights = [piece.at_pulses(channel[:, columns].to(amplitudes.dtype)) for channel in wanted]
            with torch.autocast(volts.device.type, enabled=False):
                (slope,) = torch.autograd.grad(expected, amplitudes, weights)
            out[:, columns] = piece.spread(slope).to(volts.dtype)
        return out, None, None, None


def fire(
    rule: Rule, volts: torch.Tensor, initial: list[torch.Tensor] | None, generator: torch.Generator | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """All steps at once.

    Args:
        volts: shape (time, batch, *features).
        initial: Theta per junction before the first step, shape (poles, batch, *features); None is cold.

    Returns:
        Output channels, one after the other on the first feature axis, with the gradient of their expectation; and
        Theta after the last step, which carries no gradient.
    """
    steps, features = volts.shape[0], volts.shape[2:]
    spread = bool(rule.junctions[0][1])
    flat = volts.reshape(steps, -1, features.numel()) if spread else volts.reshape(steps, -1)
    start = None if initial is None else [t.to(_work(volts)).reshape(t.shape[0], *flat.shape[1:]) for t in initial]
    out, *after = _Fire.apply(flat, rule, start, generator)  # pyright: ignore[reportGeneralTypeIssues]
    joined = torch.cat([c.reshape(volts.shape) for c in out], 2)
    return joined, [a.reshape(a.shape[0], *volts.shape[1:]) for a in after]


def fire_step(
    rule: Rule, volts: torch.Tensor, thetas: list[torch.Tensor], generator: torch.Generator | None
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """One step; the state after it carries the gradient on to later steps.

    Args:
        volts: shape (batch, *features). thetas: per junction, shape (poles, batch, *features).

    Returns:
        Output channels and the states after the step.
    """
    flat = volts.to(_work(volts)).flatten(1)
    before = [theta.flatten(2) for theta in thetas]
    expected = channels(rule, flat, before, None, sampled=False)
    with torch.no_grad():
        drawn = channels(rule, flat, before, generator, sampled=True)
    # a zero that carries the gradient of the expectation
    out = [d + (e - e.detach()) for d, e in zip(drawn, expected, strict=True)]
    after = [next_state(p, theta, flat) for (p, _), theta in zip(rule.junctions, before, strict=True)]
    return (
        [c.reshape(volts.shape).to(volts.dtype) for c in out],
        [a.reshape(theta.shape) for a, theta in zip(after, thetas, strict=True)],
    )


def _work(volts: torch.Tensor) -> torch.dtype:
    """Narrow types cannot hold volts to a millivolt: they are computed in float32."""
    return torch.float32 if volts.dtype in (torch.bfloat16, torch.float16) else volts.dtype


def _pieces(volts: torch.Tensor, rule: Rule) -> list[slice]:
    """Slices of the second axis (columns, or batch where devices differ)."""
    room = PIECE if volts.device.type == "cpu" else GPU_PIECE
    if rule.junctions[0][1]:
        room //= rule.neurons
    width = max(1, room // (volts.numel() // volts.shape[1]))
    return [slice(first, first + width) for first in range(0, volts.shape[1], width)]


def _at(initial: list[torch.Tensor] | None, junction: int, piece: slice) -> torch.Tensor | None:
    return None if initial is None else initial[junction][:, piece]
