"""Worker processes of the report."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from ipcircuit.cluster import sweeps_on
from reports.workers import side_by_side

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
from ipcircuit.cluster import sweeps_on
from reports.workers import side_by_side
side_by_side(eval, [("print(__import__('os').getpid(), flush=True) or __import__('time').sleep(600)",)] * 2, 2)
"""


def test_results_are_in_order_and_progress_counts_them() -> None:
    steps: list[tuple[int, int]] = []
    tasks = [(9 - i, 2) for i in range(5)]
    results = side_by_side(divmod, tasks, 2, lambda done, total: steps.append((done, total)))
    assert results == [divmod(*task) for task in tasks]
    assert steps == [(i, 5) for i in range(1, 6)]


def test_workers_are_other_processes_and_one_alone_is_this_one() -> None:
    assert os.getpid() not in side_by_side(os.getpid, [(), ()], 2)
    assert side_by_side(os.getpid, [(), ()], 1) == [os.getpid()] * 2
    assert side_by_side(os.getpid, [()], 2) == [os.getpid()]


def test_a_worker_starts_with_its_imports_and_one_thread() -> None:
    loaded = "{'torch', 'altair', 'reports.vision.section'} <= set(__import__('sys').modules)"
    questions = [(loaded,), ("__import__('torch').get_num_threads()",)]
    assert side_by_side(eval, questions, 2) == [True, 1]


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """It is not run again in its workers."""
    script = tmp_path / "script.py"
    lines = ("from reports.workers import side_by_side", "print(side_by_side(divmod, [(7, 2), (9, 4)], 2))")
    script.write_text("\n".join(lines), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "[(3, 1), (2, 1)]\n", "")


def test_on_a_cluster_its_processes_work() -> None:
    with sweeps_on("local"):
        assert side_by_side(eval, [("'distributed.worker' in __import__('sys').modules",)] * 2, 2) == [True, True]


def test_an_error_is_raised_and_what_is_worked_on_beside_it_ends() -> None:
    start, others = time.monotonic(), set(multiprocessing.active_children())
    with pytest.raises(ZeroDivisionError):
        side_by_side(eval, [("1 / 0",), ("__import__('time').sleep(600)",)], 2)
    assert time.monotonic() - start < 60
    assert set(multiprocessing.active_children()) <= others


def test_a_worker_that_dies_is_an_error() -> None:
    with pytest.raises(BrokenProcessPool):
        side_by_side(os._exit, [(3,), (3,)], 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_wants_their_results(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    workers = [int(process.stdout.readline()) for _ in range(2)]
    process.send_signal(number)
    _, words = process.communicate(timeout=60)
    assert process.returncode == -number
    assert words.count("Traceback") == (number == signal.SIGINT)
    for worker in workers:
        _wait_for_the_end_of(worker)


def _wait_for_the_end_of(process: int) -> None:
    for _ in range(600):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail(f"process {process} still runs")
