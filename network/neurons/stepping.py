"""Base of all layers with a state: single-step and multi-step mode, and the methods that SpikingJelly looks for.

SpikingJelly's functions go by these names (checked with 2.0.0): `functional.reset_net` calls `reset`, `detach_net`
calls `detach`, `set_step_mode` sets `step_mode`. They log that the module is none of SpikingJelly's own, in a log that
is off unless it is switched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from ipcircuit.errors import InputError

StepMode = Literal["m", "s"]
MODES = ("s", "m")


class SteppedLayer(nn.Module):
    """A layer that is fed (time, batch, *features) with ``step_mode="m"``, (batch, *features) with ``"s"``.

    Its state persists from call to call until `reset`.
    """

    def __init__(self, step_mode: StepMode = "m") -> None:
        super().__init__()
        self.step_mode = step_mode
        self.state: Any = None

    @property
    def step_mode(self) -> StepMode:
        """``m``: all steps in one call; ``s``: one."""
        return self._step_mode

    @step_mode.setter
    def step_mode(self, mode: StepMode) -> None:
        if mode not in MODES:
            raise InputError("unknown step mode", where=type(self).__name__, found=mode, allowed="s, m")
        self._step_mode: StepMode = mode

    def supported_step_mode(self) -> tuple[str, ...]:
        """The modes that `step_mode` takes."""
        return MODES

    def reset(self) -> None:
        """As at first: the next call starts without a past."""
        self.state = None

    def detach(self) -> None:
        """Keep the state, but end back-propagation through time here."""
        if isinstance(self.state, torch.Tensor):
            self.state = self.state.detach()
        elif self.state is not None:
            self.state = [part.detach() for part in self.state]


def check_state(state: Sequence[torch.Tensor], shapes: Sequence[tuple[int, ...]], where: str) -> None:
    """Raise InputError unless the state's tensors have these shapes (a batch of another size, mostly)."""
    actual = [tuple(part.shape) for part in state]
    if actual != list(shapes):
        raise InputError(
            "state of another input; call reset() between batches of different shape",
            where=where,
            found=actual,
            allowed=str(list(shapes)),
        )


def reset(model: nn.Module) -> None:
    """Reset every layer of a model that holds a state; one of ours may be the model itself."""
    for module in model.modules():
        own = module is not model or isinstance(module, SteppedLayer)
        if own and callable(reset_layer := getattr(module, "reset", None)):
            reset_layer()


def use_generator(model: nn.Module, generator: torch.Generator | None) -> None:
    """Set the source of random numbers of every sampling layer of a model."""
    for module in model.modules():
        if hasattr(module, "generator"):
            object.__setattr__(module, "generator", generator)


def use_samples(model: nn.Module, sampled: bool) -> None:
    """Make every sampling layer of a model return spikes, or their expectation."""
    for module in model.modules():
        if hasattr(module, "sampled"):
            object.__setattr__(module, "sampled", sampled)
