"""Sampled firing with the gradient of its expectation, over a whole sequence, in pieces that fit a cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ipcircuit.compact.thermal_mtj.neuron import firing_probability, heating, next_state
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from network.neurons.thermal_mtj import compiled
from network.neurons.thermal_mtj.rule import Rule, takes_no_heat
from network.neurons.thermal_mtj.sample import sample_mean
from network.neurons.thermal_mtj.scan import linear_scan

PIECE = 1 << 18  # numbers (time × columns) worked on at a time on a CPU
GPU_PIECE = 1 << 24
SPARSE = 0.5  # share of inputs with a pulse below which only those are worked on


def states(
    parameters: ThermalNeuronParameters, volts: torch.Tensor, initial: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Theta before every step, shape (poles, time, …), and after the last, shape (poles, …), V (Eq. 12)."""
    if takes_no_heat(parameters):
        return volts.new_zeros((1, *(1,) * volts.dim())), volts.new_zeros((1, *volts.shape[1:]))
    heat = heating(parameters, volts)
    poles = [
        linear_scan(decay, heat[i], None if initial is None else initial[i]) for i, decay in enumerate(parameters.decay)
    ]
    return torch.stack([before for before, _ in poles]), torch.stack([after for _, after in poles])


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


def expected_channels(rule: Rule, volts: torch.Tensor, thetas: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Expected value of every output channel; differentiable. `thetas`: state of each junction before each step."""
    means = []
    for (parameters, buffers), theta in zip(rule.junctions, thetas, strict=True):
        slope = parameters.slope if rule.surrogate_slope is None else rule.surrogate_slope
        p = _probabilities(replace(parameters, slope=slope), buffers, volts, theta)
        means.append(p.mean(0) if buffers else p)
    return [means[0], means[1] - means[0]] if rule.difference else means


def sampled_channels(
    rule: Rule, volts: torch.Tensor, thetas: Sequence[torch.Tensor], generator: torch.Generator | None
) -> list[torch.Tensor]:
    """One random outcome of every output channel; no gradient."""
    means = []
    with torch.no_grad():
        for (parameters, buffers), theta in zip(rule.junctions, thetas, strict=True):
            p = _probabilities(parameters, buffers, volts, theta)
            if rule.sampled:
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

    def amplitudes(self) -> torch.Tensor:
        """Volts that are worked on: all, or those of the pulses."""
        return self.volts if self.pulses is None else self.volts.reshape(-1)[self.pulses]

    def states(
        self, parameters: ThermalNeuronParameters, amplitudes: torch.Tensor, initial: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As the function `states`, before each of the `amplitudes`."""
        if self.pulses is None or takes_no_heat(parameters):
            before, after = states(parameters, self.volts if self.pulses is not None else amplitudes, initial)
            return (before if self.pulses is None else amplitudes.new_zeros((1, 1))), after
        heat, poles = heating(parameters, amplitudes), []
        for i, decay in enumerate(parameters.decay):
            dense = self.volts.new_zeros(self.volts.numel()).index_copy(0, self.pulses, heat[i])
            start = None if initial is None else initial[i]
            before, after = linear_scan(decay, dense.reshape(self.volts.shape), start)
            poles.append((before.reshape(-1)[self.pulses], after))
        return torch.stack([before for before, _ in poles]), torch.stack([after for _, after in poles])

    def spread(self, values: torch.Tensor) -> torch.Tensor:
        """Values of the amplitudes in their places, 0 elsewhere; shape of the volts."""
        if self.pulses is None:
            return values
        dense = values.new_zeros(self.volts.numel()).index_copy_(0, self.pulses, values)
        return dense.reshape(self.volts.shape)


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
            amplitudes = piece.amplitudes()
            poles = [piece.states(p, amplitudes, _at(initial, i, columns)) for i, (p, _) in enumerate(rule.junctions)]
            channels = sampled_channels(rule, amplitudes, [before for before, _ in poles], generator)
            for i, channel in enumerate(channels):
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
                amplitudes = piece.amplitudes().requires_grad_()
                thetas = [
                    piece.states(p, amplitudes, _at(initial, i, columns))[0] for i, (p, _) in enumerate(rule.junctions)
                ]
                channels = expected_channels(rule, amplitudes, thetas)
            weights = [
                _Piece(wanted[i, :, columns].to(amplitudes.dtype), piece.pulses).amplitudes()
                for i in range(len(channels))
            ]
            (slope,) = torch.autograd.grad(channels, amplitudes, weights)
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
    if compiled.applies(rule, volts):
        return compiled.fire(rule, volts, initial, generator)
    steps, features = volts.shape[0], volts.shape[2:]
    spread = bool(rule.junctions[0][1])
    flat = volts.reshape(steps, -1, features.numel()) if spread else volts.reshape(steps, -1)
    start = None if initial is None else [t.to(_work(volts)).reshape(t.shape[0], *flat.shape[1:]) for t in initial]
    out, *after = _Fire.apply(flat, rule, start, generator)  # pyright: ignore[reportGeneralTypeIssues]
    channels = torch.cat([c.reshape(volts.shape) for c in out], 2)
    return channels, [a.reshape(a.shape[0], *volts.shape[1:]) for a in after]


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
    expected = expected_channels(rule, flat, before)
    drawn = sampled_channels(rule, flat, before, generator)
    # a zero that carries the gradient of the expectation
    channels = [d + (e - e.detach()) for d, e in zip(drawn, expected, strict=True)]
    after = [next_state(p, theta, flat) for (p, _), theta in zip(rule.junctions, before, strict=True)]
    return (
        [c.reshape(volts.shape).to(volts.dtype) for c in channels],
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
