"""The command `compare`: memory energy beside GPU and digital baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, options
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json


def command(
    circuit: Annotated[str, typer.Option(help="The neuron: a name, or path/to/file.py:NAME.")] = "differential",
    width: Annotated[int, typer.Option(help="Pixels of a frame, across.")] = 128,
    height: Annotated[int, typer.Option(help="Pixels of a frame, down.")] = 128,
    channels: Annotated[int, typer.Option(help="Polarities or colours.")] = 2,
    density: Annotated[float, typer.Option(help="Share of inputs that are active in a frame.")] = 0.089,
    frames: Annotated[int, typer.Option(help="Frames per sample.")] = 50,
    neurons: Annotated[int, typer.Option("--neurons", "-N", help="Parallel neurons per input.")] = 1,
    gpu: Annotated[Path | None, typer.Option(help="GPU baselines (TOML); default: the published ones.")] = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Memory energy per sample: the simulated device beside GPU and digital baselines, in each scope."""
    from energy.compare import EventWorkload, compare
    from energy.digital import digital_energy, published_cell
    from energy.gpu import load_gpu_baselines

    workload = EventWorkload(width, height, channels, density, frames, neurons)
    baselines = load_gpu_baselines(gpu)
    digital = [digital_energy(published_cell(kind, frames)) for kind in ("RNN", "LSTM")]
    cost = options.cost_of(options.testbench_of(circuit), circuit, jobs, density)
    rows = [row.to_json() for row in compare(cost, workload, baselines, digital=digital)]
    console.print_json(rows) if json else show_comparison(rows)


def show_comparison(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each system and scope."""
    label, cells = console.scaled([[r["energy_per_sample_J"]] for r in rows], "J")
    columns = ["scope", "system", "basis", f"energy per sample{label}", "ratio to device"]
    table = [
        (r["scope"], r["system"], r["basis"], *energy, console.number(r["ratio_to_device"]))
        for r, energy in zip(rows, cells, strict=True)
    ]
    console.print_table("memory energy per sample", columns, table, right=columns[3:])
