"""The command `study vision`: gestures before an event camera, forwards and in both orders of time."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, options
from ipcircuit.cli.options import Compute, Data, Json, OldDevice, RunFolder, Trainings
from ipcircuit.cli.training import BatchSize, Compile, Precision, Width


def command(
    figure: Annotated[
        list[str] | None,
        typer.Option("--figure", help="4c, polarity, 4e, 4f, S11 or timebase; may be given again. Default: 4c."),
    ] = None,
    data: Data = None,
    seeds: Annotated[str, typer.Option(help="Seeds, such as 0,1,2: one run each; of N-MNIST the folds 0 to 4.")] = "0",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="Option of the task or of all networks; JSON."),
    ] = None,
    width: Width = None,
    quick: Annotated[bool, typer.Option("--quick", help="A fifth of the training steps.")] = False,
    batch: BatchSize = None,
    precision: Precision = "fp32",
    compiled: Compile = False,
    output: RunFolder = Path("runs"),
    compute: Compute = "cpu",
    device: OldDevice = None,
    jobs: Trainings = 1,
    json: Json = False,
) -> None:
    """Event vision: accuracy forwards and in both orders of time, by network, place of the memory, N and time base."""
    from network.experiments.vision.cells import FRAME_WISE
    from network.experiments.vision.experiment import run_vision
    from network.training.experiment import split_options
    from network.training.store import RunStore

    for_task, for_model = split_options("gesture", FRAME_WISE, options.json_options(option))
    with console.progress_bar("event vision") as progress:
        rows = run_vision(
            RunStore(output),
            seeds=options.seed_list(seeds),
            figures=figure or ["4c"],
            data=data,
            task_options=for_task,
            model_options=for_model | ({} if width is None else {"width": width}),
            quick=quick,
            settings={"batch": batch, "precision": precision, "compiled": compiled},
            command=" ".join(sys.argv[1:]),
            device=compute,
            n_jobs=jobs,
            progress=progress,
        )
    console.print_json(rows) if json else show_vision(rows)


def show_vision(rows: Sequence[Mapping[str, Any]]) -> None:
    """A row for each network below its figure; options that all of them, or of a figure, share stand once."""
    shared = _shared(rows)
    of_figure = {name: _shared([row for row in rows if row["figure"] == name]) for name in {r["figure"] for r in rows}}
    cells, figures = [], []
    for row in rows:
        common = of_figure[row["figure"]]
        differs = {k: v for k, v in _options(row).items() if (k, v) not in shared and (k, v) not in common}
        stated = console.condition_text({k: v for k, v in common if (k, v) not in shared})
        figures.append(f"figure {row['figure']}" + (f": {stated}" if stated else ""))
        scores = [_percent(row["scores"].get(name)) for name in ("accuracy", "gesture", "order")]
        interval = row["scores"]["accuracy"]
        text = console.interval(interval["low"], interval["high"], console.percent)
        cells.append((f"  {row['model']}", console.condition_text(differs), scores[0], text, *scores[1:]))
    columns = ["network", "options", "accuracy (%)", "95 %", "gesture (%)", "order (%)"]
    order = "order: of the two orders of the right gesture the right one; chance 50 %"
    below = f"all: {console.condition_text(dict(shared))}\n{order}"
    console.print_table("event vision", columns, cells, right=columns[2:], below=below, groups=console.grouped(figures))


def _options(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row["task_options"], **row["model_options"]}


def _shared(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Any]]:
    """Options of equal value in all rows that have them."""
    options = [_options(row) for row in rows]
    found: dict[str, list[Any]] = {}
    for name, value in (item for own in options for item in own.items()):
        found.setdefault(name, []).append(value)
    everywhere = {"static_neurons", "neurons", *set.intersection(*(set(own) for own in options))}
    return [(name, v[0]) for name, v in found.items() if name in everywhere and all(value == v[0] for value in v)]


def _percent(score: Mapping[str, float] | None) -> str:
    return "" if score is None else console.percent(score["mean"])
