"""Runs of a task by name over several seeds, into a store, with their mean and interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.families import TASKS
from ipcircuit.statistics import mean_interval
from network.accounting.events import LayerEvents, counted_events
from network.models.catalog import OPTIONS, builder
from network.tasks.task import Task
from network.threads import one_thread
from network.training.checkpoint import load_checkpoint, load_weights
from network.training.loop import EVALUATION_SEED, Progress, evaluate, outputs, train
from network.training.settings import Identity, Settings
from network.training.store import RunStore

EVENT_TRIALS = 100
QUICK = {  # by model: what is enough to see a curve, in minutes on two cores
    "ipnet": Settings(2000, 64, 0.01, evaluate_every=500, trials=4000, quiet=0.2),
    "ablated": Settings(60, 64, 0.01, evaluate_every=30, trials=1000),
    "lif": Settings(60, 64, 0.01, evaluate_every=30, trials=1000),
    "lstm": Settings(600, 64, 0.003, evaluate_every=50, trials=1000, good_enough=0.995),
}
FULL = {  # docs/memory_tasks.md says what twice as many steps change
    "ipnet": Settings(2000, 64, 0.01, evaluate_every=500, trials=4000, quiet=0.2),
    "ablated": Settings(600, 64, 0.01, evaluate_every=100, trials=4000, patience=3),
    "lif": Settings(1000, 64, 0.01, evaluate_every=100, trials=4000, patience=3),
    "lstm": Settings(1000, 64, 0.003, evaluate_every=50, trials=4000, good_enough=0.999),
}
# Interference: one answer per trial, split over three conditions, and a weak signal, which takes smaller steps.
QUICK_OF = {
    ("ipnet", "interference"): {"steps": 1000, "learning_rate": 0.003, "evaluate_every": 200, "trials": 3000},
    ("ipnet", "recall"): {"steps": 400, "evaluate_every": 100, "quiet": 0.0},
}
FULL_OF = {
    ("ipnet", "interference"): {"batch": 128, "learning_rate": 0.003, "trials": 9000},
    ("ipnet", "recall"): {"steps": 1000, "evaluate_every": 250, "quiet": 0.0},
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
    chosen = table[model].to_json() | (QUICK_OF if quick else FULL_OF).get((model, task), {})
    return Settings(**(chosen if steps is None else {**chosen, "steps": steps}))


@dataclass(frozen=True)
class Run:
    """One model to be trained on one task with one seed; plain values, so that another process can do it."""

    task: str
    model: str
    settings: Settings
    seed: int = 0
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)


def perform(
    run: Run, store: RunStore, *, command: str = "", device: str = "cpu", progress: Progress | None = None
) -> dict[str, Any]:
    """Train one run, or go on with it, or take it from the store; its record.

    Raises:
        InputError: bad options, or the store holds another run of the same name.
    """
    task = make_task(run.task, run.task_options)
    build = builder(run.model, task, run.model_options)
    identity = Identity(run.task, run.model, run.seed, task.settings(), dict(run.model_options))
    if (found := store.finished(identity, run.settings)) is not None:
        return found
    checkpoint = store.checkpoint(identity)
    training = train(task, build, identity, run.settings, checkpoint=checkpoint, device=device, progress=progress)
    layers = [layer.to_json() for layer in events(task, training.model).values()]
    extra = {"command": command, "layers": layers, "topology": [task.inputs, task.hidden, task.outputs]}
    store.write(identity, run.settings, training, extra)
    return store.read(identity)


def perform_all(
    runs: Sequence[Run],
    store: RunStore,
    *,
    command: str = "",
    device: str = "cpu",
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Records of several runs, in their order.

    Args:
        n_jobs: runs at a time, each in a process and on a thread of its own; -1 for one per core. The numbers do not
            depend on it, but for rounding where a single run has several threads.
        progress: called with parts done and parts in all.

    Raises:
        InputError: as `perform`.
    """
    if n_jobs == 1:
        within = [None if progress is None else _within(progress, i, len(runs)) for i in range(len(runs))]
        return [
            perform(r, store, command=command, device=device, progress=w) for r, w in zip(runs, within, strict=True)
        ]
    from joblib import Parallel, delayed

    jobs = (delayed(perform_alone)(run, store, command, device) for run in runs)
    records: list[dict[str, Any]] = []
    found: Any = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    for record in found:
        records.append(record)
        if progress is not None:
            progress(len(records), len(runs))
    return records


def perform_alone(run: Run, store: RunStore, command: str = "", device: str = "cpu") -> dict[str, Any]:
    """As `perform`, on one thread: for runs side by side."""
    with one_thread():
        return perform(run, store, command=command, device=device)


def _within(progress: Progress, index: int, of: int) -> Callable[[int, int], None]:
    return lambda done, total: progress(1000 * index + 1000 * done // total, 1000 * of)


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
    scores = evaluate(task, model, count, seed=EVALUATION_SEED + made["seed"])
    layers = events(task, model)
    return {"identity": made, "steps": found["step"], "trials": count, "scores": scores, "layers": layers}
