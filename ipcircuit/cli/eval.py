"""The command `eval`: a trained network's scores and events, and what a trial costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.bounds import MOST_TRIALS
from ipcircuit.cli import console, options, values
from ipcircuit.cli.eval_energy import TrialBill
from ipcircuit.cli.eval_fit import fit_result
from ipcircuit.cli.eval_tables import show_evaluation
from ipcircuit.cli.options import Cluster, Data, DeviceFile, Draws, Fresh, Jobs, Json, Models, Seed, TechnologyName
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS

if TYPE_CHECKING:
    from ipcircuit.cli.progress import Progress
    from ipcircuit.devices.parameter_file import ParameterFile


def command(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint.pt of `ipcircuit train`.")],
    trials: Annotated[
        int | None,
        values.whole("--trials", low=1, high=MOST_TRIALS, help="Fresh trials; default: as many as in training."),
    ] = None,
    energy: Annotated[
        bool, typer.Option("--energy", help="Energy per trial: simulated neurons, digital synapses, digital LSTM.")
    ] = False,
    lif: Annotated[
        str | None, typer.Option("--lif", help="Circuit of LIF neurons, for --energy; default: delay_feedback_lif.")
    ] = None,
    buffer: Annotated[
        str | None,
        values.word(
            "--buffer",
            allowed=("bitmap", "addresses", "none"),
            help="How frames of events are kept for a replay in a burst, for --energy; default: bitmap for neurons.",
        ),
    ] = None,
    copies: Annotated[
        int | None,
        values.whole(
            "--montecarlo",
            low=1,
            high=values.MOST_COPIES,
            help="Random copies of each circuit, for intervals of --energy.",
        ),
    ] = None,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Measure what the task's LSTM adds to the energy of an NVIDIA GPU here.")
    ] = False,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", help="FILE.py:NAME of the task, where it is your own: a file is run only if you name it."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="The same of the model.")] = None,
    data: Data = None,
    technology: TechnologyName = None,
    models: Models = None,
    device: DeviceFile = None,
    draws: Draws = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Score a trained network again, count its events per layer, and give the energy of a trial.

    With the parameter file of a fit (--device) also how far its intervals reach into scores and energy.
    """
    from ipcircuit.devices.propagation import DRAWS, uncertain
    from network.training.experiment import evaluate_checkpoint, load_model

    file = options.parameters(device)
    if draws is not None and not uncertain(file):
        raise InputError("only with a --device file of a fit", where="--draws", found=draws)
    only = {"--lif": lif, "--buffer": buffer, "--technology": technology, "--models": models, "--montecarlo": copies}
    for name, value in only.items():
        if value is not None and not energy:
            raise InputError("only with --energy", where=name, found=value)
    if lif is not None:
        CIRCUITS.get(lif)

    def evaluate(file: ParameterFile | None, progress: Progress | None = None) -> dict[str, Any]:
        files: Any = {"task_file": task, "model_file": model, "data": data, "device": file}
        return evaluate_checkpoint(str(checkpoint), trials, **files, progress=progress)

    with console.progress_bar("running the network") as progress:
        result, bill = evaluate(file, progress), None
    if energy:
        bill = TrialBill(lif, buffer, options.process(technology, models), jobs, copies, seed)
        identity = result["identity"]
        trained = load_model(model or identity["model"]).parameter_file(identity["model_options"])
        result["energy"] = bill.energy(result, file or trained)
    if file is not None and uncertain(file):
        with console.progress_bar("intervals of the fit") as progress:
            result["fit"] = fit_result(
                result,
                file,
                lambda f: evaluate(f)["scores"],
                None if bill is None else lambda f: replace(bill, copies=None).energy(evaluate(f), f, bars=False),
                count=draws or DRAWS,
                seed=seed,
                progress=progress,
            )
    del result["network"]
    if gpu:
        result["gpu"] = _measured(result)
    result["layers"] = [layer.to_json() for layer in result["layers"].values()]
    console.print_json(result) if json else show_evaluation(result)


def _measured(result: Mapping[str, Any]) -> dict[str, Any]:
    from network.accounting.gpu.increments import measure_lstm
    from network.training.experiment import make_task

    identity = result["identity"]
    task = make_task(identity["task"], identity["task_options"])
    with console.progress_bar("measuring") as progress:
        gpu, increments = measure_lstm(task, progress=progress)
    return {"gpu": gpu, **asdict(increments)}
