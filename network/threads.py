"""Threads of torch, and work in several processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from ipcircuit.parallel import expect_new_workers

R = TypeVar("R")
Progress = Callable[[int, int], None]


def respect_thread_limit() -> None:
    """Give torch no more threads than ``OMP_THREAD_LIMIT`` allows; call before anything is trained.

    The limit is what ngspice needs, but torch does not read it: oneDNN then divides the backward pass of an LSTM among
    more threads than it gets, and the gradients are wrong, without a word (torch 2.13: the recurrent weights' sum by
    17 % on two cores with a limit of one).
    """
    limit = os.environ.get("OMP_THREAD_LIMIT", "")
    if limit.isdecimal() and 0 < int(limit) < torch.get_num_threads():
        torch.set_num_threads(int(limit))


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: small networks are no faster on more, and sums come out the same everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_processes(
    function: Callable[..., R], arguments: Sequence[tuple[Any, ...]], n_jobs: int, progress: Progress | None = None
) -> Iterator[R]:
    """Results of `function(*arguments[i])` in their order, each on one thread of its own.

    Args:
        n_jobs: at a time, in processes of their own; 1 works here, -1 is one per core. The numbers do not depend on it.
        progress: called with results obtained and results in all.
    """
    from joblib import Parallel, delayed

    results: Any
    expect_new_workers()
    if n_jobs == 1:
        results = (_alone(function, each) for each in arguments)
    else:
        results = Parallel(n_jobs=n_jobs, return_as="generator")(delayed(_alone)(function, each) for each in arguments)
    for number, result in enumerate(results, 1):
        if progress is not None:
            progress(number, len(arguments))
        yield result


def _alone(function: Callable[..., R], arguments: tuple[Any, ...]) -> R:
    with one_thread():
        return function(*arguments)
