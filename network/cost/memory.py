"""Networks that do not fit into memory: told before they fill it, or by the layer that failed."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from ipcircuit.errors import InputError
from network.foreign.neurons import spikes_of
from network.training.memory import is_shortage

COPIES = 6  # tensors of a layer's size at a time: input, membrane, spikes, and what is counted of them


def available_bytes() -> int:
    """Memory that this process can still have, without pushing others out."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    with contextlib.suppress(OSError, ValueError, StopIteration, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = 1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return free if limit == resource.RLIM_INFINITY else min(free, limit)


@contextlib.contextmanager
def fitting(module: nn.Module, times: int) -> Iterator[None]:
    """Within the block, a layer that does not fit into memory is an InputError that names it.

    Args:
        module: the network; its layers run within the block.
        times: how much larger a layer's tensors become afterwards than within the block (samples, steps).
    """
    entered = [""]
    room = available_bytes()

    def enter(path: str) -> Any:
        def note(*_: Any) -> None:
            entered[0] = path

        return note

    def leave(path: str) -> Any:
        def check(layer: nn.Module, _: Any, output: Any) -> None:
            with contextlib.suppress(InputError):  # no tensor
                values = spikes_of(layer, output)
                needed = COPIES * times * values.numel() * values.element_size()
                if needed > room:
                    raise _ShortageError(path, values.numel(), needed)

        return check

    handles = [m.register_forward_pre_hook(enter(path)) for path, m in module.named_modules()]
    handles += [m.register_forward_hook(leave(path)) for path, m in module.named_modules()]
    try:
        yield
    except _ShortageError as shortage:
        raise _too_large(shortage.path, shortage.neurons, shortage.needed, room) from None
    except (MemoryError, RuntimeError, InputError) as error:
        if not any(is_shortage(one) for one in (error, error.__cause__) if one is not None):
            raise
        raise _too_large(entered[0], None, None, room) from error
    finally:
        for handle in handles:
            handle.remove()


class _ShortageError(Exception):
    """A layer's tensors are larger than the memory."""

    def __init__(self, path: str, neurons: int, needed: int) -> None:
        super().__init__(path)
        self.path, self.neurons, self.needed = path, neurons, needed


def _too_large(path: str, neurons: int | None, needed: int | None, room: int) -> InputError:
    size = None if neurons is None or needed is None else f"{neurons} neurons, {needed / 2**30:.3g} GiB"
    return InputError(
        "the layer does not fit into memory",
        where=path or "the network",
        found=size,
        allowed=f"{room / 2**30:.3g} GiB here: fewer neurons, or fewer samples at a time (--batch)",
    )
