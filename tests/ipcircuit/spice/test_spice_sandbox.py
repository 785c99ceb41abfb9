"""Workers without rights: a deck that got past everything else starts no program, changes no file, sees no secret."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ipcircuit.cli import doctor
from ipcircuit.spice import sandbox
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.protocol import Request
from ipcircuit.spice.workers import WorkerPool

pytestmark = pytest.mark.usefixtures("uncached")
ALL = sandbox.PROTECTIONS
DECK = "rc\nv1 a 0 1\nr1 a 0 1k\n.tran 1n 2n\n"

ATTEMPTS = """
import ctypes, json, os, signal, socket, subprocess, sys, threading
from ipcircuit.spice import sandbox
active = sandbox.confine()
folder = sys.argv[1]
def attempt(act):
    try:
        return f"done: {act()}"
    except OSError as error:
        return error.errno
def in_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(attempt(lambda: os.mkdir(folder + "/x"))))
    thread.start()
    thread.join()
    return results[0]
attempts = {
    "shell": lambda: os.system(f"touch {folder}/shell") and 1 / 0,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: subprocess.run(["/bin/true"]),
    "fork": os.fork,
    "socket": socket.socket,
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "pair": socket.socketpair,
    "signal to another": lambda: os.kill(os.getppid(), 0),
    "write": lambda: open(folder + "/new", "w"),
    "append": lambda: open(folder + "/kept", "a"),
    "read and write": lambda: open(folder + "/kept", "r+"),
    "empty": lambda: os.open(folder + "/kept", os.O_RDONLY | os.O_TRUNC),
    "truncate": lambda: os.truncate(folder + "/kept", 0),
    "nameless": lambda: os.open(folder, os.O_RDWR | os.O_TMPFILE),
    "remove": lambda: os.remove(folder + "/kept"),
    "rename": lambda: os.rename(folder + "/kept", folder + "/moved"),
    "link": lambda: os.link(folder + "/kept", folder + "/linked"),
    "symbolic link": lambda: os.symlink("/", folder + "/linked"),
    "folder": lambda: os.mkdir(folder + "/made"),
    "mode": lambda: os.chmod(folder + "/kept", 0),
    "times": lambda: os.utime(folder + "/kept", (0, 0)),
    "pipe": lambda: os.mkfifo(folder + "/pipe"),
}
def result(name, act):
    try:
        return attempt(act)
    except ZeroDivisionError:
        return "no shell"
replies = {name: result(name, act) for name, act in attempts.items()}
print(json.dumps([active, replies, in_thread(), open(folder + "/kept").read()]))
"""


def test_a_confined_process_has_none_of_the_rights(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    command = [sys.executable, "-c", ATTEMPTS, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    active, replies, in_thread, content = json.loads(shown)
    assert tuple(active) == ALL
    assert replies.pop("shell") == "no shell"
    assert set(replies.values()) == {1}, replies  # EPERM
    assert in_thread == 1
    assert content == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    "lines",
    [
        ".control\nshell touch CANARY\n.endc",
        ".controlx\nshell touch CANARY\n.endc",
        "*# shell touch CANARY",
        ".control\nrun\nwrite CANARY a\n.endc",
        ".control\necho hi > CANARY\n.endc",
        ".control\nset rndseed=1\nwrdata CANARY a\n.endc",
        ".control\nsystem touch CANARY\n.endc",
    ],
)
def test_a_deck_that_got_through_touches_nothing(tmp_path: Path, lines: str) -> None:
    canary = tmp_path / "canary"
    deck = tuple(f"{DECK}{lines.replace('CANARY', str(canary))}\n.end".splitlines())
    own = WorkerPool()
    own.run(Request(deck, "tran", 2e-9, 1e-14, (), 10.0))
    assert not list(tmp_path.iterdir())
    own.close()


def test_a_worker_sees_no_secret_and_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "hunter2")
    before = set(os.listdir(tempfile.gettempdir()))
    own = WorkerPool()
    with own.worker() as worker:
        assert worker.wait_ready().protections == ALL
        process = Path("/proc", str(worker.process_id))
        assert b"hunter2" not in (process / "environ").read_bytes()
        place = os.readlink(process / "cwd")
        assert "ipcircuit-" in place
        assert place.endswith("(deleted)")
        limits = (process / "limits").read_text()
    assert not {name for name in set(os.listdir(tempfile.gettempdir())) - before if name.startswith("ipcircuit-")}
    assert "Max core file size        0 " in limits
    assert f"Max data size             {4 * 2**30} " in limits
    own.close()


def test_a_deck_that_wants_all_memory_fails_alone() -> None:
    script = (
        "from ipcircuit.spice import sandbox; sandbox.confine()\n"
        "try: bytearray(2**30)\nexcept MemoryError: print('refused')"
    )
    environment = {**os.environ, sandbox.MEMORY_VARIABLE: "0.5"}
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "refused\n"
    assert simulate(Job("rc", "after it", DECK + ".end")).ok


def test_processor_time_is_bounded() -> None:
    script = "from ipcircuit.spice import sandbox\nsandbox._CPU_MARGIN_S = 0\nsandbox.allow_cpu(2)\nwhile True: pass"
    run = subprocess.run([sys.executable, "-c", script], timeout=60, check=False, preexec_fn=_no_core)
    assert run.returncode < 0


def _no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def test_doctor_says_what_is_active(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._sandbox()["status"] == "ok"
    assert doctor._sandbox()["version"] == ", ".join(ALL)
    monkeypatch.setattr(doctor, "_protections", lambda: (sandbox.LIMITS,))
    assert doctor._sandbox()["status"] == "optional"
    assert "not active: no programs, no network, no file changes" in doctor._sandbox()["how_to_get"]


def test_a_relative_python_path_means_the_users_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker's own folder is another one, and is gone when Python looks there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", "/somewhere", "inner"]))
    assert sandbox.environment()["PYTHONPATH"].split(os.pathsep) == [str(tmp_path), "/somewhere", f"{tmp_path}/inner"]
    monkeypatch.delenv("PYTHONPATH")
    assert "PYTHONPATH" not in sandbox.environment()
