"""Arrays in users' files of numpy and torch, read as data and within bounds: no pickle, nothing larger than it says."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from ipcircuit.errors import InputError
from ipcircuit.files import check_input_file
from network.data.tensor_file import MOST_BYTES, check_plain, read_saved

_KINDS = "biuf"  # of numpy's types: numbers and truth values
_MOST_AXES = 8


def read_arrays(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of a ``.npy``, ``.npz`` or ``.pt`` file by name; ``""`` names a single one, and the first of a pair in a
    ``.pt`` file, whose second is ``"targets"``.

    Raises InputError: no such file, damaged, larger than 2 GiB when unpacked, or holding anything but numbers.
    """
    check_input_file(path, most=MOST_BYTES)
    if path.suffix == ".npy":
        with path.open("rb") as stream:
            return {"": _array(stream, path.stat().st_size, str(path))}
    if path.suffix == ".npz":
        return _archive(path)
    return _saved(path)


def _array(stream: IO[bytes], size: int, where: str) -> torch.Tensor:
    """One array of `size` bytes with its header, which must be what the header says."""
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran, dtype = read(stream)
        if dtype.kind not in _KINDS or dtype.hasobject or len(shape) > _MOST_AXES:
            raise InputError("holds no numbers", where=where, found=f"{dtype}, {len(shape)} axes", allowed="numbers")
        count = 1
        for length in shape:
            count *= int(length)
        if count * dtype.itemsize != size - stream.tell():
            raise ValueError(f"its header says {count} numbers, and it has another length")
        values = np.frombuffer(stream.read(), dtype, count).reshape(shape, order="F" if fortran else "C")
    except InputError:
        raise
    except Exception as error:  # a damaged header can raise nearly anything
        raise InputError(f"no array of numpy, or damaged ({error})", where=where) from error
    native = np.ascontiguousarray(values).astype(_torch_type(dtype))
    if native.dtype.kind == "f" and not np.isfinite(native).all():
        raise InputError("holds NaN or infinity", where=where)
    return torch.from_numpy(native)


def _torch_type(dtype: np.dtype) -> np.dtype:
    """The type in this machine's order of bytes; those that torch has not, as the next wider."""
    wider = {"uint16": "int32", "uint32": "int64", "uint64": "int64", "float16": "float32", "float128": "float64"}
    return np.dtype(wider.get(dtype.newbyteorder("=").name, dtype.newbyteorder("=").name))


def _archive(path: Path) -> dict[str, torch.Tensor]:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            if total > MOST_BYTES or len({part.filename for part in parts}) != len(parts):
                raise InputError("too large when unpacked", where=str(path), found=total, allowed=f"{MOST_BYTES} bytes")
            arrays = {}
            for part in parts:
                name = part.filename.removesuffix(".npy")
                with archive.open(part) as stream:
                    arrays[name] = _array(stream, part.file_size, f"{path}: {name}")
            return arrays
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"no archive of numpy, or damaged ({error})", where=str(path)) from error


def _saved(path: Path) -> dict[str, torch.Tensor]:
    content = read_saved(path, "file of tensors")
    if isinstance(content, tuple | list) and len(content) == 2:
        content = {"": content[0], "targets": content[1]}
    table: dict[Any, Any] = dict(content) if isinstance(content, dict) else {"": content}
    tensors = {}
    for name, value in table.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = torch.tensor(float(value), dtype=torch.float64)
        if not isinstance(value, torch.Tensor):
            raise InputError("not a tensor", where=f"{path}: {name}", found=type(value).__name__)
        tensors[str(name)] = value.contiguous() if value.layout == torch.strided and _own(value) else value
        check_plain(tensors[str(name)], f"{path}: {name}")
    return tensors


def _own(value: torch.Tensor) -> bool:
    """Whether a tensor that is not contiguous has as many numbers in the file as its shape says."""
    return not value.is_meta and value.untyped_storage().nbytes() >= value.numel() * value.element_size()
