"""Files appear whole or not at all."""

import os
import signal
import stat
from pathlib import Path

import pytest

from ipcircuit import files
from ipcircuit.errors import InputError
from ipcircuit.files import locked, staged_directory, write_bytes_atomic, write_text_atomic


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def broken_rename(source: object, target: object) -> None:
    raise OSError(28, "No space left on device")


def test_text_and_bytes_arrive_whole(tmp_path: Path) -> None:
    target = tmp_path / "result.txt"
    assert write_text_atomic(target, "50 µs\n") == target
    assert target.read_bytes() == "50 µs\n".encode()
    write_bytes_atomic(str(target), b"\x00\xff")
    assert target.read_bytes() == b"\x00\xff"
    assert names(tmp_path) == ["result.txt"]


def test_permissions_are_those_of_an_ordinary_file(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("")
    written = write_text_atomic(tmp_path / "written", "")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)
    (tmp_path / "folder").mkdir()
    with staged_directory(tmp_path / "staged"):
        pass
    assert (tmp_path / "staged").stat().st_mode == (tmp_path / "folder").stat().st_mode


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "result.txt"
    target.write_text("old")
    monkeypatch.setattr(files.os, "replace", broken_rename)
    with pytest.raises(InputError, match=r"result\.txt: cannot write: No space left on device"):
        write_text_atomic(target, "new")
    assert target.read_text() == "old"
    assert names(tmp_path) == ["result.txt"]


def test_missing_folder_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write: No such file or directory") as caught:
        write_text_atomic(tmp_path / "nowhere" / "a.txt", "")
    assert caught.value.exit_code == 2
    assert names(tmp_path) == []


def test_staged_folder_appears_when_the_block_succeeds(tmp_path: Path) -> None:
    with staged_directory(tmp_path / "new" / "report") as staging:
        (staging / "index.html").write_text("<html>")
        assert not (tmp_path / "new" / "report").exists()
    assert names(tmp_path / "new") == ["report"]
    assert names(tmp_path / "new" / "report") == ["index.html"]


def test_staged_folder_vanishes_when_the_block_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with staged_directory(tmp_path / "report") as staging:
            (staging / "half.html").write_text("<ht")
            raise RuntimeError("simulation failed")

    with pytest.raises(RuntimeError, match="simulation failed"):
        fail()
    assert names(tmp_path) == []


def test_failure_leaves_an_existing_folder_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.mkdir()
    (target / "index.html").write_text("old")

    def fail() -> None:
        with staged_directory(target) as staging:
            (staging / "index.html").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (target / "index.html").read_text() == "old"
    assert names(tmp_path) == ["report"]


def test_success_replaces_what_it_made_and_keeps_the_rest(tmp_path: Path) -> None:
    target = tmp_path / "report"
    (target / "tables").mkdir(parents=True)
    (target / "tables" / "stale.csv").write_text("old")
    (target / "notes.txt").write_text("mine")
    with staged_directory(target) as staging:
        (staging / "tables").mkdir()
        (staging / "tables" / "cost.csv").write_text("new")
    assert names(target) == ["notes.txt", "tables"]
    assert names(target / "tables") == ["cost.csv"]
    assert names(tmp_path) == ["report"]


def test_a_link_in_the_way_is_replaced_not_followed(tmp_path: Path) -> None:
    precious, target = tmp_path / "precious", tmp_path / "report"
    precious.mkdir()
    (precious / "data").write_text("keep")
    target.mkdir()
    (target / "tables").symlink_to(precious)
    with staged_directory(target) as staging:
        (staging / "tables").write_text("a file now")
    assert (target / "tables").read_text() == "a file now"
    assert (precious / "data").read_text() == "keep"


def test_file_in_place_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("")
    with pytest.raises(InputError, match="output is a file, not a folder"), staged_directory(tmp_path / "report"):
        pytest.fail("the block must not run")
    with pytest.raises(InputError, match="cannot write"), staged_directory(tmp_path / "report" / "below"):
        pytest.fail("the block must not run")
    assert names(tmp_path) == ["report"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission_is_refused(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    for target in (locked, locked / "new"):
        with pytest.raises(InputError, match="Permission denied"), staged_directory(target):
            pytest.fail("the block must not run")
    with pytest.raises(InputError, match="Permission denied"):
        write_text_atomic(locked / "a.txt", "")


def test_a_failed_run_leaves_no_empty_parents(tmp_path: Path) -> None:
    target = tmp_path / "new" / "deeper" / "out"

    def write(text: str, *, fail: bool) -> None:
        with staged_directory(target) as staging:
            (staging / "page.html").write_text(text, encoding="utf-8")
            if fail:
                raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write("half", fail=True)
    assert list(tmp_path.iterdir()) == []
    write("whole", fail=False)
    assert (target / "page.html").read_text(encoding="utf-8") == "whole"


def test_a_folder_has_one_writer_at_a_time(tmp_path: Path) -> None:
    target = tmp_path / "report"
    with staged_directory(target) as staging:
        (staging / "index.html").write_text("first", encoding="utf-8")
        with (
            pytest.raises(InputError, match=r"report: another run is writing to this folder"),
            staged_directory(target),
        ):
            pass
    assert [path.name for path in tmp_path.rglob("*")] == ["report", "index.html"]
    with locked(tmp_path / "a" / "b"), pytest.raises(InputError, match="another run"), locked(tmp_path / "a" / "b"):
        pass
    assert not (tmp_path / "a").exists()
    with pytest.raises(InputError, match="cannot write"), locked(Path("/proc/nowhere/below")):
        pass


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with staged_directory(tmp_path / "report") as staging:
            (staging / "figures").mkdir()
            (staging / "figures" / "half.svg").write_text("<svg", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(tmp_path.rglob("*"))) == 3
    with staged_directory(tmp_path / "report") as staging:
        (staging / "index.html").write_text("whole", encoding="utf-8")
    assert [path.name for path in tmp_path.rglob("*")] == ["report", "index.html"]
