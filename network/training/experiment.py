"""Runs of a task and a model by name over several seeds, into a store, with their mean and interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from torch import nn

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS, TASKS
from ipcircuit.statistics import mean_interval
from network.accounting.events import LayerEvents, counted_events
from network.tasks.task import Task
from network.threads import Progress, in_processes
from network.training.checkpoint import load_checkpoint, load_weights
from network.training.loop import EVALUATION_SEED, initialised, respond, train
from network.training.settings import Identity, Settings
from network.training.store import RunStore

EVENT_TRIALS = 100


def make_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """A task by name with its options.

    Raises:
        InputError: unknown task, option or value.
    """
    kind = TASKS.load(name)
    chosen = {key: tuple(v) if isinstance(v, list) else v for key, v in (options or {}).items()}
    known = [field.name for field in fields(kind)]
    if unknown := sorted(set(chosen) - set(known)):
        raise InputError(f"task {name} has no such option", found=unknown[0], allowed=", ".join(known))
    return kind(**chosen)


def split_options(task: str, model: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the task and of the model, told apart by name. Raises InputError for a name neither has."""
    own = MODELS.load(model).options
    for_model = {key: value for key, value in options.items() if key in own}
    for_task = {key: value for key, value in options.items() if key not in own}
    MODELS.load(model).builder(make_task(task, for_task), for_model)
    return for_task, for_model


@dataclass(frozen=True)
class Run:
    """One model to be trained on one task with one seed; plain values, so that another process can do it."""

    task: str
    model: str
    settings: Settings
    seed: int = 0
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        """Identity of the run."""
        options = make_task(self.task, self.task_options).settings()
        return Identity(self.task, self.model, self.seed, options, dict(self.model_options))


def perform(
    run: Run, store: RunStore, command: str = "", device: str = "cpu", *, progress: Progress | None = None
) -> dict[str, Any]:
    """Train one run, or go on with it, or take it from the store; its record.

    Raises:
        InputError: bad options, or the store holds another run of the same name.
    """
    identity, task, build = run.identity, *_parts(run.identity)
    if (record := store.finished(identity, run.settings)) is not None:
        return record
    model, checkpoint = initialised(build, run.seed), store.checkpoint(identity)
    training = train(task, model, identity, run.settings, checkpoint=checkpoint, device=device, progress=progress)
    layers = [layer.to_json() for layer in events(task, training.model).values()]
    sizes = [getattr(task, name, None) for name in ("inputs", "hidden", "outputs")]
    extra = {"command": command, "layers": layers, "topology": None if None in sizes else sizes}
    store.write(identity, run.settings, training, extra)
    return store.read(identity)


def _parts(identity: Identity) -> tuple[Task, Callable[[], nn.Module]]:
    """Task of a run, and the function that builds its model."""
    task = make_task(identity.task, identity.task_options).seeded(identity.seed)
    return task, MODELS.load(identity.model).builder(task, identity.model_options)


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
        return [perform(r, store, command, device, progress=w) for r, w in zip(runs, within, strict=True)]
    arguments = [(run, store, command, device) for run in runs]
    return list(in_processes(perform, arguments, n_jobs, progress))


def _within(progress: Progress, index: int, of: int) -> Callable[[int, int], None]:
    return lambda step, total: progress(1000 * index + 1000 * step // total, 1000 * of)


def events(task: Task, model: nn.Module) -> dict[str, LayerEvents]:
    """Events of every layer over `EVENT_TRIALS` samples, by layer name."""
    with counted_events(model) as counts:
        respond(task, model, EVENT_TRIALS, EVALUATION_SEED)
    return counts


def summary(records: Sequence[Mapping[str, Any]], confidence: float = 0.95) -> dict[str, dict[str, float | None]]:
    """Mean and interval over the seeds of every score that is a number."""
    intervals = {}
    for name, value in records[0]["scores"].items():
        if isinstance(value, int | float):
            mean, low, high = mean_interval([float(r["scores"][name]) for r in records], confidence)
            intervals[name] = {"mean": mean, "low": low, "high": high}
    return intervals


def evaluate_checkpoint(path: str, trials: int | None = None) -> dict[str, Any]:
    """Make task and model of a checkpoint again and score them; `layers` holds the events of every layer.

    Raises:
        InputError: not a checkpoint, of another version, or its weights do not fit its model.
    """
    saved = load_checkpoint(path)
    task, build = _parts(saved.identity)
    model = build()
    load_weights(model, saved, path)
    answers, batch = respond(task, model, trials or saved.settings.trials, EVALUATION_SEED + saved.identity.seed)
    return {
        "identity": saved.identity.to_json(),
        "steps": saved.step,
        "trials": len(batch.targets),
        "scores": task.scores(answers, batch),
        "layers": events(task, model),
    }
