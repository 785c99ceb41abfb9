"""Which libngspice is used, whether it is one that is supported, and how to get one."""

from __future__ import annotations

import os
import sys

from ipcircuit.errors import MissingDependencyError

LIBRARY_VARIABLE = "NGSPICE_LIBRARY_PATH"
OLDEST_SUPPORTED = 34
"""Oldest version accepted (assumed: first with the `.options`/B-source behaviour the decks use; tested with 39)."""

HOW_TO_GET = (
    "Debian/Ubuntu: apt-get install ngspice libngspice0; Fedora: dnf install ngspice libngspice; "
    "macOS: brew install ngspice libngspice; Windows: the shared-library archive of ngspice.sourceforge.io. "
    f"A library elsewhere: set {LIBRARY_VARIABLE} to its full path."
)


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


def simulator() -> tuple[int, str]:
    """Version and path or name of the library that runs will use, found by starting a worker.

    Raises:
        MissingDependencyError: missing or unsupported.
    """
    from ipcircuit.spice.workers import pool

    with pool().worker() as worker:
        return worker.version, worker.library
