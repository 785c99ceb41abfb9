"""How far a neuron's step is from the linear LIF equation, and the linear neuron that comes closest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from ipcircuit.errors import InputError
from network.neurons.signed_mtj.dynamics import LinearDynamics, SignedDynamics
from network.neurons.signed_mtj.layer import Firing, run

DRIVE_STD = 1.5  # of the random drives, in thresholds: about what batch normalisation gives a layer


@dataclass(frozen=True)
class Steps:
    """Single steps of a neuron as it runs: membrane before, drive, membrane after (before any reset), each (n,)."""

    before: torch.Tensor
    drive: torch.Tensor
    after: torch.Tensor


def sample_steps(dynamics: SignedDynamics, count: int = 20000, seed: int = 0, std: float = DRIVE_STD) -> Steps:
    """Steps of neurons that run on random drives, spike and are reset to zero, in float64.

    Args:
        count: about how many steps (500 neurons at least 20 steps each).
        seed, std: of the normal drives.
    """
    generator = torch.Generator().manual_seed(seed)
    drives = std * torch.randn(max(20, count // 500), 1, 500, generator=generator, dtype=torch.float64)
    state, rows = dynamics.rest(drives[0]), []
    for drive in drives:
        after = dynamics.step(state, drive)
        rows.append((dynamics.read(state), drive, dynamics.read(after)))
        _, state = run(dynamics, drive.unsqueeze(0), state, Firing(reset="zero"))
    before, driven, ended = (torch.cat(column).flatten() for column in zip(*rows, strict=True))
    return Steps(before, driven, ended)


def step_error(steps: Steps, linear: LinearDynamics) -> float:
    """RMS of (neuron - linear) after one step from the same membrane, in thresholds."""
    return float((steps.after - linear.step(steps.before, steps.drive)).square().mean().sqrt())


@dataclass(frozen=True)
class Closest:
    """The closest linear neuron; `error` is its `step_error`, `unfitted_error` that of the neuron on paper."""

    neuron: LinearDynamics
    error: float
    unfitted_error: float


def closest_linear(dynamics: SignedDynamics, on_paper: LinearDynamics, seed: int = 0) -> Closest:
    """Least squares of v' = a v + b x over `sample_steps`; leak and gain relative to the tau of `on_paper`.

    Raises:
        InputError: no decaying linear neuron comes close (a neuron that does not relax).
    """
    steps = sample_steps(dynamics, seed=seed)
    columns = torch.stack([steps.before, steps.drive], dim=1)
    a, b = torch.linalg.lstsq(columns, steps.after.unsqueeze(1)).solution.flatten().tolist()
    if not (0 < a < 1 and b > 0):
        raise InputError("no linear neuron comes close", where=dynamics.name, found=f"decay {a:.3g}, response {b:.3g}")
    leak = -math.log(a) * on_paper.tau_s / dynamics.dt_s
    fitted = LinearDynamics("closest linear", dynamics.dt_s, on_paper.tau_s, leak, b / (1 - a) * leak)
    return Closest(fitted, step_error(steps, fitted), step_error(steps, on_paper))
