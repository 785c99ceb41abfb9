"""Worker processes that hold ngspice, started on demand, reused, and replaced when they crash or are spent.

A worker gives up most rights before its first deck (`ipcircuit.spice.sandbox`). It is a plain child process (not
`multiprocessing`: a user's script then needs no ``__main__`` guard), single-threaded, in which libngspice may crash
without harm. A pool keeps idle ones for the next caller, whichever thread that is. A run whose worker someone else
killed says nothing of its deck: it is tried once more.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import IO

from ipcircuit.errors import MissingDependencyError
from ipcircuit.spice import sandbox
from ipcircuit.spice.library import HOW_TO_GET, judge
from ipcircuit.spice.protocol import Failure, Hello, Replies, Reply, Request, Series

_START_LIMIT_S = 60.0
_GRACE_S = 15.0
_INTERRUPTED = (130, -signal.SIGINT)
#: Signals that come from someone else: a person, a batch system, or the kernel when memory runs out.
_FROM_OUTSIDE = tuple(
    -number
    for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
    if (number := getattr(signal, name, None)) is not None
)
# ngspice's Debian build starts OpenMP threads per process; several of them at once slow each other down hundredfold,
# and OMP_NUM_THREADS is overridden by ngspice. The thread limit, set before the library is mapped, holds.
SINGLE_THREADED = {name: "1" for name in ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


class WorkerDiedError(Exception):
    """The worker is gone; the message says how it ended.

    Attributes:
        idle: it was gone before it got the deck, so the deck is not to blame.
        killed: by someone else, so neither is the deck.
    """

    def __init__(self, how: str, idle: bool = False, killed: bool = False) -> None:
        super().__init__(how)
        self.idle: bool = idle
        self.killed: bool = killed


class Worker:
    """One child process with libngspice.

    Raises:
        MissingDependencyError: the library is missing or unsupported (from `wait_ready` and `run`).
    """

    def __init__(self) -> None:
        self._line, child_end = Pipe()
        root = str(Path(__file__).resolve().parents[2])
        code = f"import sys; sys.path.insert(0, {root!r}); from ipcircuit.spice.service import serve; serve({{}})"
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that nobody reads would block the worker when full
        # A folder of its own that is removed at once: no start-up file lies there, and nothing can be left in it.
        with child_end, tempfile.TemporaryDirectory(prefix="ipcircuit-", ignore_cleanup_errors=True) as folder:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code.format(child_end.fileno())],
                pass_fds=[child_end.fileno()],
                env={**sandbox.environment(), **SINGLE_THREADED},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                cwd=folder,
            )
        self._hello: Hello | None = None
        self.close = weakref.finalize(self, _end, os.getpid(), self._process, self._line, self._words)

    @property
    def process_id(self) -> int:
        """Id of the child process."""
        return self._process.pid

    @property
    def version(self) -> int:
        """Version of libngspice."""
        return judge(self.wait_ready().version)

    @property
    def library(self) -> str:
        """Name or path under which the library was found."""
        return str(self.wait_ready().library)

    def wait_ready(self) -> Hello:
        """Wait until the library is mapped."""
        if self._hello is None:
            try:
                hello = self._receive(_START_LIMIT_S)
            except WorkerDiedError as error:
                raise MissingDependencyError(f"the simulator process did not start: {error}") from None
            if not isinstance(hello, Hello):
                raise MissingDependencyError("the simulator process did not greet")
            if hello.problem is not None:
                raise MissingDependencyError(f"libngspice not found: {hello.problem}. {HOW_TO_GET}")
            judge(hello.version)
            self._hello = hello
        return self._hello

    def run(self, request: Request) -> Reply:
        """Run one deck.

        Raises:
            WorkerDiedError: the process crashed or had to be killed.
        """
        self._send(request)
        return self._reply(request.time_limit_s)

    def run_series(self, series: Series) -> Iterator[Replies]:
        """Run a series as long as this worker lasts: after a `spent` reply there is none.

        Raises:
            WorkerDiedError: the process crashed or had to be killed in one of the runs that are not answered yet.
        """
        self._send(series)
        answered = 0
        while answered < len(series.values):
            replies = self._receive(series.request.time_limit_s + _GRACE_S)
            assert isinstance(replies, Replies)
            answered += len(replies)
            yield replies
            if replies.last.spent:
                return

    def _send(self, asked: Request | Series) -> None:
        self.wait_ready()
        try:
            self._line.send(asked)
        except OSError as error:
            raise WorkerDiedError(self._how_it_ended()[0], idle=True) from error

    def _reply(self, limit_s: float) -> Reply:
        reply = self._receive(limit_s + _GRACE_S)
        assert isinstance(reply, Reply)
        return reply

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def _receive(self, limit_s: float) -> object:
        try:
            if not self._line.poll(limit_s):
                self._process.kill()
                raise WorkerDiedError(f"no answer within {limit_s:g} s; the process was killed")
            return self._line.recv()
        except (EOFError, OSError) as error:
            how, killed = self._how_it_ended()
            raise WorkerDiedError(how, killed=killed) from error

    def _how_it_ended(self) -> tuple[str, bool]:
        """A sentence, and whether someone else ended it."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "the process hung up", False
        if code in _INTERRUPTED:
            raise KeyboardInterrupt
        if code in _FROM_OUTSIDE:
            return f"the simulator process was killed from outside ({signal.Signals(-code).name})", True
        how = f"ngspice crashed ({signal.Signals(-code).name})" if code < 0 else f"the process left with code {code}"
        self._words.seek(0)
        last = self._words.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return ": ".join([how, *last]), False


