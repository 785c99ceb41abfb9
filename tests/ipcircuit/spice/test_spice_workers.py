"""The processes that hold libngspice: replaced when they die, never shared with a fork, never in the user's process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ipcircuit.errors import MissingDependencyError, SimulationError
from ipcircuit.spice.deck import request as request_of
from ipcircuit.spice.jobs import Job, close_workers, simulate, warm_up
from ipcircuit.spice.library import LIBRARY_VARIABLE, OLDEST_SUPPORTED, judge
from ipcircuit.spice.protocol import Failure, Reply, Request
from ipcircuit.spice.transient import RunStatus
from ipcircuit.spice.workers import Worker, WorkerPool, pool

pytestmark = pytest.mark.usefixtures("uncached")
RC = "rc\nv1 in 0 pwl(0 0 1p 0.9)\nr1 in out 1k\nc1 out 0 10p\n.tran 0.1n 200n\n.end"
ENDLESS = RC.replace("200n", "1")


def run_script(script: str) -> tuple[int, str]:
    """Exit code and stderr of a Python script in a process of its own."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("noticed", [True, False])
def test_an_idle_worker_that_was_killed_is_replaced(noticed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    own = WorkerPool()
    with own.worker() as worker:
        worker.wait_ready()
    os.kill(worker.process_id, signal.SIGKILL)
    while worker.alive():
        time.sleep(0.01)
    if not noticed:  # it died between the look and the sending
        monkeypatch.setattr(worker, "alive", lambda: True)
    assert own.run(request_of(RC)).cause is None
    own.close()


class Killer:
    """Sends a signal to each of the next `count` workers that are started, 0.3 s after they got their deck."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, count: int) -> None:
        self.timers: list[threading.Timer] = []

        def run(worker: Worker, request: Request) -> Reply:
            worker.wait_ready()
            if len(self.timers) < count:
                self.timers.append(threading.Timer(0.3, os.kill, (worker.process_id, sent)))
                self.timers[-1].start()
            return plain(worker, request)

        plain = Worker.run
        monkeypatch.setattr(Worker, "run", run)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_deck_whose_worker_was_killed_from_outside_is_tried_again_once(
    monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    own, killer = WorkerPool(), Killer(monkeypatch, sent, 1)
    reply = own.run(request_of(ENDLESS, time_limit_s=1))
    assert (len(killer.timers), reply.failure) == (1, Failure.TIME_LIMIT)  # the second worker's own verdict
    own.close()


def test_a_deck_whose_workers_were_killed_twice_is_not_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    killer = Killer(monkeypatch, signal.SIGKILL, 2)
    result = simulate(Job("rc", "killed", ENDLESS), throw=False)
    assert (len(killer.timers), result.status, result.failure) == (2, RunStatus.FAILED, Failure.NOT_SIMULATED)
    assert result.cause == "not simulated: the simulator process was killed from outside (SIGKILL), twice"
    Killer(monkeypatch, signal.SIGKILL, 2)
    with pytest.raises(SimulationError) as error:
        simulate(Job("rc", "killed", ENDLESS))
    assert error.value.failure == Failure.NOT_SIMULATED
    assert simulate(Job("rc", "", RC)).ok


def test_a_crash_of_the_simulator_itself_is_a_failure_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    own, killer = WorkerPool(), Killer(monkeypatch, signal.SIGSEGV, 2)
    reply = own.run(request_of(ENDLESS, time_limit_s=30))
    assert (len(killer.timers), reply.failure) == (1, Failure.CRASHED)
    assert "ngspice crashed (SIGSEGV)" in str(reply.cause)
    own.close()


def test_an_interrupt_of_a_worker_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    own = WorkerPool()
    Killer(monkeypatch, signal.SIGINT, 1)
    with pytest.raises(KeyboardInterrupt):
        own.run(request_of(ENDLESS, time_limit_s=30))
    assert own.run(request_of(RC)).cause is None
    own.close()


def test_a_plain_script_needs_no_main_guard_and_never_maps_the_library() -> None:
    script = f"""
import sys
from ipcircuit.spice.jobs import Job, simulate_all
assert all(r.ok for r in simulate_all([Job("rc", str(i), {RC!r}) for i in range(4)], n_jobs=2))
assert not any(name.startswith("PySpice") for name in sys.modules)
assert "libngspice" not in open("/proc/self/maps").read()
"""
    assert run_script(script) == (0, "")


def test_a_fork_has_workers_of_its_own_and_leaves_its_parents_alone() -> None:
    script = f"""
import os, sys
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.workers import pool
job = Job("rc", "", {RC!r})
simulate(job)
before = pool()._idle[0]
if os.fork() == 0:
    simulate(job)
    assert pool()._idle[0].process_id != before.process_id
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
simulate(job)
assert before.alive() and pool()._idle == [before]
"""
    assert run_script(script) == (0, "")


def test_warm_up_leaves_workers_ready() -> None:
    close_workers()
    warm_up(2)
    idle = list(pool()._idle)
    assert len(idle) == 2
    assert all(worker.alive() and worker._hello is not None for worker in idle)
    assert simulate(Job("rc", "", RC)).ok
    assert set(pool()._idle) == set(idle)  # the simulation started no other


def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "/nowhere/libngspice.so")
    with pytest.raises(MissingDependencyError, match=r"/nowhere/libngspice\.so.*apt-get install ngspice libngspice0"):
        WorkerPool().run(request_of(RC))


def test_the_library_named_in_the_environment_is_the_one_used(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    path = next(line.split("=> ")[1] for line in maps.splitlines() if "libngspice.so.0" in line)
    monkeypatch.setenv(LIBRARY_VARIABLE, path)
    own = WorkerPool()
    with own.worker() as worker:
        assert worker.library == path
    own.close()


def test_versions_are_judged() -> None:
    assert judge(OLDEST_SUPPORTED) == OLDEST_SUPPORTED
    assert judge(46) == 46
    with pytest.raises(MissingDependencyError, match=f"libngspice {OLDEST_SUPPORTED - 1} is older"):
        judge(OLDEST_SUPPORTED - 1)
    with pytest.raises(MissingDependencyError, match="did not tell its version"):
        judge(None)
