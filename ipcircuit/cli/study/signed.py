"""The command `study signed`: ideal against device neurons in one network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import console, options, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Output
from ipcircuit.errors import InputError
from ipcircuit.units import si


def _folder(path: Path | None) -> Path | None:
    if path is not None and path.exists() and not path.is_dir():
        raise InputError("not a folder", where=f"--data {path}", allowed="a folder; unpack an archive first")
    return path


def command(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder with CIFAR-10, CIFAR10-DVS or DVS128 Gesture; default: the embedded sets.", callback=_folder
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer points, and no fine-tuning in the sweeps.")] = False,
    seeds: Annotated[
        int, values.whole("--seeds", low=1, high=values.MOST_SEEDS, help="Trainings; intervals are over them.")
    ] = 5,
    circuit: Annotated[
        str | None, typer.Option(help="Neuron circuit whose energy per spike is counted; default: none.")
    ] = None,
    output: Output = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Ideal against device neurons in one network: accuracy, gap with interval, sweeps over fit error and noise."""
    from network.experiments.signed.experiment import run_signed
    from network.experiments.signed.plan import Plan, quick_plan
    from network.experiments.signed.tasks import tasks_for

    cost = None if circuit is None else options.cost_of(options.testbench_of(circuit), circuit, jobs)
    tasks, plan = tasks_for(data, quick=quick), quick_plan(seeds) if quick else Plan(seeds)
    with console.progress_bar("training and testing") as progress:
        result = run_signed(tasks, plan, cost, progress, n_jobs=jobs or (-1 if data is None else 1), folder=output)
    if output is not None:
        from reports.signed_network.files import write_signed_study

        write_signed_study(output, result)
    console.print_json(result) if json else show_signed(result, output)


def show_signed(result: Mapping[str, Any], output: Path | None) -> None:
    """A table for each task."""
    columns = ["neurons", "swapped (%)", "gap", "gap, 95 %", "tuned (%)", "tuned gap", "tuned gap, 95 %"]
    for task in result["tasks"]:
        cells = [(row["variant"], *_accuracy(row, "swapped"), *_accuracy(row, "tuned")) for row in task["variants"]]
        below = ["gap: ideal less other of the same training, in percentage points; 95 %: Student's interval"]
        if task["energy"] is not None:
            energies = [f"{r['scope']} {si(r['energy_per_sample_J'], 'J')}" for r in task["energy"]]
            below += [f"energy of the neurons per sample: {', '.join(energies)}"]
        text = "\n".join([*below, *console.file_lines(output)])
        console.print_table(f"{task['task']}: {task['what']}", columns, cells, right=columns[1:], below=text)


def _accuracy(row: Mapping[str, Any], kind: str) -> tuple[str, str, str]:
    """Accuracy, gap and interval of the gap."""
    accuracy, gap = f"{row[f'{kind}_accuracy']['mean']:.1f}", row[f"{kind}_gap"]
    if gap is None:
        return accuracy, "", ""
    return accuracy, f"{gap['mean']:.1f}", console.interval(gap["low"], gap["high"], lambda value: f"{value:.1f}")
