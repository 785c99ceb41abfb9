"""Sweeps on a cluster: dask takes the place of the threads in `ipcircuit.parallel`.

Decks and copies run in the cluster's worker processes, each with its own ngspice. A worker that dies costs nothing:
dask gives its jobs to another.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from logging import ERROR
from typing import Any

from ipcircuit.errors import InputError, MissingDependencyError

LOCAL = "local"
_CONNECT_S = 10.0


@contextlib.contextmanager
def sweeps_on(address: str) -> Iterator[None]:
    """Within the block, in this thread, what `ipcircuit.parallel` is given runs on a dask cluster.

    Args:
        address: of the cluster's scheduler, such as ``tcp://host:8786``; ``local`` starts one worker process per core
            on this machine for as long.

    Raises:
        MissingDependencyError: dask is not installed.
        InputError: no scheduler at this address, one without workers, or workers with another version of this project.
    """
    if importlib.util.find_spec("distributed") is None:
        raise MissingDependencyError("--cluster needs dask: pip install 'ipcircuit[cluster]'")
    import joblib

    from ipcircuit.spice.jobs import close_workers

    dask: Any = importlib.import_module("distributed")
    with contextlib.ExitStack() as stack:
        try:
            if address == LOCAL:
                workers = joblib.cpu_count()
                cluster = dask.LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=ERROR
                )
                client = stack.enter_context(dask.Client(stack.enter_context(cluster)))
                stack.callback(client.run, close_workers)  # a process with children of its own is slow to leave
            else:
                client = stack.enter_context(dask.Client(address, timeout=_CONNECT_S))
        except (OSError, ValueError, TimeoutError) as error:
            allowed = "local, or the address of a dask scheduler, such as tcp://host:8786"
            raise InputError(f"cannot connect: {error}", where="--cluster", found=address, allowed=allowed) from error
        _check(client.run(_version), address)
        stack.enter_context(joblib.parallel_config(backend="dask"))
        yield


def _version() -> str:
    from ipcircuit.kept import project_digest

    return project_digest()


def _check(versions: dict[str, str], address: str) -> None:
    if not versions:
        raise InputError("this cluster has no workers", where="--cluster", found=address)
    if others := [worker for worker, version in versions.items() if version != _version()]:
        allowed = "the same ipcircuit, Python, numpy, scipy, pandas, torch and sympy as here on every worker"
        raise InputError("workers with another version", where="--cluster", found=", ".join(others), allowed=allowed)
