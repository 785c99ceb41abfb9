"""The command `study memory`: the working-memory figures of seed 1."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ipcircuit.cli import console


def memory(
    figure: Annotated[
        list[str] | None,
        typer.Option("--figure", help="3b, 3e, 3g, S5, S7 or reference; may be given again. Default: all."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds, from 0.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Short runs.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of runs; goes on with what it holds.")] = Path(
        "runs"
    ),
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Trainings at a time, a core each.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Working memory: n-back, interference, free recall, cued recall and layer placement, on every network."""
    from network.experiments.memory.memory import run_memory_study
    from network.training.store import RunStore

    with console.progress_bar("working memory") as progress:
        rows = run_memory_study(
            RunStore(output),
            quick=quick,
            seeds=range(seeds),
            figures=figure,
            command=" ".join(sys.argv[1:]),
            device=device,
            n_jobs=jobs,
            progress=progress,
        )
    console.print_json(rows) if json else console.show_memory(rows)
