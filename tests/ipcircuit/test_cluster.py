"""Sweeps on a dask cluster of two worker processes: one is killed, a user's file is sent along."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipcircuit import cluster as module
from ipcircuit import kept
from ipcircuit.cli import main as cli
from ipcircuit.cluster import environment_kept, sweeps_on
from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.parallel import workers
from ipcircuit.spice.jobs import Job, close_workers, simulate_all

dask: Any = importlib.import_module("distributed")
DECK = "rc\nv1 in 0 pwl(0 0 1p 0.9)\nr1 in out {}\nc1 out 0 10p\n.tran 0.1n 200n\n.end"
USER_FILE = """
from dataclasses import dataclass
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from circuits.catalog import load

class Mine(ThermalMtjTestbench):
    pass

MINE = Mine(**{name: getattr(load("comparator"), name) for name in load("comparator").__dataclass_fields__})
"""


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


def test_a_circuit_in_a_file_of_the_user(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.py"
    file.write_text(USER_FILE, encoding="utf-8")
    command = ["montecarlo", f"{file}:MINE", "-n", "2", "--json"]
    assert cli.main([*command, "--cluster", address]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert cli.main(command) == 0
    assert shown == json.loads(capsys.readouterr().out)


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
