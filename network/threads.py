"""How many threads torch takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
