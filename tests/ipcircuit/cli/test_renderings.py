"""Every command at 80 columns: from a stored result, from results that the package ships, or run on a cell of 2 ms."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.main import get_command

from energy.gpu.baselines import GpuEnergy
from energy.gpu.published import published_increments
from ipcircuit.cli import (
    characterize,
    check,
    claims,
    compare,
    corners,
    cost_tables,
    eval_tables,
    export,
    gpu_energy,
    montecarlo,
    technology,
    train,
)
from ipcircuit.cli import main as cli
from ipcircuit.cli.application import application
from ipcircuit.cli.study import (
    capacity,
    drift,
    filters,
    fronts,
    hardware,
    memory,
    nodes,
    signed,
    steering,
    surrogate,
    timebase,
    vision,
    window,
)
from ipcircuit.families import BUILT_IN, EXPERIMENTS
from ipcircuit.records import parse
from tests.ipcircuit.cli.rendering import assert_readable

HERE = Path(__file__).parent
RESULTS = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
CELL = HERE.parents[1] / "energy" / "cell.py"
OUT = Path("out")


def _yield(result: Any) -> None:
    from importlib import import_module

    import_module("ipcircuit.cli.yield").show_yield(result, OUT)


#: By command, and after a colon what is special; a result of `--json` each.
STORED: dict[str, Callable[[Any], None]] = {
    "characterize": characterize.show_cost,
    "check": check.show_checks,
    "claims": claims.show_claims,
    "compare": compare.show_comparison,
    "corners": lambda result: corners.show_corners(result, OUT),
    "cost": lambda result: cost_tables.show_cost(result, OUT),
    "eval": eval_tables.show_evaluation,
    "eval: LSTM": eval_tables.show_evaluation,
    "export": lambda result: export.show(result, OUT),
    "gpu-energy": lambda result: gpu_energy.show_measurement(parse(GpuEnergy, result, "test"), published_increments()),
    "montecarlo": lambda result: montecarlo.show_copies(result, OUT),
    "montecarlo: both fidelities": lambda result: montecarlo.show_copies(result, OUT),
    "study capacity": capacity.show_capacity,
    "study drift": lambda result: drift.show(result, OUT),
    "study filters": lambda result: filters.show_filters(result, OUT),
    "study fronts": fronts.show_fronts,
    "study memory": memory.show_memory,
    "study nodes": lambda result: nodes.show(result, OUT),
    "study signed": lambda result: signed.show_signed(result, OUT),
    "study timebase": timebase.show,
    "study window": lambda result: window.show_window(result, OUT),
    "technology check": technology.show,
    "train": train.show_training,
    "yield": _yield,
}


def _surrogates() -> None:
    from energy.break_even.surrogates.surrogate import fitted_circuits, surrogate_of

    for name in fitted_circuits():
        surrogate.show(surrogate.described(surrogate_of(name)), OUT)


def _steering() -> None:
    from network.experiments.steering.experiment import load_steering

    steering.show_steering(load_steering().rows())


def _hardware() -> None:
    from network.experiments.steering.hardware import load_hardware

    hardware.show_hardware(load_hardware().to_json())


def _vision() -> None:
    from network.experiments.runs import summary
    from network.experiments.vision.cells import FIGURES
    from network.experiments.vision.experiment import load_results

    for name in ("synthetic", "nmnist"):
        stored = load_results(name)
        runs = ((cell, [r for r in stored.records if cell.holds(r)]) for f in FIGURES for cell in stored.cells(f))
        vision.show_vision([{**cell.to_json(), "scores": summary(records)} for cell, records in runs])


#: By command: what the package ships, with words that must be there.
SHIPPED: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "study hardware": (_hardware, ("memory at the pixels", "neurons of a junction by turns", "published")),
    "study steering": (_steering, ("figure 5b", "light = night", "best linear estimate")),
    "study surrogate": (_surrogates, ("surrogate of differential: box", "resistance_ratio", "energy that the source")),
    "study vision": (_vision, ("figure S11", "resnet18_lstm", "position = stage4", "window = yes")),
}
#: By command, in an order in which they can be run: a command line, with words that must be there.
RUN: dict[str, tuple[str, tuple[str, ...]]] = {
    "break-even": ("break-even --against lstm_a800 --device published --scope paper --samples 512", ("as stated",)),
    "cache": ("cache", ("results", "IPCIRCUIT_CACHE")),
    "claims: one in words": ("claims --explain A9.core", ("published", "A9.core")),
    "doctor": ("doctor", ("libngspice", "where")),
    "fit": ("fit mtj_thermal", ("probability_after_pulse", "parameter sets")),
    "fit: of data": ("fit mtj_thermal junction.toml -o fitted", ("r_antiparallel", "not identified", "left out")),
    "list": ("list", ("comparator", "signed_mtj", "nback", "ipnet", "capacity", "liu2025")),
    "montecarlo: what moves": (
        "montecarlo cell.py -n 16 --set hostile=0 --sensitivity --sobol-indices 16 -o copies",
        ("16 random copies", "what moves the results (%)", "Sobol indices (%)"),
    ),
    "netlist": ("netlist cell.py -o deck.cir", ("wrote deck.cir",)),
    "new": ("new netlist mine", ("wrote mine.cir",)),
    "replay": ("replay copies 3", ("the same to the last bit", "0_charge.csv")),
    "report": ("report", ("report/index.html",)),
    "size": (
        "size cell.py --set hostile=0 --vary v_dd=0.6:1.2 --target yield=0.5 --objective energy,area,latency "
        "--search tpe --evaluations 3 -n 8 --front-copies 8 --confirm 1 --confirm-copies 8 -o sized",
        ("today", "latency", "at reference", "counted"),
    ),
    "technology list": ("technology list", ("planar45", "high-k")),
}


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Names of all commands below a group."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from _leaves(inner, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path)


def test_every_command_is_shown_here() -> None:
    """A new command needs a stored result, one that the package ships, or a command line that runs in seconds."""
    foreign = {f"study {entry.name}" for entry in EXPERIMENTS.entries() if entry.source != BUILT_IN}
    shown = {name.partition(":")[0] for name in (*STORED, *SHIPPED, *RUN)}
    assert set(_leaves(get_command(application()))) - foreign == shown
    assert RESULTS.keys() == STORED.keys()


def words(value: Any) -> set[str]:
    """Words of a result that its tables show as they are: verdicts, names, quantities."""
    if isinstance(value, list):
        return set().union(*map(words, value))
    if not isinstance(value, dict):
        return set()
    shown = ("verdict", "id", "quantity", "status", "curve", "system", "layer", "variant", "what", "note")
    texts = [v for k, v in value.items() if k in shown and isinstance(v, str)]
    return {word for text in texts for word in text.split()}.union(*map(words, value.values()))


@pytest.mark.parametrize("command", STORED)
def test_a_stored_result_fits_80_columns_and_is_not_cut(narrow: Callable[[], str], command: str) -> None:
    STORED[command](RESULTS[command])
    text = narrow()
    assert_readable(text)
    only_bad = {"works", "converges"} if command in ("study nodes", "technology check") else set[str]()
    assert {word for word in words(RESULTS[command]) - only_bad if word.lower() not in text.lower()} == set()


@pytest.mark.parametrize("command", SHIPPED)
def test_what_the_package_ships_fits_80_columns(narrow: Callable[[], str], command: str) -> None:
    show, expected = SHIPPED[command]
    show()
    text = narrow()
    assert_readable(text)
    assert [words for words in expected if words not in text] == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a circuit and measured data."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(CELL, folder)
    volts = (720, 750, 780, 810, 840, 870)
    rows = [
        f"{v},{w},{n}"
        for w, fired in ((100, (11, 43, 102, 239, 344, 430)), (250, (34, 91, 266, 417, 483, 498)))
        for v, n in zip(volts, fired, strict=True)
    ]
    (folder / "switching.csv").write_text("\n".join(["amplitude,width,fired", *rows]), encoding="utf-8")
    read = [(0, 0.05, 308.5), (0, 0.35, 307.5), (1, 0.05, 556.8), (1, 0.2, 523.4), (1, 0.5, 421.4)]
    (folder / "bias.csv").write_text("\n".join(["state,voltage,resistance", *(f"{a},{b},{c}" for a, b, c in read)]))
    (folder / "junction.toml").write_text(PLAN, encoding="utf-8")
    return folder


PLAN = """device = "mtj_thermal"
base = "liu2025"
intervals = "linear"
[free]
r_parallel = {}
r_antiparallel = {}
v_half = {}
k_set = {}
x0_set = {}
midpoint_shift = {}
r_thermal = {}
[[data]]
file = "switching.csv"
observable = "switching_probability"
units = { amplitude = "mV", width = "ns" }
constants = { edge = 20e-9 }
trials = 500
[[data]]
file = "bias.csv"
observable = "resistance"
"""


@pytest.mark.parametrize("command", RUN)
def test_a_command_that_runs_fits_80_columns(
    narrow: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(home)
    written = SimpleNamespace(index=Path("report/index.html"), failures=[])
    monkeypatch.setattr("reports.site.report.write_report", lambda *_, **__: written)
    line, expected = RUN[command]
    assert cli.main(line.split()) == 0
    text = narrow()
    assert_readable(text)
    assert [words for words in expected if words not in text] == []
