"""One loaded deck with other numbers each time: the same results, to the bit, as of decks loaded afresh."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from ipcircuit.errors import InputError
from ipcircuit.spice.deck import request as request_of
from ipcircuit.spice.jobs import Job, simulate, simulate_series
from ipcircuit.spice.protocol import Failure, Reply, Series
from ipcircuit.spice.workers import Worker, WorkerPool

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
    results = simulate_series(job(ROWS[0], analysis), NAMES, ROWS, lambda number: job(ROWS[number], analysis))
    for one, other in zip(results, fresh, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in ("out", "i(vin)"))
    assert not np.array_equal(results[0]["out"], results[1]["out"])
    assert np.array_equal(results[0]["out"], results[2]["out"])


def test_what_cannot_be_set_is_refused_or_fails_alone() -> None:
    with pytest.raises(InputError, match="cannot be set; found 'vin; quit'"):
        simulate_series(job(ROWS[0]), ("vin; quit",), [(1.0,)], lambda _: job(ROWS[0]))
    results = simulate_series(job(ROWS[0]), ("vnone",), [(1.0,), (2.0,)], lambda number: job(ROWS[number]))
    assert [result.failure for result in results] == [Failure.REJECTED] * 2
    assert [result.condition for result in results] == [str(row) for row in ROWS[:2]]


class Mortal(WorkerPool):
    """A pool whose first `count` workers are killed after their second reply."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        super().__init__()
        plain, self.killed = Worker.run_series, 0

        def run_series(worker: Worker, series: Series) -> Iterator[Reply]:
            for number, reply in enumerate(plain(worker, series)):
                yield reply
                if number == 1 and self.killed < count:
                    self.killed += 1
                    os.kill(worker.process_id, signal.SIGKILL)

        monkeypatch.setattr(Worker, "run_series", run_series)


def test_a_worker_that_is_killed_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = ".tran 1n 8u 0 1n"
    series = Series(request_of(job(ROWS[0], slow).deck, ("out",)), NAMES, tuple(ROWS))
    plain = WorkerPool().run_series(series)
    own = Mortal(monkeypatch, 1)
    replies = own.run_series(series)
    own.close()
    assert own.killed == 1
    for one, other in zip(replies, plain, strict=True):
        assert one.signals is not None
        assert other.signals is not None
        assert np.array_equal(one.signals["out"], other.signals["out"])


def test_a_run_that_lasts_too_long_is_halted_and_the_next_ones_run() -> None:
    series = Series(request_of(job(ROWS[0], ".tran 1n 1m 0 1n").deck, ("out",), 0.1), NAMES, tuple(ROWS[:2]))
    own = WorkerPool()
    replies = own.run_series(series)
    own.close()
    assert [reply.failure for reply in replies] == [Failure.TIME_LIMIT] * 2
