"""The simulation cache: the same numbers without a simulation, and never a wrong one whatever happens to its file."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcircuit.errors import InputError
from ipcircuit.spice import cache, library
from ipcircuit.spice.cache import CacheWarning, SimulationCache
from ipcircuit.spice.deck import request
from ipcircuit.spice.jobs import Job, close_workers, simulate, simulate_all
from ipcircuit.spice.protocol import Hello, Reply
from ipcircuit.spice.workers import WorkerPool, pool

ROOT = Path(__file__).resolve().parents[3]
MIB = 2**20


def deck(ohm: float = 1e3, title: str = "rc", extra: str = "") -> str:
    return f"{title}\nv1 in 0 pwl(0 0 1p 0.9)\nr1 in out {ohm:g}\nc1 out 0 10p\n{extra}.tran 0.1n 200n\n.end"


def key(text: str, *save: str, build: str = "b") -> bytes | None:
    return cache.key_of(request(text, save), build)


REQUEST = request(deck())


def reply(points: int = 5, seed: int = 0, **fields) -> Reply:
    axis, out = np.random.default_rng(seed).random((2, points))
    return replace(Reply(None, axis, {"out": out}, 0.012, "ngspice-39", "b"), **fields)


def same(one, two) -> bool:
    return (
        np.array_equal(one.time, two.time)
        and list(one.signals) == list(two.signals)
        and all(np.array_equal(one[name], two[name]) for name in one.signals)
        and (one.simulator, one.analysis_time_s) == (two.simulator, two.analysis_time_s)
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("IPCIRCUIT_DECK_DIR", str(tmp_path / "decks"))
    return tmp_path / "cache"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Title of each deck that is really simulated."""
    titles: list[str] = []
    run = WorkerPool.run

    def counted(self, request):
        titles.append(request.lines[0])
        return run(self, request)

    monkeypatch.setattr(WorkerPool, "run", counted)
    return titles


@pytest.fixture
def own(tmp_path: Path) -> Iterator[SimulationCache]:
    store = SimulationCache(tmp_path / "own", 100 * MIB)
    yield store
    store.clear()


# the same result, without a simulation


def test_a_hit_returns_the_same_arrays_bit_for_bit_and_starts_no_worker(runs: list[str]) -> None:
    job = Job("rc", "first", deck(), ("out", "i(v1)"))
    first = simulate(job)
    close_workers()
    again = simulate(replace(job, condition="second"))
    assert same(first, again)
    assert (again.condition, again.status) == ("second", first.status)
    assert len(runs) == 1
    assert pool()._idle == []
    assert again["out"].flags.writeable  # torch warns of arrays that are not
    state = cache.active().state()
    assert (state.entries, state.hits) == (1, 1)


def test_many_jobs_simulate_only_what_is_missing_and_keep_their_order(runs: list[str]) -> None:
    jobs = [Job("rc", f"{ohm}", deck(ohm), ("out",)) for ohm in range(500, 1100, 100)]
    some = simulate_all(jobs[::2], n_jobs=1)
    seen: list[tuple[int, int]] = []
    everything = simulate_all(jobs, n_jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert len(runs) == len(jobs)
    assert [result.condition for result in everything] == [job.condition for job in jobs]
    assert all(same(a, b) for a, b in zip(some, everything[::2], strict=True))
    assert (seen[0], seen[-1]) == ((3, 6), (6, 6))


def test_failed_runs_and_copies_of_their_own_are_not_stored(runs: list[str]) -> None:
    bad = Job("rc", "", deck(extra="x9 in 0 nosuchcell\n"))
    assert not any(simulate(bad, throw=False).ok for _ in range(2))
    copy = Job("rc", "", deck())
    with cache.bypassed():
        simulate(copy)
        simulate_all([copy], n_jobs=1)
    assert len(runs) == 4
    assert cache.active().state().entries == 0


def test_fresh_simulates_once_more_and_then_reuses_that(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("rc", "", deck())
    simulate(job)
    with cache.fresh():
        simulate(job)
        simulate(job)
        assert os.environ[cache.FRESH_VARIABLE]  # what a process started here sees
    assert cache.FRESH_VARIABLE not in os.environ
    simulate(job)
    assert len(runs) == 2


def test_off_means_off(folder: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.FOLDER_VARIABLE, "OFF")
    for _ in range(2):
        simulate(Job("rc", "", deck()))
    assert len(runs) == 2
    assert not folder.exists()
    assert cache.active() is None


def test_without_a_setting_it_lies_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cache.FOLDER_VARIABLE)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
    assert cache.active().path.parent == tmp_path / "ipcircuit"
    assert cache.active().limit_bytes == 2 * 2**30


@pytest.mark.parametrize("text", ["much", "-1", "0", "nan", "inf"])
def test_a_limit_that_is_no_size_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.LIMIT_VARIABLE, text)
    with pytest.raises(InputError, match=cache.LIMIT_VARIABLE):
        cache.active()


