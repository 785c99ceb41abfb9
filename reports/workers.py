"""Python's own work in worker processes, results in order.

A worker is a fork of a server process that has imported what sections and circuits need, once for all workers
(`reports.preloaded`); where a system has no such server, each worker imports it for itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from ipcircuit.parallel import clustered, in_order
from ipcircuit.spice.jobs import Progress

_T = TypeVar("_T")


def side_by_side(
    work: Callable[..., _T], tasks: Sequence[tuple[Any, ...]], processes: int, progress: Progress | None = None
) -> list[_T]:
    """`work` of each task's arguments, up to `processes` at a time; with one process or task in this process.

    Args:
        work: a module's function; its result is sent back. On a cluster it runs there (`ipcircuit.cluster`).
        progress: called with (done, total) tasks.
    """
    results: list[_T] = []
    for result in _results(work, tasks, min(processes, len(tasks))):
        results.append(result)
        if progress is not None:
            progress(len(results), len(tasks))
    return results


def _results(work: Callable[..., _T], tasks: Sequence[tuple[Any, ...]], processes: int) -> Iterator[_T]:
    if processes <= 1:
        return (work(*task) for task in tasks)
    if clustered():
        return in_order(partial(_called, work), tasks, processes)
    return _in_processes(work, tasks, processes)


def _called(work: Callable[..., _T], task: tuple[Any, ...]) -> _T:
    return work(*task)


def _in_processes(work: Callable[..., _T], tasks: Sequence[tuple[Any, ...]], processes: int) -> Iterator[_T]:
    context: Any = multiprocessing.get_context(_method())
    if _method() == "forkserver":
        context.set_forkserver_preload(["reports.preloaded"])
    others = multiprocessing.active_children()
    with ProcessPoolExecutor(processes, context, _begin) as executor:
        try:
            with _unseen_script():
                results = executor.map(work, *zip(*tasks, strict=True))
            yield from results
        except BaseException:  # nobody waits for what is still worked on
            for worker in multiprocessing.active_children():
                if worker not in others:
                    worker.terminate()
            raise


@contextmanager
def _unseen_script() -> Iterator[None]:
    """Processes that start do not import the user's script, which may begin its work when it is imported."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _method() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _begin() -> None:
    """Leave Ctrl-C to the process that wants the results, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=[multiprocessing.parent_process()], daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
