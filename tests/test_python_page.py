"""The page "From Python": its blocks are one script, which runs in a process of its own and in an empty folder."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from circuits.catalog import load
from energy.characterize import characterize

PAGE = (Path(__file__).parents[1] / "docs" / "howto" / "python.md").read_text(encoding="utf-8")
RESULTS = """
import json
import numpy as np
json.dump({
    "slow_J": slow.characterize().cost.scopes["circuit"].energy_per_operation_J,
    "scopes": list(cost.to_pandas().index),
    "volts": [float(run.at("output_ap", 200e-9)), float(data["output_ap"].interp(time=200e-9))],
    "axes": [other.yaxis.get_label_text() for other in ax.figure.axes],
    "points": table[["amplitude", "corner", "status"]].values.tolist(),
    "cause": table.cause.iloc[-1],
    "energies": works.circuit_energy_per_operation_J.tolist(),
    "inverter": [float(np.array(curve["output"])[i]) for i in (0, -1)],
    "out": list(out.shape),
}, open("results.json", "w"))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("page")
    script = "\n".join(re.findall(r"```py\n(.*?)```", PAGE, flags=re.S)) + RESULTS
    (folder / "page.py").write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, "page.py"], cwd=folder, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_the_page_says_what_comes_out(results: dict[str, Any]) -> None:
    assert results["scopes"] == ["paper", "circuit", "system"]
    assert results["volts"][0] == pytest.approx(0.8, abs=0.01)  # an AP junction is read as 1
    assert results["volts"][1] == pytest.approx(results["volts"][0], abs=1e-3)
    assert results["axes"] == ["voltage (V)", "current (mA)"]
    grid = [[a, c] for a in (0.75, 0.8, 2.0) for c in ("tt", "ss")]
    assert [point[:2] for point in results["points"]] == grid
    assert [point[2] for point in results["points"]] == ["works"] * 4 + ["failed"] * 2
    assert "range in which the model holds" in results["cause"]
    assert results["inverter"] == pytest.approx([0.8, 0.0], abs=1e-3)
    assert results["out"] == [20, 1, 10]


def test_its_energies_are_those_of_the_command_line(results: dict[str, Any]) -> None:
    testbench = load("comparator")
    slow = testbench.configured(corner="ss", amplitude=0.75)
    assert results["slow_J"] == characterize(slow).cost.scopes["circuit"].energy_per_operation_J
    assert results["energies"][2] == characterize(testbench).cost.scopes["circuit"].energy_per_operation_J


def test_every_method_that_the_page_names_is_there() -> None:
    from ipcircuit import LoadedCircuit

    names = re.findall(r"^\| `(\w+)\(", PAGE, flags=re.M)
    assert len(names) >= 6
    assert [name for name in names if not hasattr(LoadedCircuit, name)] == []
