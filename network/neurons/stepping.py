"""Base of all layers with a state: single-step and multi-step mode, checks of input and state, SpikingJelly's methods.

SpikingJelly's functions go by these names (checked with 2.0.0): `functional.reset_net` calls `reset`, `detach_net`
calls `detach`, `set_step_mode` sets `step_mode`. They log that the module is none of SpikingJelly's own, in a log that
is off unless it is switched on.
"""

from __future__ import annotations

import warnings
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

    def out_features(self, in_features: int) -> int:
        """Length of the output's first feature axis (for a following `Linear`) for that of the input: as many, here."""
        return in_features

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


def check_shape(x: torch.Tensor, *, multi_step: bool, where: str) -> None:
    """Raise InputError unless `x` is a floating-point tensor (time, batch, *features) or (batch, *features)."""
    shape, least = ("(time, batch, *features)", 3) if multi_step else ("(batch, *features)", 2)
    if x.dim() < least or x.numel() == 0:
        raise InputError("wrong shape", where=where, found=tuple(x.shape), allowed=f"{shape}, nothing empty")
    if not x.is_floating_point():
        raise InputError("wrong type", where=where, found=str(x.dtype), allowed="a floating-point tensor of volts")


def check_finite(x: torch.Tensor, where: str) -> tuple[float, float]:
    """Least and greatest number in `x`; raises InputError for NaN or infinity."""
    low, high = (float(v) for v in torch.aminmax(x.detach()))
    # aminmax gives NaN if there is one, and infinity is an extreme
    if not (abs(low) < float("inf") and abs(high) < float("inf")):
        raise InputError("input holds NaN or infinity", where=where)
    return low, high


class RangeCheck:
    """Refuses NaN and infinity; warns once when amplitudes lie outside the fitted range, with their share."""

    def __init__(self, valid: tuple[float, float], where: str) -> None:
        self.valid, self.where, self.warned = valid, where, False

    def __call__(self, volts: torch.Tensor) -> None:
        with torch.no_grad():
            low, high = check_finite(volts, self.where)
            if not self.warned and (low < 0 or high > self.valid[1] or 0 < low < self.valid[0]):
                outside = (volts != 0) & ((volts < self.valid[0]) | (volts > self.valid[1]))
                self._warn(outside, low, high)

    def _warn(self, outside: torch.Tensor, low: float, high: float) -> None:
        share = outside.float().mean().item()
        self.warned = True
        warnings.warn(
            f"{self.where}: {share:.2%} of the inputs lie outside {self.valid[0]:g} … {self.valid[1]:g} V, where the "
            f"model was fitted (found {low:.4g} … {high:.4g} V); 0 V is an idle step",
            stacklevel=5,
        )


def check_state(state: Sequence[torch.Tensor], shapes: Sequence[tuple[int, ...]], where: str) -> None:
    """Raise InputError unless the state's tensors have these shapes (a batch of another size, mostly)."""
    actual = [tuple(part.shape) for part in state]
    if actual != list(shapes):
        problem = "state of another input; call reset() between batches of different shape"
        raise InputError(problem, where=where, found=actual, allowed=str(list(shapes)))


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
