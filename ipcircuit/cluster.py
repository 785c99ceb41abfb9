"""Sweeps on a cluster: dask takes the place of the threads in `ipcircuit.parallel`.

Decks and copies run in the cluster's worker processes, each with its own ngspice. A worker that dies costs nothing:
dask gives its jobs to another (`ipcircuit.cluster_tasks`).
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ipcircuit.errors import InputError, MissingDependencyError

LOCAL = "local"
_CONNECT_S = 30.0


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
        stack.enter_context(_quiet())
        try:
            if address == LOCAL:
                stack.enter_context(environment_kept())
                cluster = dask.LocalCluster(
                    n_workers=joblib.cpu_count(),
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.ERROR,
                )
                client = stack.enter_context(dask.Client(stack.enter_context(cluster)))
                stack.callback(client.run, close_workers)  # a process with children of its own is slow to leave
            else:
                _knock(address)
                client = stack.enter_context(dask.Client(address, timeout=_CONNECT_S))
            workers = list(client.ncores())
            asked = [client.submit(_version, workers=[worker], pure=False) for worker in workers]
            versions = {worker: future.result(_CONNECT_S) for worker, future in zip(workers, asked, strict=True)}
        except (OSError, ValueError, TimeoutError) as error:
            allowed = "local, or the address of a dask scheduler, such as tcp://host:8786"
            raise InputError(f"cannot connect: {error}", where="--cluster", found=address, allowed=allowed) from error
        _check(versions, address)
        stack.enter_context(joblib.parallel_config(backend="dask"))
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without dask's own words on lost workers and schedulers: what they mean for a command, its error says."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.scheduler")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _knock(address: str) -> None:
    """Raise OSError or ValueError if nobody listens: a dask client that never connected can block those after it."""
    place = urlsplit(address if "://" in address else f"tcp://{address}")
    if place.hostname is None or place.port is None:
        raise ValueError("no host and port")
    socket.create_connection((place.hostname, place.port), _CONNECT_S).close()


@contextlib.contextmanager
def environment_kept() -> Iterator[None]:
    """The environment as before at the end of the block: dask sets the threads of its workers in this process."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _version() -> str:
    from ipcircuit.kept import project_digest

    return project_digest()


def _check(versions: dict[str, str], address: str) -> None:
    if not versions:
        raise InputError("this cluster has no workers", where="--cluster", found=address)
    if others := [worker for worker, version in versions.items() if version != _version()]:
        allowed = "the same ipcircuit, Python, numpy, scipy, pandas, torch and sympy as here on every worker"
        raise InputError("workers with another version", where="--cluster", found=", ".join(others), allowed=allowed)
