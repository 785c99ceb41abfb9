"""A network run on a GPU whose energy is read: what all measurements there share. Imports little beside torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

from energy.gpu.nvml import Board
from energy.gpu.turns import GpuMemoryError
from ipcircuit.errors import MissingDependencyError


def open_board(device: str = "cuda", nvml: Any = None) -> Board:
    """The board of torch's GPU. Raises MissingDependencyError: no CUDA, or no NVML."""
    if device != "cuda":
        return Board(nvml=nvml)
    if not torch.cuda.is_available():
        raise MissingDependencyError("no CUDA device here; the energy of a GPU can only be measured on one")
    uuid = getattr(torch.cuda.get_device_properties(torch.cuda.current_device()), "uuid", None)
    return Board(None if uuid is None else f"GPU-{uuid}", nvml=nvml)  # NVML counts its boards in another order


def run_once(
    network: Callable[[torch.Tensor], object], inputs: torch.Tensor, device: str, precision: str = "fp32"
) -> None:
    """One inference, to its end. Raises GpuMemoryError."""
    half = torch.autocast(device, torch.bfloat16) if precision == "bf16" else nullcontext()
    with memory_errors(), torch.inference_mode(), half:
        network(inputs)
        if device == "cuda":
            torch.cuda.synchronize()


def free_memory() -> None:
    """Give memory that torch keeps back to the GPU; does nothing without CUDA."""
    torch.cuda.empty_cache()


@contextmanager
def memory_errors() -> Iterator[None]:
    """Torch's error of a full GPU as `GpuMemoryError`."""
    try:
        yield
    except Exception as error:
        if any(map(_is_full, (error, error.__cause__))):  # the error of a network's input may have it as its cause
            raise GpuMemoryError from error
        raise


def _is_full(error: BaseException | None) -> bool:
    library = isinstance(error, RuntimeError) and "ALLOC_FAILED" in str(error)  # of one within CUDA
    return library or isinstance(error, torch.cuda.OutOfMemoryError)


def tf32_operations() -> tuple[str, ...]:
    """32-bit operations that torch may round to TF32; by its defaults, convolutions."""
    allowed = {"convolutions": torch.backends.cudnn.allow_tf32, "products": torch.backends.cuda.matmul.allow_tf32}
    return tuple(name for name, on in allowed.items() if on)
