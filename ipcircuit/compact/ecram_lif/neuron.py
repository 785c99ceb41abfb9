"""The delay-feedback LIF neuron in torch: a pure step function on a fixed time grid, and a run over a whole train.

An input spike starts at the beginning of its step. The membrane follows exact solutions piece by piece: the charging of
a capacitor through a resistor during the input spike, then C dV/dt = I_leak (exp((V - threshold)/take_off) - 1), whose
divergence is the output spike. So the spike has a time within its step, and one close to the threshold comes late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.compact.ecram_lif.threshold import Injection, ThresholdStageTable, charge, drift, follow
from ipcircuit.errors import InputError


class LifState(NamedTuple):
    """Membrane (V), what is left of the refractory time (s), both (…), and displacement (ohm), (poles, …).

    `bar` is the threshold stage's output (V), (…), where the parameters follow it; None is a stage at rest.
    """

    membrane: torch.Tensor
    refractory: torch.Tensor
    poles: torch.Tensor
    bar: torch.Tensor | None = None


class LifStep(NamedTuple):
    """Output spikes (0 or 1), (…), and their time after the step's beginning (s; NaN without a spike), (…)."""

    spikes: torch.Tensor
    delays: torch.Tensor


class Synapse(NamedTuple):
    """ECRAM part of `LifNeuronParameters` with a value per synapse: tensors that broadcast with the spikes.

    `shares` and `taus_s` have the poles as their first axis.
    """

    base_ohm: torch.Tensor
    series_ohm: torch.Tensor
    step_ohm: torch.Tensor
    limit_ohm: torch.Tensor
    effect: torch.Tensor
    shares: torch.Tensor
    taus_s: torch.Tensor


@dataclass(frozen=True)
class Membrane:
    """Membrane part of `LifNeuronParameters` with a value per neuron: tensors that broadcast with the spikes.

    Floats are of all neurons. The threshold stage follows the membrane at once.
    """

    membrane_F: Any
    drive_V: Any
    coupling: Any
    pulse_s: Any
    threshold_V: Any
    take_off_V: Any
    leak_A: Any
    leak_per_V: Any
    thermal_V: Any
    latency_s: Any
    refractory_s: Any
    reset_V: Any
    curvature: Any = 0.0
    stage: Any = None


def needed_conductance(parameters: LifNeuronParameters, spikes: int = 1) -> float:
    """Conductance (S) through which `spikes` spikes take the membrane from 0 V to its threshold, leak aside."""
    p = parameters
    share = p.threshold_V * p.coupling / p.drive_V
    return -math.log1p(-share) * p.membrane_F / (spikes * p.pulse_s * p.coupling)


def longest_step(parameters: LifNeuronParameters | Membrane) -> float:
    """Time (s) in which the leak takes the membrane down by the thermal voltage; of several neurons the shortest."""
    return float(torch.as_tensor(parameters.membrane_F * parameters.thermal_V / parameters.leak_A).min())


def rest(parameters: LifNeuronParameters, like: torch.Tensor) -> LifState:
    """State of a neuron at rest, for inputs of the shape of `like`."""
    zero = torch.zeros_like(like)
    return LifState(zero, zero, like.new_zeros((len(parameters.taus_s), *like.shape)))


