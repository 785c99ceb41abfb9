"""The command `study memory`: working memory in networks of thermal MTJ neurons and others."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console
from ipcircuit.cli.options import Compute, Json, OldDevice, RunFolder, Seeds, Trainings


def command(
    figure: Annotated[
        list[str] | None,
        typer.Option("--figure", help="3b, 3e, 3g, S5, S7 or reference; may be given again. Default: all."),
    ] = None,
    seeds: Seeds = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Short runs.")] = False,
    output: RunFolder = Path("runs"),
    compute: Compute = "cpu",
    device: OldDevice = None,
    jobs: Trainings = 1,
    json: Json = False,
) -> None:
    """Working memory: n-back, interference, free recall, cued recall and layer placement, on every network."""
    from network.experiments.memory.memory import run_memory
    from network.training.store import RunStore

    with console.progress_bar("working memory") as progress:
        rows = run_memory(
            RunStore(output),
            quick=quick,
            seeds=range(seeds),
            figures=figure,
            command=" ".join(sys.argv[1:]),
            device=compute,
            n_jobs=jobs,
            progress=progress,
        )
    console.print_json(rows) if json else show_memory(rows)


def show_memory(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each score of each network, below its figure."""
    cells, figures = [], []
    for row in rows:
        options = console.condition_text({**row["task_options"], **row["model_options"]})
        for name, s in row["scores"].items():
            interval = console.interval(s["low"], s["high"])
            figures.append(f"figure {row['figure']}: {row['task']}")
            score = name.replace("_", " ")
            cells.append((f"  {row['model']}", options, score, console.number(s["mean"]), interval))
    columns = ["network", "options", "score", "mean", "95 %"]
    console.print_table("working memory", columns, cells, right=columns[3:], groups=console.grouped(figures))
