"""Torch and a limit on OpenMP threads."""

from __future__ import annotations

import os

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
