"""Tensors in files of `torch.save`: data only, and no larger in memory than the file."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.files import check_input_file

MOST_BYTES = 2**31


def read_saved(path: Path, kind: str, *, device: str = "cpu") -> Any:
    """Content of a file; `kind` names in messages what it should be.

    Raises InputError: no file, too large, cut short or damaged, or holding more than tensors and plain data.
    """
    check_input_file(path, most=MOST_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            oversized = _oversized(archive, path.stat().st_size)
            damaged = oversized or archive.testzip()  # torch.load does not compare the checksums
        if oversized is not None:
            raise InputError("holds more than the file: compressed or overlapping parts")
        with warnings.catch_warnings(action="ignore"):  # of tensors of a kind that `check_plain` refuses
            content = torch.load(path, map_location=device, weights_only=True)  # data only: nothing in the file is run
    except InputError as error:
        raise InputError(str(error), where=str(path), found=oversized) from None
    except Exception as error:  # a damaged file can raise nearly anything
        raise InputError(f"not a {kind}, or cut short ({type(error).__name__})", where=str(path)) from error
    if damaged is not None:
        raise InputError(f"damaged {kind}: a checksum is wrong", where=str(path), found=damaged)
    return content


def check_plain(value: Any, where: str) -> None:
    """Raise InputError unless a value is a plain tensor with as many finite numbers in memory as its shape says."""
    if not isinstance(value, torch.Tensor):
        raise InputError("not a tensor", where=where, found=type(value).__name__)
    if value.layout != torch.strided or value.is_quantized or value.is_meta or not value.is_contiguous():
        raise InputError("not a plain tensor", where=where, found=f"{value.layout}, {tuple(value.shape)}")
    if value.is_floating_point() and not value.isfinite().all():
        raise InputError("holds what is no number", where=where)


def _oversized(archive: zipfile.ZipFile, size: int) -> str | None:
    """Name of a part that says to be larger than the file has room for, or is compressed: `torch.save` makes none."""
    total = 0
    for part in archive.infolist():
        total += part.file_size
        if part.compress_type != zipfile.ZIP_STORED or total > size:
            return part.filename
    return None
