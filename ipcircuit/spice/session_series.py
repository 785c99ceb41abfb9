"""A series of runs inside a worker process: the deck is loaded once, `alter` puts in the numbers of each run.

Such runs take a millisecond or two. They are executed in this thread, which saves the start of one for each and half a
millisecond; ngspice cannot be halted there, so a watchdog ends the process when a run takes too long. Several are
prepared, judged and answered together.
"""

from __future__ import annotations

import functools
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import add

import numpy as np

from ipcircuit.spice import diagnosis, sandbox
from ipcircuit.spice.protocol import Failure, Replies, Reply, Series
from ipcircuit.spice.session import Session, ffi, incomplete, judge_axis, time_limit

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
    """The runs of one series, several at a time: a run of ngspice empties the processor's caches, so that whatever can
    be done for all of them together costs half as much or less.

    Args:
        send: an answer to the parent.
    """

    def __init__(self, session: Session, series: Series, send: Callable[[Replies], None]) -> None:
        self._session, self._series, self._send = session, series, send
        self._command = session._c.ngSpice_Command
        self._words = [f"alter {name} = ".encode() for name in series.names]
        self._names: tuple[str, ...] = ()
        self._vectors: list[bytes] = []  # of axis and signals, once known
        self._clear()

    def _clear(self) -> None:
        self._runs: list[bytes] = []  # axis and signals of each, one after the other
        self._seconds: list[float] = []
        self._plot = b""  # of the last run
        self._begun = time.monotonic()

    def answer(self) -> None:
        """Run all; after a run that failed the deck is loaded anew. Ends early with a reply that is `spent`."""
        answered, loaded = 0, False
        while answered < len(self._series.values):
            sandbox.allow_cpu(self._series.request.time_limit_s + _LONGEST_WAIT_S)
            replies = self._replies(self._several(answered, loaded))
            self._send(replies)
            if replies.last.spent:
                return
            answered, loaded = answered + len(replies), replies.last.cause is None
            self._command(b"destroy all")
            self._command(ffi.NULL)  # frees ngspice's record of past commands: of `alter` there is much
            self._clear()
            if not loaded:
                self._session._forget()
        if loaded:
            self._session._forget()

    def _several(self, first: int, loaded: bool) -> Reply | None:
        """The next runs, as many as are answered together; why the one after them failed."""
        failed = None if loaded else self._session._load(self._series.request.lines)
        if failed is not None:
            return failed
        rows = [row.split(b",") for row in self._series.values[first : first + self._series.at_a_time]]
        for commands in [[*map(add, self._words, row)] for row in rows]:
            if (failed := self._run(commands)) is not None:
                return failed
            run = self._read() if self._vectors else None
            if run is None and self._runs:  # not as expected: once more, at the head of the next answer
                self._vectors = []
                return None
            if run is None:
                reply = self._session._read(self._series.request)
                if reply.axis is None or reply.signals is None:
                    return reply
                run = self._known(reply.axis, reply.signals)
            self._runs.append(run)
            self._session._binding.clear_output()
            if time.monotonic() - self._begun > _LONGEST_WAIT_S:
                return None
        return None

    def _run(self, commands: Sequence[bytes]) -> Reply | None:
        """One run of the loaded deck; why it failed."""
        words = self._session._binding._stderr
        before, watch, limit_s = len(words), watchdog(), self._series.request.time_limit_s
        began = time.process_time()  # of so short a run, ngspice does not say it
        watch.begin(limit_s, lambda: self._send(self._replies(time_limit(limit_s), spent=True)))
        for command in commands:
            self._command(command)
        if len(words) > before:
            watch.end()
            return Reply(f"not altered: {words[before]}", failure=Failure.REJECTED)
        self._command(b"run")
        watch.end()
        self._seconds.append(time.process_time() - began)
        return self._session.failed_run() if diagnosis.is_fatal(words) else None

    def _known(self, axis: np.ndarray, signals: dict[str, np.ndarray]) -> bytes:
        """A run that was read by name; the next ones are read without looking for names."""
        self._names = tuple(signals)
        vectors = self._session.vectors
        axis_name = self._session.axis_name(vectors, self._series.request.analysis)
        self._vectors = [vectors[name].encode() for name in (axis_name, *signals)]
        self._plot = ffi.string(self._session._c.ngSpice_CurPlot())
        return np.vstack([axis, *signals.values()]).tobytes()

    def _read(self) -> bytes | None:
        """Axis and signals of the finished run, one after the other; None if anything is not as expected."""
        library = self._session._c
        plot = ffi.string(library.ngSpice_CurPlot())
        if plot == self._plot or not plot.startswith(self._series.request.analysis.encode()):
            return None
        self._plot = plot
        info_of, buffer, columns, points = library.ngGet_Vec_Info, ffi.buffer, [], -1
        for name in self._vectors:
            info = info_of(name)
            if not info or not info.v_realdata or points not in (-1, info.v_length):
                return None
            points = info.v_length
            columns.append(buffer(info.v_realdata, 8 * points)[:])
        return b"".join(columns)

    def _replies(self, failed: Reply | None, spent: bool = False) -> Replies:
        """The runs so far, up to the first that is not complete and finite, or to one that failed after all of them.

        Args:
            spent: this worker must not run another deck.
        """
        shape = len(self._vectors), -1
        if len({*map(len, self._runs)}) == 1:
            runs = np.frombuffer(b"".join(self._runs)).reshape(len(self._runs), *shape)
        else:
            runs = [np.frombuffer(run).reshape(shape) for run in self._runs]
        for number in self._suspicious(runs):
            if (problem := self._problem(runs[number])) is not None:
                runs, failed = runs[:number], incomplete(problem)
                break
        last = self._session.judged(self._series.request, failed or Reply(None))
        last = replace(last, spent=spent or last.spent)
        return Replies(runs, self._names, tuple(self._seconds[: len(runs)]), last)

    def _suspicious(self, runs: Sequence[np.ndarray] | np.ndarray) -> Iterable[int]:
        """Numbers of the runs to be judged one by one."""
        if not isinstance(runs, np.ndarray):
            return range(len(runs))
        request = self._series.request
        late = request.last is not None and np.abs(runs[:, 0, -1] - request.last) > request.tolerance
        return np.flatnonzero(~np.isfinite(runs).all((1, 2)) | late).tolist()

    def _problem(self, run: np.ndarray) -> str | None:
        """What is wrong with the numbers of a run."""
        bad = [name for name, signal in zip(self._names, run[1:], strict=True) if not np.isfinite(signal).all()]
        return judge_axis(run[0], self._series.request) or (f"not finite: {', '.join(bad)}" if bad else None)
