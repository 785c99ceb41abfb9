"""The command `study capacity`: what the memory of a network depends on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Json, RunFolder, Seeds
from ipcircuit.units import split_unit, with_unit

_QUANTITIES = {  # swept quantity: heading
    "gamma": "γ per step",
    "period_s": "pulse period",
    "neurons": "N",
    "slope_per_V": "slope",
    "midpoint_spread_V": "σ of the midpoint",
    "heating_spread": "σ of the heating",
    "off": "share off",
    "item_V": "amplitude",
}


def command(
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            help="decay, period, neurons, slope, amplitude, midpoint, heating, off or front; may be given again."
        ),
    ] = None,
    seeds: Seeds = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Few points, short runs.")] = False,
    output: RunFolder = Path("runs/capacity"),
    jobs: Annotated[
        int | None,
        values.whole("--jobs", "-j", low=1, high=values.MOST_JOBS, help="Networks at a time; default: one per core."),
    ] = None,
    json: Json = False,
) -> None:
    """Capacity of the heat memory on n-back: decay, pulse period, N, slope, spread; accuracy against energy."""
    from network.experiments.memory.capacity import run_capacity
    from network.training.store import RunStore

    with console.progress_bar("memory capacity") as progress:
        capacity = run_capacity(
            RunStore(output),
            quick=quick,
            seeds=range(seeds),
            sweeps=sweep,
            command=" ".join(sys.argv[1:]),
            n_jobs=jobs,
            progress=progress,
        )
    result = capacity.to_json(sweep)
    console.print_json(result) if json else show_capacity(result)


def show_capacity(result: Mapping[str, Any]) -> None:
    """The sweeps, and the front of accuracy against energy, where there are any."""
    if result["sweeps"]:
        _show_sweeps(result["sweeps"], result["origin"])
    if result["front"]:
        _show_front(result["front"])


def _value(row: Mapping[str, Any], name: str) -> str:
    return with_unit(row[name], split_unit(name)[1], 3)


def _scores(row: Mapping[str, Any]) -> tuple[str, str, str]:
    predicted = "" if row["predicted"] is None else f"{row['predicted']:.3f}"
    return predicted, f"{row['PR']:.3f}", console.interval(row["low"], row["high"], lambda value: f"{value:.3f}")


def _show_sweeps(rows: Sequence[Mapping[str, Any]], origin: str) -> None:
    cells = []
    for row in rows:
        name = next(name for name in _QUANTITIES if name in row)
        own = "circuit's own" if row["own"] else ""
        cells.append((_QUANTITIES[name], _value(row, name), own, str(row["n"]), *_scores(row)))
    columns = ["quantity", "value", "", "n", "predicted PR", "PR", "95 %"]
    below = f"predicted: an ideal observer of the device, before training; {origin}"
    console.print_table("memory capacity", columns, cells, right=["value", *columns[3:]], below=below)


def _show_front(rows: Sequence[Mapping[str, Any]]) -> None:
    scopes = ("paper", "circuit", "system")
    label, energies = console.scaled([[row[f"{scope}_J"] for scope in scopes] for row in rows], "J")
    cells = []
    for row, texts in zip(rows, energies, strict=True):
        marked = (text + (" *" if row[f"{scope}_best"] else "") for scope, text in zip(scopes, texts, strict=True))
        values = (_value(row, name) for name in ("neurons", "gamma", "item_V"))
        cells.append((*values, *_scores(row), *marked))
    columns = ["N", "γ", "amplitude", "predicted PR", "PR", "95 %", *(scope + label for scope in scopes)]
    below = "energy of the memory per trial of n-back, n = 2, by scope; *: no other is as cheap and as good"
    console.print_table("accuracy and energy", columns, cells, right=columns, below=below)
