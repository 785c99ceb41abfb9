"""The command `corners`: where a circuit stops working."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipcircuit.cli import console, options
from ipcircuit.cli.montecarlo import complain_of, failure_lines
from ipcircuit.cli.options import Circuit, Cluster, DeviceFile, Fresh, Jobs, Json, Models, Output, Set, TechnologyName


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
    """A row for each combination of corner, temperature and supply."""
    names = (
        *(f"{scope}_energy_per_operation_J" for scope in ("paper", "circuit", "system")),
        "circuit_energy_per_spike_J",
    )
    label, energies = console.scaled([[r.get(name) for name in names] for r in result["corners"]], "J", missing="")
    rows = [
        (r["corner"], f"{r['temperature_C']:g}", "" if r["v_dd_V"] is None else f"{r['v_dd_V']:g}", *cells, r["status"])
        for r, cells in zip(result["corners"], energies, strict=True)
    ]
    columns = [
        "corner",
        "°C",
        "V",
        *(f"{name}{label}" for name in ("paper", "circuit", "system", "per spike")),
        "result",
    ]
    failures = [
        {"run": f"{r['corner']}, {r['temperature_C']:g} °C, {r['v_dd_V']} V", **r}
        for r in result["corners"]
        if r["cause"]
    ]
    below = [f"{result['working']} of {result['runs']} work; energy per operation by scope, per spike in `circuit`"]
    if energy := result["quantities"].get("circuit_energy_per_operation_J"):
        name, *values = console.scaled_row(
            "circuit energy per operation", [energy[key] for key in ("min", "typ", "max")], "J"
        )
        below.append(f"{name}: {' / '.join(values)} (min / typ / max of those that work)")
    below += [f"note: {text}" for text in result.get("notes", ())]
    below += failure_lines(failures, output)
    title = f"{result['circuit']}: corners"
    console.print_table(title, columns, rows, right=columns[1:7], below="\n".join(below))
