"""The page "Your own process", run from scratch: its files are written to an empty folder, its commands follow."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from ipcircuit.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "howto" / "your_own_process.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:toml|py)\n# (\S+)\n(.*?)```", PAGE, re.S))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.splitlines()]
MOST_LINES = 30  # of a process


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The folder after all, and the exit code of each command."""
    folder = tmp_path_factory.mktemp("process")
    shutil.copytree(Path(__file__).with_name("pdk130") / "demo130", folder / "demo130")
    results = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
            if name.endswith(".py"):
                exec(compile(text, name, "exec"), {})
        for command in COMMANDS:
            words = shlex.split(command)
            assert words[0] == "ipcircuit"
            results[command] = main(words[1:])
    return folder, results


def test_every_command_of_the_page_runs_and_a_process_is_a_short_file(outputs: tuple[Path, dict[str, int]]) -> None:
    _, codes = outputs
    assert len(codes) == len(COMMANDS) > 4
    assert codes == dict.fromkeys(COMMANDS, 0)
    tomls = {name: text for name, text in FILES.items() if name.endswith(".toml")}
    assert set(tomls) == {"my45.toml", "demo130.toml"}
    assert all(len(text.splitlines()) <= MOST_LINES for text in tomls.values())


def test_technologies_stand_side_by_side_in_files_and_figure(outputs: tuple[Path, dict[str, int]]) -> None:
    folder = outputs[0] / "nodes"
    assert {path.name for path in folder.iterdir()} == {"nodes.csv", "nodes.json", "nodes.svg", "nodes.png"}
    with (folder / "nodes.csv").open() as file:
        rows = {(row["technology"], row["supply"]): row for row in csv.DictReader(file)}
    assert {name for name, _ in rows} == {"lp28", "my45", "demo130"}
    assert {row["status"] for row in rows.values()} == {"works"}
    # The junction takes what it takes; the area is that of the technology.
    own = [rows[name, "own"] for name in ("lp28", "my45", "demo130")]
    assert [float(row["energy_per_operation_J"]) for row in own] == pytest.approx([1.1656e-9] * 3, rel=1e-3)
    areas = [float(row["circuit_area_um2"]) for row in own]
    assert areas == sorted(areas)
    nodes = json.loads((folder / "nodes.json").read_text())["nodes"]
    assert {(n["technology"], n["supply"]) for n in nodes} == set(rows)


def test_page_is_linked() -> None:
    assert "docs/howto/your_own_process.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "your_own_process.md" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
