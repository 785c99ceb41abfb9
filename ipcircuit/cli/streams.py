"""Standard output and errors that every text can be written to, and whose failure has a name.

A character that the stream's encoding lacks becomes the nearest one that it has. What cannot be written to standard
output (a full disk, a reader that has left) is an `OutputError`; nothing can be said about an error stream that fails.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

from ipcircuit.errors import OutputError

NEAREST = "ipcircuit.nearest"  # error handler of `codecs`
_NAMES = {  # characters of tables, units and formulas; others lose their accents or are escaped
    **dict.fromkeys("─━═╌–—−‐‑", "-"),
    **dict.fromkeys("│┃║╎", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛┡┩╇╈", "+"),
    **dict.fromkeys("\u00a0\u2009\u202f", " "),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’", "'"),
    **{
        "µ": "u",
        "μ": "u",
        "Ω": "Ohm",
        "°": "deg",
        "±": "+-",
        "×": "x",
        "·": "*",
        "…": "...",
        "→": "->",
        "≥": ">=",
        "≤": "<=",
    },
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "σ": "sigma", "τ": "tau", "Θ": "Theta", "√": "sqrt"},
    **{"≈": "~", "∞": "inf", "•": "*", "●": "*", "✓": "ok", "✗": "x"},
}


def nearest(error: UnicodeError) -> tuple[str, int]:
    """Replacement of what cannot be encoded, for `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_near, error.object[error.start : error.end])), error.end


def _near(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return _NAMES.get(character) or plain or character.encode("ascii", "backslashreplace").decode()


codecs.register_error(NEAREST, nearest)


def writes_unicode(stream: Any) -> bool:
    """Whether a text stream's encoding has every character."""
    return str(getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Standard streams as this module describes them, for the block. What a caller put in their place stays."""
    _open_closed_descriptors()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _guarded(sys.stdout, "standard output"), _guarded(sys.stderr, "")
    try:
        yield
    finally:
        after, (sys.stdout, sys.stderr) = (sys.stdout, sys.stderr), before
        for stream, original in zip(after, before, strict=True):
            if stream is not original:
                with contextlib.suppress(OutputError, ValueError):
                    stream.flush()


def _open_closed_descriptors() -> None:
    """Open what a caller closed (``>&-``), or the next file that is opened would get its number.

    The wrong way round, so that using it is still an error.
    """
    for descriptor, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest free number, which is this one
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


def _guarded(stream: Any, name: str) -> Any:
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # an unbuffered stream has no `raw`
    if not isinstance(raw, io.FileIO):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(raw.fileno(), name)),
        encoding=stream.encoding,
        errors=NEAREST,
        line_buffering=stream.line_buffering or not name,
    )


class _Descriptor(io.RawIOBase):
    """A file descriptor that others own. Once writing has failed, what follows is dropped.

    Args:
        name: for the `OutputError`; where it is empty a failure is silent.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self._name, self._failed = descriptor, name, False

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        while not self._failed:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:  # a pipe that someone set so, and that is full
                select.select([], [self._descriptor], [])
            except OSError as error:
                self._failed = True
                if self._name:
                    left = isinstance(error, BrokenPipeError)
                    raise OutputError(f"{self._name}: cannot write: {error.strerror or error}", left) from error
        return len(memoryview(data).cast("B"))
