"""The tutorial, from an empty folder: its commands run, its files are written and changed, its numbers looked up."""

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ipcircuit.cli.main import main
from ipcircuit.loading import users_modules

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S) for line in block.splitlines()]
COMMANDS = [shlex.split(line)[1:] for line in LINES if line.startswith("ipcircuit ")]
LAW, SCRIPT = re.findall(r"```py\n(.*?)```", PAGE, flags=re.S)
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(words: list[str], code: int = 0) -> Any:
        for module in users_modules():  # a process of its own, as on the command line, imports the file anew
            del sys.modules[module.__name__]
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return command


@pytest.mark.slow
def test_its_commands_give_what_it_says(run: Run) -> None:
    doctor, new, first, second, failing, passing, copies = COMMANDS
    assert doctor == ["doctor"]
    run(new)
    file = Path("my_neuron.py")
    assert first == second == ["characterize", file.name]
    assert energies(run(first)) == ["42.9", "34.2", "8.7"]
    make_it_yours(file)
    assert energies(run(second))[0] == "25.9"
    assert failing == passing == ["check", file.name]
    (curve,) = run(failing, code=1)["circuits"][file.name]
    assert round(100 * curve["max_error"]) == int(re.findall(r"circuit is (\d+) % slower", PAGE)[0])
    mend_the_law(file)
    (curve,) = run(passing)["circuits"][file.name]
    assert curve["max_error"] < 0.01
    spread = run([*copies, "-j", "1"])["quantities"]["circuit_energy_per_spike_J"]
    assert 0.03 < spread["sigma"] / spread["mean"] < 0.07


def make_it_yours(file: Path) -> None:
    before, after = re.findall(r"`(?:feedback_F: float = )?(\d+e-15)`", PAGE)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"feedback_F: float = {before}", f"feedback_F: float = {after}"), encoding="utf-8")


def mend_the_law(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    law = next(line for line in text.splitlines() if "membrane_level_A" in line and "return" in line)
    file.write_text(text.replace(law, LAW.rstrip("\n")), encoding="utf-8")


def energies(record: dict[str, Any]) -> list[str]:
    """Per spike and by its two parts, fJ, in bold or plain on the page."""
    scope = record["scopes"]["circuit"]
    parts = scope["energy_breakdown_J"]
    values = [f"{1e15 * joule:.1f}" for joule in (scope["energy_per_spike_J"], parts["vdd"], parts["membrane"])]
    assert f"**{values[0]} fJ" in PAGE
    return values


@pytest.mark.slow
def test_its_figure_shows_the_numbers_of_its_last_section(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The script prints one line for each curve: name, account, scores and energies."""
    if not Path("my_neuron.py").exists():
        run(COMMANDS[1])
        make_it_yours(Path("my_neuron.py"))
        mend_the_law(Path("my_neuron.py"))
    exec(compile(SCRIPT, "accuracy_energy.py", "exec"), {"__name__": "accuracy_energy"})
    assert Path("accuracy_energy.svg").stat().st_size > 1000
    printed = capsys.readouterr().out
    rows = {
        (name.strip(), account): re.findall(r"([\d.]+): (\S+) nJ", rest)
        for name, account, rest in re.findall(r"^(.{26})(\w+) +(.*)$", printed, flags=re.M)
    }
    neurons, whole = (rows["LIF as my neuron", account][-1][1] for account in ("memory", "network"))
    others, other = (rows["LIF as delay_feedback_lif", account][-1][1] for account in ("memory", "network"))
    assert f"{float(neurons):.2g} nJ per answer" in PAGE
    assert f"({others} nJ)" in PAGE
    assert f"{whole} nJ instead of {other} nJ" in PAGE
    assert f"{100 * float(neurons) / float(whole):.2f} % of it is synapses" in PAGE
    score, energy = next(row for row in rows["LSTM, 28 nm digital", "network"] if row[0] == "0.99")
    assert f"scores {score} for {energy} nJ" in PAGE
