"""Work in another process: it is begun at once, its result and its errors come back."""

from __future__ import annotations

import os

import pytest

from ipcircuit.errors import InputError
from reports.page.alongside import begin


def _process() -> int:
    return os.getpid()


def _refused() -> int:
    raise InputError("no such thing", where="here")


def test_work_runs_in_another_process_unless_there_is_one_only() -> None:
    assert begin(_process, 2)() != os.getpid()
    assert begin(_process, 1)() == os.getpid()


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_comes_back_as_it_is(processes: int) -> None:
    wait = begin(_refused, processes)
    with pytest.raises(InputError, match="no such thing"):
        wait()
