"""The command `train`: networks of these neurons on a task."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.bounds import MOST_STEPS
from ipcircuit.cli import completion, console, options, values
from ipcircuit.cli.options import Compute, Data, DeviceFile, Json, RunFolder, Trainings
from ipcircuit.cli.training import BatchSize, Compile, Precision, Width
from ipcircuit.families import MODELS


def command(
    task: Annotated[
        str,
        typer.Argument(
            help="A task from `ipcircuit list`, or your own: path/to/file.py:NAME.", autocompletion=completion.tasks
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(MODELS.names())}. Default: the first of the task's family.",
            autocompletion=completion.models,
        ),
    ] = None,
    n: Annotated[int | None, values.whole("--n", low=1, high=1000, help="n of the n-back task.")] = None,
    data: Data = None,
    width: Width = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="Option of the task or the model; JSON.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, such as 0,1,2: one run each.")] = "0",
    quick: Annotated[bool, typer.Option("--quick", help="A short run: minutes instead of hours.")] = False,
    steps: Annotated[
        int | None,
        values.whole("--steps", low=1, high=MOST_STEPS, help="Batches to train; default: by model and --quick."),
    ] = None,
    batch: BatchSize = None,
    precision: Precision = "fp32",
    compiled: Compile = False,
    output: RunFolder = Path("runs"),
    compute: Compute = "cpu",
    device: DeviceFile = None,
    jobs: Trainings = 1,
    json: Json = False,
) -> None:
    """Train a network on a task, with several seeds; the runs and their checkpoints are kept in a folder."""
    from network.models.model import default_model
    from network.training.experiment import Run, load_model, perform_all, split_options, summary
    from network.training.store import RunStore, timeless

    model = model or default_model(task)
    given = {"n": n, "width": width}
    chosen = options.json_options(option) | {name: value for name, value in given.items() if value is not None}
    for_task, for_model = split_options(task, model, chosen, data)
    file = options.parameters(device)
    if file is not None:
        for_model |= load_model(model).measured(file)
    settings, numbers = load_model(model).settings(task, quick=quick, steps=steps), options.seed_list(seeds)
    settings = settings.altered(batch=batch, precision=precision, compiled=compiled)
    runs = [Run(task, model, settings, seed, for_task, for_model, data, file and file.origin) for seed in numbers]
    with console.progress_bar(f"training {model} on {task}") as progress:
        records = perform_all(
            runs, RunStore(output), command=" ".join(sys.argv[1:]), device=compute, n_jobs=jobs, progress=progress
        )
    result = {"task": task, "model": model, "seeds": numbers, "scores": summary(records), "runs": records}
    console.print_json({**result, "runs": timeless(records)}) if json else show_training(result)


def show_training(result: Mapping[str, Any]) -> None:
    """Mean and interval of each score."""
    rows = [
        (name, console.number(s["mean"]), console.interval(s["low"], s["high"]) or console.NOT_OBTAINED)
        for name, s in result["scores"].items()
    ]
    below = "\n".join(f"seed {run['seed']}: {run['steps']} steps, {run['seconds']:g} s" for run in result["runs"])
    title = f"{result['model']} on {result['task']}, {len(result['seeds'])} seed(s)"
    columns = ["score", "mean", "95 % interval"]
    console.print_table(title, columns, rows, right=columns[1:], below=below)
