"""Journals: what was stored stays, whenever the process stops, and belongs to one configuration and one writer."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from energy.variation.copies.outcome import Outcome, Status
from ipcircuit import journal as journal_module
from ipcircuit.errors import InputError
from ipcircuit.files import locked
from ipcircuit.journal import FILE, Journal, Renewal, Replaced
from ipcircuit.spice import cache

CONFIGURATION = {"circuit": "c", "seed": "0"}
KEYS = {f"sample {i}": i for i in range(6)}


def square(number: int) -> Outcome:
    return Outcome("c", f"sample {number}", Status.WORKS, {"x_J": 0.1 * number**2, "y_s": None})


def run(folder: Path | None, keys: dict[str, int] = KEYS, **configuration: str) -> tuple[list[Outcome], list[int]]:
    """Outcomes of `keys`, and the numbers that were computed for them."""
    computed: list[int] = []

    def function(number: int) -> Outcome:
        computed.append(number)
        return square(number)

    with Journal.opened(folder, CONFIGURATION | configuration, Outcome) as journal:
        return list(journal.resumed(lambda missing: map(function, missing), keys)), computed


def test_only_what_is_missing_is_computed_and_all_comes_in_order(tmp_path: Path) -> None:
    some = dict(list(KEYS.items())[1::2])
    assert run(tmp_path, some)[1] == [1, 3, 5]
    outcomes, computed = run(tmp_path)
    assert computed == [0, 2, 4]
    assert outcomes == [square(i) for i in range(6)]
    assert run(tmp_path) == (outcomes, [])
    with cache.fresh():
        assert run(tmp_path) == (outcomes, [0, 1, 2, 3, 4, 5])
    assert run(None)[1] == [0, 1, 2, 3, 4, 5]


def test_a_result_that_is_not_final_is_computed_again(tmp_path: Path) -> None:
    lost = Outcome("c", "sample 0", Status.NOT_SIMULATED, {}, "killed")
    with Journal.opened(tmp_path, CONFIGURATION, Outcome) as journal:
        assert list(journal.resumed(lambda _: [lost], {"sample 0": 0}, final=lambda o: o.simulated)) == [lost]
    assert run(tmp_path, {"sample 0": 0}) == ([square(0)], [0])


def test_a_run_that_stores_nothing_leaves_nothing(tmp_path: Path) -> None:
    with Journal.opened(tmp_path / "a" / "b", CONFIGURATION, Outcome) as journal:
        assert journal.keys() == set()
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []


class TestAnotherConfiguration:
    RENEWAL = Renewal(fixed=("circuit", "seed"), outputs=("table.csv", "decks"))

    def opened(self, folder: Path, **configuration: str) -> AbstractContextManager[Journal[Outcome]]:
        return Journal.opened(folder, CONFIGURATION | configuration, Outcome, renewal=self.RENEWAL)

    def test_results_of_another_design_move_as_they_are_into_a_folder_within(self, tmp_path: Path) -> None:
        for number, v_dd in enumerate(("1.0", "0.9", "0.9", "1.0")):
            with self.opened(tmp_path, v_dd=v_dd) as journal:
                assert journal.renewed == (number in (1, 3))
                assert journal.keys() == ({"sample 0"} if number == 2 else set())
                journal.append_all([("sample 0", square(number))])
            (tmp_path / "table.csv").write_text(v_dd, encoding="utf-8")
            (tmp_path / "decks").mkdir(exist_ok=True)
            (tmp_path / "mine.txt").touch()
        with self.opened(tmp_path, v_dd="1.0") as journal:
            assert journal.replaced == Replaced("before-2", ("v_dd",))
            assert not journal.renewed
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            ["before-1", "before-2", "decks", FILE, "mine.txt", "table.csv"]
        )
        for folder, v_dd, result in (("before-1", "1.0", 0), ("before-2", "0.9", 2)):
            assert (tmp_path / folder / "table.csv").read_text(encoding="utf-8") == v_dd
            assert (tmp_path / folder / "decks").is_dir()
            with Journal.reading(tmp_path / folder, Outcome) as journal:
                assert journal.configuration["v_dd"] == v_dd
                assert journal.result("sample 0") == square(result)

    def test_a_move_that_was_killed_is_finished_by_the_next_run(self, tmp_path: Path) -> None:
        with self.opened(tmp_path, v_dd="1.0") as journal:
            journal.append_all([("sample 0", square(0))])
        (tmp_path / "before-1").mkdir()
        (tmp_path / "before-1" / "table.csv").write_text("1.0", encoding="utf-8")
        with self.opened(tmp_path, v_dd="0.9"):
            pass
        assert sorted(path.name for path in (tmp_path / "before-1").iterdir()) == [FILE, "table.csv"]
        assert not (tmp_path / "before-2").exists()

    def test_another_run_or_version_is_refused_and_nothing_moves(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with self.opened(tmp_path, v_dd="1.0") as journal:
            journal.append_all([("sample 0", square(0))])
        with pytest.raises(InputError, match="seed differs; found '0'"), self.opened(tmp_path, v_dd="0.9", seed="1"):
            pass
        monkeypatch.setattr(journal_module, "project_digest", lambda: "another")
        with pytest.raises(InputError, match="version of ipcircuit differs"), self.opened(tmp_path, v_dd="0.9"):
            pass
        assert [path.name for path in tmp_path.iterdir()] == [FILE]

    def test_what_is_no_journal_cannot_be_read(self, tmp_path: Path) -> None:
        for folder, problem in ((tmp_path, "holds no results"), (tmp_path / "gone", "no such folder")):
            with pytest.raises(InputError, match=problem), Journal.reading(folder, Outcome):
                pass


class TestRefused:
    def test_another_configuration(self, tmp_path: Path) -> None:
        run(tmp_path)
        with pytest.raises(
            InputError, match=f"{FILE}: this folder holds results of another run: seed differs; found '0'"
        ):
            run(tmp_path, seed="1")
        assert run(tmp_path)[1] == []

    def test_a_second_writer(self, tmp_path: Path) -> None:
        with locked(tmp_path), pytest.raises(InputError, match="another run is writing to this folder"):
            run(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine", encoding="utf-8")
        for folder in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(InputError, match="cannot write"):
                run(folder)
        assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"

    @pytest.mark.parametrize("content", [b"no database" * 500, b"SQLite format 3\0" + b"\xff" * 4000])
    def test_a_damaged_file(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(InputError, match=rf"{FILE}: journal cannot be used"):
            run(tmp_path)
        assert (tmp_path / FILE).read_bytes() == content

    def test_another_version_and_values_of_another_type(self, tmp_path: Path) -> None:
        run(tmp_path)
        with sqlite3.connect(tmp_path / FILE) as connection:
            connection.execute("UPDATE results SET value = '{\"circuit\": 3}' WHERE key = 'sample 2'")
        with pytest.raises(InputError, match=rf"{FILE}: sample 2"):
            run(tmp_path)
        with sqlite3.connect(tmp_path / FILE) as connection:
            connection.execute("PRAGMA user_version = 7")
        with pytest.raises(InputError, match=r"of another version; found 7; allowed: 2"):
            run(tmp_path)


def test_a_full_disk_is_an_error_and_keeps_what_was_stored(tmp_path: Path) -> None:
    with Journal.opened(tmp_path, CONFIGURATION, Outcome) as journal:
        journal.append_all([("sample 0", square(0)), ("sample 1", square(1))])
        journal._open().execute("PRAGMA max_page_count = 5")
        long = Outcome("c", "long", Status.WRONG, {}, "x" * 100_000)
        with pytest.raises(InputError, match=rf"{FILE}: journal cannot be used: database or disk is full"):
            journal.append_all([("sample 2", square(2)), ("sample 3", long)])
        assert journal.keys() == {"sample 0", "sample 1"}
        assert journal.result("sample 0") == square(0)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert run(tmp_path)[1] == [2, 3, 4, 5]


def statements(folder: Path, fatal: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run in a forked process, which kills itself at statement number `fatal` of its journal.

    Returns:
        The number of statements when it ran to its end, negative when it was killed.
    """
    connect, seen = sqlite3.connect, []

    def trace(statement: str) -> None:
        seen.append(statement)
        if len(seen) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # pyright: ignore[reportCallIssue, reportArgumentType]
        connection.set_trace_callback(trace)
        return connection

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(sqlite3, "connect", traced)
        run(folder)
        os._exit(len(seen))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_process_killed_at_any_statement_loses_at_most_the_result_in_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = statements(tmp_path / "whole", 0, monkeypatch)
    assert every > 20
    tables = every - 4 * 6
    for fatal in range(1, every + 1):
        folder = tmp_path / str(fatal)
        assert statements(folder, fatal, monkeypatch) == -signal.SIGKILL
        outcomes, computed = run(folder)
        assert outcomes == [square(i) for i in range(6)]
        assert len(computed) <= 6 - max(0, fatal - tables) // 4  # four statements a result, after all others
