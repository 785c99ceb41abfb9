"""Completion in the shell: installed in bash under a home of its own, and what it offers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ipcircuit.cli.application import COMMANDS, GROUPS
from ipcircuit.cli.main import main
from ipcircuit.families import CIRCUITS
from ipcircuit.technology.catalog import names

PROGRAM = Path(sys.executable).parent / "ipcircuit"
COMPLETE = """
source ~/.bashrc
COMP_WORDS=(ipcircuit characterize diff); COMP_CWORD=2
_ipcircuit_completion ipcircuit
printf '%s\\n' "${COMPREPLY[@]}"
complete -p ipcircuit
"""


def bash(script: str, home: Path) -> str:
    """Output of a script in a bash that knows nothing of this user."""
    environment = {**os.environ, "HOME": str(home), "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc"], input=script, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bash_completes_once_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("alias mine='ls'\n", encoding="utf-8")
    said = bash("ipcircuit --install-completion; ipcircuit --show-completion", tmp_path)
    assert "bash completion installed in" in said
    assert "complete -o default -F _ipcircuit_completion ipcircuit" in said
    assert (tmp_path / ".bashrc").read_text(encoding="utf-8").startswith("alias mine='ls'\n")
    *words, registered = bash(COMPLETE, tmp_path).split("\n", 2)
    assert words == ["differential", "differential_pair_lif"]
    assert "_ipcircuit_completion" in registered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ipcircuit ", {*COMMANDS, *GROUPS}),
        ("ipcircuit ch", {"characterize", "check"}),
        ("ipcircuit netlist ", set(CIRCUITS.names())),
        ("ipcircuit check com", {"comparator"}),
        ("ipcircuit characterize comparator --corner ", {"tt", "ff", "ss", "fs", "sf"}),
        ("ipcircuit characterize comparator --technology planar45 --corner f", {"ff", "fs"}),
        ("ipcircuit characterize comparator --technology nowhere.toml --corner ", set()),
        ("ipcircuit technology check ", set(names())),
        ("ipcircuit characterize comparator --cor", {"--corner"}),
        ("ipcircuit netlist my_own.", set()),  # the shell's own completion of files takes over
        ("ipcircuit netlist 'comp", {"comparator"}),  # a quote that is still open
    ],
)
def test_words_that_are_offered(
    line: str, offered: set[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = line.split(" ")
    monkeypatch.setenv("_IPCIRCUIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    assert main([]) == 0
    assert set(capfd.readouterr().out.split()) == offered


def test_an_answer_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ipcircuit.cli.main import main; main([]); "
        "print([m for m in ('numpy', 'torch', 'PySpice', 'pandas', 'scipy', 'sympy') if m in sys.modules])"
    )
    asked = {"_IPCIRCUIT_COMPLETE": "complete_bash", "COMP_WORDS": "ipcircuit netlist comp", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **asked}
    )
    assert done.stdout.split() == ["comparator", "[]"]
