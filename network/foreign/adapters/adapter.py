"""What an adapter says of one tool's neurons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from network.foreign.description import NeuronDescription, TimeAxis


@dataclass(frozen=True)
class Adapter:
    """Neurons of one tool. Nothing of the tool is imported: a module is known by the modules of its classes.

    Attributes:
        framework: name of the tool.
        packages: beginnings of the names of the Python modules that its classes are in.
        tested: versions that this adapter was checked with, as the beginning of the version's text; none for ours.
        describe: a neuron's description; None for a module that is no neuron.
        time_axis: ``multi`` if the neuron is fed all steps at once, ``single`` if one.
        reset: puts one module at rest, if it keeps a state.
    """

    framework: str
    packages: tuple[str, ...]
    tested: tuple[str, ...]
    describe: Callable[[nn.Module], NeuronDescription | None]
    time_axis: Callable[[nn.Module], TimeAxis]
    reset: Callable[[nn.Module], None]

    def knows(self, module: nn.Module) -> bool:
        """Whether the module's class, or one that it inherits from, is of this tool."""
        return any(kind.__module__.startswith(self.packages) for kind in type(module).__mro__)


def inherits(module: nn.Module, *names: str) -> bool:
    """Whether a class of one of these names is the module's, or among those that it inherits from."""
    return any(kind.__name__ in names for kind in type(module).__mro__)


def changed_by(module: nn.Module, known: type) -> tuple[str, ...]:
    """What a class derived from a tool's `known` one computes otherwise, in words; nothing where it only adds to it."""
    mro = type(module).__mro__
    own = {
        name
        for kind in mro[: mro.index(known)]
        for name, value in vars(kind).items()
        if callable(value) and not name.startswith("__") and name not in _NO_STEP and hasattr(known, name)
    }
    return (
        (f"{type(module).__name__} computes otherwise than {known.__name__}: {', '.join(sorted(own))}",) if own else ()
    )


_NO_STEP = ("extra_repr", "reset", "detach", "reset_mem", "supported_backends", "supported_step_mode", "train", "eval")


def call_reset(module: nn.Module) -> None:
    """Call the module's own method `reset`, if it has one."""
    if callable(method := getattr(module, "reset", None)):
        method()


def first_tensor(output: Any) -> torch.Tensor | None:
    """The first tensor in an output: itself, or that of the first entry that has one."""
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, tuple | list):
        return next(filter(lambda part: part is not None, map(first_tensor, output)), None)
    return None