@given(
    values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=50),
    names=st.lists(st.text(min_size=1), unique=True, max_size=4),
)
def test_values_survive_storage_bit_for_bit(values: list[float], names: list[str]) -> None:
    axis = np.array(values)
    stored = Reply(None, axis, {name: axis + i for i, name in enumerate(names)}, None, "ngspice-39", "b", "dc")
    read = cache.decode(cache.encode(stored))
    assert read.axis.tobytes() == axis.tobytes()
    assert {name: data.tobytes() for name, data in read.signals.items()} == {
        name: data.tobytes() for name, data in stored.signals.items()
    }
    assert replace(read, axis=None, signals=None) == replace(stored, axis=None, signals=None)


# the key


@pytest.mark.parametrize(
    "other",
    [
        key(deck(1001)),
        key(deck(extra=".options reltol=1e-4\n")),
        key(deck(extra=".temp 85\n")),
        key(deck(extra=".model n nmos level=14\n")),
        cache.key_of(replace(REQUEST, lines=(*REQUEST.lines, "*# set temp=85")), "b"),  # a command, not a comment
        key(deck().replace("200n", "201n")),
        key(deck().replace(".tran 0.1n 200n", ".dc v1 0 1 0.1")),
        key(deck(), "out"),
        key(deck(), build="another"),
    ],
)
def test_every_ingredient_changes_the_key(other: bytes | None) -> None:
    assert other is not None
    assert other != key(deck())


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30))
def test_title_and_comments_do_not_change_the_key(text: str) -> None:
    assert key(deck(title=f"x{text}")) == key(deck())
    assert key(deck(extra=f"* {text}\n")) == key(deck())


def test_the_first_line_is_a_title_even_where_it_looks_like_a_comment() -> None:
    assert key(deck(title="* rc")) == key(deck())
    assert key("* rc\n* v1 in 0 1\n" + deck().partition("\n")[2]) == key(deck())


def test_the_time_limit_is_not_part_of_a_result() -> None:
    assert cache.key_of(request(deck(), (), 1.0), "b") == cache.key_of(request(deck(), (), 9.0), "b")


@given(st.integers(0, 40), st.sampled_from("0123456789abc"))
def test_any_changed_character_of_the_circuit_changes_the_key(position: int, character: str) -> None:
    title, _, body = deck().partition("\n")
    changed = body[:position] + character + body[position + 1 :]
    assert (key(f"{title}\n{changed}") == key(deck())) == (changed == body)


@pytest.mark.parametrize(
    "line",
    [
        ".include models.lib",
        ".inc 'models.lib'",
        ".lib models.lib tt",
        "v2 a 0 dc 0 trnoise(20n 0.5n 0 0)",
        ".param x={agauss(1, 0.1, 3)}",
        'a1 %v([a]) fs\n.model fs filesource (file="x.txt")',
    ],
)
def test_what_the_text_does_not_determine_has_no_key(line: str) -> None:
    assert key(deck(extra=f"{line}\n")) is None


# the simulator's build


def greeting(files: tuple[str, ...], build: str = "one") -> Hello:
    return Hello(39, "libngspice", None, build, files)


