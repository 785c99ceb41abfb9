"""ngspice inside a worker process: load a fresh deck, run it, read its vectors, forget it.

The only module that runs PySpice's binding for this project. It must not run in the user's process: some decks crash
the library or leave it unusable. Started by `workers`, which restarts it.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from PySpice.Spice.NgSpice.Shared import NgSpiceShared
from PySpice.Spice.NgSpice.Shared import ffi as _ffi

from ipcircuit.spice import diagnosis, sandbox
from ipcircuit.spice.library import fingerprint, installed_files, library_candidates, mapped_path
from ipcircuit.spice.protocol import Failure, Reply, Request
from ipcircuit.spice.transient import signal_name

ffi: Any = _ffi  # its functions come from a header read at run time
_HALT_GRACE_S = 1.0
_DECKS_PER_CLEARING = 500


class _Library(NgSpiceShared):
    """PySpice's binding with leaner callbacks: no logging per line, no error guessed from a note."""

    def __init__(self, path: str) -> None:
        self.LIBRARY_PATH = path
        self.finished = threading.Event()
        self.finished.set()
        self.exited = False
        super().__init__()

    @staticmethod
    def _send_char(message: Any, ngspice_id: int, user_data: Any) -> int:
        self = ffi.from_handle(user_data)
        stream, _, text = ffi.string(message).decode("utf-8", "replace").partition(" ")
        (self._stderr if stream == "stderr" else self._stdout).append(text)
        return 0

    @staticmethod
    def _send_stat(message: Any, ngspice_id: int, user_data: Any) -> int:
        return 0

    @staticmethod
    def _send_init_data(data: Any, ngspice_id: int, user_data: Any) -> int:
        return 0

    @staticmethod
    def _exit(status: int, unload: bool, quitting: bool, ngspice_id: int, user_data: Any) -> int:
        self = ffi.from_handle(user_data)
        self.exited = True
        self.finished.set()
        return 0

    @staticmethod
    def _background_thread_running(not_running: bool, ngspice_id: int, user_data: Any) -> int:
        # PySpice's own returns None where C wants an int.
        if not_running:
            ffi.from_handle(user_data).finished.set()
        return 0


