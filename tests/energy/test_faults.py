"""Copies that are killed, interrupted, poisoned or stuck: nothing lost, nothing counted twice, no process left."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from energy.variation.copies import run as module
from energy.variation.copies.fidelity import fidelity_of
from energy.variation.copies.outcome import Outcome, Status
from energy.variation.copies.run import key_of, opened_store, run_copies
from ipcircuit.cli import main as cli
from ipcircuit.families import CIRCUITS
from ipcircuit.journal import FILE, Journal
from ipcircuit.sampling import Sample
from ipcircuit.spice import workers

COPIES = 24
CELL = Path(__file__).with_name("cell.py")
POISON, STUCK = (getattr(CIRCUITS.load(str(CELL)), name) for name in ("poison", "stuck"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert command(folder, "-j", "1") == 0
    return folder


def command(folder: Path, *more: str, copies: int = COPIES) -> int:
    """Exit code of `montecarlo`, silent on stdout."""
    with contextlib.redirect_stdout(io.StringIO()):
        return cli.main(["montecarlo", str(CELL), "-n", str(copies), "--seed", "7", "-o", str(folder), "--json", *more])


def csv(folder: Path) -> bytes:
    return (folder / "samples.csv").read_bytes()


def children_of(parent: int) -> list[int]:
    """Processes below one, the deepest last."""
    found: list[int] = []
    for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # ended meanwhile
            for child in map(int, tasks.read_text().split()):
                found += [child, *children_of(child)]
    return found


def runs(process: int) -> bool:
    """Whether a process is there and not merely waiting to be collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def forked(folder: Path) -> int:
    """Process that runs the command; it has stored a chunk, and waits."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        append = Journal.append_all

        def append_and_wait(journal: Journal[Outcome], results: Iterable[tuple[str, Outcome]]) -> None:
            append(journal, results)
            os.write(writing, b".")
            time.sleep(60)

        Journal.append_all = append_and_wait  # type: ignore[method-assign]
        with contextlib.suppress(BaseException), contextlib.redirect_stderr(io.StringIO()):
            os._exit(command(folder, "-j", "2"))
        os._exit(99)
    os.close(writing)
    assert os.read(reading, 1) == b"."
    os.close(reading)
    return child


def ended_by(number: int, child: int, folder: Path) -> tuple[int, int]:
    """Send a signal to the process of a command that has stored something; its exit code, and all stored copies.

    All processes that it had started are gone soon afterwards.
    """
    below, deadline = children_of(child), time.monotonic() + 120
    os.kill(child, number)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert below
    while (left := [process for process in below if runs(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []
    assert not (folder / "samples.csv").exists()
    with opened_store(CIRCUITS.load(str(CELL)), folder, seed=7) as store:
        return code, len(store.keys())


def test_a_run_that_is_killed_and_interrupted_gives_the_same_files(undisturbed: Path, tmp_path: Path) -> None:
    """SIGKILL of the driver, Ctrl-C, then the end; each time some copies more are stored."""
    place = tmp_path / undisturbed.name  # decks are named in the JSON
    counts = []
    for number, expected in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)):
        code, stored = ended_by(number, forked(place), place)
        assert code == expected
        counts.append(stored)
    assert 0 < counts[0] < counts[1] < COPIES
    assert command(place, "-j", "2") == 0
    assert csv(place) == csv(undisturbed)
    texts = [(folder / "montecarlo.json").read_text(encoding="utf-8") for folder in (place, undisturbed)]
    texts = [re.sub(r" at t = \S+ s", "", text) for text in texts]  # where the stuck copy was when its time was up
    assert texts[0].replace(str(tmp_path), str(undisturbed.parent)) == texts[1]
    entries = sorted(path.relative_to(place) for path in place.rglob("*"))
    assert entries == sorted(path.relative_to(undisturbed) for path in undisturbed.rglob("*"))


def test_a_poisoned_and_a_stuck_copy_leave_their_neighbours_alone(undisturbed: Path, tmp_path: Path) -> None:
    failures = json.loads((undisturbed / "montecarlo.json").read_text(encoding="utf-8"))["failures"]
    assert [failure["run"] for failure in failures] == [f"sample {i} of seed 7" for i in (POISON, STUCK)]
    assert "nothing" in failures[0]["cause"]
    assert "time limit of 0.3 s" in failures[1]["cause"]
    assert all(Path(failure["deck"]).is_file() for failure in failures)
    # Half of the copies first, then all of them, without the two.
    for copies in (COPIES // 2, COPIES):
        assert command(tmp_path, "--set", "hostile=0", copies=copies) == 0
    with_them, without = (csv(folder).splitlines() for folder in (undisturbed, tmp_path))
    different = [row for row, (a, b) in enumerate(zip(with_them, without, strict=True)) if a != b]
    assert different == [1 + POISON, 1 + STUCK]


def test_a_simulator_that_is_killed_costs_nothing(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From outside, in the middle of a deck: the deck is tried once more."""
    send, numbers, decks = workers.Worker.run, itertools.count(), []

    def run(worker: workers.Worker, request: workers.Request) -> workers.Reply:
        worker.wait_ready()
        if next(numbers) in (0, 9):
            os.kill(worker.process_id, signal.SIGSTOP)  # so that it has the deck when it dies
            threading.Timer(0.05, os.kill, (worker.process_id, signal.SIGKILL)).start()
        decks.append(request)
        return send(worker, request)

    monkeypatch.setattr(workers.Worker, "run", run)
    assert command(tmp_path, "-j", "2") == 0
    assert csv(tmp_path) == csv(undisturbed)
    assert len(decks) == COPIES + 2


