"""The one way out of a command: its exit code, one message on standard error, and nothing left behind.

====  =============================================================================================================
code  meaning
====  =============================================================================================================
0     done
1     a check failed, or a part of the result could not be obtained
2     bad input, something that is missing, an output that cannot be written: the message says what to change
3     an internal error, ours to mend: the message names a file with the traceback
130   interrupted (SIGINT, Ctrl-C); 143 and 129: ended by SIGTERM and SIGHUP
141   the reader of standard output left (``| head``)
====  =============================================================================================================
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ipcircuit import loading
from ipcircuit.cli import console, signals, streams
from ipcircuit.errors import IpcircuitError, OutputError, cut
from ipcircuit.siblings import SIBLINGS

BAD_INPUT, INTERNAL = 2, 3
_LOGS = 20  # the latest are kept
_OURS = ("ipcircuit", *SIBLINGS)


def leave(command: Callable[[], int], words: Sequence[str]) -> int:
    """Run a command and return its exit code, whatever happens in it.

    Args:
        words: of the command line, for the log of an internal error.
    """
    with streams.guarded(), signals.as_exceptions():
        try:
            with console.warnings_as_messages():
                code = command()
            sys.stdout.flush()
            return code
        except BaseException as error:
            signals.ignored()
            return _judged(error, words)


def _judged(error: BaseException, words: Sequence[str]) -> int:
    """Print the message of an error and return its exit code."""
    if isinstance(error, OutputError) and error.reader_left:
        return 128 + signal.SIGPIPE
    if isinstance(error, KeyboardInterrupt | signals.StoppedError):
        number = error.number if isinstance(error, signals.StoppedError) else signal.SIGINT
        console.print_error("interrupted" if number == signal.SIGINT else f"ended by {error}")
        return 128 + number
    message = _message(error)
    if message is not None:
        console.print_error(message)
        return getattr(error, "exit_code", BAD_INPUT)
    log = _log(error, words)
    where = f"traceback in {log}" if log else "no file for the traceback could be written"
    if line := loading.place(error):
        console.print_error(f"{line}: {loading.problem(error)}; {where}")
        return BAD_INPUT
    console.print_error(
        f"internal error: {loading.problem(error)} ({_innermost(error)}); {where}. Please report it: "
        "send that file, and those that the command reads"
    )
    return INTERNAL


def _message(error: BaseException) -> str | None:
    """Message of an error that a user can act on; None of another."""
    if isinstance(error, IpcircuitError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] not in _OURS:
        package = error.name.partition(".")[0]
        return f"Python package {error.name!r} is not installed: pip install {package}"
    from ipcircuit.files import DISK_ERRORS

    if isinstance(error, OSError) and (error.filename or error.errno in DISK_ERRORS):
        name = f"{cut(os.fsdecode(error.filename))}: " if isinstance(error.filename, str | bytes) else ""
        return f"{name}{error.strerror or error}"
    if isinstance(error, MemoryError):
        return "not enough memory: ask for less, or for less at a time (--jobs)"
    return None


def _innermost(error: BaseException) -> str:
    """Last line of ours in a traceback."""
    import traceback

    home = Path(__file__).resolve().parents[2]
    frames = [(Path(f.f_code.co_filename), line) for f, line in traceback.walk_tb(error.__traceback__)]
    ours = [f"{file.relative_to(home)}:{line}" for file, line in frames if file.is_relative_to(home)]
    return ours[-1] if ours else "outside ipcircuit"


def log_folder() -> Path:
    """Folder of the logs of internal errors."""
    from platformdirs import user_state_path

    return user_state_path("ipcircuit", appauthor=False) / "errors"


def _log(error: BaseException, words: Sequence[str]) -> Path | None:
    """File with the traceback of an error; None where none can be written."""
    import platform
    import tempfile
    import traceback

    from ipcircuit.files import write_text_atomic

    versions = {
        name: _version(name) for name in ("ipcircuit", "PySpice", "numpy", "scipy", "torch", "typer", "pydantic")
    }
    text = "\n".join(
        [
            f"command   ipcircuit {' '.join(words)}",
            f"time      {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}",
            f"system    {platform.platform()}, Python {platform.python_version()}",
            f"packages  {', '.join(f'{name} {version}' for name, version in versions.items())}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    text = text.encode("utf-8", "backslashreplace").decode()
    name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}.log"
    for folder in (log_folder, lambda: Path(tempfile.mkdtemp(prefix="ipcircuit-error-"))):
        try:
            path = folder()
            path.mkdir(parents=True, exist_ok=True)
            written = write_text_atomic(path / name, text)
            for old in sorted(path.glob("*.log"))[:-_LOGS]:
                old.unlink(missing_ok=True)
        except (OSError, RuntimeError, IpcircuitError):
            continue
        return written
    return None


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
