"""A report that is served and written again when an input changes."""

from __future__ import annotations

import http.client
import json
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipcircuit.cli import serving
from ipcircuit.cli.main import main
from ipcircuit.errors import InputError
from reports.live import build as build_module
from reports.live import files as files_module
from reports.live.build import Built, build
from reports.live.files import Inputs, inputs, wait_for_change
from reports.live.server import HOST, Server

PAGE = "<!doctype html><html><body><h1>Neurons — all</h1></body></html>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "report"
    (target / "tables").mkdir(parents=True)
    (target / "index.html").write_text(PAGE, encoding="utf-8")
    (target / "tables" / "cost.csv").write_text("energy_J\n1e-12\n")
    (tmp_path / "secret.html").write_text("not of the report")
    return target


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(folder, 0) as running:
        yield running


def asked(server: Server, place: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(server.hosts[0], timeout=10)
    try:
        connection.request(method, place, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class TestServer:
    def test_pages_follow_the_report_and_files_are_as_they_are(self, server: Server, folder: Path) -> None:
        assert server.address.startswith(f"http://{HOST}:")
        status, text = asked(server, "/")
        script = '<script src="/-/live.js" data-version="0"></script>'
        assert (status, text) == (200, PAGE.replace("</body>", f"{script}</body>"))
        assert (folder / "index.html").read_text(encoding="utf-8") == PAGE
        assert asked(server, "/tables/cost.csv") == (200, "energy_J\n1e-12\n")
        assert "EventSource" in asked(server, "/-/live.js")[1]
        server.tell("", written=True)
        assert 'data-version="1"' in asked(server, "/index.html")[1]

    @pytest.mark.parametrize("place", ["/tables/", "/tables", "/none.html", "/../secret.html", "/%2e%2e/secret.html"])
    def test_nothing_else_is_served(self, server: Server, place: str) -> None:
        status, text = asked(server, place)
        assert status in (301, 404)
        assert "not of the report" not in text
        assert "cost.csv" not in text

    def test_a_page_of_elsewhere_and_other_methods_are_refused(self, server: Server) -> None:
        assert asked(server, "/", Host="rebound.example")[0] == 421
        assert asked(server, "/", method="POST")[0] == 501
        assert asked(server, "/", method="HEAD")[0] == 405

    def test_a_report_that_is_not_there_yet_is_waited_for(self, tmp_path: Path) -> None:
        with Server(tmp_path / "later", 0) as server:
            assert "is being written" in asked(server, "/")[1]
            assert "/-/live.js" in asked(server, "/")[1]

    def test_changes_are_told_at_once_and_the_end_closes_all(self, folder: Path) -> None:
        with Server(folder, 0) as server:
            connection = http.client.HTTPConnection(server.hosts[0], timeout=10)
            connection.request("GET", "/-/events")
            answer = connection.getresponse()

            def told() -> dict[str, object]:
                line = answer.readline().decode()
                assert answer.readline() == b"\n"
                return json.loads(line.removeprefix("data: "))

            assert told() == {"version": 0, "text": ""}
            server.tell("The report is being written…")
            assert told() == {"version": 0, "text": "The report is being written…"}
            server.tell("", written=True)
            assert told() == {"version": 1, "text": ""}
            port = int(server.hosts[0].rpartition(":")[2])
            with pytest.raises(InputError, match=rf"--port: cannot be used: Address already in use; found {port}; all"):
                Server(folder, port)
        assert answer.read() == b""
        connection.close()
        with Server(folder, port):
            pass


class TestInputs:
    def test_changes_are_seen_once_they_are_whole(self, tmp_path: Path) -> None:
        for name in ("tree/below", "tree/__pycache__", "own/below"):
            (tmp_path / name).mkdir(parents=True)
        watched = Inputs((tmp_path / "tree", tmp_path / "none"), (tmp_path / "own",))
        steps = iter(
            [
                lambda: (tmp_path / "tree" / "below" / "prose.toml").write_text("a"),
                lambda: (tmp_path / "tree" / "below" / "prose.toml").write_text("as it will stay"),
            ]
        )
        known = watched.stamps()
        assert known == {}
        for ignored in ("tree/.hidden", "tree/edited~", "tree/__pycache__/x.pyc", "own/below/x.py", "own/log"):
            (tmp_path / ignored).write_text("x")
        assert watched.stamps() == known
        paths = wait_for_change(watched, known, sleep=lambda _: next(steps, int)())
        assert paths == [str(tmp_path / "tree" / "below" / "prose.toml")]
        known = watched.stamps()
        for name in ("neuron.py", "neuron.CIR"):
            (tmp_path / "own" / name).write_text("of a circuit")
        (tmp_path / "tree" / "below" / "prose.toml").unlink()
        changed = wait_for_change(watched, known, sleep=lambda _: None)
        assert [Path(path).name for path in changed] == ["neuron.CIR", "neuron.py", "prose.toml"]

    def test_are_the_project_the_runs_and_the_folder_of_a_circuit_of_ones_own(self, tmp_path: Path) -> None:
        made = inputs(["comparator", str(tmp_path / "mine.py:NEURON")], tmp_path / "runs")
        assert {tree.name for tree in made.trees} >= {"ipcircuit", "circuits", "reports", "netlists", "runs"}
        assert made.folders == (tmp_path,)
        assert str(Path(files_module.__file__)) in made.stamps()


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for Python, with what the test writes into it."""
    program = tmp_path / "python"
    program.touch()
    program.chmod(stat.S_IRWXU)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(build_module, "_PATIENCE_s", 0.2)
    return program


class TestBuild:
    def test_errors_are_those_of_the_process(self, python: Path) -> None:
        python.write_text('#!/bin/sh\necho "ipcircuit: 50 %" >&2\necho "ipcircuit: error: no $6" >&2\nexit 2\n')
        said: list[str] = []
        assert build(["--only", "x"], said.append) == Built(2, ("no x",))
        assert said == ["ipcircuit: 50 %", "ipcircuit: error: no x"]

    @pytest.mark.parametrize("trap", ["", "trap '' TERM\n"])
    def test_an_interrupt_ends_it_and_all_that_it_started(self, python: Path, trap: str) -> None:
        python.write_text(f"#!/bin/sh\n{trap}sleep 60 &\necho $$ $! >&2\nwait\nwait\n")
        pids: list[int] = []

        def interrupt(line: str) -> None:
            pids.extend(map(int, line.split()))
            raise KeyboardInterrupt

        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            build([], interrupt)
        assert time.monotonic() - began < 30
        assert len(pids) == 2
        assert not any(map(_runs, pids))


def _runs(pid: int) -> bool:
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.02)
    return True


def test_served_until_it_is_interrupted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("index.html", "tables/cost.csv"):
        (folder / name).unlink()
    (folder / "tables").rmdir()
    ends = iter([Built(0, ()), Built(2, ("prose.toml: not TOML",)), Built(1, ("left out of the report: x",))])
    written: list[list[str]] = []
    seen: list[tuple[int, str]] = []
    servers: list[Server] = []
    tell = Server.tell

    def told(server: Server, text: str, written: bool = False) -> None:
        tell(server, text, written)
        servers.append(server)
        seen.append((server.version, text))

    def next_change(*_: object) -> list[str]:
        if len(written) == 3:
            raise KeyboardInterrupt
        return ["prose.toml", "section.py"]

    opened: list[str] = []
    monkeypatch.setattr(Server, "tell", told)
    monkeypatch.setattr(build_module, "build", lambda words, say: written.append(list(words)) or next(ends))
    monkeypatch.setattr(files_module, "wait_for_change", next_change)
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    words = ["report", "--serve", "--port", "0", "--only", "vision", "-j", "3", "--fresh", "--open", "-o", str(folder)]
    assert main(words) == 130
    expected = ["-o", str(folder), "--only", "vision", "--jobs", "3"]
    assert written == [[*expected, "--fresh"], expected, expected]
    busy = "The report is being written…"
    failed = "The report could not be written again: prose.toml: not TOML"
    assert seen == [(0, busy), (1, ""), (1, busy), (1, failed), (1, busy), (2, "1 parts are left out")]
    said = capsys.readouterr()
    assert said.out == f"{servers[0].address} (Ctrl-C ends it)\n"
    assert opened == [servers[0].address]
    assert "prose.toml and 1 more changed" in said.err
    assert "the report stays as it was" in said.err
    assert threading.active_count() < 20


def test_a_first_report_that_cannot_be_written_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "build", lambda *_: Built(2, ("no ngspice",)))
    assert main(["report", "--serve", "--port", "0", "-o", str(tmp_path)]) == 2
    assert os.listdir(tmp_path) == []
    assert serving.PORT > 1023
