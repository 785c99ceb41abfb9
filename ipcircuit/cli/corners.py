"""The command `corners`: where a circuit stops working."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipcircuit.cli import console, options
from ipcircuit.cli.montecarlo import complain_of
from ipcircuit.cli.options import Circuit, Cluster, DeviceFile, Fresh, Jobs, Json, Models, Output, Set, TechnologyName
from ipcircuit.units import split_unit, words

_NUMBER = re.compile(r"-?\d[\d.]*(e-?\d+)?")
_SHOWN = 5  # causes


def command(
    circuit: Circuit,
    set_: Set = None,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """A circuit at its technology's corners and temperatures, supply ±10 %: energy, and does it work."""
    from energy.variation.corners import corner_runs, write_corners

    testbench, overrides = options.testbench_of(circuit), options.overrides(set_)
    chosen = options.process(technology, models)
    overrides |= options.measured(testbench, options.parameters(device))
    with console.progress_bar(f"corners of {circuit}") as progress:
        runs = corner_runs(testbench, overrides, technology=chosen, n_jobs=jobs, progress=progress, folder=output)
    result = runs.to_json()
    if output is not None:
        write_corners(output, runs, console.json_text(result))
    console.print_json(result) if json else show_corners(result, output)
    complain_of([r["cause"] for r in result["corners"] if r["status"] == "not simulated"], result["runs"])


def show_corners(result: Mapping[str, Any], output: Path | None) -> None:
    """A grid of what works, with margins; the range of each quantity; why the others do not work."""
    runs: Sequence[Mapping[str, Any]] = result["corners"]
    _show_grid(result, runs)
    keys = ("min", "typ", "max")
    rows = [
        console.scaled_row(words(name), [span[key] for key in keys], split_unit(name)[1])
        for name, span in result["quantities"].items()
    ]
    typical = "typ: tt at 27 °C and the nominal supply"
    below = [typical, *(f"note: {text}" for text in result.get("notes", ())), *_causes(runs)]
    below += console.file_lines(output)
    columns = ["of those that work", *keys]
    console.print_table("results over the corners", columns, rows, right=keys, below="\n".join(below))


def _show_grid(result: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> None:
    """A row for each temperature and supply, a column for each corner."""
    corners = list(dict.fromkeys(r["corner"] for r in runs))
    points = list(dict.fromkeys((r["temperature_C"], r["v_dd_V"]) for r in runs))
    margins = {(r["corner"], r["temperature_C"], r["v_dd_V"]): r.get("margin_V") for r in runs}
    values = [[margins.get((corner, *point)) for corner in corners] for point in points]
    label, texts = console.scaled(values, "V", missing="", digits=3)
    states = {(r["corner"], r["temperature_C"], r["v_dd_V"]): r["status"] for r in runs}
    rows = []
    for (celsius, volts), margin in zip(points, texts, strict=True):
        cells = (
            _cell(states.get((corner, celsius, volts)), text) for corner, text in zip(corners, margin, strict=True)
        )
        rows.append((f"{celsius:g}", "" if volts is None else f"{volts:g}", *cells))
    marks = "✓ works, ✗ does not"
    below = (
        f"{marks}; numbers: margin{label}, smallest distance from a wrong decision"
        if any(m is not None for m in margins.values())
        else marks
    )
    title = f"{result['circuit']}: corners, {result['working']} of {result['runs']} work"
    columns = ["°C", "V", *corners]
    console.print_table(title, columns, rows, right=columns, below=below)


def _cell(status: str | None, margin: str) -> str:
    """Mark of a run, then its margin, or the status of one that has none."""
    if status is None:
        return ""
    return f"✓ {margin}".strip() if status == "works" else f"✗ {margin or status}"


def _causes(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why runs do not work: causes that differ in their numbers only once, with the number of runs and an example."""
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        if run["cause"]:
            alike.setdefault(_NUMBER.sub("#", run["cause"]), []).append(run)
    lines = []
    for same in alike.values():
        r = same[0]
        place = f"{r['corner']}, {r['temperature_C']:g} °C" + ("" if r["v_dd_V"] is None else f", {r['v_dd_V']:g} V")
        deck = f"; deck {r['deck']}" if r["deck"] else ""
        lines.append(f"{'' if len(same) == 1 else f'{len(same)} alike, such as '}{place}: {r['cause']}{deck}")
    return lines[:_SHOWN] + ([f"and {len(lines) - _SHOWN} others, in the JSON"] if len(lines) > _SHOWN else [])
