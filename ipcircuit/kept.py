"""Results of long computations in Python, kept in the simulation cache under the code that made them.

A macrospin run or a small network study takes seconds and gives the same result every time, as a deck does. Its key is
what it was computed from, the content of every file of this project, and the versions of the numerical packages: any
change computes it again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import pickle
import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from ipcircuit.siblings import SIBLINGS
from ipcircuit.spice import cache as simulations

_T = TypeVar("_T")
_PACKAGES = ("numpy", "scipy", "pandas", "torch", "sympy")


def kept(name: str, compute: Callable[[], _T], *inputs: object) -> _T:
    """The result of `compute`, from the cache where it holds it.

    Args:
        name: of the computation, unlike any other.
        compute: without side effects; its result can be pickled.
        inputs: what it is computed from beyond the project's files; their `repr` is complete.
    """
    store = simulations.active()
    if store is None:
        return compute()
    key = hashlib.sha256(json.dumps([name, [repr(i) for i in inputs], _project()]).encode()).digest()
    value = store.load(key, since=simulations.reusable_since())
    if value is not None:
        store.touch([key])
        return pickle.loads(value)
    result = compute()
    store.store(key, pickle.dumps(result))
    return result


@cache
def _project() -> str:
    """Digest of the project's files and of the packages that compute."""
    home, digest = Path(__file__).resolve().parents[1], hashlib.sha256()
    for package in ("ipcircuit", *SIBLINGS):
        for path in sorted((home / package).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(home)).encode() + path.read_bytes())
    versions = [platform.python_version(), *map(importlib.metadata.version, _PACKAGES)]
    return digest.hexdigest() + json.dumps(versions)
