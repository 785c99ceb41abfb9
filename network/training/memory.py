"""Running out of memory: which sizes to lower, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from network.tasks.task import Task
from network.training.settings import Identity

Kept = Callable[[], str]
_OF_MODEL = ("width", "depth", "neurons", "static_neurons", "hidden_neurons", "units")
_SIGNS = ("can't allocate memory", "not enough memory", "out of memory")  # in a RuntimeError of torch's


def sizes(task: Task, identity: Identity, batch: int | None) -> dict[str, Any]:
    """Batch, frames, pixels and what of the model's options sets its size, by name; what is not known is left out."""
    model = MODELS.load(identity.model).options if identity.model in MODELS.names() else {}
    options = {**model, **identity.model_options}
    known = {"batch": batch, "steps": getattr(task, "steps", None), "pixels": getattr(task, "size", None)}
    known |= {name: options.get(name) for name in _OF_MODEL}
    return {name: value for name, value in known.items() if value is not None}


def is_shortage(error: BaseException) -> bool:
    """Whether an exception says that the memory of the machine or of the GPU did not suffice."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


@contextmanager
def shortage_explained(
    task: Task, identity: Identity, batch: int | None = None, kept: Kept | None = None
) -> Iterator[None]:
    """Raise InputError for a shortage of memory within the block: what to lower, its value now, and what is kept."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        values = ", ".join(f"{name} {value}" for name, value in sizes(task, identity, batch).items())
        known = "" if kept is None else kept()
        raise InputError(f"out of memory{known}; lower one of: {values}", where=identity.label) from error
