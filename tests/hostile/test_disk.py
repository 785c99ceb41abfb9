"""Disks that fill up and clocks that jump: a command says so, leaves no half file, and goes on later."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from circuits.catalog import load
from circuits.measurement import Measurement
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.variation.copies import outcome
from energy.variation.copies import simulated as copies
from energy.variation.copies.outcome import Outcome, Status
from ipcircuit.cli import main as cli
from ipcircuit.journal import FILE
from ipcircuit.spice import cache

COMMANDS = {
    "montecarlo": ["montecarlo", "comparator", "-n", "6", "-j", "1", "-o", "copies"],
    "netlist": ["netlist", "comparator", "-o", "deck.cir"],
}


@pytest.fixture(scope="module")
def typical() -> Measurement:
    return load("comparator").measure()


@pytest.fixture(autouse=True)
def simulated(typical: Measurement, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is simulated any more; what is written is as ever."""

    def copy(testbench: object, label: str, **_: object) -> Outcome:
        return Outcome("comparator", label, Status.WORKS, {"circuit_energy_per_operation_J": len(label) * 1e-12})

    monkeypatch.setattr(copies, "outcome", copy)
    monkeypatch.setattr(ThermalMtjTestbench, "measure", lambda *_, **__: typical)
    monkeypatch.setattr(outcome, "simulator_build", lambda: "ngspice")
    monkeypatch.setenv(cache.FOLDER_VARIABLE, cache.OFF)


def in_child(action: Callable[[], int], most_bytes: int = resource.RLIM_INFINITY) -> tuple[int, str]:
    """Exit code of a command, and what it said, in a forked process that can write files of so many bytes only.

    The limit stands for a full disk: it fails each write that goes beyond it, whoever writes.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code, errors = 99, io.StringIO()
        with contextlib.suppress(BaseException), contextlib.redirect_stderr(errors):
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
            with contextlib.redirect_stdout(io.StringIO()):
                code = action()
        os.write(writing, errors.getvalue().encode()[:4000])
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(FILE)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_at_any_write_leaves_no_half_file_and_the_next_run_goes_on(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = COMMANDS[name]
    (tmp_path / "whole").mkdir()
    monkeypatch.chdir(tmp_path / "whole")
    assert in_child(lambda: cli.main(words)) == (0, "")
    whole = contents(tmp_path / "whole")
    failed = 0
    for most_bytes in (1, 3000, 8191, 12_287, 60_000):
        folder = tmp_path / str(most_bytes)
        folder.mkdir()
        monkeypatch.chdir(folder)
        code, said = in_child(lambda: cli.main(words), most_bytes)
        left = contents(folder)
        assert left.items() <= whole.items()
        if code:
            assert code == 2, said
            assert "error: " in said
            assert said.strip().splitlines()[-1].count("cannot") == 1, said
            failed += 1
        else:
            assert left == whole
        assert in_child(lambda: cli.main(words))[0] == 0
        assert contents(folder) == whole
    assert failed >= 3


def test_a_clock_that_jumps_costs_a_computation_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def computed() -> tuple[str, ...]:
        with outcome.opened_journal("corners", load("comparator"), tmp_path) as journal:
            labels = {"a": "a", "b": "b"}
            results = outcome.outcomes(journal, lambda i: Outcome("c", i, Status.WORKS, {}), labels, 1, None)
        return tuple(result.label for result in results)

    now = time.time()
    for jump in (0.0, -1e9, 1e9, -now):
        monkeypatch.setattr(time, "time", lambda jump=jump: now + jump)
        assert computed() == ("a", "b")
        with cache.fresh():
            monkeypatch.setattr(time, "time", lambda jump=jump: now + jump - 3600)
            assert computed() == ("a", "b")
        assert computed() == ("a", "b")
