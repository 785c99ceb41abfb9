"""The page "What the intervals of a fit do", from an empty folder: its commands run, its numbers are looked up."""

import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from ipcircuit.cli.main import main
from ipcircuit.devices.thermal_mtj.device import declare

PAGE = (Path(__file__).parents[1] / "docs" / "methods" / "fit_intervals.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:csv|toml)\n# (\S+)\n(.*?)```", PAGE, flags=re.S))
COMMANDS = [
    shlex.split(line)[1:] for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S) for line in block.splitlines()
]
FIT, CHARACTERIZE, TRAIN, EVAL = COMMANDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def run(capsys: pytest.CaptureFixture[str], command: list[str]) -> Any:
    words = [str(next(Path().glob(word))) if "*" in word else word for word in command]
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_energies_have_the_intervals_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: V²/R, and the divider of reference sqrt(R_P R_AP) with it. The junction is AP for a part of the pulse
    and its R_AP falls with the bias, so that by hand and simulated agree within a tenth of the interval."""
    fitted = run(capsys, FIT)["parameters"]
    low, high = (fitted[name]["interval"] for name in ("r_parallel", "r_antiparallel"))
    for name, text in (("r_parallel", "236.6 Ω (232.0 to 241.2)"), ("r_antiparallel", "426.7 Ω (417.8 to 435.7)")):
        value, interval = fitted[name]["value"], fitted[name]["interval"]
        assert text == f"{value:.1f} Ω ({interval[0]:.1f} to {interval[1]:.1f})"
        assert text in PAGE
    p, ap = ((b - a) / (a + b) for a, b in (low, high))
    ratio = math.sqrt(fitted["r_antiparallel"]["value"] / fitted["r_parallel"]["value"])
    share = ratio / (1 + ratio) / 2
    by_hand: dict[str, float] = {"paper": p, "circuit": math.hypot((1 + share) * p, share * ap)}
    cost = run(capsys, CHARACTERIZE)
    rows = dict(zip(("paper", "circuit"), re.findall(r"\| ± ([\d.]+) % \| (.*?) \|", PAGE), strict=True))
    for scope in ("paper", "circuit"):
        half = by_hand[scope]
        energy = cost["scopes"][scope]["energy_per_operation_J"]
        ends = [cost["spread"][f"fit_{scope}_energy_per_operation_{end}_J"] for end in ("low", "high")]
        changes = [end / energy - 1 for end in ends]
        assert (changes[1] - changes[0]) / 2 == pytest.approx(half, rel=0.1)
        stated, text = rows[scope]
        assert float(stated) == pytest.approx(100 * half, abs=0.05)
        pj = [f"{1e12 * joule:.0f}" for joule in (energy, *ends)]
        assert text == f"{pj[0]} pJ, {pj[1]} to {pj[2]} (− {-100 * changes[0]:.1f} %, + {100 * changes[1]:.1f} %)"
    assert cost["spread"]["fit_runs"] == 4


def test_a_midpoint_s_interval_is_the_slope_s_arithmetic() -> None:
    slope = declare().values()["k_set"] / 4
    assert f"k/4 = {slope:.0f} per volt" in PAGE
    assert f"± {1.96 * 3e-3 * slope:.2f} to the probability" in PAGE


@pytest.mark.slow
def test_networks_have_intervals_of_scores_and_energy(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("fit").exists():
        run(capsys, FIT)
    record = run(capsys, TRAIN)["runs"][0]
    assert record["device"]["file"] == "parameters.toml"
    result = run(capsys, EVAL)
    fit = result["fit"]
    assert (fit["draws"], fit["ends"], fit["problems"]) == (8, 4, [])
    score = fit["scores"]["PR"]
    assert score["low"] < score["mean"] < score["high"]
    total = {row["scope"]: row for row in fit["energy"] if row["part"] == "total"}
    for row in total.values():
        assert row["low_J"] < row["energy_per_trial_J"] < row["high_J"]
        assert (row["high_J"] - row["low_J"]) / row["energy_per_trial_J"] < 0.06  # 5.2 % for one circuit alone