def _end(owner: int, process: subprocess.Popen[bytes], line: Connection, words: IO[bytes]) -> None:
    """End the worker; it has nothing to save. A fork of its owner only drops its copies of the handles."""
    line.close()
    words.close()
    if os.getpid() == owner:
        process.kill()
        process.wait()
    else:
        process.returncode = 0  # not ours to wait for


def _of_death(error: WorkerDiedError, worker: Worker, request: Request) -> Reply:
    """Reply in place of one from a worker that died."""
    failure = Failure.NOT_SIMULATED if error.killed else Failure.CRASHED
    cause = f"not simulated: {error}, twice" if error.killed else str(error)
    simulator = f"ngspice-{worker.version}"
    return Reply(cause, simulator=simulator, analysis=request.analysis, spent=True, failure=failure)


class WorkerPool:
    """Idle workers of this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def worker(self) -> Iterator[Worker]:
        """Lend a worker: an idle one or a new one. One that is dead afterwards is not kept."""
        worker = self._take()
        try:
            yield worker
        except BaseException:
            worker.close()
            raise
        self._keep(worker)

    def run(self, request: Request, *, again: bool = True) -> Reply:
        """Run one deck in some worker; a crash comes back as a `Reply` with a cause.

        A worker killed by someone else is replaced once (`again`); the second time the deck is `NOT_SIMULATED`.
        """
        worker = self._take()
        try:
            reply = worker.run(request)
        except WorkerDiedError as error:
            worker.close()
            if error.idle or (error.killed and again):
                return self.run(request, again=again and error.idle)
            return _of_death(error, worker, request)
        except BaseException:
            worker.close()
            raise
        if reply.spent:
            worker.close()
        else:
            self._keep(worker)
        return reply

    def run_series(self, series: Series) -> list[Replies]:
        """Run a series, in one worker as long as it lasts; a crash comes back as a `Reply` with a cause.

        Which run a worker died in is known where each is answered by itself: so are those after the first death.
        """
        answers: list[Replies] = []
        answered, again, at_a_time = 0, True, series.at_a_time
        while len(rest := series.values[answered:]):
            worker = self._take()
            try:
                for replies in worker.run_series(replace(series, values=rest, at_a_time=at_a_time)):
                    answers.append(replies)
                    answered += len(replies)
                    again = True
            except WorkerDiedError as error:
                worker.close()
                if not error.idle and at_a_time == 1 and not (error.killed and again):
                    answers.append(Replies((), (), (), _of_death(error, worker, series.request)))
                    answered += 1
                again = error.idle or not error.killed
                at_a_time = at_a_time if error.idle else 1
            except BaseException:
                worker.close()
                raise
            else:
                if answers[-1].last.spent:
                    worker.close()
                else:
                    self._keep(worker)
        return answers

    def warm_up(self, count: int) -> None:
        """Have `count` workers ready."""
        with contextlib.ExitStack() as stack:
            for worker in [stack.enter_context(self.worker()) for _ in range(count)]:
                worker.wait_ready()

    def close(self) -> None:
        """End the idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _take(self) -> Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return Worker()
            if worker.alive():
                return worker
            worker.close()

    def _keep(self, worker: Worker) -> None:
        if worker.alive():
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()


@functools.lru_cache(maxsize=1)
def _pool_of(process_id: int) -> WorkerPool:
    return WorkerPool()


def pool() -> WorkerPool:
    """The pool of this process; a forked child gets its own, never its parent's lines."""
    return _pool_of(os.getpid())


def simulator() -> tuple[int, str]:
    """Version and path or name of the library that runs will use; starts a worker.

    Raises:
        MissingDependencyError: missing or unsupported.
    """
    with pool().worker() as worker:
        return worker.version, worker.library
