"""Runs of a task and a model by name over several seeds, into a store, with their mean and interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from torch import nn

from ipcircuit.bounds import LARGEST_SEED
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.errors import InputError
from ipcircuit.families import MODELS, TASKS
from ipcircuit.files import locked
from ipcircuit.loading import is_file_name, split_file_name
from ipcircuit.records import parse
from ipcircuit.statistics import mean_interval
from network.accounting.counting.count import counted_events
from network.accounting.counting.events import LayerEvents
from network.models.model import Model
from network.tasks.task import Task
from network.threads import Progress, in_processes, one_thread
from network.training.checkpoint import Checkpoint, load_checkpoint, load_weights
from network.training.loop import check_device, initialised, train
from network.training.memory import shortage_explained
from network.training.outputs import EVALUATION_SEED, respond
from network.training.settings import Identity, Settings
from network.training.store import RunStore

EVENT_TRIALS = 100


def make_task(name: str, options: Mapping[str, Any] | None = None, data: Path | None = None) -> Task:
    """A task by name with its options, and with the folder of its data set.

    Raises:
        InputError: unknown task, option or value; a folder for a task that reads none, or without its data set.
    """
    kind = TASKS.load(name)
    if not (isinstance(kind, type) and issubclass(kind, Task) and is_dataclass(kind)):
        raise InputError(
            "not a task", where=name, found=_kind_of(kind), allowed="a dataclass derived from network.tasks.task.Task"
        )
    known = [field.name for field in fields(kind) if field.name != "data"]
    if unknown := sorted(set(options or {}) - set(known)):
        raise InputError(f"task {name} has no such option", found=unknown[0], allowed=", ".join(known))
    task = kind(**_typed(kind, options or {}, f"task {name}"))
    return task if data is None else task.located(data)


def _typed(kind: type, options: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Options as the types of the fields say; those of a user's task whose types cannot be resolved as they are."""
    try:
        types = get_type_hints(kind)
    except Exception:  # names that only a type checker sees
        types = {}
    chosen = {}
    for name, value in options.items():
        if isinstance(value, int) and not -LARGEST_SEED <= value <= LARGEST_SEED:
            raise InputError("out of range", where=f"{where}: {name}", found=value, allowed=f"± {LARGEST_SEED}")
        value = tuple(value) if isinstance(value, list) else value
        chosen[name] = parse(types[name], value, f"{where}: {name}") if name in types else value
    return chosen


def _kind_of(value: object) -> str:
    return value.__name__ if isinstance(value, type) else type(value).__name__


def load_model(name: str) -> Model:
    """A model by name. Raises InputError: unknown, or no model."""
    model = MODELS.load(name)
    if not isinstance(model, Model):
        raise InputError("not a model", where=name, found=_kind_of(model), allowed="a network.models.model.Model")
    return model


