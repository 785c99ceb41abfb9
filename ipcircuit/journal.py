"""Long commands that lose nothing: results go to a journal in the output folder as they come, under a lock.

A run that was killed goes on where it stopped when the same command is given again; a finished one is read back.
The journal is an SQLite file with a write-ahead log: what was appended at once is in it as a whole or not at all,
whenever the process or the machine stops (each commit is synchronised with the disk). Nobody else can open it
meanwhile, so the log needs no shared memory and works on network file systems; a finished run leaves one plain file.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from ipcircuit.errors import InputError
from ipcircuit.files import cannot_write, locked
from ipcircuit.kept import project_digest
from ipcircuit.records import input_error
from ipcircuit.spice.cache import reusable_since

FILE = "journal.sqlite"
VERSION = 2  # of the tables
_TABLES = (
    "CREATE TABLE configuration (name TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE results (key TEXT PRIMARY KEY, stored REAL, value TEXT)",
    f"PRAGMA user_version = {VERSION}",
)
_REPLACED = "replaced"  # a note
_PROJECT = "version of ipcircuit"
_AT_ONCE = 500  # results that are read back together

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Replaced:
    """Earlier results of another configuration, which were moved out of the way.

    Attributes:
        folder: where they are now, below that of the results.
        changed: names of the configuration that differ.
    """

    folder: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Renewal:
    """Which changes of the configuration start a folder anew instead of being refused.

    Attributes:
        fixed: names of which no other value is taken: another of these is another run.
        outputs: entries of the folder that belong to the results and move with them, beside the journal.
    """

    fixed: Collection[str]
    outputs: Sequence[str]


class Journal(Generic[_R]):
    """Results of one configuration, by key; the file is made with the first result. Open it with `opened`.

    Args:
        path: None: a private file that vanishes.
        configuration: everything that decides a result, by name.
        kind: type of the results, which pydantic writes as JSON and reads back the same.
        notes: what else is worth keeping about the run, by name; it decides nothing.

    Attributes:
        renewed: whether results of another configuration were moved out of the way when this was opened.
    """

    def __init__(
        self,
        path: Path | None,
        configuration: Mapping[str, str],
        kind: type[_R],
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self.path: Path | None = path
        self.configuration: dict[str, str] = dict(configuration)
        self.notes: dict[str, str] = dict(notes or {})
        self.renewed: bool = False
        self._adapter: TypeAdapter[_R] = TypeAdapter(kind)
        self._connection: sqlite3.Connection | None = None
        self._begun = False  # has its tables

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls,
        folder: Path | None,
        configuration: Mapping[str, str],
        kind: type[_R],
        *,
        notes: Mapping[str, str] | None = None,
        renewal: Renewal | None = None,
    ) -> Iterator[Journal[_R]]:
        """The journal of a folder, which is locked for as long; without a folder, one that vanishes.

        Results belong to the version of this project that made them, beside the configuration.

        Args:
            renewal: which changes move the results that are there to a folder ``before-N`` within it; default none.

        Raises:
            InputError: the folder cannot be written, is in use, or holds results of another configuration; its journal
                is damaged or of another version.
        """
        with contextlib.ExitStack() as stack:
            if folder is None:
                journal = cls(None, {}, kind)
            else:
                stack.enter_context(locked(folder))
                stack.enter_context(_errors(folder / FILE))
                complete = {**configuration, _PROJECT: project_digest()}
                journal = cls(folder / FILE, complete, kind, notes)
            stack.callback(journal._close)
            if folder is not None and (folder / FILE).exists():
                journal._resume(folder, renewal)
            yield journal

    @classmethod
    @contextlib.contextmanager
    def reading(cls, folder: Path, kind: type[_R]) -> Iterator[Journal[_R]]:
        """The journal of a folder as it is, whatever its configuration.

        Raises:
            InputError: there is none, it is in use or damaged, or of another version.
        """
        path = folder / FILE
        if not path.is_file():
            problem = "holds no results" if folder.is_dir() else "no such folder"
            raise InputError(problem, where=str(folder), allowed="a folder that was written with -o")
        with locked(folder), _errors(path):
            journal = cls(path, {}, kind)
            try:
                saved = journal._saved()
                if not journal._begun:
                    raise InputError("holds no results", where=str(folder))
                journal.configuration, journal.notes = saved, journal._notes()
                yield journal
            finally:
                journal._close()

    @property
    def replaced(self) -> Replaced | None:
        """Results that this journal took the place of, in this run or in an earlier one."""
        text = self.notes.get(_REPLACED)
        return None if text is None else TypeAdapter(Replaced).validate_json(text)

    def changed(self, configuration: Mapping[str, str]) -> list[str]:
        """Names by which the configuration of what is stored differs from another one under this version."""
        complete = {**configuration, _PROJECT: project_digest()}
        names = dict.fromkeys([*self.configuration, *complete])
        return [name for name in names if self.configuration.get(name) != complete.get(name)]

    def _resume(self, folder: Path, renewal: Renewal | None) -> None:
        """Go on with what is stored, or move it out of the way. Raises InputError if it is of another run."""
        saved = self._saved()
        names = dict.fromkeys([*saved, *self.configuration] if self._begun else ())
        changed = [name for name in names if saved.get(name) != self.configuration.get(name)]
        fixed = names if renewal is None else {*renewal.fixed, _PROJECT}
        for name in (name for name in changed if name in fixed):
            raise InputError(
                f"this folder holds results of another run: {name} differs",
                where=str(self.path),
                found=saved.get(name),
                allowed=f"{self.configuration.get(name)!r}, or another folder",
            )
        if changed and renewal is not None:
            self._close()
            self.renewed = True
            replaced = Replaced(_moved(folder, renewal.outputs), tuple(changed))
            self.notes[_REPLACED] = json.dumps(asdict(replaced))
            with self._commit():
                pass
        elif self._begun:
            before = self._notes()
            self.notes = {**before, **self.notes}
            if self.notes != before:
                with self._commit() as connection:
                    connection.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", self.notes.items())

    def _saved(self) -> dict[str, str]:
        """Configuration in the file. Raises InputError if it is of another version."""
        connection = self._open()
        return dict(connection.execute("SELECT * FROM configuration")) if self._begun else {}

    def _notes(self) -> dict[str, str]:
        return dict(self._open().execute("SELECT * FROM notes"))

    def _open(self) -> sqlite3.Connection:
        """The open file. Raises InputError if it is of another version."""
        if self._connection is None:
            self._connection = sqlite3.connect(str(self.path or ""), isolation_level=None)
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            [version], [tables] = (
                self._connection.execute(f"SELECT {query}").fetchone()
                for query in ("user_version FROM pragma_user_version", "count(*) FROM sqlite_master")
            )
            self._begun = bool(version or tables)  # else killed while it was made
            if self._begun and version != VERSION:
                raise InputError("of another version", where=str(self.path), found=version, allowed=str(VERSION))
        return self._connection

    def _close(self) -> None:
        """Close the file; its log is part of it then."""
        connection, self._connection, self._begun = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):  # a full disk: the log stays beside it until the next run
                connection.execute("PRAGMA journal_mode = DELETE")
            connection.close()

    def keys(self) -> set[str]:
        """Keys of the results stored so far; within `ipcircuit.spice.cache.fresh`, of those since its begin."""
        if not self._begun:
            return set()
        rows = self._open().execute("SELECT key FROM results WHERE stored >= ?", (reusable_since(),))
        return {key for (key,) in rows}

    def result(self, key: str) -> _R | None:
        """The result stored under a key; None where there is none. Raises InputError if it cannot be read."""
        [(_, result)] = self.results([key])
        return result

    def results(self, keys: Sequence[str]) -> Iterator[tuple[str, _R | None]]:
        """`result` of many keys, in their order."""
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            stored: dict[str, str] = {}
            if self._begun:
                query = f"SELECT key, value FROM results WHERE key IN ({', '.join('?' * len(some))})"
                stored = dict(self._open().execute(query, some))
            for key in some:
                try:
                    yield key, self._adapter.validate_json(stored[key]) if key in stored else None
                except ValidationError as error:
                    raise input_error(error, f"{self.path}: {key}") from None

    def append_all(self, results: Iterable[tuple[str, _R]]) -> None:
        """Store results, all or none; they survive whatever happens next. Raises InputError if they cannot be."""
        rows = [(key, time.time(), self._adapter.dump_json(result).decode()) for key, result in results]
        if rows:
            with self._commit() as connection:
                connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)

    @contextlib.contextmanager
    def _commit(self) -> Iterator[sqlite3.Connection]:
        """A transaction, in a file that has its tables."""
        with _errors(self.path):
            connection = self._open()
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not self._begun:
                    for table in _TABLES:
                        connection.execute(table)
                    connection.executemany("INSERT INTO configuration VALUES (?, ?)", self.configuration.items())
                    connection.executemany("INSERT INTO notes VALUES (?, ?)", self.notes.items())
                yield connection
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
        known = self.keys()
        missing = [item for key, item in items.items() if key not in known]
        computed = iter(compute(missing) if missing else ())
        for number, key in enumerate(items, 1):
            stored = self.result(key) if key in known else None
            result = next(computed) if stored is None else stored
            if stored is None and self.path is not None and final(result):
                self.append_all([(key, result)])
            if progress is not None:
                progress(number, len(items))
            yield result


def _moved(folder: Path, outputs: Sequence[str]) -> str:
    """Move the results of a folder into a new one within it; the journal last, so that a killed move is finished."""
    number = next(n for n in range(1, 1_000_000) if not (folder / f"before-{n}" / FILE).exists())
    target = folder / f"before-{number}"
    try:
        target.mkdir(exist_ok=True)
        for name in (*outputs, FILE):
            if (folder / name).exists():
                (folder / name).replace(target / name)
    except OSError as error:
        raise cannot_write(target, error) from error
    return target.name


@contextlib.contextmanager
def _errors(path: Path | None) -> Iterator[None]:
    """SQLite's errors as a message that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise InputError(f"journal cannot be used: {error}", where=str(path or "temporary file")) from error
