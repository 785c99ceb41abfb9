"""The plug-in installed into a folder of its own, and the command line beside it, as a user has them."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).parent / "axon_hillock_cmos"
PAGE = (ROOT / "docs" / "howto" / "adding_a_neuron.md").read_text(encoding="utf-8")
COMMANDS = {
    words[1]: words[1:]
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S)
    for words in map(shlex.split, block.splitlines())
}
"""Arguments of every command of the documentation's page, by the command's name."""

Command = Callable[..., Any]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the installed distribution; nothing is downloaded."""
    site, source = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("source") / "plug_in"
    shutil.copytree(SOURCE, source)  # the build writes beside its source
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "--quiet"]
    result = subprocess.run([*pip, "--target", str(site), str(source)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return site


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run."""
    return tmp_path_factory.mktemp("folder")


COMMAND_LINE = """
import atexit, gc, json, os, sys, threading
import circuits.thermal_mtj.testbench, energy.variation.montecarlo.montecarlo
import network.training.experiment, reports.site.report
from ipcircuit.cli import application
from ipcircuit.cli.main import main
gc.freeze()  # a child that does not visit what it inherits does not copy it
for line in sys.stdin:
    paths, arguments, output = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    sys.path[:0] = paths
    for stream in (1, 2):
        os.dup2(os.open(f"{output}.{stream}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    code = main(arguments)
    # `_shutdown` ends joblib's workers, for which the exit functions would wait until they are idle for five minutes
    for leave in (sys.stdout.flush, sys.stderr.flush, threading._shutdown, atexit._run_exitfuncs):
        leave()
    os._exit(code)  # without the end of an interpreter, which would visit it all
"""
"""Each command in a process of its own, which inherits the imports; they take seconds."""


@pytest.fixture(scope="session")
def ipcircuit(site: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Run one command, check its exit code; its JSON, or its text without ``--json``."""
    output = tmp_path_factory.mktemp("output") / "stream"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (site, ROOT)))}
    python: Any = subprocess.Popen(
        [sys.executable, "-c", COMMAND_LINE], stdin=-1, stdout=-1, text=True, cwd=folder, env=environment
    )

    def command(*arguments: str, code: int = 0, paths: tuple[Path, ...] = ()) -> Any:
        print(json.dumps([list(map(str, paths)), arguments, str(output)]), file=python.stdin, flush=True)
        exit_code = int(python.stdout.readline())
        shown, said = (output.with_suffix(f".{stream}").read_text(encoding="utf-8") for stream in (1, 2))
        assert exit_code == code, shown + said
        return json.loads(shown) if "--json" in arguments and not code else shown + said

    with python:
        yield command


@pytest.fixture(scope="session")
def result_of(ipcircuit: Command) -> Command:
    """JSON of one of the page's commands, by name; each is run once."""
    return cache(lambda name: ipcircuit(*COMMANDS[name], "--json"))