def test_the_build_is_remembered_until_its_files_or_the_search_change(
    own: SimulationCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped, start_up = tmp_path / "lib.so", tmp_path / ".spiceinit"
    mapped.write_text("1")
    files = (str(mapped), str(start_up))

    def never() -> Hello:
        raise AssertionError("a worker was started")

    assert own.build(lambda: greeting(files)) == "one"
    assert own.build(never) == "one"
    start_up.write_text("set temp=85")
    assert own.build(lambda: greeting(files, "two")) == "two"
    mapped.write_text("12")
    assert own.build(lambda: greeting(files, "three")) == "three"
    assert own.build(never) == "three"
    monkeypatch.setenv(library.LIBRARY_VARIABLE, "/elsewhere/libngspice.so")
    assert own.build(lambda: greeting(files, "four")) == "four"


def test_the_fingerprint_covers_version_library_start_up_files_and_code_models(tmp_path: Path) -> None:
    model = tmp_path / "analog.cm"
    model.write_text("code")
    (tmp_path / "spinit").write_text(f"* comment\n codemodel {model}\n")
    files = library.installed_files("/lib/libngspice.so", ["(", ".", str(tmp_path)])
    assert {"/lib/libngspice.so", str(tmp_path / "spinit"), str(model)} <= set(files)
    before = library.fingerprint(39, files)
    assert library.fingerprint(40, files) != before
    model.write_text("other code")
    assert library.fingerprint(39, files) != before


# what may happen to the file


def warned(problem: str, action: Callable[[], object], times: int = 3) -> None:
    """A failed file gives one warning and no exception, however often it is asked."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        for _ in range(times):
            action()
    assert len(record) == 1
    assert record[0].category is CacheWarning
    assert re.search(problem, str(record[0].message))


def use(own: SimulationCache) -> None:
    own.put(b"k", reply())
    assert own.get(b"k") is None
    own.touch([b"k"])


def test_a_damaged_file_is_a_warning_and_a_simulation(folder: Path, runs: list[str]) -> None:
    job = Job("rc", "", deck())
    first = simulate(job)
    cache.active().clear()
    folder.mkdir(exist_ok=True)
    (folder / "simulations.sqlite").write_bytes(b"not a database " * 1000)
    results = []
    warned("not a database.*cache --clear", lambda: results.append(simulate(job)))
    assert np.array_equal(results[-1]["out"], first["out"])
    assert len(runs) == 4
    cache.active().clear()
    simulate(job)
    simulate(job)
    assert len(runs) == 5


@pytest.mark.parametrize("damage", [lambda value: value[:-3], lambda value: value[:-1] + bytes([value[-1] ^ 1])])
def test_a_damaged_result_is_never_returned(own: SimulationCache, damage) -> None:
    own.put(b"k", reply())
    with sqlite3.connect(own.path) as connection:
        [value] = connection.execute("SELECT value FROM results").fetchone()
        connection.execute("UPDATE results SET value = ?", (damage(value),))
    connection.close()
    with pytest.warns(CacheWarning, match="damaged"):
        assert own.get(b"k") is None
    own.put(b"k", reply())
    assert own.get(b"k") is not None


@pytest.mark.parametrize("version", [cache.SCHEMA + 1, 99])
def test_a_file_of_another_version_is_left_alone(own: SimulationCache, version: int) -> None:
    own.put(b"k", reply())
    own.close()
    with sqlite3.connect(own.path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    warned(f"another version.*{version}", lambda: use(own))


def test_a_folder_that_cannot_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    own = SimulationCache(tmp_path / "file" / "cache", MIB)
    warned("exists|directory", lambda: use(own))


def test_a_full_disk_keeps_what_can_be_read(own: SimulationCache) -> None:
    own.put(b"old", reply())
    own._connection.execute("PRAGMA max_page_count = 1")
    warned("full", lambda: own.put(b"new", reply(100_000)))
    assert own.get(b"old") is not None


def test_a_lock_that_is_never_released_is_a_warning(own: SimulationCache, monkeypatch: pytest.MonkeyPatch) -> None:
    own.put(b"k", reply())
    own.close()
    monkeypatch.setattr(cache, "_LOCK_WAIT_S", 0.05)
    with sqlite3.connect(own.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        warned("locked", lambda: own.put(b"new", reply()))
        assert own.get(b"k") is not None
    other.close()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_a_warning_and_a_simulation(folder: Path, runs: list[str]) -> None:
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.warns(CacheWarning):
        assert simulate(Job("rc", "", deck())).ok
    folder.chmod(0o700)


def test_the_bound_holds_and_what_was_used_last_stays(tmp_path: Path) -> None:
    own = SimulationCache(tmp_path, 4 * MIB)
    own.put(b"favourite", reply())
    for index in range(60):
        own.put(b"%d" % index, reply(10_000, index))
        own.touch([b"favourite"])
        assert own.state().size_bytes <= own.limit_bytes
    own.put(b"too large for any place", reply(10**6))
    assert own.get(b"favourite") is not None
    assert own.get(b"59") is not None
    assert own.get(b"0") is None
    assert 5 < own.state().entries < 60
    assert own.path.stat().st_size <= 1.2 * own.limit_bytes
    own.close()


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    script = """
import sys, warnings
import numpy as np
from pathlib import Path
from ipcircuit.spice.cache import SimulationCache
from ipcircuit.spice.protocol import Reply
warnings.simplefilter("error")
own, me = SimulationCache(Path(sys.argv[1]), 10**8), int(sys.argv[2])
for i in range(100):
    axis = np.arange(200.0) + i
    own.put(b"%d" % i, Reply(None, axis, {"out": 2 * axis}))
    own.put(b"%d-%d" % (me, i), Reply(None, axis, {"out": 3 * axis}))
    own.touch([b"%d" % i])
"""
    begun = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)], cwd=ROOT) for n in range(3)]
    assert [process.wait(120) for process in begun] == [0, 0, 0]
    own = SimulationCache(tmp_path, 10**8)
    assert (own.state().entries, own.state().hits) == (400, 300)
    for i in range(100):
        stored = own.get(b"%d" % i)
        assert stored is not None
        assert np.array_equal(stored.signals["out"], 2 * (np.arange(200.0) + i))
    own.close()


def test_a_fork_opens_the_file_for_itself(runs: list[str]) -> None:
    store = cache.active()
    simulate(Job("rc", "", deck()))
    child = os.fork()
    if child == 0:
        os._exit(0 if cache.active() is not store and cache.active().state().entries == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_looking_up_takes_milliseconds(own: SimulationCache) -> None:
    for index in range(50):
        own.put(b"%d" % index, reply(5000, index))
    begun = time.perf_counter()
    assert all(own.get(b"%d" % index) for index in range(50))
    assert (time.perf_counter() - begun) / 50 < 0.05
    shutil.rmtree(own.path.parent)
