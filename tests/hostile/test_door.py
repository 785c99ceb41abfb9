"""The door in real processes: full disks, readers that leave, poor locales, signals; the code, and what is left."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "ipcircuit"]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
FULL = "ipcircuit: error: standard output: cannot write: No space left on device\n"
COMMANDS = [("list",), ("list", "--json"), ("netlist", "comparator"), ("train", "--help")]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_is_exit_2(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, FULL)


def test_standard_output_that_is_closed_is_exit_2():
    shell = f'"{sys.executable}" -m ipcircuit list >&-'
    done = subprocess.run(shell, shell=True, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, FULL.replace("No space left on device", "Bad file descriptor"))


def test_errors_that_cannot_be_said_keep_their_exit_code():
    with open("/dev/full", "w") as full:
        assert subprocess.run([*COMMAND, "characterize", "none"], stderr=full, check=False).returncode == 2


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_reader_that_leaves_is_silent(arguments):
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert (process.returncode, err) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize("arguments", [("list",), ("study", "window", "--help"), ("list", "--json")], ids=" ".join)
def test_a_locale_without_letters(arguments):
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, env={**os.environ, **ASCII}, check=False)
    text = done.stdout.decode("ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    if "--json" in arguments:
        usual = subprocess.run([*COMMAND, *arguments], capture_output=True, check=True).stdout
        assert json.loads(text) == json.loads(usual)


def test_a_message_of_any_letters_in_such_a_locale():
    arguments = ["characterize", "25 °C, 10 µm", "--temperature", "−5"]
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, env={**os.environ, **ASCII}, check=False)
    assert done.returncode == 2
    assert b"allowed: -270 ... 500 degC" in done.stderr


def test_a_file_that_grows_too_large_leaves_nothing(tmp_path):
    done = subprocess.run(
        [*COMMAND, "netlist", "comparator", "-o", str(tmp_path / "deck.cir")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path}/deck.cir: cannot write: File too large" in done.stderr
    assert os.listdir(tmp_path) == []


STAGED = """
import sys, time
from pathlib import Path
from ipcircuit.cli import door
from ipcircuit.files import staged_directory

def command():
    with staged_directory("report") as staging:
        (staging / "half.html").write_text("<ht")
        print("at work", flush=True)
        time.sleep(60)

sys.exit(door.leave(command, []))
"""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def _started(command: Sequence[str], folder: Path, ignored: int | None = None) -> subprocess.Popen[str]:
    """A process with the usual handlers of signals, whatever this one ignores."""

    def prepare() -> None:
        for number in CODES:
            signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)

    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
        env={**os.environ, "PYTHONPATH": root},
    )


@pytest.mark.parametrize(("number", "code"), CODES.items(), ids=lambda value: str(value))
def test_a_signal_leaves_no_staging_folder(tmp_path, number, code):
    process = _started([sys.executable, "-c", STAGED], tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.send_signal(number)
    process.send_signal(number)  # a double Ctrl-C
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert err.startswith("ipcircuit: error: ")
    assert err.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_signal_that_the_caller_ignores_stays_ignored(tmp_path):
    process = _started([sys.executable, "-c", STAGED], tmp_path, ignored=signal.SIGHUP)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143


def _children(process_id: int) -> list[int]:
    """Processes below a process."""
    known = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, known[::2]), map(int, known[1::2]), strict=True))
    below, found = {process_id}, set[int]()
    while below:
        below = {child for child, parent in parents.items() if parent in below}
        found |= below
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("corners", "differential", "--fresh", "--jobs", "2"),
        ("montecarlo", "comparator", "-n", "100000", "--jobs", "2"),
        ("train", "nback", "--seeds", "0,1", "--jobs", "2", "--option", "items=6"),
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_process(tmp_path, arguments, number):
    process = _started([*COMMAND, *arguments], tmp_path)
    deadline = time.monotonic() + 120
    while not _children(process.pid):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    children = _children(process.pid)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, err
    assert (
        err.splitlines()[-1] == f"ipcircuit: error: {'interrupted' if number == signal.SIGINT else 'ended by SIGTERM'}"
    )
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    assert [entry for entry in os.listdir(tmp_path) if entry.startswith(".")] == []
