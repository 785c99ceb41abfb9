"""Simulated results on disk: each deck is simulated once, whichever command or process asks for it.

The key covers all that decides a result: the deck with its models, the signals asked for, and the content of the
simulator's files. The value is the run's vectors, bit for bit, with a checksum. Whatever goes wrong with the file
(full, read-only, locked, damaged, of another version) is one warning, and the decks are simulated.

`IPCIRCUIT_CACHE` names another folder or is ``off``; `IPCIRCUIT_CACHE_GIB` is the bound on its size.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import os
import re
import sqlite3
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Collection, Iterator
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import platformdirs

from ipcircuit.errors import InputError
from ipcircuit.spice.library import file_states, search_text
from ipcircuit.spice.protocol import Hello, Reply, Request

FOLDER_VARIABLE = "IPCIRCUIT_CACHE"
LIMIT_VARIABLE = "IPCIRCUIT_CACHE_GIB"
FRESH_VARIABLE = "IPCIRCUIT_FRESH_SINCE"
OFF = "off"
DEFAULT_LIMIT_GIB = 2.0
SCHEMA = 1
"""Version of keys, values and tables; a file of another version is left alone."""

_FILE = "simulations.sqlite"
_LOCK_WAIT_S = 10.0
_KEPT_SHARE = 0.9  # of the limit, once it has been exceeded: so that not every result makes room for itself
_COMPRESSION = 0  # none: the fastest saves a fifth of the file, and takes longer than all the rest
# Text in other files, and functions that draw random numbers: their results are not a value of the deck's text.
#: Of these words `_NOT_A_VALUE` needs one; looking for them is ten times as fast.
_SUSPECT = (".inc", ".lib", ".osdi", "file", "trnoise", "trrandom", "gauss", "unif", "limit", "random", "rnd")
_NOT_A_VALUE = re.compile(
    r"^\s*\.(inc|lib|osdi)|\bfile\s*=|_file\s*=|\b(trnoise|trrandom|a?gauss|a?unif|limit|random)\s*\(|\brnd\b",
    re.IGNORECASE | re.MULTILINE,
)
_TABLES = (
    "CREATE TABLE results (key BLOB PRIMARY KEY, stored REAL, used REAL, digest BLOB, value BLOB)",
    "CREATE INDEX by_use ON results (used)",
    "CREATE TABLE builds (search TEXT PRIMARY KEY, files TEXT, build TEXT)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER)",
    "INSERT INTO counters VALUES ('hits', 0)",
)
_bypassed = ContextVar("bypassed", default=False)
_FAILURES = (sqlite3.Error, OSError, ValueError, LookupError, TypeError, zlib.error)
_T = TypeVar("_T")


class CacheWarning(UserWarning):
    """The simulation cache cannot be used; decks are simulated."""


@dataclass(frozen=True)
class CacheState:
    """Content of the cache.

    Attributes:
        folder: where it lies; None when it is switched off.
        entries: results held.
        size_bytes, limit_bytes: size on disk, and its bound.
        hits: results returned since the cache was last cleared.
    """

    folder: str | None
    entries: int
    size_bytes: int
    limit_bytes: int
    hits: int

    def to_json(self) -> dict[str, str | int | None]:
        """Record of ``ipcircuit cache --json``."""
        return asdict(self)


class SimulationCache:
    """Results in one SQLite file, shared by processes and threads.

    Args:
        folder: made when the first result is stored.
        limit_bytes: the results longest out of use make room beyond it.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.path: Path = folder / _FILE
        self.limit_bytes: int = limit_bytes
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._readable = self._writable = True

    def get(self, key: bytes, *, since: float = 0.0) -> Reply | None:
        """Reply stored under `key` at time `since` or later; None where there is none."""
        value = self.load(key, since=since)
        try:
            return None if value is None else decode(value)
        except _FAILURES:
            self._warn("a stored result is damaged")
            return None

    def put(self, key: bytes, reply: Reply) -> None:
        """Store a reply; the results longest out of use leave when the limit is passed."""
        self.store(key, encode(reply))

    def load(self, key: bytes, *, since: float = 0.0) -> bytes | None:
        """Bytes stored under `key` at time `since` or later; None where there are none."""

        def read(connection: sqlite3.Connection) -> bytes | None:
            select = "SELECT digest, value FROM results WHERE key = ? AND stored >= ?"
            for digest, value in connection.execute(select, (key, since)).fetchall():
                if _digest(value) == digest:
                    return value
                self._warn("a stored result is damaged")
            return None

        return self._read(read, None)

    def store(self, key: bytes, value: bytes) -> None:
        """Store bytes; the results longest out of use leave when the limit is passed."""
        if len(value) > self.limit_bytes * _KEPT_SHARE:
            return
        now = time.time()
        row = (key, now, now, _digest(value), value)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)", row)
            if _size(connection) > self.limit_bytes:
                _shrink(connection, self.limit_bytes * _KEPT_SHARE)

        self._write(write)

    def touch(self, keys: Collection[bytes]) -> None:
        """Record that these results were used now."""
        if not keys:
            return
        now = time.time()

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE results SET used = ? WHERE key = ?", [(now, key) for key in keys])
            connection.execute("UPDATE counters SET value = value + ? WHERE name = 'hits'", (len(keys),))

        self._write(write)

    def build(self, greet: Callable[[], Hello]) -> str:
        """Fingerprint of the simulator that runs here, remembered as long as its files are unchanged.

        Args:
            greet: starts a worker and returns its greeting; called only when nothing is remembered.
        """
        search = search_text()

        def read(connection: sqlite3.Connection) -> str | None:
            rows = connection.execute("SELECT files, build FROM builds WHERE search = ?", (search,)).fetchall()
            known = {build: json.loads(states) for states, build in rows}
            return next((build for build, states in known.items() if states == file_states(states)), None)

        remembered = self._read(read, None)
        if remembered is not None:
            return remembered
        hello = greet()
        row = (search, json.dumps(file_states(hello.files)), hello.build)
        self._write(lambda connection: connection.execute("INSERT OR REPLACE INTO builds VALUES (?, ?, ?)", row))
        return hello.build

    def state(self) -> CacheState:
        """Content of the file; one that cannot be read holds nothing."""

        def read(connection: sqlite3.Connection) -> CacheState:
            [entries] = connection.execute("SELECT count(*) FROM results").fetchone()
            [hits] = connection.execute("SELECT value FROM counters WHERE name = 'hits'").fetchone()
            return CacheState(str(self.path.parent), entries, _size(connection), self.limit_bytes, hits)

        empty = CacheState(str(self.path.parent), 0, 0, self.limit_bytes, 0)
        return self._read(read, empty) if self.path.exists() else empty

    def clear(self) -> None:
        """Remove the file with every result in it.

        Raises:
            InputError: it cannot be removed.
        """
        with self._lock:
            self._close()
            try:
                for tail in ("", "-wal", "-shm"):
                    self.path.with_name(_FILE + tail).unlink(missing_ok=True)
            except OSError as error:
                raise InputError(f"cannot clear the cache: {error.strerror or error}", where=str(self.path)) from error
            self._readable = self._writable = True

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _read(self, action: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Result of reading; `otherwise` once the file has failed."""
        with self._lock:
            connection = self._opened()
            if connection is None:
                return otherwise
            try:
                return action(connection)
            except _FAILURES as error:
                self._give_up(str(error))
                return otherwise

    def _write(self, action: Callable[[sqlite3.Connection], object]) -> None:
        """One transaction; after a failure nothing more is written, and reading goes on."""
        with self._lock:
            connection = self._opened() if self._writable else None
            if connection is None:
                return
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    action(connection)
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
            except _FAILURES as error:
                self._writable = False
                self._warn(f"cannot be written: {error}")

    def _opened(self) -> sqlite3.Connection | None:
        """The open file; None once it has failed."""
        if self._connection is None and self._readable:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = _connect(self.path)
            except _FAILURES as error:
                self._give_up(str(error))
        return self._connection

    def _give_up(self, problem: str) -> None:
        self._readable = False
        self._close()
        self._warn(problem)

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _warn(self, problem: str) -> None:
        warnings.warn(
            f"simulation cache {self.path}: {problem}; decks are simulated again. `ipcircuit cache --clear` empties "
            f"it, {FOLDER_VARIABLE} names another folder or is {OFF!r}",
            CacheWarning,
            stacklevel=2,
        )


def active() -> SimulationCache | None:
    """The cache that the environment asks for; None when it is switched off or `bypassed`.

    Raises:
        InputError: the limit is not a positive number.
    """
    chosen = os.environ.get(FOLDER_VARIABLE, "")
    if _bypassed.get() or chosen.strip().lower() == OFF:
        return None
    return _cache_of(os.getpid(), chosen or _user_folder(), _limit_bytes())


@functools.cache
def _cache_of(process_id: int, folder: str, limit_bytes: int) -> SimulationCache:
    """One per process: a connection must not be carried into a fork."""
    return SimulationCache(Path(folder), limit_bytes)


def _user_folder() -> str:
    return platformdirs.user_cache_dir("ipcircuit")


def _limit_bytes() -> int:
    text = os.environ.get(LIMIT_VARIABLE) or str(DEFAULT_LIMIT_GIB)
    try:
        limit = float(text)
    except ValueError:
        limit = math.nan
    if not (math.isfinite(limit) and limit > 0):
        raise InputError("not a size", where=LIMIT_VARIABLE, found=text, allowed="a positive number of GiB")
    return int(limit * 2**30)


@contextlib.contextmanager
def bypassed() -> Iterator[None]:
    """Within the block, in this thread, nothing is taken from the cache or stored: for random copies, whose decks no
    one asks for twice."""
    token = _bypassed.set(True)
    try:
        yield
    finally:
        _bypassed.reset(token)


@contextlib.contextmanager
def fresh() -> Iterator[None]:
    """Within the block, only results stored after its begin are reused, here and in processes started inside it."""
    before = os.environ.get(FRESH_VARIABLE)
    os.environ[FRESH_VARIABLE] = repr(time.time())
    try:
        yield
    finally:
        if before is None:
            del os.environ[FRESH_VARIABLE]
        else:
            os.environ[FRESH_VARIABLE] = before


def reusable_since() -> float:
    """Time of the oldest result that may be reused, s since 1970; 0 outside `fresh`."""
    return float(os.environ.get(FRESH_VARIABLE) or 0.0)


def key_of(request: Request, build: str) -> bytes | None:
    """Key of a request; None where the deck's text does not determine the result."""
    lines = [line for line in request.lines[1:] if not line.startswith("*") or line.startswith("*#")]
    text = "\n".join(lines)
    lowered = text.lower()
    if any(word in lowered for word in _SUSPECT) and _NOT_A_VALUE.search(text):
        return None
    parts = [SCHEMA, build, request.analysis, request.last, request.tolerance, request.wanted, text]
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def encode(reply: Reply) -> bytes:
    """A successful reply as bytes: one line of JSON, then all vectors (zlib, `_COMPRESSION`)."""
    assert reply.axis is not None
    assert reply.signals is not None
    header = {
        "names": list(reply.signals),
        "analysis": reply.analysis,
        "analysis_time_s": reply.analysis_time_s,
        "simulator": reply.simulator,
        "build": reply.build,
    }
    vectors = np.concatenate([reply.axis, *reply.signals.values()], dtype="<f8")
    return json.dumps(header).encode() + b"\n" + zlib.compress(vectors.tobytes(), _COMPRESSION)


def decode(value: bytes) -> Reply:
    """The reply that `encode` wrote, bit for bit."""
    header, _, compressed = value.partition(b"\n")
    record = json.loads(header)
    names = record.pop("names")
    # A copy, since arrays over bytes cannot be written to, which torch warns of.
    axis, *signals = np.frombuffer(zlib.decompress(compressed), "<f8").reshape(len(names) + 1, -1).astype(float)
    return Reply(None, axis, dict(zip(names, signals, strict=True)), **record)


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file, with its tables made where it is new; refuse one of another version."""
    connection = sqlite3.connect(path, timeout=_LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        if _version(connection) == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) == 0:  # no other process was faster
                for statement in (*_TABLES, f"PRAGMA user_version = {SCHEMA}"):
                    connection.execute(statement)
            connection.execute("COMMIT")
        if _version(connection) != SCHEMA:
            raise ValueError(f"written by another version (format {_version(connection)}, this one's is {SCHEMA})")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _shrink(connection: sqlite3.Connection, size: float) -> None:
    """Remove the results longest out of use until the file holds about `size` bytes."""
    excess, removed = _size(connection) - size, []
    for key, length in connection.execute("SELECT key, length(value) FROM results ORDER BY used"):
        if excess <= 0:
            break
        removed.append((key,))
        excess -= length
    connection.executemany("DELETE FROM results WHERE key = ?", removed)


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()


def _size(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages = ("page_count", "freelist_count", "page_size")
    total, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pages)
    return (total - free) * size
