"""Progress of long work on stderr: how long it takes as soon as its pace is known, then how far it is.

A bar on a terminal, a line now and then elsewhere. A thread shows that work goes on where it reports nothing.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Progress = Callable[[int, int], None]  # (done, total)
DELAY_s: float = 1.0  # shorter work shows nothing
LINES_s: float = 10.0  # between lines where there is no terminal
PACE_s: float = 2.0  # of work, after which its pace is told from its start
LONG_s: float = 60.0  # work whose duration is stated


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Yield a ``(done, total)`` callback that reports on stderr work that takes longer than a second."""
    show = _bar(label) if sys.stderr.isatty() else _lines(label)
    with show as update:
        yield update


@contextlib.contextmanager
def _bar(label: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=None)
    begin = threading.Timer(DELAY_s, bar.start)
    begin.daemon = True
    begin.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        begin.cancel()
        begin.join()
        bar.stop()


@contextlib.contextmanager
def _lines(label: str) -> Iterator[Progress]:
    state = Lines(time.monotonic())
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(DELAY_s):
            if text := state.line(time.monotonic()):
                sys.stderr.write(f"ipcircuit: {label}: {text}\n")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield lambda done, total: state.update(done, total, time.monotonic())
    finally:
        ended.set()
        writer.join()


@dataclass
class Lines:
    """What a line says of work in progress, and when there is one; times in s, of one clock.

    Attributes:
        started: when the work began.
        begun: when its first item did: preparations are no measure of the pace.
        first: what was done at once, by a run that goes on, and when; that beginning where nothing was.
    """

    started: float
    first: tuple[int, float] | None = None
    done: int = 0
    total: int = 0
    begun: float = field(init=False)
    at: float = field(init=False)
    last: float = field(init=False)
    stated: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.begun = self.at = self.last = self.started

    def update(self, done: int, total: int, now: float) -> None:
        """Take how much is done; 0 says that the work itself begins now."""
        if done == 0:
            self.first, self.begun = None, now
        elif self.first is None:
            self.first = (done, now) if now - self.begun < DELAY_s else (0, self.begun)
        self.done, self.total, self.at = done, total, now

    def line(self, now: float) -> str:
        """The line that is due, or nothing."""
        left = self._left_s(now)
        if not self.stated and left is not None and now - self.started > PACE_s:
            self.stated = True
            if (takes := left + now - self.started) > LONG_s:
                self.last = now
                return f"takes {_about(takes)}"
        if now - self.last < LINES_s:
            return ""
        self.last = now
        at_work = f"at work for {now - self.started:.0f} s"
        if not self.total:
            return at_work
        return f"{100 * self.done // self.total} %, {f'{_about(left)} left' if left else at_work}"

    def _left_s(self, now: float) -> float | None:
        """Time left at the pace so far, 0 where it is over; None while nothing was done, or nothing is left."""
        if self.first is None or self.done <= self.first[0] or self.done >= self.total:
            return None
        pace = (self.at - self.first[1]) / (self.done - self.first[0])
        return max(pace * (self.total - self.done) - (now - self.at), 0.0)


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
