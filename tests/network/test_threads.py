"""Torch under a limit on OpenMP threads."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch

from ipcircuit.parallel import expect_new_workers
from network.threads import respect_thread_limit

ROOT = Path(__file__).parents[2]
SCRIPT = """
import torch
from network.threads import respect_thread_limit

torch.manual_seed(0)
cell, frames = torch.nn.LSTM(1, 8), torch.rand(50, 100, 1)

def gradients():
    cell.zero_grad()
    cell(frames)[0].mean().backward()
    return [p.grad.clone() for p in cell.parameters()]

threads = torch.get_num_threads()
respect_thread_limit()
found = gradients()
print(threads, torch.get_num_threads())
torch.set_num_threads(1)
for a, b in zip(found, gradients(), strict=True):
    torch.testing.assert_close(a, b)
"""


def output(**limits: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=kept | limits, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_gradients_of_an_lstm_are_right_under_a_thread_limit() -> None:
    """Without the limit being passed on, the recurrent weights' gradient is 17 % off here."""
    assert output(OMP_THREAD_LIMIT="1", OMP_NUM_THREADS="2") == "2 1"


@pytest.mark.parametrize("limit", [None, "8", "many"])
def test_without_a_lower_limit_torch_keeps_its_threads(limit: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_THREAD_LIMIT")
    if limit is not None:
        monkeypatch.setenv("OMP_THREAD_LIMIT", limit)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        respect_thread_limit()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_worker_that_joblib_replaces_is_no_warning_and_others_are() -> None:
    text = "A worker stopped while some jobs were given to the executor. This can be caused by a too short worker"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        expect_new_workers()
        for module in ("joblib.externals.loky.process_executor", "network.threads"):
            warnings.warn_explicit(text, UserWarning, "file.py", 1, module=module)
    assert len(seen) == 1
