"""The command `eval`: a trained network's scores and events, and what a trial costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console, options, values
from ipcircuit.cli.eval_tables import show_evaluation
from ipcircuit.cli.options import Cluster, Data, Fresh, Jobs, Json, Models, TechnologyName
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS
from network.training.settings import MOST_TRIALS

if TYPE_CHECKING:
    from torch import nn

    from energy.cost import NeuronCost
    from ipcircuit.technology.record import Technology


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
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Score a trained network again, count its events per layer, and give the energy of a trial."""
    from network.training.experiment import evaluate_checkpoint

    for name, value in (("--lif", lif), ("--buffer", buffer), ("--technology", technology), ("--models", models)):
        if value is not None and not energy:
            raise InputError("only with --energy", where=name, found=value)
    if lif is not None:
        CIRCUITS.get(lif)
    result = evaluate_checkpoint(str(checkpoint), trials, task_file=task, model_file=model, data=data)
    network = result.pop("network")
    if energy:
        result["energy"] = _trial_energy(result, network, lif, buffer, options.process(technology, models), jobs)
    if gpu:
        result["gpu"] = _measured(result)
    result["layers"] = [layer.to_json() for layer in result["layers"].values()]
    console.print_json(result) if json else show_evaluation(result)


def _trial_energy(
    result: Mapping[str, Any],
    network: nn.Module,
    lif: str | None,
    storage: str | None,
    technology: Technology,
    jobs: int | None,
) -> dict[str, Any]:
    """Energy per trial, from freshly simulated circuits; a network without neurons needs none."""
    from energy.buffer import buffer_energy
    from network.accounting.balance import frame_buffer
    from network.accounting.trial import trial_energy
    from network.models.memory import LSTM
    from network.training.experiment import make_task

    identity, layers = result["identity"], result["layers"]
    task = make_task(identity["task"], identity["task_options"])
    costs = {}
    for name, layer in layers.items():
        if layer.billing is not None:
            chosen = lif if layer.kind == "lif" else None
            costs[name] = _cost(chosen or layer.billing.circuit, layer.amplitude_V, technology, jobs)
    digital = not costs
    lstm = network if digital else LSTM.builder(task)() if task.form == LSTM.form else None
    fading = any(layer.part == "memory" for layer in layers.values())  # a digital memory waits for the next frame
    storage = storage or ("bitmap" if task.events and fading else "none")
    buffer = None if storage == "none" else buffer_energy(frame_buffer(layers, storage))
    return trial_energy(layers, costs, lstm, is_lstm=digital, buffer=buffer)


def _cost(name: str, amplitude_V: float | None, technology: Technology, jobs: int | None) -> NeuronCost:
    """A circuit's cost record; that of an MTJ neuron for the amplitude of a layer's own pulses."""
    from energy.characterize import cost_at

    with console.progress_bar(f"characterizing {name}") as progress:
        return cost_at(name, amplitude_V, technology=technology, n_jobs=jobs, progress=progress)


def _measured(result: Mapping[str, Any]) -> dict[str, Any]:
    from network.accounting.gpu import measure_lstm
    from network.training.experiment import make_task

    identity = result["identity"]
    task = make_task(identity["task"], identity["task_options"])
    with console.progress_bar("measuring") as progress:
        gpu, increments = measure_lstm(task, progress=progress)
    return {"gpu": gpu, **asdict(increments)}
