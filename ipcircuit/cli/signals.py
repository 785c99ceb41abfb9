"""Signals that end a command as exceptions, so that it puts away what it began."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_PAUSE_S = 2.0


class StoppedError(BaseException):
    """A signal asks the command to end; no `except Exception` takes it for a failure.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextlib.contextmanager
def as_exceptions() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt and SIGTERM and SIGHUP `StoppedError`.

    Another signal within `_PAUSE_S` is dropped: what puts away is not disturbed by a double Ctrl-C. A signal that the
    caller ignores or handles (nohup, a program that this one is part of) is left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {number: signal.SIG_DFL for number in _ENDING} | {signal.SIGINT: signal.default_int_handler}
    before = {number: handler for number, handler in usual.items() if signal.getsignal(number) == handler}

    last = -_PAUSE_S

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last < _PAUSE_S:
            return
        last = time.monotonic()
        raise KeyboardInterrupt if number == signal.SIGINT else StoppedError(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignored() -> None:
    """Raise nothing any more, up to the end of the block of `as_exceptions`."""
    if threading.current_thread() is threading.main_thread():
        for number in (*_ENDING, signal.SIGINT):
            if getattr(signal.getsignal(number), "__module__", None) == __name__:
                signal.signal(number, signal.SIG_IGN)
