"""Calls on a dask cluster, by its client: joblib's own way there waits for ever once a task is lost."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import pickle
from collections.abc import Callable, Iterable, Iterator
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

    A task whose worker dies is given to another one, as often as the cluster's configuration says (three times).

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

    def submitted(count: int) -> dict[Any, int]:
        return {
            client.submit(_called, sent, cloudpickle.dumps(item), pure=False): number
            for number, item in itertools.islice(numbered, count)
        }

    numbers = submitted(at_a_time)
    finished = dask.as_completed(list(numbers))
    try:
        for future in finished:
            number = numbers.pop(future)
            yield number, _result(future, number, lost, dask)
            more = submitted(1)
            numbers |= more
            finished.update(list(more))
    finally:
        if numbers:
            with contextlib.suppress(Exception):  # the cluster may be gone
                client.cancel(list(numbers))


def _result(future: Any, number: int, lost: Callable[[int, str], Any] | None, dask: Any) -> Any:
    if future.status in ("cancelled", "lost"):
        raise ClusterError("the cluster's scheduler is gone, or has dropped the tasks of this command")
    try:
        return future.result()
    except dask.KilledWorker as error:
        why = f"the workers of the cluster that had it died, the last at {error.last_worker.address}"
        if lost is not None:
            return lost(number, why)
        raise ClusterError(f"item {number + 1}: {why}") from error


def _called(function: bytes, item: bytes) -> Any:
    """In a worker: call a function, all of it in this process; what is sent is as trusted as the code."""
    from joblib import parallel_config

    with parallel_config(backend="threading", n_jobs=1):
        return _received(function)(pickle.loads(item))


@lru_cache(maxsize=2)
def _received(function: bytes) -> Callable[[Any], Any]:
    """The same object for every item: what it has worked out for one serves the next."""
    return pickle.loads(function)
