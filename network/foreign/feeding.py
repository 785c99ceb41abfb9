"""How a network of someone else wants its inputs, found out by trying."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any, Literal

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign import neurons
from network.foreign.adapters.adapter import first_tensor

Feed = Literal["whole", "steps", "repeats", "batch_first", "batch_first_in"]
"""``whole``: (time, batch, *features) in one call. ``steps``: (batch, *features), a step at a time. ``repeats``: the
same, once for all the steps that it makes of it. ``batch_first``: (batch, time, *features) in and out.
``batch_first_in``: the same in, and time first out."""

STEPS, BATCH = 3, 7  # of a trial: numbers that a network's own steps rarely are


def feed_of(module: nn.Module, x: torch.Tensor, where: str) -> Feed | Exception:
    """How a module is fed, or the exception by which it takes neither way; `x` is (time, batch, *features).

    A call with several steps calls neurons of single steps as often, if the module loops over time itself; neurons of
    all steps see which axes it takes for time and batch.

    Raises InputError: the module needs more than its input.
    """
    _check_arguments(module, where)
    described = {part: d for part in module.modules() if (d := neurons.describe(part)) is not None}
    stateful = [part for part, description in described.items() if description.kind != "ReLU"]
    networks = [part for part in module.modules() if isinstance(part, nn.RNNBase | nn.Conv3d)]
    multi = [part for part in stateful if neurons.time_axis(part) == "multi"]
    if networks and not stateful:
        first = all(isinstance(part, nn.RNNBase) and part.batch_first for part in networks)
        return _batch_first(module, x, where) if first else "whole"
    if multi and all(described[part].framework == "ipcircuit" for part in stateful):
        return "whole"  # ours, which may draw
    if not stateful or (isinstance(module, nn.Sequential) and not multi):
        return "steps"
    trial = _Trial(module, stateful, _probe(x))
    if multi:
        lead = trial.shapes.get(multi[0], torch.Size())[:2] if trial.error is None else None
        if lead is None or (len(lead) == 2 and lead[1] == STEPS and lead[0] != BATCH):
            again = _Trial(module, stateful, _probe(x)[0])
            return "repeats" if again.error is None else trial.error or again.error
        return _batch_first(module, x, where) if tuple(lead) == (BATCH, STEPS) else "whole"
    if trial.error is None and trial.calls == {STEPS}:
        return "whole"
    if trial.error is None and trial.calls == {BATCH}:
        return _batch_first(module, x, where)
    again = _Trial(module, stateful, _probe(x)[0])
    if again.error is not None:
        return again.error if trial.error is None else trial.error
    return "repeats" if max(again.calls, default=1) > 1 else "steps"


def _probe(x: torch.Tensor) -> torch.Tensor:
    return x[:1, :1].expand(STEPS, BATCH, *x.shape[2:])


def _batch_first(module: nn.Module, x: torch.Tensor, where: str) -> Feed | Exception:
    trial = _Trial(module, [], _probe(x).transpose(0, 1))
    if trial.error is not None:
        return trial.error
    lead = () if trial.output is None else tuple(trial.output.shape[:2])
    return "batch_first_in" if lead == (STEPS, BATCH) else "batch_first"


class _Trial:
    """One call of a module from rest, and what its neurons saw: how often they were called, and with which shape."""

    def __init__(self, module: nn.Module, stateful: list[nn.Module], x: torch.Tensor) -> None:
        self.shapes: dict[nn.Module, torch.Size] = {}
        self.error: Exception | None = None
        self.output: torch.Tensor | None = None
        counts: Counter[nn.Module] = Counter()

        def note(part: nn.Module, inputs: tuple[Any, ...], _: Any) -> None:
            counts[part] += 1
            if (tensor := first_tensor(inputs)) is not None:
                self.shapes.setdefault(part, tensor.shape)

        hooks = [part.register_forward_hook(note) for part in stateful]
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                neurons.reset(module)
                self.output = first_tensor(module(x))
        except Exception as error:  # a user's network may raise anything
            self.error = error
        finally:
            neurons.reset(module)
            for hook in hooks:
                hook.remove()
        self.calls = set(counts.values())


def _check_arguments(module: nn.Module, where: str) -> None:
    """Raise InputError for a module that must be given states beside its input."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p.name for p in parameters if p.default is p.empty and p.kind in plain]
    if len(needed) > 1:
        allowed = f"forward({needed[0]}), which keeps its states, makes them itself, or has a default for them"
        raise InputError("the network needs more than its input", where=where, found=", ".join(needed), allowed=allowed)
