"""The commands `montecarlo` and `corners`: how far a circuit's cost spreads, and where it stops working."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console
from ipcircuit.cli import options as cli_options
from ipcircuit.cli.options import Circuit, Corner, Jobs, Json, Models, Seed, Set, Temperature
from ipcircuit.units import si

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for JSON, CSV and the decks of runs that do not work.")
]


def montecarlo(
    circuit: Circuit,
    runs: Annotated[int, typer.Option("--runs", "-n", min=1, help="Random copies.")] = 100,
    seed: Seed = 0,
    set_: Set = None,
    corner: Corner = "tt",
    temperature: Temperature = 27.0,
    models: Models = None,
    jobs: Jobs = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """Random copies of a circuit: spread of its energy by scope, yield, and the copies that do not work."""
    from energy.variation.montecarlo import monte_carlo, write_monte_carlo

    testbench = cli_options.testbench_of(circuit).configured(
        models=models, corner=corner, temperature_C=temperature, **cli_options.overrides(set_)
    )
    decks = None if output is None else output / "decks"
    with console.progress_bar(f"copies of {circuit}") as progress:
        found = monte_carlo(testbench, runs, seed, n_jobs=jobs, progress=progress, folder=decks)
    result = found.to_json()
    if output is not None:
        write_monte_carlo(output, found, json_text.dumps(result, indent=2, ensure_ascii=False) + "\n")
    console.print_json(result) if json else _show_copies(result, output)


def corners(
    circuit: Circuit,
    set_: Set = None,
    models: Models = None,
    jobs: Jobs = None,
    output: Output = None,
    json: Json = False,
) -> None:
    """A circuit at five process corners, -40, 27 and 125 °C, supply -10 %, nominal, +10 %: energy, and does it work."""
    from energy.variation.corners import corner_runs, write_corners

    testbench, values = cli_options.testbench_of(circuit), cli_options.overrides(set_)
    decks = None if output is None else output / "decks"
    with console.progress_bar(f"corners of {circuit}") as progress:
        found = corner_runs(testbench, values, models=models, n_jobs=jobs, progress=progress, folder=decks)
    result = found.to_json()
    if output is not None:
        write_corners(output, found, json_text.dumps(result, indent=2, ensure_ascii=False) + "\n")
    console.print_json(result) if json else _show_corners(result, output)


def _show_copies(result: Mapping[str, Any], output: Path | None) -> None:
    rows = []
    for name, s in result["quantities"].items():
        label, unit = _named(name)
        interval = "" if s["low"] is None else f"{_value(s['low'], unit)} … {_value(s['high'], unit)}"
        values = (_value(s[key], unit) for key in ("minimum", "typical", "maximum", "mean", "sigma"))
        rows.append((label, *values, interval))
    found, made = result["yield"], result["runs"]
    below = [
        f"yield {100 * found['share']:.1f} % ({found['working']} of {made}; 95 %: {100 * found['low']:.1f} … "
        f"{100 * found['high']:.1f}), seed {result['seed']}",
        "over the copies that work; typical: as designed; 95 %: Student's interval of the mean",
        *(f"{v['what']}: σ {v['sigma']:.3g} {v['unit']}, {v['basis']}" for v in result["variations"]),
        *_trouble(result["failures"], output),
    ]
    columns = ["quantity", "min", "typical", "max", "mean", "σ", "95 %"]
    console.print_table(
        f"{result['circuit']}: {made} random copies", columns, rows, right=columns[1:], below="\n".join(below)
    )


def _show_corners(result: Mapping[str, Any], output: Path | None) -> None:
    rows = [
        (
            r["corner"],
            f"{r['temperature_C']:g}",
            "" if r["v_dd_V"] is None else f"{r['v_dd_V']:g}",
            *(si(r.get(f"{scope}_energy_per_operation_J"), "J") for scope in ("paper", "circuit", "system")),
            si(r.get("circuit_energy_per_spike_J"), "J"),
            r["status"],
        )
        for r in result["corners"]
    ]
    columns = ["corner", "°C", "V", "paper", "circuit", "system", "per spike", "result"]
    failures = [
        {"run": f"{r['corner']}, {r['temperature_C']:g} °C, {r['v_dd_V']} V", **r}
        for r in result["corners"]
        if r["cause"]
    ]
    below = [f"{result['working']} of {result['runs']} work; energy per operation by scope, per spike in `circuit`"]
    below += [
        f"{_named(name)[0]}: {' / '.join(_value(s[key], _named(name)[1]) for key in ('min', 'typ', 'max'))}"
        " (min / typ / max of those that work)"
        for name, s in result["quantities"].items()
        if name == "circuit_energy_per_operation_J"
    ]
    below += _trouble(failures, output)
    console.print_table(f"{result['circuit']}: corners", columns, rows, right=columns[1:7], below="\n".join(below))


_SHOWN = 10


def _trouble(failures: Sequence[Mapping[str, Any]], output: Path | None) -> list[str]:
    """What did not work, the first few with cause and deck."""
    lines = [f"{f['run']}: {f['cause']}" + (f"; deck {f['deck']}" if f["deck"] else "") for f in failures[:_SHOWN]]
    more = [f"and {len(failures) - _SHOWN} more, in the JSON"] if len(failures) > _SHOWN else []
    return [*lines, *more, *([f"files in {output}"] if output else [])]


def _named(name: str) -> tuple[str, str]:
    """``circuit_energy_per_spike_J`` as its words and its unit."""
    for unit in ("J", "s"):
        if name.endswith(f"_{unit}"):
            return name.removesuffix(f"_{unit}").replace("_", " "), unit
    return name.replace("_", " "), ""


def _value(value: float | None, unit: str) -> str:
    return si(value, unit) if unit else console.number(value)
