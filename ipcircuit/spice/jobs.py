"""Running decks: one (`simulate`) or many in parallel (`simulate_all`), always in worker processes.

A failed run is a result: it has a status, a cause and the path of its saved deck, and it leaves its neighbours alone.
Results come in the order of the jobs and do not depend on the number of workers: every deck is loaded afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError, SimulationError
from ipcircuit.parallel import in_order, workers
from ipcircuit.spice import deck as deck_text
from ipcircuit.spice.decks import save_deck
from ipcircuit.spice.protocol import Reply
from ipcircuit.spice.transient import RunStatus, Sweep, Transient
from ipcircuit.spice.workers import pool

Result = Transient | Sweep
Progress = Callable[[int, int], None]

TIME_LIMIT_S = 120.0
_CHUNKS_PER_WORKER = 8  # small enough to keep all workers busy to the end
_LARGEST_CHUNK = 25


@dataclass(frozen=True)
class Job:
    """One deck to simulate.

    Attributes:
        circuit, condition: who and under what, for results and messages.
        deck: complete text: title line, models, exactly one ``.tran`` or ``.dc``, ``.end``. Relative paths in it are
            not resolved: a deck carries its models.
        save: signals to return (``"out"``, ``"x1.p"``, ``"i(vdd)"``, ``"@m1[id]"``); empty for all nodes and branches.
        time_limit_s: wall time after which the run is stopped and counts as failed.
    """

    circuit: str
    condition: str
    deck: str
    save: tuple[str, ...] = ()
    time_limit_s: float = TIME_LIMIT_S


def simulate(job: Job, *, throw: bool = True) -> Result:
    """Run one job in a worker process of this machine.

    Args:
        throw: raise on failure; otherwise the failure is returned with `RunStatus.FAILED` and its cause.

    Raises:
        SimulationError: the run failed (with `throw`).
        MissingDependencyError: no usable libngspice.
    """
    result = _result(job, _run(job))
    if throw and not result.ok:
        raise _error(result)
    return result


def simulate_all(
    jobs: Iterable[Job], *, n_jobs: int | None = None, throw: bool = True, progress: Progress | None = None
) -> list[Result]:
    """Run many jobs in parallel; results in the order of `jobs`.

    Args:
        n_jobs: runs at a time; default what a surrounding `joblib.parallel_config` says, else one per core. Under
            ``parallel_config(backend="dask")`` the decks run on the cluster, in worker processes there.
        throw: raise the first failure once all have run; otherwise failures are returned in place.
        progress: called with (done, total) as results arrive.

    Raises:
        InputError: `n_jobs` is 0.
        SimulationError: a run failed (with `throw`); says how many others did.
        MissingDependencyError: no usable libngspice.
    """
    todo = list(jobs)
    workers(n_jobs)  # a bad number is refused even when there is nothing to do
    results: list[Result] = []
    for chunk, replies in _replies(todo, n_jobs):
        results += [_result(job, reply) for job, reply in zip(chunk, replies, strict=True)]
        if progress is not None:
            progress(len(results), len(todo))
    failed = [result for result in results if not result.ok]
    if throw and failed:
        raise _error(failed[0], others=len(failed) - 1, of=len(todo))
    return results


def warm_up(n_jobs: int = 1) -> None:
    """Start `n_jobs` workers now, so that the first simulation does not wait for them.

    Raises:
        MissingDependencyError: no usable libngspice.
    """
    pool().warm_up(n_jobs)


def close_workers() -> None:
    """End the idle workers; the next simulation starts new ones."""
    pool().close()


def _replies(jobs: Sequence[Job], n_jobs: int | None) -> Iterator[tuple[Sequence[Job], list[Reply]]]:
    """Each chunk of jobs with its replies, in order, as they arrive."""
    if not jobs:
        return
    size = max(1, min(_LARGEST_CHUNK, len(jobs) // (_CHUNKS_PER_WORKER * workers(n_jobs))))
    chunks = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    yield from zip(chunks, in_order(_run_chunk, chunks, n_jobs), strict=True)


def _run_chunk(jobs: Sequence[Job]) -> list[Reply]:
    return [_run(job) for job in jobs]


def _run(job: Job) -> Reply:
    """Reply to one job; also what a remote worker executes."""
    try:
        request = deck_text.request(job.deck, job.save, job.time_limit_s)
    except InputError as error:
        return Reply(str(error))
    return pool().run(request)


def _result(job: Job, reply: Reply) -> Result:
    """The reply as the record a caller sees; saves the deck of a failed run."""
    kind = Sweep if reply.analysis == "dc" else Transient
    if reply.cause is None and reply.axis is not None and reply.signals is not None:
        return kind(job.circuit, job.condition, reply.axis, reply.signals, reply.simulator, reply.analysis_time_s)
    return kind(
        job.circuit,
        job.condition,
        np.empty(0),
        {},
        reply.simulator,
        None,
        status=RunStatus.FAILED,
        cause=reply.cause,
        deck_path=save_deck(job.circuit, job.condition, job.deck),
    )


def _error(result: Result, others: int = 0, of: int = 1) -> SimulationError:
    cause = str(result.cause)
    if others:
        cause += f" ({others} more of {of} runs failed)"
    return SimulationError(result.circuit, result.condition, cause, result.deck_path)
