"""Writing files so that nothing is ever left half-written: temporary first, then rename."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ipcircuit.errors import InputError


def _created_mode(default: int) -> int:
    """Permission bits a plain `open`/`mkdir` would give (temporary files are private; results should not be)."""
    umask = os.umask(0)
    os.umask(umask)
    return default & ~umask


def write_bytes_atomic(path: Path | str, data: bytes) -> Path:
    """Write `data` to `path` through a temporary file beside it.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    target = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, _created_mode(0o666))
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise InputError(f"cannot write: {error.strerror or error}", where=str(target)) from error
    return target


def write_text_atomic(path: Path | str, text: str) -> Path:
    """`write_bytes_atomic` for UTF-8 text."""
    return write_bytes_atomic(path, text.encode("utf-8"))


@contextlib.contextmanager
def staged_directory(path: Path | str) -> Iterator[Path]:
    """A temporary folder that takes the place of `path` when the block succeeds, and vanishes when it fails.

    Raises:
        InputError: `path` is a file, or its parent cannot be written.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_dir():
        raise InputError("output is a file, not a folder", where=str(target), allowed="a folder, existing or new")
    try:
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        # In the nearest folder that exists: a run that fails leaves no empty parents behind.
        home = next(parent for parent in target.parents if parent.exists())
        staging = Path(tempfile.mkdtemp(dir=home, prefix=f".{target.name}."))
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", where=str(target)) from error
    try:
        yield staging
        os.chmod(staging, _created_mode(0o777))
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace_directory(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace_directory(staging: Path, target: Path) -> None:
    """Move the staged entries into place; entries of `target` that the run does not produce are kept."""
    if not target.exists():
        os.replace(staging, target)
        return
    for entry in sorted(staging.iterdir()):
        destination = target / entry.name
        if destination.is_dir() and not destination.is_symlink():
            shutil.rmtree(destination)
        os.replace(entry, destination)
