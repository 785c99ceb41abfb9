"""Large arrays of bytes, each made once and kept in a file of the cache folder, from which they are mapped into memory.

The system loads what is used and drops it again, so an array may be larger than the memory. Nothing bounds their
number: ``ipcircuit cache`` shows their size, and ``--clear`` removes them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.files import cannot_write, staged_directory, write_text_atomic
from ipcircuit.records import parse, read_json, record
from ipcircuit.spice import cache as simulations

FOLDER = "arrays"  # within the cache folder
_RECORD, _CONTENT = "record.json", "content"
_BLOCK = 2**24

Fill = Callable[[np.ndarray], tuple[int, Any]]


@dataclass(frozen=True)
class KeptArray:
    """The rows that are in use, uint8, and what their maker noted about them. Writing to them changes no file."""

    values: np.ndarray
    note: Any


@record
class _Record:
    shape: tuple[int, ...]
    note: Any


def kept_array(name: str, shape: tuple[int, ...], fill: Fill, *inputs: str) -> KeptArray:
    """The array that `fill` makes, from the cache folder where it lies there; in memory where the cache is off.

    Args:
        name: of what is made, unlike any other.
        shape: rows at most, and the shape of each.
        fill: writes an array of zeros of that shape, from the first row on; gives the number of rows in use, at least
            one, and a note of plain data.
        inputs: all that the content depends on.

    Raises:
        InputError: it cannot be written (the disk is full), or, without a cache, is larger than the memory.
    """
    store = simulations.active()
    if store is None:
        return _in_memory(name, shape, fill)
    folder = store.path.parent / FOLDER
    target = folder / hashlib.sha256(json.dumps([name, shape, inputs]).encode()).hexdigest()[:32]
    kept = _opened(target)
    if kept is None:
        try:
            with _turn(folder):
                kept = _opened(target)  # another process may have made it meanwhile
                if kept is None:
                    _make(target, shape, fill)
                    kept = _opened(target)
        except OSError as error:
            raise cannot_write(target, error) from error
    if kept is None:
        raise InputError("vanished while it was made", where=str(target))
    return kept


def kept_arrays(folder: Path) -> tuple[int, int]:
    """Number and bytes of the arrays in a cache folder."""
    files = [path for path in (folder / FOLDER).glob(f"*/{_CONTENT}") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def clear_arrays(folder: Path) -> None:
    """Remove them. Raises InputError: they cannot be removed."""
    try:
        if (folder / FOLDER).is_dir():
            shutil.rmtree(folder / FOLDER)
    except OSError as error:
        raise InputError(f"cannot clear the cache: {error.strerror or error}", where=str(folder / FOLDER)) from error


def _in_memory(name: str, shape: tuple[int, ...], fill: Fill) -> KeptArray:
    memory, size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), math.prod(shape)
    if size > memory:
        problem = f"{name}: {size} bytes do not fit the memory, and the cache, which would hold them, is off"
        raise InputError(problem, where=simulations.FOLDER_VARIABLE, allowed=f"a folder, or up to {memory} bytes")
    values = np.zeros(shape, np.uint8)
    rows, note = fill(values)
    return KeptArray(values[:rows], note)


def _opened(target: Path) -> KeptArray | None:
    """What lies there; None if it is nothing, damaged, or older than ``--fresh`` allows."""
    path = target / _CONTENT
    try:
        found: _Record = parse(_Record, read_json(target / _RECORD), str(target / _RECORD))
        state = path.stat()
        if state.st_size != math.prod(found.shape) or state.st_mtime < simulations.reusable_since():
            return None
        return KeptArray(np.memmap(path, np.uint8, "c", shape=found.shape), found.note)
    except (InputError, OSError, ValueError):
        return None


def _make(target: Path, shape: tuple[int, ...], fill: Fill) -> None:
    with staged_directory(target) as staging:
        path, size = staging / _CONTENT, math.prod(shape)
        free = shutil.disk_usage(staging).free
        if size > free:
            problem, allowed = f"{size} bytes do not fit the disk", f"up to {free} bytes, or another cache folder"
            raise InputError(problem, where=str(target.parent), allowed=f"{allowed} ({simulations.FOLDER_VARIABLE})")
        with path.open("wb") as stream:  # all of it, for a mapped file on a full disk would end the process
            for start in range(0, size, _BLOCK):
                stream.write(bytes(min(_BLOCK, size - start)))
        values = np.memmap(path, np.uint8, "r+", shape=shape)
        rows, note = fill(values)
        values.flush()
        del values
        os.truncate(path, rows * (size // shape[0]))
        write_text_atomic(staging / _RECORD, json.dumps({"shape": [rows, *shape[1:]], "note": note}))


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Within the block no other process makes an array; one that wants to waits."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
