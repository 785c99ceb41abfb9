"""One loaded deck with other numbers each time: the same results, to the bit, as of decks loaded afresh."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ipcircuit.errors import InputError
from ipcircuit.spice.deck import request as request_of
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.numbers import written
from ipcircuit.spice.protocol import Failure, Replies, Request, Series
from ipcircuit.spice.series import simulate_series
from ipcircuit.spice.session_series import SeriesRuns
from ipcircuit.spice.workers import Worker, WorkerDiedError, WorkerPool

pytestmark = pytest.mark.usefixtures("uncached")
NAMES = ("vin", "rtop", "@d1[area]")
ROWS = [(0.9, 1e3, 1.0), (0.7, 2e3, 2.5), (0.9, 1e3, 1.0), (1.5, 123.456789, 0.3)]


def job(row: tuple[float, ...], analysis: str = ".dc vswept 0 1 0.5") -> Job:
    volts, ohms, area = row
    lines = [
        "clamp",
        f"vin in swept {volts!r}",
        "vswept swept 0 0",
        f"rtop in out {ohms!r}",
        f"d1 out 0 junction area={area!r}",
    ]
    deck = "\n".join([*lines, ".model junction d(is=1e-14 cjo=1p)", "c1 out 0 1p", analysis, ".end"])
    return Job("clamp", f"{row}", deck, ("out", "i(vin)"))


@pytest.mark.parametrize("analysis", [".dc vswept 0 1 0.5", ".tran 1n 20n"])
def test_results_are_those_of_fresh_decks(analysis: str) -> None:
    fresh = [simulate(job(row, analysis)) for row in ROWS]
    runs = simulate_series(job(ROWS[0], analysis), NAMES, np.array(ROWS), lambda number: job(ROWS[number], analysis))
    assert runs.names == ("out", "i(vin)")
    assert runs.succeeded == tuple(range(len(ROWS)))
    for run, other in zip(runs.arrays, fresh, strict=True):
        assert np.array_equal(run, [other.axis, other["out"], other["i(vin)"]])
    out = [run[1] for run in runs.arrays]
    assert not np.array_equal(out[0], out[1])
    assert np.array_equal(out[0], out[2])


def test_what_cannot_be_set_is_refused_or_fails_alone() -> None:
    with pytest.raises(InputError, match="cannot be set; found 'vin; quit'"):
        simulate_series(job(ROWS[0]), ("vin; quit",), np.ones((1, 1)), lambda _: job(ROWS[0]))
    runs = simulate_series(job(ROWS[0]), ("vnone",), np.ones((2, 1)), lambda number: job(ROWS[number]))
    assert [result.failure for result in runs.failed.values()] == [Failure.REJECTED] * 2
    assert [result.condition for result in runs.failed.values()] == [str(row) for row in ROWS[:2]]


class Mortal(WorkerPool):
    """A pool whose first `count` workers are killed after their first answer, of two runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        super().__init__()
        plain, self.killed = Worker.run_series, 0

        def run_series(worker: Worker, series: Series) -> Iterator[Replies]:
            for replies in plain(worker, series):
                yield replies
                if self.killed < count:
                    self.killed += 1
                    os.kill(worker.process_id, signal.SIGKILL)

        monkeypatch.setattr(Worker, "run_series", run_series)


def arrays_of(answers: list[Replies]) -> list[np.ndarray]:
    return [run for replies in answers for run in replies.runs]


def test_a_worker_that_is_killed_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = ".tran 1n 8u 0 1n"
    series = Series(request_of(job(ROWS[0], slow).deck, ("out",)), NAMES, written(np.array(ROWS)), at_a_time=2)
    plain = WorkerPool().run_series(series)
    own = Mortal(monkeypatch, 1)
    answers = own.run_series(series)
    own.close()
    assert own.killed == 1
    assert len(arrays_of(plain)) == len(ROWS)
    assert all(map(np.array_equal, arrays_of(answers), arrays_of(plain)))