class Session:
    """One mapped library.

    Raises:
        OSError: none of the candidates can be loaded.
    """

    def __init__(self) -> None:
        logging.getLogger("PySpice").setLevel(logging.CRITICAL + 1)  # "unsupported version" is judged elsewhere
        self.library: str = self._loadable()
        self._binding = _Library(self.library)
        self._c: Any = self._binding._ngspice_shared
        self._decks = 0
        self.files: tuple[str, ...] = installed_files(
            mapped_path(self.library), " ".join(self._command("echo $sourcepath")).split()
        )
        self.vectors: dict[str, str] = {}  # ngspice's names of the signals that were read last
        self.build: str = fingerprint(self.version, self.files)

    @property
    def version(self) -> int | None:
        """Major version of the library."""
        return self._binding.ngspice_version

    @staticmethod
    def _loadable() -> str:
        problems = []
        for name in library_candidates():
            try:
                ffi.dlopen(name)
            except OSError as error:
                problems.append(str(error).splitlines()[0])
            else:
                return name
        raise OSError("; ".join(problems))

    def run(self, request: Request) -> Reply:
        """Run one deck; whatever goes wrong comes back as a `Reply` with a cause."""
        sandbox.allow_cpu(request.time_limit_s)
        reply = self._reply(request, self._load(request.lines) or self._analyse(request))
        if not reply.spent:
            self._forget()
        return reply

    def _reply(self, request: Request, failed: Reply | None) -> Reply:
        """What a run left, or why it failed, and whether the library can go on."""
        return self.judged(request, failed or self._read(request))

    def judged(self, request: Request, reply: Reply) -> Reply:
        """A reply with its simulator, and whether the library can go on."""
        halted = not self._binding.finished.is_set()
        poisoned = self._binding.exited or diagnosis.is_poisoned(self._binding._stderr)
        return replace(
            reply,
            simulator=f"ngspice-{self.version}",
            build=self.build,
            analysis=request.analysis,
            spent=request.taints or halted or poisoned,
        )

    def _command(self, text: str) -> list[str]:
        """Output of one command on stdout."""
        start = len(self._binding._stdout)
        self._c.ngSpice_Command(text.encode())
        return self._binding._stdout[start:]

    def _load(self, lines: tuple[str, ...]) -> Reply | None:
        """Load the deck; the failure if ngspice does not accept it."""
        self._binding.clear_output()
        kept_alive = [ffi.new("char[]", line.encode()) for line in (*lines, "")]
        failed = self._c.ngSpice_Circ(ffi.new("char *[]", [*kept_alive, ffi.NULL]))
        words = self._binding._stderr
        if not failed and not diagnosis.is_fatal(words):
            return None
        why = diagnosis.cause(words) or "no reason given"
        return Reply(f"deck not accepted: {why}", failure=Failure.REJECTED)

    def _analyse(self, request: Request) -> Reply | None:
        """Run the loaded deck; the failure if it does not finish."""
        self._binding.finished.clear()
        self._command("bg_run")
        if not self._wait(request.time_limit_s):
            self._command("bg_halt")
            halted = self._binding.finished.wait(_HALT_GRACE_S)  # a worker that does not halt is replaced
            reached = self._progress() if halted and request.analysis == "tran" else ""
            return time_limit(request.time_limit_s, reached)
        return self.failed_run() if diagnosis.is_fatal(self._binding._stderr) else None

    def failed_run(self) -> Reply:
        """Why a run did not finish."""
        words = self._binding._stderr
        return Reply(diagnosis.cause(words) or "ngspice stopped without a reason", failure=diagnosis.failure(words))

    def _wait(self, limit_s: float) -> bool:
        """Wait for the end of the run; leaves the process when the parent is gone."""
        deadline, parent = time.monotonic() + limit_s, os.getppid()
        while not self._binding.finished.wait(min(1.0, max(0.0, deadline - time.monotonic()))):
            if os.getppid() != parent:
                os._exit(1)
            if time.monotonic() >= deadline:
                return False
        return True

    def _progress(self) -> str:
        values = self._vector("time")
        return f" at t = {values[-1]:.4g} s" if values is not None and values.size else " before the first point"

    def _vector(self, name: str) -> np.ndarray | None:
        """Copy of a real vector, or None where ngspice has none by that name (it returns NULL)."""
        info = self._c.ngGet_Vec_Info(name.encode())
        if info == ffi.NULL or info.v_realdata == ffi.NULL:
            return None
        return np.frombuffer(ffi.buffer(info.v_realdata, info.v_length * 8), dtype=np.float64).copy()

    def _plot_names(self) -> list[str]:
        return self._binding._convert_string_array(self._c.ngSpice_AllPlots())

    def _read(self, request: Request) -> Reply:
        """Vectors of the finished run, judged: present, complete, finite."""
        plot = next((name for name in self._plot_names() if name.startswith(request.analysis)), None)
        if plot is None:
            words = diagnosis.cause(self._binding._stderr)
            return incomplete(f"the analysis left no result{'; ' + words if words else ''}")
        listed = self._binding._convert_string_array(self._c.ngSpice_AllVecs(plot.encode()))
        self.vectors = {signal_name(name): name for name in listed}
        names = dict(self.vectors)
        axis_name = names.pop(self.axis_name(names, request.analysis), None)
        axis = None if axis_name is None else self._vector(f"{plot}.{axis_name}")
        problem = judge_axis(axis, request)
        if problem is not None or axis is None:
            return incomplete(problem or "no axis")
        missing = [name for name in request.wanted if name not in names]
        if missing:
            cause = f"no signal {', '.join(missing)}; there are: {', '.join(sorted(names))}"
            return Reply(cause, failure=Failure.NO_SIGNAL)
        signals = {key: self._vector(f"{plot}.{names[key]}") for key in request.wanted or sorted(names)}
        complete = {key: data for key, data in signals.items() if data is not None and data.shape == axis.shape}
        bad = [key for key in signals if key not in complete or not np.isfinite(complete[key]).all()]
        if bad:
            return incomplete(f"not finite or incomplete: {', '.join(bad)}")
        return Reply(None, axis, complete, self._analysis_time())

    @staticmethod
    def axis_name(vectors: Iterable[str], analysis: str) -> str:
        """Name of an analysis's axis among those of `vectors`; empty where there is none."""
        return "time" if analysis == "tran" else next((name for name in vectors if name.endswith("-sweep")), "")

    def _analysis_time(self) -> float | None:
        match = re.search(r"Total analysis time.*?=\s*([-+.\deE]+)", "\n".join(self._command("rusage time")))
        return float(match[1]) if match else None

    def _forget(self) -> None:
        self._command("destroy all")
        self._command("remcirc")
        self._decks += 1
        if self._decks % _DECKS_PER_CLEARING == 0:
            self._c.ngSpice_Command(ffi.NULL)  # frees ngspice's record of past commands


def time_limit(seconds: float, reached: str = "") -> Reply:
    """Reply to a run that was stopped.

    Args:
        reached: what it had come to.
    """
    return Reply(f"time limit of {seconds:g} s of wall time reached{reached}", failure=Failure.TIME_LIMIT)


def judge_axis(axis: np.ndarray | None, request: Request) -> str | None:
    """Why a run whose axis is this one is not complete."""
    if axis is None or axis.size == 0:
        return "the analysis gave no points"
    if not np.isfinite(axis).all():
        return "the axis is not finite"
    if request.last is not None and abs(axis[-1] - request.last) > request.tolerance:
        return f"the run ended at {axis[-1]:.6g} before the requested {request.last:.6g}"
    return None


def incomplete(cause: str) -> Reply:
    """Reply to a run that left less than it should."""
    return Reply(cause, failure=Failure.INCOMPLETE)
