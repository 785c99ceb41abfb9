"""Calls on a dask cluster, by its client: joblib's own way there waits for ever once a task is lost."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import lru_cache
from typing import Any, TypeVar

from ipcircuit.errors import ClusterError
from ipcircuit.loading import users_modules

_T = TypeVar("_T")
_R = TypeVar("_R")
_AHEAD = 2  # tasks per worker: one in hand, one on its way


def on_cluster(
    client: Any,
    function: Callable[[_T], _R],
    items: Iterable[_T],
    n_jobs: int | None,
    lost: Callable[[int, str], _R] | None = None,
) -> Iterator[tuple[int, _R]]:
    """`function` of each item in the cluster's workers, as the results come, with the numbers of the items.

    A task whose worker dies is given to another one, as often as the cluster's configuration says (three times), and
    once more when nothing else runs: whatever waits at a worker that another task kills is under suspicion, too.

    Args:
        client: a `distributed.Client`.
        n_jobs: tasks at a time; None or negative: as many as keep all workers busy.
        lost: result for the number of an item whose workers died each time, and the reason; default: an error.

    Raises:
        ClusterError: an item was lost (without `lost`), or the scheduler or all of its tasks are gone.
        Exception: the first that `function` raised.
    """
    cloudpickle, dask = importlib.import_module("cloudpickle"), importlib.import_module("distributed")
    for module in users_modules():
        cloudpickle.register_pickle_by_value(module)
    # Not by plain pickle, which dask tries first: it names classes of a user's file, which the workers cannot import.
    sent = cloudpickle.dumps(function)
    numbered = enumerate(items)
    at_a_time = n_jobs if n_jobs is not None and n_jobs > 0 else _AHEAD * max(1, sum(client.ncores().values()))

    def submitted(tasks: Iterable[tuple[int, _T]]) -> dict[Any, tuple[int, _T]]:
        return {client.submit(_called, sent, cloudpickle.dumps(task[1]), pure=False): task for task in tasks}

    tasks = submitted(itertools.islice(numbered, at_a_time))
    suspects: list[tuple[int, _T]] = []
    try:
        finished = dask.as_completed(list(tasks))
        for future in finished:
            number, item = tasks.pop(future)
            try:
                yield number, _result(future)
            except dask.KilledWorker:
                suspects.append((number, item))
            more = submitted(itertools.islice(numbered, 1))
            tasks |= more
            finished.update(list(more))
        for number, item in suspects:  # one by one: a task that waits at a worker which another one kills is innocent
            [future] = tasks = submitted([(number, item)])
            try:
                result = _result(future)
            except dask.KilledWorker as error:
                why = f"the workers of the cluster that had it died, the last at {error.last_worker.address}"
                if lost is None:
                    raise ClusterError(f"item {number + 1}: {why}") from error
                result = lost(number, why)
            tasks = {}
            yield number, result
    finally:
        if tasks:
            with contextlib.suppress(Exception):  # the cluster may be gone
                client.cancel(list(tasks))


def _result(future: Any) -> Any:
    """The result; one that its worker took with it before it was fetched is computed again."""
    try:
        return future.result()
    except CancelledError as error:
        raise ClusterError("the cluster's scheduler is gone, or has dropped the tasks of this command") from error


def _called(function: bytes, item: bytes) -> Any:
    """In a worker: call a function, all of it in this process; what is sent is as trusted as the code."""
    from joblib import parallel_config

    with parallel_config(backend="threading", n_jobs=1):
        return _received(function)(pickle.loads(item))


@lru_cache(maxsize=2)
def _received(function: bytes) -> Callable[[Any], Any]:
    """The same object for every item: what it has worked out for one serves the next."""
    return pickle.loads(function)
