"""The page "Your own neuron", from an empty folder: its files are written, its commands run, its numbers looked up."""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from ipcircuit.cli.main import main

PAGE = (Path(__file__).parents[1] / "docs" / "howto" / "your_own_neuron.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:py|spice|toml)\n[#*] (\S+)\n(.*?)```", PAGE, flags=re.S))
COMMANDS = [
    shlex.split(line)[1:] for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S) for line in block.splitlines()
]
Costs = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """A command's JSON."""
    code = main([*arguments, *(() if "--json" in arguments else ("--json",))])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    return json.loads(shown.out)


def test_every_command_of_the_page_runs_in_an_empty_folder(folder: Path, capsys) -> None:
    """Files that `new` writes are those of the page; a user's own lines are forty at most."""
    assert not list(folder.iterdir())
    for command in COMMANDS:
        if command[0] == "new":
            for name in run(capsys, *command)["files"]:
                assert (folder / name).read_text(encoding="utf-8") == FILES.pop(name)
        elif command[1] in FILES:
            (folder / command[1]).write_text(FILES.pop(command[1]), encoding="utf-8")
        if command[0] != "new":
            run(capsys, *command)
    for names in (("my_neuron.py",), ("my_netlist.toml", "my_netlist.cir"), ("divider.py",)):
        assert sum(len((folder / name).read_text(encoding="utf-8").splitlines()) for name in names) <= 40


def test_the_table_by_hand_is_arithmetic_and_what_is_simulated(capsys) -> None:
    feedback, membrane, v_dd, current = 40e-15, 60e-15, 0.8, 50e-9
    cost = run(capsys, "characterize", "my_neuron.py")
    energy, details = cost["scopes"]["circuit"]["energy_breakdown_J"], cost["details"]
    mean = v_dd / 2 - v_dd * feedback / (feedback + membrane) / 2
    by_hand_and_simulated = {
        "input edge to first spike": ((membrane + feedback) * v_dd / 2 / current * 1e9, cost["latency_s"] * 1e9),
        "end of a spike to the next one": (feedback * v_dd / current * 1e9, details["rest_s"] * 1e9),
        "energy from the supply": (feedback * v_dd**2 * 1e15, energy["vdd"] * 1e15),
        "energy from the input": (feedback * v_dd * mean * 1e15, energy["membrane"] * 1e15),
    }
    assert mean == pytest.approx(0.24)
    for name, (by_hand, simulated) in by_hand_and_simulated.items():
        (row,) = re.findall(rf"\| {name} \| (.*?) \| (.*?) \|", PAGE)
        hand, measured = (float(re.findall(r"([\d.]+) (?:ns|fJ)", cell)[-1]) for cell in row)
        assert hand == pytest.approx(by_hand, rel=0.01), name
        assert measured == pytest.approx(simulated, rel=0.01), name
    assert abs(details["energy_balance_error"]) < 5e-4
    short_circuit = []
    for text in re.findall(r"([\d.]+), ([\d.]+) and ([\d.]+) fJ at 25, 50 and 100 nA", PAGE)[0]:
        short_circuit.append(float(text))
    for level, joule in zip((25e-9, 50e-9, 100e-9), short_circuit, strict=True):
        cost = run(capsys, "characterize", "my_neuron.py", "--set", f"membrane_level_A={level}")
        extra = cost["scopes"]["circuit"]["energy_breakdown_J"]["vdd"] - feedback * v_dd**2
        assert joule == pytest.approx(extra * 1e15, abs=0.06)


def test_python_and_spice_text_give_the_same_cost(capsys) -> None:
    text, python = (run(capsys, "characterize", name)["scopes"] for name in ("my_netlist.toml", "my_neuron.py"))
    for scope in ("circuit", "system"):
        assert text[scope]["energy_per_spike_J"] == pytest.approx(python[scope]["energy_per_spike_J"], rel=1e-3)
        assert text[scope]["area_um2"] == pytest.approx(python[scope]["area_um2"])


def test_the_divider_costs_what_a_divider_costs(capsys) -> None:
    (by_hand,) = re.findall(r"is ([\d.]+) pJ in the junction and ([\d.]+) pJ in the resistor", PAGE)
    cost = run(capsys, "characterize", "divider.py")
    parts, time, current = cost["scopes"]["circuit"]["energy_breakdown_J"], 100e-9 + 2e-9 / 3, 0.4 / 530
    for name, ohm, stated in (("xjunction", 230, by_hand[0]), ("input", 300, by_hand[1])):
        assert float(stated) == pytest.approx(current**2 * ohm * 100e-9 * 1e12, abs=0.06)
        assert parts[name] == pytest.approx(current**2 * ohm * time, rel=0.01)
    assert cost["devices"] == {"mtj_thermal": 1}
    assert cost["scopes"]["system"]["area_breakdown_um2"]["write_driver"] > 0
    higher = run(capsys, "characterize", "divider.py", "--set", "junction_r_parallel=300")
    assert higher["scopes"]["circuit"]["energy_breakdown_J"]["xjunction"] == pytest.approx(
        (0.4 / 600) ** 2 * 300 * time, rel=0.01
    )
    assert run(capsys, "check", "divider.py")["circuits"] == {"divider.py": []}
    assert main(["check", "divider.py"]) == 0
    assert "nothing was checked" in capsys.readouterr().out
    copies = run(capsys, "montecarlo", "divider.py", "-n", "3")
    assert copies["quantities"]["circuit_energy_per_operation_J"]["sigma"] > 0
    assert [v["what"] for v in copies["variations"]][1:]


def test_a_spike_of_ones_own_and_the_network(folder: Path, capsys) -> None:
    for name in ("own_spike.py", "my_network.py"):
        (folder / name).write_text(FILES[name], encoding="utf-8")
    membrane = run(capsys, "characterize", "own_spike.py")
    assert membrane["conditions"]["membrane_level_A"] == 50e-9
    output = run(capsys, "characterize", "my_neuron.py")
    assert membrane["scopes"]["circuit"]["energy_per_spike_J"] == pytest.approx(
        output["scopes"]["circuit"]["energy_per_spike_J"], rel=0.02
    )
    names: dict[str, Any] = {}
    exec(compile(FILES["my_network.py"], "my_network.py", "exec"), names)
    spikes = {row["scope"]: row for row in names["rows"]}
    assert spikes["circuit"]["events_per_trial"] > 0
    assert spikes["circuit"]["energy_per_trial_J"] == pytest.approx(
        spikes["circuit"]["events_per_trial"] * output["scopes"]["circuit"]["energy_per_spike_J"]
    )
    assert capsys.readouterr().out.count("\n") == 3
    sys.modules.pop("my_neuron", None)
