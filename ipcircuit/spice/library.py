"""The ngspice library: where it is looked for, the versions supported, its files, and how to get one."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from ipcircuit.errors import MissingDependencyError

LIBRARY_VARIABLE = "NGSPICE_LIBRARY_PATH"
OLDEST_SUPPORTED = 34
"""Oldest version accepted (assumed: first with the `.options`/B-source behaviour the decks use; tested with 39)."""

HOW_TO_GET = (
    "Debian/Ubuntu: apt-get install ngspice libngspice0; Fedora: dnf install ngspice libngspice; "
    "macOS: brew install ngspice libngspice; Windows: the shared-library archive of ngspice.sourceforge.io. "
    f"A library elsewhere: set {LIBRARY_VARIABLE} to its full path."
)
#: Environment variables that decide which library and start-up files are found.
_SEARCH_VARIABLES = ("HOME", "SPICE_LIB_DIR", "SPICE_SCRIPTS", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_LOADER_CACHE = "/etc/ld.so.cache"  # changes when a library is installed where the loader looks


def library_candidates() -> tuple[str, ...]:
    """Names or paths under which to look for the library; the environment variable, when set, is the only one."""
    chosen = os.environ.get(LIBRARY_VARIABLE)
    if chosen:
        return (chosen,)
    if sys.platform == "darwin":
        folders = ("", "/opt/homebrew/lib/", "/usr/local/lib/")
        return tuple(f"{folder}libngspice{tail}.dylib" for folder in folders for tail in (".0", ""))
    if sys.platform == "win32":
        return ("ngspice.dll", "libngspice-0.dll")
    return ("libngspice.so.0", "libngspice.so")


def judge(version: int | None) -> int:
    """Return `version` if it is supported.

    Raises:
        MissingDependencyError: too old, or no version at all.
    """
    if version is None:
        raise MissingDependencyError(f"libngspice did not tell its version. {HOW_TO_GET}")
    if version < OLDEST_SUPPORTED:
        raise MissingDependencyError(f"libngspice {version} is older than {OLDEST_SUPPORTED}. {HOW_TO_GET}")
    return version


def search_text() -> str:
    """All that decides which library a worker maps, as text."""
    return "\n".join([*library_candidates(), *(f"{name}={os.environ.get(name, '')}" for name in _SEARCH_VARIABLES)])


def file_states(files: Iterable[str]) -> dict[str, list[int] | None]:
    """Size and time of change by path, None for a file that does not exist; with the loader's own list of libraries."""
    states: dict[str, list[int] | None] = {}
    for path in (_LOADER_CACHE, *files):
        try:
            status = os.stat(path)
        except OSError:
            states[path] = None
        else:
            states[path] = [status.st_size, status.st_mtime_ns]
    return states


def mapped_path(name: str) -> str:
    """Real path of a library that this process has mapped under `name`; `name` where the system does not tell."""

    class Info(ctypes.Structure):  # Dl_info of dlfcn.h
        _fields_ = (
            ("file", ctypes.c_char_p),
            ("base", ctypes.c_void_p),
            ("symbol", ctypes.c_char_p),
            ("address", ctypes.c_void_p),
        )

    try:
        function = ctypes.CDLL(name).ngSpice_Init
        info = Info()
        known = ctypes.CDLL(None).dladdr(ctypes.cast(function, ctypes.c_void_p), ctypes.byref(info))
    except (OSError, AttributeError, TypeError):
        return name
    return os.path.realpath(os.fsdecode(info.file)) if known and info.file else name


def installed_files(library: str, scripts: Iterable[str]) -> tuple[str, ...]:
    """Paths of the files that decide a result beside the deck: library, start-up files, code models that these load.

    Args:
        library: real path of the library.
        scripts: folders in which ngspice looks for its start-up file `spinit`.
    """
    start_up = [*(str(Path(folder, "spinit")) for folder in scripts if os.path.isabs(folder)), "/.spiceinit"]
    home = os.environ.get("HOME")
    if home:
        start_up.append(str(Path(home, ".spiceinit")))
    models = [
        path
        for file in start_up
        for path in re.findall(r"^\s*(?:codemodel|osdi)\s+(\S+)", _content(file).decode("latin-1"), re.MULTILINE)
    ]
    return tuple(dict.fromkeys([library, *start_up, *models]))


def fingerprint(version: int | None, files: Iterable[str]) -> str:
    """Digest of the simulator's version and the content of its files: equal builds give equal results."""
    digest = hashlib.sha256(f"ngspice-{version}".encode())
    for path in files:
        digest.update(hashlib.sha256(_content(path)).digest())
    return digest.hexdigest()


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
