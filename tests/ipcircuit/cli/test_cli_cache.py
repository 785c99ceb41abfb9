"""The command `cache`, and `--fresh` of the commands that simulate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ipcircuit.cli.main import main
from ipcircuit.kept_array import kept_array
from ipcircuit.spice import cache
from ipcircuit.spice.jobs import Job, simulate

DECK = "rc\nv1 in 0 pwl(0 0 1p 0.9)\nr1 in out 1k\nc1 out 0 10p\n.tran 0.1n 200n\n.end"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def state(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["cache", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_it_shows_what_is_stored_and_clears_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = {"folder": str(folder), "entries": 0, "size_bytes": 0, "limit_bytes": 2**31, "hits": 0}
    empty |= {"arrays": 0, "array_bytes": 0}
    assert state(capsys) == empty
    assert not folder.exists()  # looking leaves nothing behind
    for _ in range(3):
        simulate(Job("rc", "", DECK))
    now = state(capsys)
    assert (now["entries"], now["hits"]) == (1, 2)
    assert 0 < now["size_bytes"] < 10**6
    assert main(["cache"]) == 0
    assert "MiB of 2048 MiB" in capsys.readouterr().out
    kept_array("ones", (3, 5), lambda values: (2, None), "key")
    assert (state(capsys)["arrays"], state(capsys)["array_bytes"]) == (1, 10)
    assert state(capsys, "--clear") == empty


def test_switched_off_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(cache.FOLDER_VARIABLE, "off")
    assert state(capsys, "--clear")["folder"] is None
    assert main(["cache"]) == 0
    assert "IPCIRCUIT_CACHE is 'off'" in capsys.readouterr().out


def test_fresh_simulates_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    since: list[float] = []
    reusable = cache.reusable_since
    monkeypatch.setattr(cache, "reusable_since", lambda: since.append(reusable()) or since[-1])
    for arguments in ((), ("--fresh",)):
        assert main(["characterize", "comparator", "--json", *arguments]) == 0
    capsys.readouterr()
    assert since[0] == 0
    assert since[-1] > 0
    assert cache.reusable_since() == 0
