"""Every block of code in the documentation runs: of the pages below here, of all others in the test of their page."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipcircuit import spread_file
from tests.network.data.recordings import write_gestures, write_nmnist

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", flags=re.S | re.M)
DATA = {"text", "csv", "spice"}  # shown, not run
PAGES = {
    path.relative_to(ROOT).as_posix(): BLOCK.findall(path.read_text(encoding="utf-8"))
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
OWN_TEST = {  # page: the test that runs its code
    "docs/tutorial.md": "tests/docs/test_tutorial.py",
    "docs/howto/adding_a_neuron.md": "tests/plugins/conftest.py",
    "docs/howto/command_line.md": "tests/test_packaging.py",
    "docs/howto/from_measurements.md": "tests/ipcircuit/fitting/test_from_measurements.py",
    "docs/howto/network_cost.md": "tests/network/test_network_cost.py",
    "docs/howto/networks_of_other_tools.md": "tests/network/foreign/test_loading.py",
    "docs/howto/python.md": "tests/test_python_page.py",
    "docs/howto/your_own_neuron.md": "tests/test_your_own_neuron.py",
    "docs/howto/your_own_process.md": "tests/ipcircuit/technology/test_your_own_process.py",
    "docs/methods/event_prices.md": "tests/energy/test_event_prices.py",
    "docs/methods/fit_intervals.md": "tests/test_fit_intervals.py",
    "docs/networks/memory_tasks.md": "tests/network/experiments/test_memory_network.py",
}
NETWORK = """
import torch
from network.neurons.lif import LIFNeuron
torch.manual_seed(0)
MODEL = torch.nn.Sequential(torch.nn.Linear(12, 8), LIFNeuron(), torch.nn.Linear(8, 3), LIFNeuron())
"""


def recordings() -> None:
    write_nmnist(Path("DIR"), {"Train": 5, "Test": 1})
    write_gestures(Path("DIR"))


def network_and_samples() -> None:
    Path("my_net.py").write_text(NETWORK, encoding="utf-8")
    rng = np.random.default_rng(0)
    for name in ("test", "train"):
        inputs, labels = (rng.random((20, 24, 12)) < 0.3).astype(np.float32), rng.integers(0, 3, 24)
        np.savez(f"{name}.npz", inputs=inputs, targets=labels)


PYTHON: dict[str, Callable[[], None]] = {  # page whose Python runs here: what it finds in its folder
    "docs/howto/event_data.md": recordings,
}
SLOW: dict[str, Callable[[], None]] = {
    "README.md": lambda: None,
    "docs/methods/network_counts.md": lambda: None,
    "docs/methods/surrogates.md": lambda: None,
    "docs/methods/network_mapping.md": network_and_samples,
}
PART = ("size=128)", "size=128, complete=False)")  # of a published set, which is not at hand
TOML = {"docs/methods/variation.md": spread_file.read}


def test_every_block_runs_somewhere() -> None:
    for page, blocks in PAGES.items():
        kinds = {kind for kind, _ in blocks} - DATA - {"sh"}
        if page in OWN_TEST:
            assert Path(page).name in (ROOT / OWN_TEST[page]).read_text(encoding="utf-8")
        elif kinds & {"py", "python"}:
            assert page in PYTHON or page in SLOW, page
        elif kinds:
            assert kinds == {"toml"}, page
            assert page in TOML, page


def run(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[], None]) -> None:
    monkeypatch.chdir(folder)
    prepare()
    names: dict[str, object] = {"__name__": "page"}
    for kind, code in PAGES[page]:
        if kind in ("py", "python"):
            exec(compile(code.replace(*PART), page, "exec"), names)


@pytest.mark.parametrize("page", PYTHON)
def test_python_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(page, tmp_path, monkeypatch, PYTHON[page])


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW)
def test_slow_python_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(page, tmp_path, monkeypatch, SLOW[page])


@pytest.mark.parametrize("page", TOML)
def test_toml_is_read(page: str, tmp_path: Path) -> None:
    (text,) = (code for kind, code in PAGES[page] if kind == "toml")
    (tmp_path / "page.toml").write_text(text, encoding="utf-8")
    TOML[page](tmp_path / "page.toml")


def commands(block: str) -> list[list[str]]:
    """Words of the command lines of ours in a block, without what follows a `#`, `|` or `>`."""
    lines = [shlex.split(line, comments=True) for line in block.replace("\\\n", " ").splitlines()]
    return [words[1:] for words in lines if words[:1] == ["ipcircuit"]]


LINES = sorted({tuple(c) for blocks in PAGES.values() for kind, code in blocks if kind == "sh" for c in commands(code)})


@pytest.fixture(scope="module")
def users_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages' commands name: folders of runs and of data, files of a fit and of a measurement."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("RUNS", "runs", "DIR", "fit", "fitted"):
        (folder / name).mkdir()
    for name in ("fit/parameters.toml", "fitted/parameters.toml", "a800.json"):
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_command_lines_are_understood(
    words: tuple[str, ...], users_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options, their values and arguments; most of these commands take minutes to hours, and are not started."""
    from typer.main import get_command

    from ipcircuit.cli.application import application

    monkeypatch.chdir(users_folder)
    context: Any = get_command(application(words)).make_context("ipcircuit", list(words))
    while hasattr(context.command, "commands"):
        (name, *rest) = context._protected_args + context.args
        command = context.command.get_command(context, name)
        assert command is not None, name
        context = command.make_context(name, rest, parent=context)
