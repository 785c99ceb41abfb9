"""The page "From measurements to parameters", run from scratch in an empty folder."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from ipcircuit.cli.main import main
from ipcircuit.families import DEVICES
from ipcircuit.fitting.observable import observables_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "howto" / "from_measurements.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:toml|py|csv)\n# (\S+)\n(.*?)```", PAGE, re.S))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.splitlines()]
TRUTH = {"r_parallel": 310.0, "r_antiparallel": 560.0, "v_half": 0.45, "k_set": 42.0, "x0_set": 0.81}


def test_files_of_the_page_become_parameters_and_energies_with_intervals(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    outputs = {}
    for command in COMMANDS:
        words = shlex.split(command)
        assert words[0] == "ipcircuit"
        assert main([*words[1:], "--json"]) == 0
        outputs[command] = json.loads(capsys.readouterr().out)
    listed, fitted, cost, own = outputs.values()
    assert [row["name"] for row in listed["observables"]] == list(observables_of(DEVICES.load("mtj_thermal")))
    for name, value in TRUTH.items():
        low, high = fitted["parameters"][name]["interval"]
        assert low <= value <= high, name
    # What the page shows is what the console prints.
    reasons = {p["not_identified"] for p in fitted["parameters"].values() if p["not_identified"]}
    names = [name for name, p in fitted["parameters"].items() if p["not_identified"]]
    assert [f"not identified: {', '.join(names)}: {reason}" for reason in reasons] == [
        line for line in PAGE.splitlines() if line.startswith("not identified: ")
    ]
    assert {"parameters.toml", "1_switching.svg", "2_bias.png"} <= {p.name for p in (tmp_path / "fitted").iterdir()}
    assert cost["circuit"] == "comparator"
    assert "parameters.toml" in json.dumps(cost["conditions"])
    ends = [
        float(end)
        for words in re.findall(r"(\S+ to \S+) nJ per (?:operation|spike)", PAGE)
        for end in words.split(" to ")
    ]
    names = [f"fit_paper_energy_per_{event}_{side}_J" for event in ("operation", "spike") for side in ("low", "high")]
    assert ends == pytest.approx([1e9 * cost["spread"][name] for name in names], abs=0.005)
    p = own["parameters"]
    assert p["r_zero"]["interval"][0] < 2e5 < p["r_zero"]["interval"][1]
    assert p["v_bend"]["interval"][0] < 1.05 < p["v_bend"]["interval"][1]


@pytest.mark.parametrize("device", ["mtj_thermal", "ecram", "mtj_orthogonal"])
def test_page_names_every_observable_and_is_found(device) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{device}` |")]
    assert set(re.findall(r"`(\w+)`", row)) == {device, *observables_of(DEVICES.load(device))}
    assert "docs/howto/from_measurements.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "from_measurements.md" in (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
