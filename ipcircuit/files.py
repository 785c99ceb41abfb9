"""Files: written so that nothing is ever left half-written (temporary first, then rename), and read within bounds."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from ipcircuit.errors import InputError

MOST_BYTES = 64 * 2**20  # of a file that is read whole
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)  # of no file in particular


def _created_mode(default: int) -> int:
    """Permission bits a plain `open`/`mkdir` would give (temporary files are private; results should not be)."""
    umask = os.umask(0)
    os.umask(umask)
    return default & ~umask


def check_input_file(path: Path, where: str = "", most: int = MOST_BYTES) -> None:
    """Refuse what is no regular file that can be read, or is larger than `most` bytes: a pipe or device has no end.

    Raises:
        InputError: naming `where` (an option or field; default the file itself) and the file.
    """
    place, name = where or str(path), str(path) if where else None
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        reason = (
            "no such file" if isinstance(error, FileNotFoundError) else getattr(error, "strerror", None) or str(error)
        )
        raise InputError(f"cannot read: {reason}", where=place, found=name) from None
    if not stat.S_ISREG(state.st_mode):
        kind = "a folder" if stat.S_ISDIR(state.st_mode) else "a device or pipe"
        raise InputError(f"{kind}, not a file", where=place, found=name, allowed="a file")
    if state.st_size > most:
        raise InputError("file too large", where=str(path), found=state.st_size, allowed=f"up to {most} bytes")
    if not os.access(path, os.R_OK):
        raise InputError("cannot read: Permission denied", where=place, found=name)


def read_input(path: Path | str, most: int = MOST_BYTES) -> bytes:
    """Content of a user's file. Raises InputError as `check_input_file`, or if it cannot be read."""
    check_input_file(Path(path), most=most)
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read: {error.strerror or error}", where=str(path)) from error


def write_bytes_atomic(path: Path | str, data: bytes) -> Path:
    """Write `data` to `path` through a temporary file beside it, which is gone whatever happens.

    A special file, such as /dev/stdout, is written as it is.

    Raises:
        InputError: the folder does not exist or cannot be written, or the disk is full.
    """
    target = Path(path)
    temporary = _temporary(target.parent, target.name)
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(data)
            return target
        try:
            with temporary.open("xb") as stream:
                stream.write(data)
            os.chmod(temporary, _created_mode(0o666))
            os.replace(temporary, target)
        finally:  # also where a signal ends the command
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise cannot_write(target, error) from error
    return target


def cannot_write(target: Path | str, error: Exception) -> InputError:
    """The error of an output that cannot be written, in a user's words."""
    return InputError(f"cannot write: {getattr(error, 'strerror', None) or error}", where=str(target))


def _temporary(folder: Path, name: str) -> Path:
    """A name that no file has, chosen before the file is made: then no signal comes between the two."""
    return folder / f".{name[:100]}.{secrets.token_hex(6)}"


def write_text_atomic(path: Path | str, text: str) -> Path:
    """`write_bytes_atomic` for UTF-8 text."""
    return write_bytes_atomic(path, text.encode("utf-8"))


@contextlib.contextmanager
def locked(folder: Path, where: Path | None = None) -> Iterator[None]:
    """Within the block, `folder` exists, can be written, and no other process that asks has it.

    The lock is on the folder itself: it leaves no file, and a process that is killed releases it. Folders that were
    made for it and are still empty at the end are removed.

    Args:
        where: what errors name in place of the folder.

    Raises:
        InputError: another process has it, or it cannot be written.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        handle = _lock(folder, where or folder)
        try:
            yield
        finally:
            os.close(handle)
    finally:
        with contextlib.suppress(OSError):
            for path in made:
                path.rmdir()


def _lock(folder: Path, where: Path) -> int:
    """Handle of a folder on which this process has the lock, once it has been made and written to."""
    problem: OSError = FileNotFoundError(errno.ENOENT, "the folder vanishes")
    for _ in range(10):  # its last owner may rename or remove it meanwhile
        try:
            with contextlib.ExitStack() as stack:
                folder.mkdir(parents=True, exist_ok=True)
                handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                stack.callback(os.close, handle)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                probe = _temporary(folder, "probe")
                probe.touch()
                probe.unlink()
                if os.path.samestat(os.fstat(handle), folder.stat()):
                    stack.pop_all()
                    return handle
        except BlockingIOError:
            allowed = "another folder, or the same one once that run has ended"
            raise InputError("another run is writing to this folder", where=str(where), allowed=allowed) from None
        except FileNotFoundError as error:
            problem = error
        except (OSError, ValueError) as error:
            raise cannot_write(where, error) from error
    raise cannot_write(where, problem) from problem


@contextlib.contextmanager
def staged_directory(path: Path | str) -> Iterator[Path]:
    """A folder that takes the place of `path` when the block succeeds, and vanishes when it fails.

    What a run that was killed left of it is cleared by the next one.

    Raises:
        InputError: `path` is a file, its parent cannot be written, or another run is writing to it.
    """
    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_dir():
            raise InputError("output is a file, not a folder", where=str(target), allowed="a folder, existing or new")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        # In the nearest folder that exists: a run that fails leaves no empty parents behind.
        home = next(parent for parent in target.parents if parent.exists())
    except (OSError, ValueError) as error:
        raise cannot_write(target, error) from error
    staging = home / f".{target.name[:100]}.unfinished"
    try:
        with locked(staging, target):
            for entry in staging.iterdir():
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
            os.chmod(staging, 0o700)
            try:
                yield staging
                os.chmod(staging, _created_mode(0o777))
                target.parent.mkdir(parents=True, exist_ok=True)
                _replace_directory(staging, target)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        if error.errno in DISK_ERRORS or str(error.filename or "").startswith((str(staging), str(target))):
            raise cannot_write(target, error) from error
        raise


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
