"""NIR files (HDF5) as plain tables of arrays: bounded before they are read, no link followed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.files import check_input_file
from ipcircuit.isolated import Isolated

MOST_BYTES = 2**31  # of the file, and of all its arrays together
MOST_ENTRIES = 100_000
DEEPEST = 32
MOST_s = 300.0  # a file of the largest size takes a minute on a slow disk
KNOWN_MAJORS = ("0", "1")  # of the nir that wrote the file
Table = dict[str, Any]


def read_graph(path: Path) -> Table:
    """The graph of a file, by `read_here` in a process of its own: libhdf5 crashes on some damaged files.

    Raises: as `read_here`; InputError: the reader died of the file, or did not end within `MOST_s`.
    """
    check_input_file(path, most=MOST_BYTES)
    with Isolated() as apart:
        return apart(read_here, path, where=path, most_s=MOST_s)


def read_here(path: Path) -> Table:
    """The graph of a file: fields by name, arrays of numpy, texts, and tables of these.

    Raises:
        InputError: no such file, no NIR, damaged, of an unknown version, or larger than it may be.
        MissingDependencyError: h5py is not installed.
    """
    try:
        import h5py  # of the extra
    except ImportError as error:
        raise MissingDependencyError("NIR files need h5py: pip install 'ipcircuit[networks]'") from error
    try:
        with h5py.File(path, "r") as file:
            reader = _Reader(h5py, str(path))
            version = reader.text(file, "version")
            if version.split(".")[0] not in KNOWN_MAJORS:
                raise InputError("NIR of an unknown version", where=str(path), found=version, allowed="up to 1.x")
            return reader.table(reader.entry(file, "node"), "", 0)
    except InputError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything
        raise InputError(f"no NIR file, or damaged ({type(error).__name__}: {error})", where=str(path)) from error


@dataclass
class _Reader:
    """What has been read of one file so far."""

    h5py: Any
    where: str
    entries: int = 0
    bytes: int = 0

    def entry(self, group: Any, name: str) -> Any:
        """An entry of a group that lies in this file. Raises InputError: there is none, or a link leads out."""
        link = group.get(name, getlink=True)
        if link is None:
            raise InputError(f"no NIR file: has no {name}", where=self.where)
        if not isinstance(link, self.h5py.HardLink):
            raise InputError("a link", where=f"{self.where}: {group.name}/{name}", allowed="data in the file itself")
        return group[name]

    def text(self, group: Any, name: str) -> str:
        """A single text."""
        value = self.value(self.entry(group, name), name)
        if not isinstance(value, str):
            raise InputError("not a text", where=f"{self.where}: {name}", found=type(value).__name__)
        return value

    def table(self, group: Any, path: str, depth: int) -> Table:
        """A group with all that is in it."""
        if not isinstance(group, self.h5py.Group):
            raise InputError("not a group", where=f"{self.where}: {path}")
        if depth > DEEPEST:
            raise InputError("nested too deeply", where=f"{self.where}: {path}", allowed=f"{DEEPEST} levels")
        table: Table = {}
        for name in group:
            self.entries += 1
            if self.entries > MOST_ENTRIES:
                raise InputError("too many entries", where=self.where, allowed=f"up to {MOST_ENTRIES}")
            inner = self.entry(group, name)
            place = f"{path}/{name}".lstrip("/")
            is_group = isinstance(inner, self.h5py.Group)
            table[name] = self.table(inner, place, depth + 1) if is_group else self.value(inner, place)
        return table

    def value(self, dataset: Any, place: str) -> Any:
        """A dataset as a text, a list of texts, or an array of numbers."""
        where = f"{self.where}: {place}"
        if not isinstance(dataset, self.h5py.Dataset) or dataset.external or dataset.is_virtual:
            raise InputError("data outside the file", where=where)
        texts = self.h5py.check_string_dtype(dataset.dtype) is not None
        self.bytes += dataset.size * (64 if texts else dataset.dtype.itemsize)
        if self.bytes > MOST_BYTES:
            raise InputError("too large", where=where, found=dataset.shape, allowed=f"{MOST_BYTES} bytes in all")
        if texts:
            content = dataset.asstr()[()]
            return content if isinstance(content, str) else content.tolist()
        if dataset.dtype.kind not in "biuf":
            raise InputError("holds no numbers", where=where, found=str(dataset.dtype))
        return np.asarray(dataset[()])
