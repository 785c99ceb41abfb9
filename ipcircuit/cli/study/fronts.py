"""The command `study fronts`: accuracy against energy of every family of networks, and the ratio at equal accuracy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ipcircuit.cli import console
from ipcircuit.cli.options import Json, RunFolder, Seeds, Trainings


def command(
    task: Annotated[
        list[str] | None, typer.Option("--task", help="nback2, steering …; may be given again. Default: all.")
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="device, LSTM …; may be given again. Default: all.")
    ] = None,
    seeds: Seeds = 5,
    quick: Annotated[bool, typer.Option("--quick", help="Few sizes, short runs.")] = False,
    output: RunFolder = Path("runs/fronts"),
    jobs: Trainings = 1,
    json: Json = False,
) -> None:
    """Accuracy of devices, LIF neurons, LSTM and GRU of every size, in floats and in 8-bit integers."""
    from network.experiments.fronts.experiment import run_fronts
    from network.training.store import RunStore

    store = RunStore(output)
    with console.progress_bar("fronts: training") as progress:
        problems = run_fronts(
            store,
            seeds=range(seeds),
            tasks=task,
            families=family,
            quick=quick,
            command=" ".join(sys.argv[1:]),
            n_jobs=jobs,
            progress=progress,
        )
    for problem in problems:
        console.print_note(problem)
    if json:
        console.print_json({"problems": problems})
