"""Running decks: one (`simulate`) or many in parallel (`simulate_all`), in worker processes, each deck once.

What has been simulated before comes from the cache (`ipcircuit.spice.cache`), and no worker is started for it.

A failed run is a result: it has a status, a cause and the path of its saved deck, and it leaves its neighbours alone.
Results come in the order of the jobs and do not depend on the number of workers: every deck is loaded afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError, MissingDependencyError, SimulationError
from ipcircuit.parallel import in_order, workers
from ipcircuit.spice import cache
from ipcircuit.spice import deck as deck_text
from ipcircuit.spice.decks import save_deck
from ipcircuit.spice.protocol import Failure, Hello, Reply, Request
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
        circuit, condition: names for results and messages.
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


def part_of(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Progress of a part, with `before` done already, as that of a whole."""
    return None if progress is None else lambda done, _: progress(before + done, total)


def simulate(job: Job, *, throw: bool = True) -> Result:
    """Result of one job: from the cache, else run in a worker process of this machine.

    Args:
        throw: raise on failure; otherwise the failure is returned with `RunStatus.FAILED` and its cause.

    Raises:
        SimulationError: the run failed (with `throw`).
        MissingDependencyError: no usable libngspice.
    """
    [result] = _results([job], lambda requests: map(pool().run, requests))
    if throw and not result.ok:
        raise _error(result)
    return result


def simulate_all(
    jobs: Iterable[Job], *, n_jobs: int | None = None, throw: bool = True, progress: Progress | None = None
) -> list[Result]:
    """Results of many jobs in their order: from the cache, else run in parallel.

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
    results = _results(todo, lambda requests: _replies(requests, n_jobs), progress)
    failed = [result for result in results if not result.ok]
    if throw and failed:
        raise _error(failed[0], others=len(failed) - 1, of=len(todo))
    return results


def transient(job: Job) -> Transient:
    """`simulate` for a deck with a ``.tran``."""
    result = simulate(job)
    assert isinstance(result, Transient)
    return result


def transients(jobs: Iterable[Job], *, n_jobs: int | None = None, progress: Progress | None = None) -> list[Transient]:
    """`simulate_all` for decks with a ``.tran`` each."""
    results = simulate_all(jobs, n_jobs=n_jobs, progress=progress)
    return [result for result in results if isinstance(result, Transient)]


def simulator_build() -> str:
    """Fingerprint of the simulator that runs here.

    Raises:
        MissingDependencyError: no usable libngspice.
    """
    store = cache.active()
    return _greeting().build if store is None else store.build(_greeting)


def warm_up(n_jobs: int = 1) -> None:
    """Start `n_jobs` workers now, so that the first simulation does not wait for them.

    Raises:
        MissingDependencyError: no usable libngspice.
    """
    pool().warm_up(n_jobs)


def close_workers() -> None:
    """End the idle workers; the next simulation starts new ones."""
    pool().close()


def _results(
    jobs: Sequence[Job],
    run: Callable[[Sequence[Request]], Iterable[Reply]],
    progress: Progress | None = None,
) -> list[Result]:
    """Results in the order of the jobs; `run` gets the requests that have to be simulated."""
    replies: dict[int, Reply] = {}
    requests: dict[int, Request] = {}
    for index, job in enumerate(jobs):
        try:
            requests[index] = deck_text.request(job.deck, job.save, job.time_limit_s)
        except InputError as error:
            replies[index] = Reply(str(error), failure=Failure.DECK)
    store = cache.active()
    keys = {} if store is None else _keys(requests, store)
    if store is not None:
        since = cache.reusable_since()
        known = {index: store.get(key, since=since) for index, key in keys.items()}
        hits = {index: reply for index, reply in known.items() if reply is not None}
        store.touch([keys[index] for index in hits])
        replies |= hits
    missing = [index for index in requests if index not in replies]
    if progress is not None and replies:
        progress(len(replies), len(jobs))
    for index, reply in zip(missing, run([requests[index] for index in missing]), strict=True):
        replies[index] = reply
        if store is not None and index in keys and reply.cause is None:
            key = cache.key_of(requests[index], reply.build)  # of the library that ran it, which a cluster may have
            if key is not None:
                store.put(key, reply)
        if progress is not None:
            progress(len(replies), len(jobs))
    return [result_of(job, replies[index]) for index, job in enumerate(jobs)]


def _keys(requests: Mapping[int, Request], store: cache.SimulationCache) -> dict[int, bytes]:
    """Keys of the requests that the cache may answer or keep, by index."""
    if not requests:
        return {}
    try:
        build = store.build(_greeting)
    except MissingDependencyError:  # a cluster may have what this machine lacks; where it does not, the run says so
        return {}
    keys = {index: cache.key_of(request, build) for index, request in requests.items()}
    return {index: key for index, key in keys.items() if key is not None}


def _greeting() -> Hello:
    with pool().worker() as worker:
        return worker.wait_ready()


def _replies(requests: Sequence[Request], n_jobs: int | None) -> Iterator[Reply]:
    """Replies in the order of the requests, as they arrive."""
    if not requests:
        return
    size = max(1, min(_LARGEST_CHUNK, len(requests) // (_CHUNKS_PER_WORKER * workers(n_jobs))))
    chunks = [requests[start : start + size] for start in range(0, len(requests), size)]
    for replies in in_order(_run_chunk, chunks, n_jobs):
        yield from replies


def _run_chunk(requests: Sequence[Request]) -> list[Reply]:
    """Replies to some requests; also what a remote worker executes."""
    return [pool().run(request) for request in requests]


def result_of(job: Job, reply: Reply) -> Result:
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
        failure=reply.failure,
        deck_path=save_deck(job.circuit, job.condition, job.deck),
    )


def _error(result: Result, others: int = 0, of: int = 1) -> SimulationError:
    cause = str(result.cause)
    if others:
        cause += f" ({others} more of {of} runs failed)"
    return SimulationError(result.circuit, result.condition, cause, result.deck_path, result.failure)
