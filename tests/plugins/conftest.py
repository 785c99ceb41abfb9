"""The plug-in installed into a folder of its own, and the command line beside it, as a user has them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).parent / "axon_hillock_cmos"
PAGE = (ROOT / "docs" / "adding_a_neuron.md").read_text(encoding="utf-8")
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


@pytest.fixture(scope="session")
def ipcircuit(site: Path, folder: Path) -> Command:
    """Run one command, check its exit code; its JSON, or its text without ``--json``."""

    def command(*arguments: str, code: int = 0, paths: tuple[Path, ...] = ()) -> Any:
        path = os.pathsep.join(map(str, (*paths, site, ROOT)))
        result = subprocess.run(
            [sys.executable, "-m", "ipcircuit", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert result.returncode == code, result.stdout + result.stderr
        return json.loads(result.stdout) if "--json" in arguments and not code else result.stdout + result.stderr

    return command


@pytest.fixture(scope="session")
def result_of(ipcircuit: Command) -> Command:
    """JSON of one of the page's commands, by name; each is run once."""
    return cache(lambda name: ipcircuit(*COMMANDS[name], "--json"))
