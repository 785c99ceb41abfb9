"""The command `study steering`: steering angle from event frames, with and without memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, values
from ipcircuit.cli.options import Compute, Data, Json, OldDevice, RunFolder, Seeds, Trainings


def command(
    figure: Annotated[
        list[str] | None, typer.Option("--figure", help="5b, 5c or 5e; may be given again. Default: all.")
    ] = None,
    seeds: Seeds = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Short runs.")] = False,
    width: Annotated[
        float | None,
        values.number(
            "--width",
            low=0,
            high=16,
            open_low=True,
            help="Residual networks of this width, 1 as published; else small ones.",
        ),
    ] = None,
    depth: Annotated[int, values.whole("--depth", low=1, high=34, help="Of residual networks: 10, 18 or 34.")] = 18,
    data: Data = None,
    output: RunFolder = Path("runs/steering"),
    compute: Compute = "cpu",
    device: OldDevice = None,
    jobs: Trainings = 1,
    json: Json = False,
) -> None:
    """Steering: error against history, position of the memory, day and night, now and 0.2 s later."""
    from network.experiments.steering.experiment import Residual, run_steering
    from network.training.store import RunStore

    with console.progress_bar("steering") as progress:
        rows = run_steering(
            RunStore(output),
            quick=quick,
            seeds=range(seeds),
            figures=figure,
            residual=None if width is None else Residual(width, depth),
            data=data,
            command=" ".join(sys.argv[1:]),
            device=compute,
            n_jobs=jobs,
            progress=progress,
        )
    console.print_json(rows) if json else show_steering(rows)


def show_steering(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each network, below its figure."""
    cells = []
    for row in rows:
        options = console.condition_text({**row["task_options"], **row["model_options"]})
        rmse, eva = row["scores"]["RMSE_deg"], row["scores"]["EVA"]
        interval = console.interval(rmse["low"], rmse["high"], lambda value: f"{value:.2f}")
        limit = console.NOT_OBTAINED if row["limit_deg"] is None else f"{row['limit_deg']:.2f}"
        cells.append((f"  {row['model']}", options, f"{rmse['mean']:.2f}", interval, limit, f"{eva['mean']:.3f}"))
    columns = ["network", "options", "RMSE (°)", "95 %", "limit (°)", "EVA"]
    below = "limit: best linear estimate from the true yaw of the same frames, of which one alone tells no sign"
    groups = console.grouped([f"figure {row['figure']}" for row in rows])
    console.print_table("steering", columns, cells, right=columns[2:], below=below, groups=groups)
