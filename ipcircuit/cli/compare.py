"""The command `compare`: memory energy beside GPU and digital baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, options, values
from ipcircuit.cli.characterize import spread_cost
from ipcircuit.cli.options import Cluster, DeviceFile, Fresh, Jobs, Json, Models, Seed, TechnologyName
from ipcircuit.units import si

_MOST_PIXELS = 65_536  # along a side
_MOST = 1_000_000


def command(
    circuit: Annotated[str, typer.Option(help="The neuron: a name, or path/to/file.py:NAME.")] = "differential",
    width: Annotated[int, values.whole("--width", low=1, high=_MOST_PIXELS, help="Pixels of a frame, across.")] = 128,
    height: Annotated[int, values.whole("--height", low=1, high=_MOST_PIXELS, help="Pixels of a frame, down.")] = 128,
    channels: Annotated[int, values.whole("--channels", low=1, high=_MOST, help="Polarities or colours.")] = 2,
    density: Annotated[
        float,
        values.number("--density", low=0, high=1, open_low=True, help="Share of inputs that are active in a frame."),
    ] = 0.089,
    frames: Annotated[int, values.whole("--frames", low=1, high=_MOST, help="Frames per sample.")] = 50,
    neurons: Annotated[int, values.whole("--neurons", "-N", low=1, high=_MOST, help="Parallel neurons per input.")] = 1,
    device: DeviceFile = None,
    gpu: Annotated[
        Path | None,
        values.input_file("--gpu", help="GPU baselines: TOML, or JSON of gpu-energy. Default: published, measured."),
    ] = None,
    technology: TechnologyName = None,
    models: Models = None,
    copies: Annotated[
        int | None,
        values.whole("--montecarlo", low=1, high=values.MOST_COPIES, help="Random copies, for intervals."),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    crossover: Annotated[
        bool,
        typer.Option("--crossover", help="Sparsity at which a spiking and a quantised network cost the same, instead."),
    ] = False,
    json: Json = False,
) -> None:
    """Memory energy per sample: the simulated device beside GPU and digital baselines, in each scope.

    With random copies, intervals of the device's energy and of the ratios to it.
    """
    if crossover:
        from energy.crossover import crossovers

        rows = [row.to_json() for row in crossovers()]
        console.print_json(rows) if json else show_crossovers(rows)
        return
    from energy.compare import EventWorkload, compare
    from energy.digital import published_estimates
    from energy.gpu.baselines import load_gpu_baselines, measured_baselines

    workload = EventWorkload(width, height, channels, density, frames, neurons)
    baselines = load_gpu_baselines(gpu) + (measured_baselines() if gpu is None else ())
    digital = published_estimates(frames)
    chosen = options.process(technology, models)
    testbench = options.configured(circuit, chosen, "tt", 27.0, None, options.parameters(device))
    cost = options.cost_of(testbench, circuit, jobs, density)
    if copies is not None:
        cost = replace(cost, spread=spread_cost(testbench, circuit, copies, seed, jobs).spread)
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
    notes = dict.fromkeys(str(r["conditions"]["note"]) for r in rows if "note" in r["conditions"])
    console.print_table("memory energy per sample", columns, table, right=columns[3:], below="\n".join(notes))
    _show_intervals(rows)


def show_crossovers(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each number of steps, a column for each set of prices."""
    from energy.crossover import PUBLISHED_WEIGHT_BITS, WIDTH

    sets = list(dict.fromkeys(row["prices"] for row in rows))
    cells: dict[int, list[str]] = {}
    for row in rows:
        rate = console.NOT_OBTAINED if row["spike_rate"] is None else f"{100 * row['spike_rate']:.1f}"
        cells.setdefault(row["steps"], [str(row["steps"]), str(row["bits"])]).append(rate)
    stated = {row["steps"]: f"{100 * row['published_rate']:.1f}" for row in rows if row["published_rate"] is not None}
    table = [[*line, stated.get(steps, "")] for steps, line in cells.items()]
    columns = ["T", "bits", *(f"{name} (%)" for name in sets), "it states (%)"]
    note = (
        f"spikes per neuron and step, layers of {WIDTH} inputs and outputs; sparsity is 100 % less that. This chip "
        "reads an 8-bit weight from SRAM for each spike, and keeps spikes and activations as bits in SRAM; the "
        f"source's {PUBLISHED_WEIGHT_BITS}-bit weights cost little, and moving a spike's bit costs 12 times an "
        "activation's. Published moves: its energies of a hop, added to this chip. Two of the source's energies are "
        "fitted to its results at T = 2"
    )
    title = "spike rate at which a spiking network costs as much as the quantised one of equal capacity"
    console.print_table(title, columns, table, right=columns[1:], below=note)


def _show_intervals(rows: Sequence[Mapping[str, Any]]) -> None:
    """What the spread of the device's cost makes of its energy and of the ratios; nothing without spread."""
    from energy.intervals import LABELS

    spread = [row for row in rows if row.get("intervals")]
    kinds = [kind for kind in LABELS if any(kind in row["intervals"] for row in spread)]
    table = [(row["scope"], row["system"], *(_ends(row["intervals"].get(kind)) for kind in kinds)) for row in spread]
    if table:
        columns = ["scope", "system", *(LABELS[kind] for kind in kinds)]
        title = "by the spread of the device's cost: energy of the device, ratios of the others to it"
        console.print_table(title, columns, table, right=columns[2:])


def _ends(ends: Mapping[str, float | None] | None) -> str:
    """Interval of an energy, or of a ratio; empty where there is none."""
    if ends is None:
        return ""
    energy = console.interval(ends["energy_low_J"], ends["energy_high_J"], lambda value: si(value, "J", 3))
    return energy or console.interval(ends["ratio_low"], ends["ratio_high"])
