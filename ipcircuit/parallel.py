"""Independent calls in parallel through joblib, results in order.

Our threads only wait, each for a simulator process of its own. A backend that the user configured, such as dask, takes
their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from ipcircuit.errors import InputError

_T = TypeVar("_T")
_R = TypeVar("_R")


def in_order(function: Callable[[_T], _R], items: Sequence[_T], n_jobs: int | None) -> Iterator[_R]:
    """`function` of each item, as the results arrive, in the order of the items.

    Args:
        n_jobs: at a time; default what a surrounding `joblib.parallel_config` says, else one per core.

    Raises:
        InputError: `n_jobs` is 0.
    """
    yield from _results(function, items, n_jobs, "generator")


def as_finished(function: Callable[[_T], _R], items: Iterable[_T], n_jobs: int | None) -> Iterator[tuple[int, _R]]:
    """`in_order` without waiting for what takes long: results as they come, each with the number of its item.

    The items are asked for as there are workers for them.
    """
    yield from _results(partial(_numbered, function), enumerate(items), n_jobs, "generator_unordered")


def _numbered(function: Callable[[_T], _R], item: tuple[int, _T]) -> tuple[int, _R]:
    return item[0], function(item[1])


def _results(function: Callable[[Any], Any], items: Iterable[Any], n_jobs: int | None, kind: str) -> Iterator[Any]:
    from joblib import Parallel, delayed

    n_jobs, _, streaming = _parallelism(n_jobs)
    parallel: Any = Parallel(
        n_jobs=n_jobs, prefer="threads", batch_size=cast(Any, 1), return_as=kind if streaming else "list"
    )
    yield from parallel(delayed(function)(item) for item in items)


def workers(n_jobs: int | None) -> int:
    """How many items `in_order` does at a time. Raises InputError as it does."""
    return _parallelism(n_jobs)[1]


def _parallelism(n_jobs: int | None) -> tuple[int | None, int, bool]:
    """`n_jobs` for joblib, the number of workers that gives, and whether results can be had as they arrive."""
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
    return n_jobs, max(1, backend.effective_n_jobs(asked)), backend.supports_return_generator
