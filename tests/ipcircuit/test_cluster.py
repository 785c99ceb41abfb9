"""Sweeps on a dask cluster of two worker processes: some are killed, a user's file is sent along."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from energy.variation.copies.outcome import Outcome
from ipcircuit import cluster as module
from ipcircuit import cluster_tasks, kept
from ipcircuit.cli import main as cli
from ipcircuit.cluster import environment_kept, sweeps_on
from ipcircuit.errors import ClusterError, InputError, MissingDependencyError
from ipcircuit.journal import Journal
from ipcircuit.parallel import workers
from ipcircuit.spice.jobs import Job, close_workers, simulate_all

dask: Any = importlib.import_module("distributed")
DECK = "rc\nv1 in 0 pwl(0 0 1p 0.9)\nr1 in out {}\nc1 out 0 10p\n.tran 0.1n 200n\n.end"
CELL = Path(__file__).parents[1] / "energy" / "cell.py"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with environment_kept(), dask.LocalCluster(n_workers=2, **options) as cluster:
        yield cluster.scheduler_address
        with dask.Client(cluster) as client:
            client.run(close_workers)


def test_a_killed_worker_costs_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decks that no cache has, twenty at two workers; one of these is killed after the first reply."""
    jobs = [Job("rc", str(ohm), DECK.format(ohm), ("out",)) for ohm in range(1000, 1020)]
    killed: list[int] = []

    def kill(done: int, _: int) -> None:
        if done == 1:
            with dask.Client(address, set_as_default=False) as client:
                killed.extend(client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setenv("IPCIRCUIT_CACHE", "off")
    with sweeps_on(address):
        assert workers(None) == 2
        remote = simulate_all(jobs, progress=kill)
    assert len(killed) == 2
    local = simulate_all(jobs)
    assert all(np.array_equal(a["out"], b["out"]) for a, b in zip(remote, local, strict=True))


def test_copies_of_a_user_s_circuit_are_the_same_when_a_worker_is_killed(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process that simulates a chunk dies with it; the chunk is simulated again, by another."""
    command = ["montecarlo", str(CELL), "-n", "24", "--set", "hostile=0", "--json"]
    append, stored = Journal.append_all, []

    def kill(journal: Journal[Outcome], results: Iterable[tuple[str, Outcome]]) -> None:
        rows = list(results)
        append(journal, rows)
        if not stored:
            with dask.Client(address, set_as_default=False) as client:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        stored.extend(key for key, _ in rows)

    assert cli.main([*command, "-j", "1", "-o", str(tmp_path / "alone")]) == 0
    alone = capsys.readouterr().out
    monkeypatch.setattr(Journal, "append_all", kill)
    assert cli.main([*command, "--cluster", address, "-o", str(tmp_path / "cluster")]) == 0
    assert capsys.readouterr().out == alone
    assert sorted(stored) == sorted(set(stored))
    assert len(stored) == 24
    csv, same = ((tmp_path / name / "samples.csv").read_bytes() for name in ("alone", "cluster"))
    assert csv == same


class _Cluster:
    """Client of a cluster whose workers die of some items so many times; `gone`: with its scheduler."""

    def __init__(self, deaths: dict[int, int], gone: bool = False) -> None:
        self.deaths, self.gone = deaths, gone
        self.cancelled: list[Any] = []

    def ncores(self) -> dict[str, int]:
        return {"tcp://host:1": 1}

    def submit(self, called: Any, function: bytes, item: bytes, *, pure: bool) -> SimpleNamespace:
        def result() -> Any:
            if self.gone:
                raise dask.CancelledError("scheduler connection lost")
            number = pickle.loads(item)
            self.deaths[number] = self.deaths.get(number, 0) - 1
            if self.deaths[number] >= 0:
                raise dask.KilledWorker("task", SimpleNamespace(address="tcp://host:1"), 3)
            return called(function, item)

        return _Future(result=result)

    def cancel(self, futures: list[Any]) -> None:
        self.cancelled += futures


class _Future(SimpleNamespace):
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]


class _Finished(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        while self:
            yield self.pop(0)

    update = list.extend


def test_tasks_that_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real cluster takes half a minute until it gives up a task. Item 1 is innocent, item 3 is not."""
    monkeypatch.setattr(dask, "as_completed", _Finished)
    killed = "the workers of the cluster that had it died, the last at tcp://host:1"
    results = dict(cluster_tasks.on_cluster(_Cluster({1: 1, 3: 9}), float, range(5), None, lambda number, why: why))
    assert results == {0: 0.0, 1: 1.0, 2: 2.0, 3: killed, 4: 4.0}
    with pytest.raises(ClusterError, match=f"item 4: {killed}"):
        list(cluster_tasks.on_cluster(_Cluster({1: 1, 3: 9}), float, range(5), None))
    cluster = _Cluster({}, gone=True)
    with pytest.raises(ClusterError, match="scheduler is gone"):
        list(cluster_tasks.on_cluster(cluster, float, range(5), None, lambda *_: 0.0))
    assert len(cluster.cancelled) == 1


def test_what_is_no_cluster_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for wrong in ("tcp://127.0.0.1:1", "nowhere", "tcp://localhost:port", ""):
        with pytest.raises(InputError, match="--cluster: cannot connect"), sweeps_on(wrong):
            pass
    monkeypatch.setattr(kept, "project_digest", lambda: "another")
    with pytest.raises(InputError, match="workers with another version; found 'tcp://"), sweeps_on(address):
        pass
    with pytest.raises(InputError, match="has no workers"):
        module._check({}, address)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ipcircuit\[cluster\]'"), sweeps_on("local"):
        pass