def _column(values: tuple[float, ...] | torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    if isinstance(values, torch.Tensor):
        return values
    return like.new_tensor(values).reshape((len(values), *(1,) * like.dim()))


def _displacement(p: LifNeuronParameters | Synapse, poles: torch.Tensor) -> torch.Tensor:
    """What an input spike adds to the sum of the poles, ohm."""
    return p.step_ohm * (1 - poles.sum(0) / p.limit_ohm)


def path_ohm(parameters: LifNeuronParameters | Synapse, poles: torch.Tensor) -> torch.Tensor:
    """Mean resistance (ohm) of channel and switch during an input spike, shape (…), for poles (poles, …) before it."""
    p = parameters
    return p.base_ohm + p.series_ohm + p.effect * (poles.sum(0) + _displacement(p, poles) / 2)


def clamped_charge(parameters: LifNeuronParameters, poles: torch.Tensor) -> torch.Tensor:
    """Charge (C) of an input spike into a membrane held at 0 V, shape (…), for poles (poles, …) before it."""
    return parameters.drive_V * parameters.pulse_s / path_ohm(parameters, poles)


def next_poles(
    parameters: LifNeuronParameters | Synapse, poles: torch.Tensor, spikes: torch.Tensor, dt_s: float | torch.Tensor
) -> torch.Tensor:
    """Poles (poles, …) `dt_s` later, with the input spikes (…) at the beginning."""
    added = _column(parameters.shares, spikes) * (spikes * _displacement(parameters, poles))
    return (poles + added) * torch.exp(-dt_s / _column(parameters.taus_s, spikes))


def _inject(
    p: LifNeuronParameters | Membrane, membrane: torch.Tensor, ohms: torch.Tensor, time_s: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Membrane (V) after `time_s` of injection, and the time (s) of it after which regeneration takes over."""
    final, tau = p.drive_V / p.coupling, p.membrane_F * ohms / p.coupling
    current = (p.drive_V - p.coupling * p.threshold_V) / ohms
    taken = (p.threshold_V + p.take_off_V * torch.log(current / p.leak_A)).clamp(max=0.999 * final)
    remaining = (final - membrane).clamp(min=1e-9)
    reached = (tau * torch.log(remaining / (final - taken))).clamp(min=0.0)
    used = torch.minimum(reached, time_s)
    return final - remaining * torch.exp(-used / tau), used


def _at_once(
    p: LifNeuronParameters | Membrane, before: torch.Tensor, injection: Injection, dt_s: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For a stage that follows the membrane at once: the membrane (V) once the input spike has charged it and after the
    step, and the time (s) of the take-off."""
    charged, used = _inject(p, before, injection.ohms, injection.time)
    membrane = torch.where(injection.time > 0, charged, before)
    begin = injection.start + torch.where(injection.time > 0, used, torch.zeros_like(used))

    leak = (p.leak_A + p.leak_per_V * membrane) * (1 - torch.exp(-membrane / p.thermal_V)) + 1e-6 * p.leak_A
    rate = leak / (p.membrane_F * p.take_off_V)
    # With w = exp(-(V - threshold)/take_off) the equation is linear: 1 - w grows as exp(rate t); w = 0 is the spike.
    level = (membrane - p.threshold_V) / p.take_off_V
    above = -torch.expm1(-level.clamp(min=0.0))
    delay = begin + torch.where(above > 0, -torch.log(above.clamp(min=1e-12)) / rate, torch.inf)
    growth = rate * (dt_s - begin)
    # log(1 + (exp(-level) - 1) exp(growth)) written so that nothing overflows far below the threshold.
    shift = (-level).clamp(min=0.0)
    inside = torch.exp(-shift - growth) + torch.exp(-level - shift) - torch.exp(-shift)
    log_w = shift + growth + torch.log(inside.clamp(min=1e-30))
    return membrane, (p.threshold_V - p.take_off_V * log_w).clamp(min=0.0), delay


def _lagging(
    p: LifNeuronParameters | Membrane,
    stage: ThresholdStageTable,
    before: torch.Tensor,
    bar: torch.Tensor,
    injection: Injection,
    dt_s: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same for a stage that lags: also its output (V), which is followed only where the membrane is near."""
    # Most steps of a train have no input spike.
    injects = injection.time.requires_grad or bool((injection.time > 0).any())
    charged = charge(stage, p.membrane_F, before, injection) if injects else before
    membrane = drift(stage, p.membrane_F, charged, (dt_s - injection.start - injection.time).clamp(min=0.0))
    delay = torch.full_like(membrane, torch.inf)
    near = (torch.maximum(charged, membrane) > stage.near_V) & (injection.start < dt_s)
    settled = torch.where(near, bar, torch.full_like(bar, stage.supply_V))
    if bool(near.any()):
        parts = Injection(
            p.drive_V, p.coupling, p.curvature, injection.ohms[near], injection.start[near], injection.time[near]
        )
        membrane, settled = membrane.clone(), settled.clone()
        membrane[near], settled[near], delay[near] = follow(stage, p.membrane_F, before[near], bar[near], parts, dt_s)
        settled = torch.where(delay <= dt_s, torch.full_like(settled, stage.supply_V), settled)
    return charged, membrane, delay, settled


class MembraneStep(NamedTuple):
    """A step of the membrane alone: output, membrane (V), refractory time (s) and threshold stage's output (V; None
    where it does not lag) after it, and `margin`, by how much (V) the charged membrane lay above the threshold; (…)."""

    output: LifStep
    membrane: torch.Tensor
    refractory: torch.Tensor
    bar: torch.Tensor | None
    margin: torch.Tensor


def membrane_step(
    parameters: LifNeuronParameters | Membrane, state: LifState, ohms: torch.Tensor, spikes: torch.Tensor, dt_s: float
) -> MembraneStep:
    """The step of the membrane alone: input spikes (0 or 1) inject through `ohms` (…); `state.poles` are not read.

    Raises:
        InputError: as `step`.
    """
    p = parameters
    shortest, longest = float(torch.as_tensor(p.pulse_s).max()), longest_step(p)
    if not shortest <= dt_s <= longest:
        raise InputError("time step out of range", where="dt_s", found=dt_s, allowed=f"{shortest:g} … {longest:.3g} s")
    start = state.refractory.clamp(max=dt_s)
    time = spikes * (p.pulse_s - start).clamp(min=0.0)
    injection = Injection(p.drive_V, p.coupling, p.curvature, ohms, start, time)
    if p.stage is None:
        charged, settled, delay = _at_once(p, state.membrane, injection, dt_s)
        bar = state.bar
    else:
        bar = torch.full_like(state.membrane, p.stage.supply_V) if state.bar is None else state.bar
        charged, settled, delay, bar = _lagging(p, p.stage, state.membrane, bar, injection, dt_s)
    fired = delay <= dt_s  # the take-off; the output follows after the latency
    over = (state.refractory - dt_s).clamp(min=0.0)
    return MembraneStep(
        LifStep(fired.to(spikes.dtype), torch.where(fired, delay + p.latency_s, torch.nan)),
        torch.where(fired, p.reset_V, settled),
        torch.where(fired, (p.latency_s + p.refractory_s - (dt_s - delay)).clamp(min=0.0), over),
        bar,
        charged - p.threshold_V,
    )


def step(
    parameters: LifNeuronParameters, state: LifState, spikes: torch.Tensor, dt_s: float
) -> tuple[LifStep, LifState]:
    """One time step of `dt_s`, with input spikes (0 or 1) of shape (…).

    Raises:
        InputError: a step shorter than an input spike, or so long that the leak would empty the membrane within it.
    """
    after = membrane_step(parameters, state, path_ohm(parameters, state.poles), spikes, dt_s)
    poles = next_poles(parameters, state.poles, spikes, dt_s)
    return after.output, LifState(after.membrane, after.refractory, poles, after.bar)


def run(
    parameters: LifNeuronParameters, spikes: torch.Tensor, dt_s: float, state: LifState | None = None
) -> tuple[LifStep, LifState]:
    """Response to a train.

    Args:
        spikes: 0 or 1, shape (time, …); one value per `dt_s`.
        state: before the first step, default at rest.

    Returns:
        Output spikes and their times within the step, each (time, …), and the state after the last step.
    """
    if spikes.dim() == 0 or not bool(((spikes == 0) | (spikes == 1)).all()):
        raise InputError("a train is 0 or 1 in each step, time first", where="spikes", found=tuple(spikes.shape))
    now = rest(parameters, spikes[0]) if state is None else state
    outputs: list[LifStep] = []
    for now_in in spikes:
        output, now = step(parameters, now, now_in, dt_s)
        outputs.append(output)
    return LifStep(torch.stack([o.spikes for o in outputs]), torch.stack([o.delays for o in outputs])), now
