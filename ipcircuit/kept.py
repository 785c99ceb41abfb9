"""Results of long computations in Python, kept in the simulation cache under the code that made them.

A macrospin run or a small network study takes seconds and gives the same result every time, as a deck does. Its key is
what it was computed from, the content of every file of this project, and the versions of the numerical packages: any
change computes it again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import pickle
import platform
import warnings
from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ipcircuit.siblings import SIBLINGS
from ipcircuit.spice import cache as simulations

_T = TypeVar("_T")
_MULTIARRAY = ("numpy._core.multiarray", "numpy.core.multiarray")  # numpy 2 and 1
_ARRAYS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    *((module, name) for module in _MULTIARRAY for name in ("_reconstruct", "scalar")),
}
_PACKAGES = ("numpy", "scipy", "pandas", "torch", "sympy")


def kept(name: str, compute: Callable[[], _T], *inputs: object) -> _T:
    """The result of `compute`, from the cache where it holds it.

    Args:
        name: of the computation, unlike any other.
        compute: without side effects; its result can be pickled.
        inputs: what it is computed from beyond the project's files; their `repr` is complete.

    Raises:
        TypeError: an input whose `repr` is an address, which no later process has again.
    """
    texts = [repr(value) for value in inputs]
    if addressed := [text for text in texts if " at 0x" in text]:
        raise TypeError(f"{name}: not a value: {addressed[0][:200]}")
    store = simulations.active()
    if store is None:
        return compute()
    key = hashlib.sha256(json.dumps([name, texts, project_digest()]).encode()).digest()
    value = store.load(key, since=simulations.reusable_since())
    if value is not None:
        try:
            result = _Reader(io.BytesIO(value)).load()
        except pickle.UnpicklingError as error:
            warnings.warn(f"simulation cache: {name}: {error}; computed again", simulations.CacheWarning, stacklevel=2)
        else:
            store.touch([key])
            return result
    result = compute()
    store.store(key, pickle.dumps(result))
    return result


class _Reader(pickle.Unpickler):
    """Unpickler that makes arrays, and records and enums of this project, and calls nothing else."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) in _ARRAYS:
            return super().find_class(module_name, global_name)
        if module_name.partition(".")[0] in ("ipcircuit", *SIBLINGS):
            kind = super().find_class(module_name, global_name)
            if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum)):
                return kind
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no record of this project")


@cache
def project_digest() -> str:
    """Digest of the project's files and of the packages that compute."""
    home, digest = Path(__file__).resolve().parents[1], hashlib.sha256()
    for package in ("ipcircuit", *SIBLINGS):
        for path in sorted((home / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(home)).encode() + path.read_bytes())
    versions = [platform.python_version(), *map(importlib.metadata.version, _PACKAGES)]
    return digest.hexdigest() + json.dumps(versions)
