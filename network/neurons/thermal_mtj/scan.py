"""All states of a linear recurrence at once: the thermal state depends on the input alone, so no loop is needed."""

from __future__ import annotations

import torch

BLOCK = 64  # steps that one triangular product covers; its cost per step grows with the block


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
