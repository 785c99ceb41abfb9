"""CIFAR-10 from its Python batches (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009).

The files are pickles. They are read with an unpickler that builds arrays, numbers and byte strings, and nothing else: a
pickle that asks for any other object is refused, whatever its checksum.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ipcircuit.errors import InputError
from ipcircuit.files import read_input
from network.data.folder import SETS
from network.data.samples import Samples, Split

SET = SETS["cifar10"]
CLASSES, (FOLDER,) = SET.classes, SET.folders
*TRAINING, TEST = SET.files

_ARRAYS = {"_reconstruct", "scalar"}
_ALLOWED = {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}


class ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays, numbers, texts and containers of them; any other object is an `UnpicklingError`."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """The few names that an array's pickle needs."""
        if module_name in ("numpy.core.multiarray", "numpy._core.multiarray") and global_name in _ARRAYS:
            # NumPy 1 and 2 name the module differently; either may have written the file.
            from numpy._core import multiarray  # type: ignore[attr-defined]

            return getattr(multiarray, global_name)
        if (module_name, global_name) in _ALLOWED:
            return super().find_class(module_name, global_name)
        raise pickle.UnpicklingError(f"asks for {module_name}.{global_name}")


def read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 3, 32, 32), uint8, and labels (n,) of one batch file.

    Raises InputError: not a batch, a damaged one, or one that asks for other objects.
    """
    try:
        entries = ArrayUnpickler(io.BytesIO(read_input(path)), encoding="bytes").load()
    except InputError:
        raise
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise InputError(f"is not a CIFAR-10 batch, or is damaged ({error})", where=str(path)) from error
    data, labels = (entries.get(key) for key in (b"data", b"labels")) if isinstance(entries, dict) else (None, None)
    if not isinstance(data, np.ndarray) or not isinstance(labels, list) or data.shape != (len(labels), 3072):
        raise InputError("is not a CIFAR-10 batch", where=str(path), allowed="b'data' (n, 3072) and b'labels' (n)")
    numbers = np.array(labels)
    if data.dtype != np.uint8 or (len(labels) and not (numbers.min() >= 0 and numbers.max() < len(CLASSES))):
        raise InputError("has values out of range", where=str(path), allowed="bytes, labels 0 … 9")
    return data.reshape(-1, 3, 32, 32), numbers


def load_cifar10(data: Path | str, checksums: Mapping[str, str] | None = None) -> Split:
    """The 50,000 training and 10,000 test images, grey levels 0 … 1 per colour.

    Args:
        data: the folder `cifar-10-batches-py`, or one that holds it.
        checksums: MD5 by file name; default: the published ones.

    Raises:
        InputError: a folder or file is missing, incomplete or not the published one; says which and how to get it.
    """
    folder = SET.find(data)
    SET.check_files(folder, checksums)
    parts = [read_batch(folder / name) for name in TRAINING]
    images, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Split(_samples(images, labels, "training"), _samples(*read_batch(folder / TEST), "test"))


def _samples(images: np.ndarray, labels: np.ndarray, part: str) -> Samples:
    source = f"CIFAR-10, {len(labels)} {part} images"
    return Samples(torch.tensor(images), torch.tensor(labels).long(), CLASSES, source, scale=1 / 255)


def crop_and_flip(frames: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The usual augmentation: each image shifted by up to 4 pixels into zeros, and mirrored half of the time.

    Args:
        frames: (time, batch, channels, height, width).
        generator: of the shifts; all steps of a sample share theirs.
    """
    batch, height, width = frames.shape[1], *frames.shape[-2:]
    padded = torch.nn.functional.pad(frames, (4, 4, 4, 4))
    shift = torch.randint(0, 9, (2, batch), generator=generator)
    flip = torch.rand(batch, generator=generator) < 0.5
    rows = shift[0, :, None] + torch.arange(height)
    columns = shift[1, :, None] + torch.arange(width)
    columns = torch.where(flip[:, None], columns.flip(1), columns)
    index = torch.arange(batch)[:, None, None]
    # Advanced indices on both sides of the slices: the result is (batch, height, width, time, channels).
    windows = padded[:, index, :, rows[:, :, None], columns[:, None, :]]
    return windows.permute(3, 0, 4, 1, 2)
