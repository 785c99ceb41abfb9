"""Long commands that lose nothing: results go to a journal in the output folder as they come, under a lock.

A run that was killed goes on where it stopped when the same command is given again; a finished one is read back.
The journal is an SQLite file: a result is in it as a whole or not at all, whenever the process or the machine stops.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from ipcircuit.errors import InputError
from ipcircuit.files import locked
from ipcircuit.kept import project_digest
from ipcircuit.records import input_error
from ipcircuit.spice.cache import reusable_since

FILE = "journal.sqlite"
VERSION = 1  # of the tables
_TABLES = (
    "CREATE TABLE configuration (name TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE results (key TEXT PRIMARY KEY, stored REAL, value TEXT)",
    f"PRAGMA user_version = {VERSION}",
)

_T = TypeVar("_T")
_R = TypeVar("_R")


class Journal(Generic[_R]):
    """Results of one configuration, by key; the file is made with the first result. Open it with `opened`.

    Args:
        configuration: everything that decides a result, by name.
        kind: type of the results, which pydantic writes as JSON and reads back the same.
    """

    def __init__(self, path: Path | None, configuration: Mapping[str, str], kind: type[_R]) -> None:
        self.path: Path | None = path
        self.configuration: dict[str, str] = dict(configuration)
        self._adapter: TypeAdapter[_R] = TypeAdapter(kind)
        self._connection: sqlite3.Connection | None = None
        self._begun = False  # has its tables

    @classmethod
    @contextlib.contextmanager
    def opened(cls, folder: Path | None, configuration: Mapping[str, str], kind: type[_R]) -> Iterator[Journal[_R]]:
        """The journal of a folder, which is locked for as long; without a folder, one that stores nothing.

        Results belong to the version of this project that made them, beside the configuration.

        Raises:
            InputError: the folder cannot be written, is in use, or holds results of another configuration; its journal
                is damaged or of another version.
        """
        if folder is None:
            yield cls(None, configuration, kind)
            return
        path = folder / FILE
        with locked(folder), _errors(path):
            journal = cls(path, {**configuration, "version of ipcircuit": project_digest()}, kind)
            try:
                if path.exists():
                    journal._open()
                yield journal
            finally:
                if journal._connection is not None:
                    journal._connection.close()

    def _open(self) -> sqlite3.Connection:
        """The open file. Raises InputError if it is of another version or configuration."""
        if self._connection is None:
            self._connection = sqlite3.connect(str(self.path), isolation_level=None)
            [version], [tables] = (
                self._connection.execute(f"SELECT {query}").fetchone()
                for query in ("user_version FROM pragma_user_version", "count(*) FROM sqlite_master")
            )
            self._begun = bool(version or tables)  # else killed while it was made
            if self._begun and version != VERSION:
                raise InputError("of another version", where=str(self.path), found=version, allowed=str(VERSION))
            saved = dict(self._connection.execute("SELECT * FROM configuration")) if self._begun else {}
            for name in saved:
                if saved[name] != self.configuration.get(name):
                    raise InputError(
                        f"this folder holds results of another run: {name} differs",
                        where=str(self.path),
                        found=saved[name],
                        allowed=f"{self.configuration.get(name)!r}, or another folder",
                    )
        return self._connection

    def results(self) -> dict[str, _R]:
        """Results stored so far; within `ipcircuit.spice.cache.fresh`, those stored since its begin.

        Raises:
            InputError: one cannot be read.
        """
        if not self._begun:
            return {}
        rows = self._open().execute("SELECT key, value FROM results WHERE stored >= ?", (reusable_since(),))
        stored = {}
        for key, text in rows:
            try:
                stored[key] = self._adapter.validate_json(text)
            except ValidationError as error:
                raise input_error(error, f"{self.path}: {key}") from None
        return stored

    def append(self, key: str, result: _R) -> None:
        """Store one result; it survives whatever happens next. Raises InputError if it cannot be written."""
        if self.path is None:
            return
        row = (key, time.time(), self._adapter.dump_json(result).decode())
        with _errors(self.path):
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not self._begun:
                    for table in _TABLES:
                        connection.execute(table)
                    connection.executemany("INSERT INTO configuration VALUES (?, ?)", self.configuration.items())
                connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row)
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise
            self._begun = True

    def resumed(
        self,
        compute: Callable[[list[_T]], Iterable[_R]],
        items: Mapping[str, _T],
        *,
        final: Callable[[_R], bool] = lambda _: True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[_R]:
        """A result for each item, in their order; what is stored is not computed.

        Args:
            compute: results of the items that are missing, in their order, as they come.
            items: by key.
            final: whether a result is to be stored; others are computed again next time.
            progress: called with (results, items) for each of them.
        """
        stored = self.results()
        missing = [item for key, item in items.items() if key not in stored]
        computed = iter(compute(missing) if missing else ())
        for number, key in enumerate(items, 1):
            if key in stored:
                result = stored[key]
            else:
                result = next(computed)
                if final(result):
                    self.append(key, result)
            if progress is not None:
                progress(number, len(items))
            yield result


@contextlib.contextmanager
def _errors(path: Path) -> Iterator[None]:
    """SQLite's errors as a message that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise InputError(f"journal cannot be used: {error}", where=str(path)) from error