@pytest.mark.filterwarnings("always::energy.variation.copies.run.StartedAnewWarning")
def test_a_changed_design_starts_anew_and_says_so(
    undisturbed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def replaced() -> dict[str, object] | None:
        return json.loads((tmp_path / "montecarlo.json").read_text(encoding="utf-8"))["replaced"]

    few = ("-j", "1", "--set", "hostile=0")
    assert command(tmp_path, *few, copies=2) == 0
    assert replaced() is None
    first = csv(tmp_path)
    for _ in range(2):  # the second time nothing changes
        assert command(tmp_path, *few, "--set", "v_dd=0.9", copies=2) == 0
        assert replaced() == {"folder": "before-1", "changed": ["v_dd_V", "design", "spread of the copies"]}
    assert capsys.readouterr().err == (
        f"ipcircuit: warning: {tmp_path}: v_dd_V, design, spread of the copies changed: the copies start anew; "
        f"those before are in {tmp_path / 'before-1'}\n"
    )
    assert csv(tmp_path) != first
    assert csv(tmp_path / "before-1") == first
    assert command(tmp_path, "--seed", "8") == 2
    assert "this folder holds results of another run: seed differs" in capsys.readouterr().err
    assert cli.main(["montecarlo", "comparator", "-n", "1", "--seed", "7", "-o", str(tmp_path)]) == 2
    assert "circuit differs" in capsys.readouterr().err
    assert cli.main(["replay", str(tmp_path / "before-1"), "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agrees"]


@pytest.mark.slow
def test_a_killed_command_leaves_nothing_of_its_local_cluster_and_goes_on(undisturbed: Path, tmp_path: Path) -> None:
    options = f"-n {COPIES} --seed 7 -o {tmp_path} --cluster local --json"
    words = [sys.executable, "-m", "ipcircuit", "montecarlo", str(CELL), *options.split()]
    silent = subprocess.DEVNULL
    for number, expected in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)):
        process, log = subprocess.Popen(words, stdout=silent, stderr=silent), tmp_path / f"{FILE}-wal"
        while not (log.exists() and log.stat().st_size >= 20_000):
            time.sleep(0.002)
            assert process.poll() is None
        process.returncode, stored = ended_by(number, process.pid, tmp_path)
        assert process.returncode == expected
        assert 0 < stored < COPIES
    subprocess.run(words, check=True, stdout=silent)
    assert csv(tmp_path) == csv(undisturbed)


@pytest.mark.slow
def test_copies_that_end_their_worker_each_time_are_not_simulated_and_tried_again(tmp_path: Path) -> None:
    """Dask gives a chunk to four workers, then up; the others are simulated."""
    deadly = tmp_path / "deadly.py"
    evil = "        import os\n        os._exit(1) if getattr(self.conditions.sample, 'index', None) == 6 else None\n"
    text = CELL.read_text(encoding="utf-8").replace("        (run,) = results\n", evil + "        (run,) = results\n")
    options = f"-n 12 -o {tmp_path / 'out'} --set hostile=0 --cluster local --json"
    words = [sys.executable, "-m", "ipcircuit", "montecarlo", str(deadly), *options.split()]
    deadly.write_text(text, encoding="utf-8")
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 1, ended.stderr
    assert "not simulated: the workers of the cluster that had it died" in ended.stderr
    record = json.loads(ended.stdout)
    assert [outcome["run"] for outcome in record["not_simulated"]] == ["sample 6 of seed 0"]
    assert record["yield"]["working"] == 11


def test_memory_does_not_grow_with_the_number_of_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 2 MB for each 1000 copies; what is kept is their keys, some 200 bytes each."""
    values = {f"quantity_{i}_J": i * 0.1 for i in range(10)}

    def simulated(_: object, samples: Sequence[Sample], **__: object) -> list[Outcome]:
        return [Outcome("cell", sample.label(), Status.WORKS, dict(values)) for sample in samples]

    monkeypatch.setattr(module, "simulated_copies", simulated)
    testbench, peaks, counts = CIRCUITS.load(str(CELL)), [], (300, 1800)
    for count in counts:
        samples = [Sample(0, index) for index in range(count)]
        with opened_store(testbench, tmp_path / str(count), seed=0) as store:
            tracemalloc.start()
            number = 0
            for number, outcome in enumerate(run_copies(testbench, samples, driver=None, store=store, n_jobs=2), 1):
                assert outcome.label == samples[number - 1].label()
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert number == count
            assert store.keys() == {key_of(fidelity_of(testbench), sample) for sample in samples}
    assert (peaks[1] - peaks[0]) / (counts[1] - counts[0]) < 2e6 / 1000
