"""Neurons of any tool: whether a module is one, what it does, and where its spikes are in what it returns."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.foreign.adapters import norse, own, plain, snntorch, spikingjelly
from network.foreign.adapters.adapter import Adapter, first_tensor
from network.foreign.description import NeuronDescription, TimeAxis

__all__ = ["ADAPTERS", "NeuronDescription", "adapter_of", "describe", "reset", "spikes_of", "time_axis"]

ADAPTERS: tuple[Adapter, ...] = (
    own.ADAPTER,
    spikingjelly.ADAPTER,
    snntorch.ADAPTER,
    norse.ADAPTER,
    plain.ADAPTER,  # last: every module inherits from one of torch
)
"""Of the tools that networks may come from; the first that knows a module counts."""


def adapter_of(module: nn.Module) -> Adapter | None:
    """The adapter that knows the module; None where none does."""
    return next((adapter for adapter in ADAPTERS if adapter.knows(module)), None)


def describe(module: nn.Module) -> NeuronDescription | None:
    """What a layer of neurons does in one step; None for a module that is none.

    Raises InputError: the neuron's tool has other attributes than the version that this was checked with.
    """
    adapter = adapter_of(module)
    if adapter is None:
        return None
    try:
        return adapter.describe(module)
    except (AttributeError, TypeError) as error:
        tested = ", ".join(f"{version}.x" for version in adapter.tested)
        raise InputError(
            f"{type(module).__name__} of {adapter.framework} cannot be read ({error})",
            where="model",
            allowed=f"{adapter.framework} {tested}".strip(),
        ) from error


def spikes_of(module: nn.Module, output: Any) -> torch.Tensor:
    """Spikes (or numbers, of a neuron that does not spike) in what the neuron's call returned.

    Tools return the tensor, a pair of spikes and state, or spikes followed by states.

    Raises InputError: there is no tensor in it.
    """
    tensor = first_tensor(output)
    if tensor is None:
        raise InputError("returned no tensor", where=type(module).__name__, found=type(output).__name__)
    return tensor


def time_axis(module: nn.Module) -> TimeAxis | None:
    """``multi`` if the neuron takes all steps in one call, ``single`` if one; None for a module that is no neuron."""
    adapter = adapter_of(module)
    return None if adapter is None or describe(module) is None else adapter.time_axis(module)


def reset(model: nn.Module) -> None:
    """Put every layer of a model at rest that keeps a state; a network's own method of that name may be anything."""
    for module in model.modules():
        adapter = adapter_of(module)
        if adapter is not None and not (module is model and adapter is plain.ADAPTER):
            adapter.reset(module)