def test_a_run_that_lasts_too_long_ends_alone() -> None:
    """The first answer holds the quick runs before it; the watchdog's last words the cause."""
    deck = request_of(job(ROWS[0], ".tran 1n 1m 0 1n").deck, ("out",), 0.1)
    own = WorkerPool()
    answers = own.run_series(Series(deck, NAMES, written(np.array(ROWS[:2]))))
    own.close()
    assert [replies.last.failure for replies in answers] == [Failure.TIME_LIMIT] * 2
    assert "time limit of 0.1 s" in str(answers[0].last.cause)


def test_a_run_in_which_the_simulator_crashes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are answered together; the one to blame is found by answering each by itself, and fails alone."""
    plain = Worker.run_series

    def run_series(worker: Worker, series: Series) -> Iterator[Replies]:
        for replies in plain(worker, series):
            for row in series.values[: len(replies)]:
                if row == written(np.array([ROWS[3]]))[0]:
                    raise WorkerDiedError("ngspice crashed")
            yield replies
            series = replace(series, values=series.values[len(replies) :])

    monkeypatch.setattr(Worker, "run_series", run_series)
    own = WorkerPool()
    rows = written(np.array([*ROWS, ROWS[0]]))
    answers = own.run_series(Series(request_of(job(ROWS[0]).deck, ("out",)), NAMES, rows))
    own.close()
    assert [replies.last.failure for replies in answers if replies.last.cause] == [Failure.CRASHED]
    assert len(arrays_of(answers)) == len(ROWS)
    assert np.array_equal(arrays_of(answers)[0], arrays_of(answers)[-1])


def test_numbers_are_written_as_in_a_deck() -> None:
    """ngspice rounds in the last digit: 1e-05 and 0.00001 need not be the same number to it."""
    sizes = 10.0 ** np.arange(-300, 301, 7)
    random = np.random.default_rng(0).normal(size=(50, sizes.size)) * sizes
    rows = [*random.tolist(), [0.0, -0.0, 1.0, -3e-5, 1e-4, 1e15, 1e16, 123456789.0, 5e-324]]
    for row in rows:
        assert written(np.array([row])) == [",".join(map(repr, row)).encode()]
    usual = np.random.default_rng(1).normal(0.02, 0.3, (400, 44))
    assert written(usual) == [",".join(map(repr, row)).encode() for row in usual.tolist()]


def judged_together(*runs: list[list[float]]) -> Replies:
    """What a worker makes of finished runs, each its axis and one signal; the axis must end at 1."""
    session: Any = SimpleNamespace(_c=SimpleNamespace(ngSpice_Command=None), judged=lambda request, reply: reply)
    request = Request(("",), "dc", 1.0, 1e-9, ("out",), 1.0)
    series: Any = SeriesRuns(session, Series(request, ("vin",), ()), lambda _: None)
    series._names, series._vectors, series._seconds = ("out",), [b"swept-sweep", b"out"], [0.1] * len(runs)
    series._runs = [np.array(run).tobytes() for run in runs]
    return series._replies(None)


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        ([[0.0, 1.0], [0.5, np.nan]], "not finite: out"),
        ([[0.0, 0.5], [0.5, 0.5]], "ended at 0.5 before the requested 1"),
        ([[0.0], [0.5]], "ended at 0 before the requested 1"),
    ],
)
def test_a_run_that_left_too_little_fails_alone(bad: list[list[float]], cause: str) -> None:
    """Runs are judged together: those before the bad one are answered, those after it are repeated."""
    good = [[0.0, 1.0], [0.5, 0.25]]
    replies = judged_together(good, good, bad, good)
    assert (len(replies.runs), len(replies)) == (2, 3)
    assert all(np.array_equal(run, good) for run in replies.runs)
    assert (replies.last.failure, len(replies.seconds)) == (Failure.INCOMPLETE, 2)
    assert cause in str(replies.last.cause)
    assert len(judged_together(good, [[0.0, 0.5, 1.0], [0.1, 0.2, 0.3]]).runs) == 2  # time steps are as they come
