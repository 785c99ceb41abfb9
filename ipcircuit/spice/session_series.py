"""A series of runs inside a worker process: the deck is loaded once, `alter` puts in the numbers of each run.

Such runs take a millisecond or two. They are executed in this thread, which saves the start of one for each and half a
millisecond; ngspice cannot be halted there, so a watchdog ends the process when a run takes too long. Several are
answered together.
"""

from __future__ import annotations

import functools
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ipcircuit.spice import diagnosis, sandbox
from ipcircuit.spice.protocol import Failure, Replies, Reply, Series
from ipcircuit.spice.session import Session, ffi, judge_axis, time_limit

_LONGEST_WAIT_S = 0.2  # for an answer that could be given
_TICK_S = 0.5


class Watchdog:
    """Ends this process when its time is up, or when its parent is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deadline = math.inf
        self._last_words: Callable[[], None] | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def begin(self, limit_s: float, last_words: Callable[[], None]) -> None:
        """End the process in `limit_s` seconds, with the last words before it."""
        self._last_words, self._deadline = last_words, time.monotonic() + limit_s

    def end(self) -> None:
        """Do not."""
        with self._lock:
            self._deadline = math.inf

    def _watch(self) -> None:
        parent = os.getppid()
        while True:
            time.sleep(min(_TICK_S, max(0.01, self._deadline - time.monotonic())))
            if os.getppid() != parent:
                os._exit(1)
            with self._lock:
                if self._last_words is not None and time.monotonic() >= self._deadline:
                    self._last_words()
                    os._exit(0)


@functools.cache
def watchdog() -> Watchdog:
    """The watchdog of this process."""
    return Watchdog()


class SeriesRuns:
    """The runs of one series.

    Args:
        send: an answer to the parent.
    """

    def __init__(self, session: Session, series: Series, send: Callable[[Replies], None]) -> None:
        self._session, self._series, self._send = session, series, send
        self._command = session._c.ngSpice_Command
        self._words = "\n".join(f"alter {name} = %r" for name in series.names)
        self._names: tuple[str, ...] = ()
        self._vectors: list[bytes] = []  # of axis and signals, once known
        self._clear()

    def _clear(self) -> None:
        self._runs: list[np.ndarray] = []
        self._seconds: list[float] = []
        self._begun = time.monotonic()

    def answer(self) -> None:
        """Run all; after a run that failed the deck is loaded anew. Ends early with a reply that is `spent`."""
        request, loaded = self._series.request, False
        for values in self._series.values.tolist():
            if not self._runs:
                sandbox.allow_cpu(request.time_limit_s + _LONGEST_WAIT_S)
            failed = None if loaded else self._session._load(request.lines)
            failed = failed or self._run(values)
            loaded = failed is None
            if failed is not None:
                self._answer(failed)
                if failed.spent:
                    return
                self._session._forget()
            elif len(self._runs) == self._series.at_a_time or time.monotonic() - self._begun > _LONGEST_WAIT_S:
                self._answer(self._judged(None))
        if self._runs:
            self._answer(self._judged(None))
        if loaded:
            self._session._forget()

    def _answer(self, last: Reply) -> None:
        self._send(Replies(tuple(self._runs), self._names, tuple(self._seconds), last))
        self._clear()

    def _judged(self, failed: Reply | None) -> Reply:
        return self._session.judged(self._series.request, failed or Reply(None))

    def _run(self, values: list[float]) -> Reply | None:
        """One run of the loaded deck; why it failed."""
        words = self._session._binding._stderr
        before, watch, limit_s = len(words), watchdog(), self._series.request.time_limit_s
        commands = (self._words % tuple(values)).encode().split(b"\n")
        began = time.process_time()  # of so short a run, ngspice does not say it
        watch.begin(limit_s, lambda: self._answer(replace(self._judged(time_limit(limit_s)), spent=True)))
        for command in commands:
            self._command(command)
        if len(words) > before:
            watch.end()
            return self._judged(Reply(f"not altered: {words[before]}", failure=Failure.REJECTED))
        self._command(b"run")
        watch.end()
        seconds = time.process_time() - began
        if diagnosis.is_fatal(words):
            return self._judged(self._session.failed_run())
        if (run := self._read()) is None:
            reply = self._session._reply(self._series.request, None)
            if reply.cause is not None or reply.axis is None or reply.signals is None:
                return reply
            run = self._known(reply.axis, reply.signals)
        self._runs.append(run)
        self._seconds.append(seconds)
        self._command(b"destroy all")
        self._session._binding.clear_output()
        self._command(ffi.NULL)  # frees ngspice's record of past commands: of `alter` there is much
        return None

    def _known(self, axis: np.ndarray, signals: dict[str, np.ndarray]) -> np.ndarray:
        """A run that was read by name; the next ones are read without looking for names."""
        self._names = tuple(signals)
        vectors = self._session.vectors
        axis_name = self._session.axis_name(vectors, self._series.request.analysis)
        self._vectors = [vectors[name].encode() for name in (axis_name, *signals)]
        return np.vstack([axis, *signals.values()])

    def _read(self) -> np.ndarray | None:
        """Axis and signals of the finished run, shape (1 + signals, points); None if anything is not as expected."""
        library, request = self._session._c, self._series.request
        if not self._vectors or not ffi.string(library.ngSpice_CurPlot()).decode().startswith(request.analysis):
            return None
        columns, points = [], -1
        for name in self._vectors:
            info = library.ngGet_Vec_Info(name)
            if not info or not info.v_realdata or points not in (-1, info.v_length):
                return None
            points = info.v_length
            columns.append(ffi.buffer(info.v_realdata, 8 * points)[:])
        run = np.frombuffer(b"".join(columns)).reshape(len(columns), points)
        return None if not np.isfinite(run).all() or judge_axis(run[0], request) is not None else run