def split_options(
    task: str, model: str, options: Mapping[str, Any], data: Path | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the task and of the model, told apart by name. Raises InputError for a name neither has."""
    own = load_model(model).options
    for_model = {key: value for key, value in options.items() if key in own}
    for_task = {key: value for key, value in options.items() if key not in own}
    load_model(model).builder(make_task(task, for_task, data), for_model)
    return for_task, for_model


@dataclass(frozen=True)
class Run:
    """One model to be trained on one task with one seed; plain values, so that another process can do it.

    `data` is the folder of the task's data set, None where it needs none. `origin` says in the record where parameters
    among the model's options come from.
    """

    task: str
    model: str
    settings: Settings
    seed: int = 0
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)
    data: Path | None = None
    origin: Mapping[str, str] | None = None

    @property
    def identity(self) -> Identity:
        """Identity of the run."""
        options = make_task(self.task, self.task_options, self.data).settings()
        return Identity(self.task, self.model, self.seed, options, dict(self.model_options))


def perform(
    run: Run, store: RunStore, command: str = "", device: str = "cpu", *, progress: Progress | None = None
) -> dict[str, Any]:
    """Train one run, or go on with it, or take it from the store; its record.

    Raises:
        InputError: bad options, or the store holds another run of the same name.
        MissingDependencyError: no such device; nothing is written.
    """
    identity, task, build = run.identity, *_parts(run.identity, run.data)
    if (record := store.finished(identity, run.settings)) is not None:
        return record
    check_device(device)
    model, checkpoint = initialised(build, run.seed), store.checkpoint(identity)
    training = train(task, model, identity, run.settings, checkpoint=checkpoint, device=device, progress=progress)
    with shortage_explained(task, identity):
        layers = [layer.to_json() for layer in events(task, training.model).values()]
    sizes = [getattr(task, name, None) for name in ("inputs", "hidden", "outputs")]
    extra = {"command": command, "layers": layers, "topology": None if None in sizes else sizes}
    if run.origin is not None:
        extra["device"] = dict(run.origin)
    store.write(identity, run.settings, training, extra)
    return store.read(identity)


def _parts(identity: Identity, data: Path | None = None) -> tuple[Task, Callable[[], nn.Module]]:
    """Task of a run, and the function that builds its model."""
    task = make_task(identity.task, identity.task_options, data).seeded(identity.seed)
    return task, load_model(identity.model).builder(task, identity.model_options)


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
        store: its folder is locked for as long.
        n_jobs: runs at a time, each on a thread of its own; -1 for one per core. The numbers do not depend on it.
        progress: called with parts done and parts in all; the runs of several processes are parts of their own.

    Raises:
        InputError: as `perform`, or the folder cannot be written or is in use.
    """
    with locked(store.folder):
        if n_jobs == 1 or len(runs) == 1:  # a single run reports each of its steps
            within = [None if progress is None else _within(progress, i, len(runs)) for i in range(len(runs))]
            with one_thread():
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


class RestoredRun(NamedTuple):
    """Task and trained model of a checkpoint, the checkpoint, and the identity by which they were made."""

    task: Task
    model: nn.Module
    checkpoint: Checkpoint
    identity: Identity


def restored_run(
    path: str,
    *,
    task_file: str | None = None,
    model_file: str | None = None,
    data: Path | None = None,
    device: ParameterFile | None = None,
) -> RestoredRun:
    """Make task and model of a checkpoint again. Arguments and errors: `evaluate_checkpoint`."""
    saved = load_checkpoint(path)
    identity = replace(
        saved.identity,
        task=_trusted(saved.identity.task, task_file, "task", path),
        model=_trusted(saved.identity.model, model_file, "model", path),
    )
    if device is not None:
        measured = load_model(identity.model).measured(device)
        identity = replace(identity, model_options={**identity.model_options, **measured})
    task, build = _parts(identity, data)
    model = build()
    load_weights(model, saved, path)
    return RestoredRun(task, model, saved, identity)


def evaluate_checkpoint(
    path: str,
    trials: int | None = None,
    *,
    task_file: str | None = None,
    model_file: str | None = None,
    data: Path | None = None,
    device: ParameterFile | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make task and model of a checkpoint again and score them; `layers` holds the events of every layer, `network` the
    model.

    Args:
        task_file, model_file: ``file.py:NAME`` of a task or a model that is no registered one. What a checkpoint names
            is never imported for that reason alone: whoever wrote it would choose what is run here.
        data: folder of the task's data set; a checkpoint does not name it.
        device: parameters of the neurons in place of those that the network was trained with.
        progress: called with (samples done, samples).

    Raises:
        InputError: not a checkpoint, of another version, its weights do not fit its model, or it names a Python file
            that is not the given one.
    """
    restored = restored_run(path, task_file=task_file, model_file=model_file, data=data, device=device)
    task, model, saved, identity = restored
    with shortage_explained(task, identity):
        seed = EVALUATION_SEED + saved.identity.seed
        answers, batch = respond(task, model, trials or saved.settings.trials, seed, progress)
        return {
            "identity": identity.to_json(),
            "steps": saved.step,
            "trials": len(batch.targets),
            "scores": task.scores(answers, batch),
            "layers": events(task, model),
            "network": model,
        }


def _trusted(saved: str, given: str | None, kind: str, path: str) -> str:
    """Name of a checkpoint's task or model; of a Python file the `given` one, which must be of the same name."""
    where, option = f"{path}: identity.{kind}", f"--{kind}"
    if not is_file_name(saved):
        if given is not None and given != saved:
            raise InputError(f"checkpoint of another {kind}", where=where, found=saved, allowed=f"{option} {given}")
        return saved
    if given is None:
        raise InputError(
            f"the checkpoint names a Python file, which is run only if you name it: {option} FILE.py:NAME",
            where=where,
            found=saved,
        )
    if not is_file_name(given) or _file_and_name(given, kind) != _file_and_name(saved, kind):
        raise InputError(f"checkpoint of another {kind}", where=where, found=saved, allowed=f"{option} {given}")
    split_file_name(given, kind.upper())
    return given


def _file_and_name(name: str, kind: str) -> tuple[str, str]:
    """File without its folder, which differs from machine to machine, and object."""
    file, _, attribute = (name, "", kind.upper()) if name.endswith(".py") else name.rpartition(":")
    return Path(file).name, attribute
