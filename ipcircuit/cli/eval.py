"""The command `eval`: a trained network's scores and events, and what a trial costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ipcircuit.cli import console
from ipcircuit.cli import energy_tables as console_energy
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS

if TYPE_CHECKING:
    from energy.cost import NeuronCost


def evaluate(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint.pt of `ipcircuit train`.")],
    trials: Annotated[int | None, typer.Option(min=1, help="Fresh trials; default: as many as in training.")] = None,
    energy: Annotated[
        bool, typer.Option("--energy", help="Energy per trial: simulated neurons, digital synapses, digital LSTM.")
    ] = False,
    lif: Annotated[
        str | None, typer.Option("--lif", help="Circuit of LIF neurons, for --energy; default: delay_feedback_lif.")
    ] = None,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Measure what the task's LSTM adds to the energy of an NVIDIA GPU here.")
    ] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Workers; default: one per core.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Score a trained network again, count its events per layer, and give the energy of a trial."""
    from network.training.experiment import evaluate_checkpoint

    if lif is not None:
        if not energy:
            raise InputError("only with --energy", where="--lif", found=lif)
        CIRCUITS.get(lif)
    found = evaluate_checkpoint(str(checkpoint), trials)
    if energy:
        found["energy"] = _trial_energy(found, lif, jobs)
    if gpu:
        found["gpu"] = _measured(found)
    found["layers"] = [layer.to_json() for layer in found["layers"].values()]
    console.print_json(found) if json else console_energy.show_evaluation(found)


def _trial_energy(found: Mapping[str, Any], lif: str | None, jobs: int | None) -> dict[str, Any]:
    """Energy per trial, from freshly simulated circuits; a network without neurons needs none."""
    from network.accounting.events import CIRCUIT_OF
    from network.accounting.trial import trial_energy
    from network.models.catalog import builder
    from network.training.experiment import make_task

    made, layers = found["identity"], found["layers"]
    task = make_task(made["task"], made["task_options"])
    costs = {}
    for name, layer in layers.items():
        if layer.kind == "lif":
            costs[name] = _cost(lif or CIRCUIT_OF["lif"], None, jobs)
        elif layer.kind in CIRCUIT_OF:
            costs[name] = _cost(CIRCUIT_OF[layer.kind], layer.amplitude_V, jobs)
    return trial_energy(layers, costs, builder("lstm", task)(), is_lstm=made["model"] == "lstm")


def _cost(name: str, amplitude_V: float | None, jobs: int | None) -> NeuronCost:
    """A circuit's cost record; that of an MTJ neuron for the amplitude of a layer's own pulses."""
    from energy.characterize import cost_at

    with console.progress_bar(f"characterizing {name}") as progress:
        return cost_at(name, amplitude_V, n_jobs=jobs, progress=progress)


def _measured(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    from network.accounting.gpu import measure_lstm
    from network.training.experiment import make_task

    made = found["identity"]
    return [row.to_json() for row in measure_lstm(make_task(made["task"], made["task_options"]))]
