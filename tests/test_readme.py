"""The README's file with a user's own circuit, characterised and checked like ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _cost(circuit: str, cwd: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "ipcircuit", "characterize", circuit, "--json"]
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_users_own_circuit_file_is_characterised(tmp_path: Path) -> None:
    (block,) = re.findall(r"```py\n(.*?)```", README, flags=re.S)
    path = tmp_path / "my_neuron.py"
    path.write_text(block, encoding="utf-8")
    mine, stock = _cost(str(path), tmp_path), _cost("comparator", tmp_path)
    assert mine["transistors"] == stock["transistors"] == 4
    # twice the resistance at the same voltages: half the current, so half the energy (less heat fires it a little less)
    energies = [c["scopes"]["circuit"]["energy_per_operation_J"] for c in (mine, stock)]
    assert energies[0] == pytest.approx(energies[1] / 2, rel=0.02)
