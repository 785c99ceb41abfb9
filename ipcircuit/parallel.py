"""Independent calls in parallel through joblib, results in order or as they come.

Our threads only wait, each for a simulator process of its own. A backend that the user configured takes their place;
of dask's only the client is used (`ipcircuit.cluster_tasks`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from ipcircuit.cluster_tasks import on_cluster
from ipcircuit.errors import InputError

_T = TypeVar("_T")
_R = TypeVar("_R")


def in_order(function: Callable[[_T], _R], items: Sequence[_T], n_jobs: int | None) -> Iterator[_R]:
    """`function` of each item, as the results arrive, in the order of the items.

    Args:
        n_jobs: at a time; default what a surrounding `joblib.parallel_config` says, else one per core.

    Raises:
        InputError: `n_jobs` is 0.
        ClusterError: the workers of a cluster died again and again on an item, or its scheduler is gone.
    """
    backend, n_jobs, _ = _parallelism(n_jobs)
    if (client := getattr(backend, "client", None)) is None:
        yield from _with_joblib(function, items, backend, n_jobs, "generator")
        return
    early: dict[int, _R] = {}
    following = 0
    for number, result in on_cluster(client, function, items, n_jobs):
        early[number] = result
        while following in early:
            yield early.pop(following)
            following += 1


def as_finished(
    function: Callable[[_T], _R],
    items: Iterable[_T],
    n_jobs: int | None,
    lost: Callable[[int, str], _R] | None = None,
) -> Iterator[tuple[int, _R]]:
    """`in_order` without waiting for what takes long: results as they come, each with the number of its item.

    The items are asked for as there are workers for them.

    Args:
        lost: result for the number of an item on which the workers of a cluster died again and again, and the reason;
            default: raise ClusterError.
    """
    backend, n_jobs, _ = _parallelism(n_jobs)
    if (client := getattr(backend, "client", None)) is None:
        yield from _with_joblib(partial(_numbered, function), enumerate(items), backend, n_jobs, "generator_unordered")
    else:
        yield from on_cluster(client, function, items, n_jobs, lost)


def _numbered(function: Callable[[_T], _R], item: tuple[int, _T]) -> tuple[int, _R]:
    return item[0], function(item[1])


def _with_joblib(
    function: Callable[[Any], Any], items: Iterable[Any], backend: Any, n_jobs: int | None, kind: str
) -> Iterator[Any]:
    from joblib import Parallel, delayed

    kind = kind if backend.supports_return_generator else "list"
    parallel: Any = Parallel(n_jobs=n_jobs, prefer="threads", batch_size=cast(Any, 1), return_as=kind)
    yield from parallel(delayed(function)(item) for item in items)


def expect_new_workers() -> None:
    """Let joblib replace a worker without a warning.

    It ends a worker that holds 300 MB more than after its first job, in case of a memory leak, and starts another one
    for the jobs that are left; nothing is lost. Runs of different size hold data sets and torch's own memory.
    """
    module = r"joblib\.externals\.loky\.process_executor"
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning, module)


def workers(n_jobs: int | None) -> int:
    """How many items `in_order` does at a time. Raises InputError as it does."""
    return _parallelism(n_jobs)[2]


def clustered() -> bool:
    """Whether calls go to a cluster here."""
    return getattr(_parallelism(None)[0], "client", None) is not None


def _parallelism(n_jobs: int | None) -> tuple[Any, int | None, int]:
    """joblib's backend, `n_jobs` for it, and the number of workers that gives."""
    from joblib import cpu_count
    from joblib.parallel import ThreadingBackend, get_active_backend

    if n_jobs == 0:
        raise InputError("no workers to run on", where="n_jobs", found=n_jobs, allowed="1, 2, … or -1 for all cores")
    backend: Any = get_active_backend(prefer="threads")[0]
    # Asked without the preference: with it, joblib says one job wherever it is joblib that chooses threads.
    configured = cast("int | None", get_active_backend()[1])
    if n_jobs is None and isinstance(backend, ThreadingBackend):
        n_jobs = cpu_count() if configured is None else configured
    asked = next(n for n in (n_jobs, configured, backend.default_n_jobs) if n is not None)
    return backend, n_jobs, max(1, backend.effective_n_jobs(asked))
