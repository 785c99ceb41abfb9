"""Python's own work in worker processes, results in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ipcircuit.parallel import expect_new_workers
from ipcircuit.spice.jobs import Progress

_T = TypeVar("_T")


def side_by_side(
    work: Callable[..., _T], tasks: Sequence[tuple[Any, ...]], processes: int, progress: Progress | None = None
) -> list[_T]:
    """`work` of each task's arguments, up to `processes` at a time; with one process or task in this process.

    Args:
        work: a module's function; its result is sent back.
        progress: called with (done, total) tasks.
    """
    results: list[_T] = []
    for result in _results(work, tasks, min(processes, len(tasks))):
        results.append(result)
        if progress is not None:
            progress(len(results), len(tasks))
    return results


def _results(work: Callable[..., _T], tasks: Sequence[tuple[Any, ...]], processes: int) -> Any:
    if processes <= 1:
        return (work(*task) for task in tasks)
    from joblib import Parallel, delayed

    expect_new_workers()
    parallel: Any = Parallel(n_jobs=processes, return_as="generator", batch_size=1)  # type: ignore[arg-type]
    return parallel(delayed(work)(*task) for task in tasks)
