"""Runs of a task by name over several seeds, into a store, with their mean and interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.registry import TASKS
from ipcircuit.statistics import mean_interval
from network.accounting import LayerEvents, counted_events
from network.models.catalog import OPTIONS, builder
from network.tasks.task import Task
from network.training.checkpoint import load_checkpoint, load_weights
from network.training.loop import EVALUATION_SEED, Progress, evaluate, outputs, train
from network.training.settings import Identity, Settings
from network.training.store import RunStore

EVENT_TRIALS = 100
QUICK = {  # by model: what is enough to see a curve, in minutes on two cores
    "ipnet": Settings(900, 64, 0.03, evaluate_every=150, trials=1000, quiet=0.2),
    "ablated": Settings(60, 64, 0.03, evaluate_every=30, trials=1000),
    "lif": Settings(60, 64, 0.03, evaluate_every=30, trials=1000),
    "lstm": Settings(600, 64, 0.003, evaluate_every=50, trials=1000, good_enough=0.995),
}
QUICK_OF = {  # one answer per trial, split over three conditions; one cell of 18 inputs is weak against the noise
    ("ipnet", "interference"): {"steps": 1000, "evaluate_every": 200, "trials": 3000, "quiet": 0.2},
    ("ipnet", "recall"): {"steps": 400, "evaluate_every": 100, "quiet": 0.0},
}
FULL = {
    "ipnet": Settings(6000, 128, 0.03, evaluate_every=500, trials=4000, quiet=0.2),
    "ablated": Settings(2000, 128, 0.03, evaluate_every=500, trials=4000, patience=3),
    "lif": Settings(2000, 128, 0.03, evaluate_every=500, trials=4000, patience=3),
    "lstm": Settings(6000, 128, 0.003, evaluate_every=100, trials=4000, good_enough=0.999),
}


def make_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """A task by name with its options.

    Raises:
        InputError: unknown task, option or value.
    """
    made = TASKS.load(name)
    chosen = {key: tuple(v) if isinstance(v, list) else v for key, v in (options or {}).items()}
    known = [f.name for f in fields(made) if f.name not in ("name", "headline", "inputs", "hidden", "outputs")]
    if unknown := sorted(set(chosen) - set(known)):
        raise InputError(f"task {name} has no such option", found=unknown[0], allowed=", ".join(known))
    return made(**chosen)


def split_options(task: str, model: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the task and of the model, told apart by name. Raises InputError for a name neither has."""
    own = OPTIONS.get(model, {})
    for_model = {key: value for key, value in options.items() if key in own}
    for_task = {key: value for key, value in options.items() if key not in own}
    make_task(task, for_task)
    return for_task, for_model


def settings_for(model: str, task: str, *, quick: bool, steps: int | None = None) -> Settings:
    """Training settings of a model on a task; `steps` overrides their number. Raises InputError: unknown model."""
    table = QUICK if quick else FULL
    if model not in table:
        raise InputError("unknown model", where="model", found=model, allowed=", ".join(table))
    chosen = table[model].to_json()
    if quick:
        chosen |= QUICK_OF.get((model, task), {})
    return Settings(**(chosen if steps is None else {**chosen, "steps": steps}))


def run_seeds(
    store: RunStore, task_name: str, model: str, seeds: Sequence[int], settings: Settings, *,
    task_options: Mapping[str, Any] | None = None, model_options: Mapping[str, Any] | None = None,
    command: str = "", device: str = "cpu", progress: Progress | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Train (or go on with, or take from the store) one model on one task with several seeds; the records of the runs.

    Raises:
        InputError: bad options, or the store holds another run of the same name.
    """
    task = make_task(task_name, task_options)
    build = builder(model, task, model_options)
    records = []
    for index, seed in enumerate(seeds):
        identity = Identity(task_name, model, seed, task.settings(), dict(model_options or {}))
        within = None if progress is None else _within(progress, index, len(seeds))
        checkpoint = store.checkpoint(identity)
        training = train(task, build, identity, settings, checkpoint=checkpoint, device=device, progress=within)
        layers = [layer.to_json() for layer in events(task, training.model).values()]
        extra = {"command": command, "layers": layers, "topology": [task.inputs, task.hidden, task.outputs]}
        store.write(identity, settings, training, extra)
        records.append(store.read(identity))
    return records


def _within(progress: Progress, index: int, of: int) -> Callable[[int, int], None]:
    return lambda done, total: progress(index * total + done, of * total)


def events(task: Task, model: nn.Module) -> dict[str, LayerEvents]:
    """Events of every layer over `EVENT_TRIALS` fresh trials, by layer name."""
    batch = task.batch(EVENT_TRIALS, torch.Generator().manual_seed(EVALUATION_SEED))
    device = str(next(model.parameters()).device)
    with counted_events(model) as found:
        outputs(model, batch.to(device), device=device)
    return found


def summary(records: Sequence[Mapping[str, Any]], confidence: float = 0.95) -> dict[str, dict[str, float | None]]:
    """Mean and interval over the seeds of every score that is a number."""
    found = {}
    for name, value in records[0]["scores"].items():
        if isinstance(value, int | float):
            mean, low, high = mean_interval([float(r["scores"][name]) for r in records], confidence)
            found[name] = {"mean": mean, "low": low, "high": high}
    return found


def evaluate_checkpoint(path: str, trials: int | None = None) -> dict[str, Any]:
    """Make task and model of a checkpoint again and score them; `layers` holds the events of every layer.

    Raises:
        InputError: not a checkpoint, of another version, or its weights do not fit its model.
    """
    found = load_checkpoint(path)
    made = found["identity"]
    task = make_task(made["task"], made["task_options"])
    model = builder(made["model"], task, made["model_options"])()
    load_weights(model, found, path)
    count = trials or found["settings"]["trials"]
    scores = evaluate(task, model, count)
    layers = events(task, model)
    return {"identity": made, "steps": found["step"], "trials": count, "scores": scores, "layers": layers}
