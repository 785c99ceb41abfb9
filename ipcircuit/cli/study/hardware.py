"""The command `study hardware`: steering with a memory of few junctions that stand in for many neurons."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console
from ipcircuit.cli.options import Compute, Data, Json, OldDevice, RunFolder, Seeds, Trainings


def command(
    seeds: Seeds = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Short trainings.")] = False,
    data: Data = None,
    output: RunFolder = Path("runs/hardware"),
    compute: Compute = "cpu",
    device: OldDevice = None,
    jobs: Trainings = 1,
    json: Json = False,
) -> None:
    """Hardware in the loop: steering whose memory runs on 7 junctions, with their spread and temperature."""
    from network.experiments.steering.hardware import run_hardware
    from network.training.store import RunStore

    with console.progress_bar("hardware in the loop") as progress:
        results = run_hardware(
            RunStore(output),
            quick=quick,
            seeds=range(seeds),
            data=data,
            device=compute,
            command=" ".join(sys.argv[1:]),
            n_jobs=jobs,
            progress=progress,
        )
    console.print_json(results.to_json()) if json else show_hardware(results.to_json())


def show_hardware(result: Mapping[str, Any]) -> None:
    """A table for each place of the memory, and the published figures below the first."""
    published = result["published"]
    texts = (f"{name} {row['RMSE_deg']:g}° / {row['EVA']:g}" for name, row in published.items())
    ratio = published["hardware"]["RMSE_deg"] / published["software"]["RMSE_deg"]
    below = f"published, other drives: {', '.join(texts)}; ratio {ratio:.3f}. Ours: {result['origin']}"
    below += "\nin brackets: 95 %"
    columns = ["memory", "RMSE (°)", "EVA", "RMSE over software's"]
    for place in dict.fromkeys(row["place"] for row in result["cases"]):
        rows = [row for row in result["cases"] if row["place"] == place]
        cells = [(row["text"], *(_interval(row[name]) for name in ("RMSE_deg", "EVA", "ratio"))) for row in rows]
        console.print_table(f"memory at the {place}", columns, cells, right=columns[1:], below=below)
        below = ""


def _interval(score: Mapping[str, Any]) -> str:
    """``0.698 (0.657 to 0.738)``; a single seed, and a ratio to itself, have no interval."""
    low, high = score["low"], score["high"]
    mean = f"{score['mean']:.3f}"
    return mean if low == high else f"{mean}\u00a0({console.interval(low, high, lambda value: f'{value:.3f}')})"
