"""Tasks and networks of the fronts: what `plan.toml` names, as cells of an experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from ipcircuit.records import parse, read_toml, record
from network.experiments.runs import Cell
from network.training.settings import Settings

Options = Mapping[str, Any]


@record
class BenchTask:
    """A task of the fronts.

    Attributes:
        title: for tables and figures. task, options: registry name, and its options.
        score: of an evaluation, higher is better. chance: of guessing.
        folds: whether a seed is the fold of the task that is tested.
    """

    title: str
    task: str
    score: str
    chance: float
    options: Mapping[str, Any] = field(default_factory=dict)
    folds: bool = False


@record
class Networks:
    """Networks of one family and model on some tasks, see ``plan.toml``.

    Attributes:
        task_options: of the task, beside its own.
        digital: whether their neurons are on a digital chip.
        stored: whether only runs of other experiments are taken, and none is trained.
    """

    family: str
    model: str
    tasks: tuple[str, ...]
    task_options: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, list[Any]] = field(default_factory=dict)
    quick: Mapping[str, list[Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    digital: bool = False
    stored: bool = False


@dataclass(frozen=True)
class Candidate:
    """One network of a family on a task.

    Attributes:
        task: a key of `tasks`. family: it belongs to. cell: its runs.
        label: what tells it from others of its family.
        settings: of its training; None: it is not trained here.
        digital: whether its neurons are on a digital chip.
    """

    task: str
    family: str
    label: str
    cell: Cell
    settings: Settings | None
    digital: bool = False


@record
class _Plan:
    tasks: Mapping[str, BenchTask]
    networks: tuple[Networks, ...]


@cache
def plan() -> _Plan:
    """The plan as `plan.toml` has it."""
    return parse(_Plan, read_toml(files("network.experiments.fronts") / "plan.toml"), "plan.toml")


def tasks() -> Mapping[str, BenchTask]:
    """Tasks by key."""
    return plan().tasks


def families() -> tuple[str, ...]:
    """Names of the families that are trained, in the order of the plan."""
    return tuple(dict.fromkeys(one.family for one in plan().networks))


def check_names(names: Sequence[str] | None, known: Sequence[str], where: str) -> tuple[str, ...]:
    """Some names in their order; all for None. Raises InputError for an unknown one."""
    if unknown := sorted(set(names or ()) - set(known)):
        raise InputError("unknown name", where=where, found=unknown[0], allowed=", ".join(known))
    return tuple(name for name in known if not names or name in names)


def candidates(
    chosen: Sequence[str] | None = None, kinds: Sequence[str] | None = None, *, quick: bool = False
) -> list[Candidate]:
    """Every network of some tasks and families, in the order of the plan; by default of all.

    Raises InputError: unknown task or family.
    """
    wanted = check_names(chosen, list(tasks()), "--task")
    wanted_kinds = check_names(kinds, families(), "--family")
    found = [
        candidate
        for one in plan().networks
        if one.family in wanted_kinds and not (quick and (one.stored or not one.quick))
        for key in one.tasks
        if key in wanted
        for candidate in _candidates(one, key, quick=quick)
    ]
    return list({(c.task, c.family, str(c.cell.model_options), c.cell.model): c for c in found}.values())


def _candidates(networks: Networks, key: str, *, quick: bool) -> list[Candidate]:
    task, model = tasks()[key], MODELS.load(networks.model)
    grid = networks.quick if quick else networks.grid
    settings = None
    if not networks.stored:
        full = model.settings(task.task, quick=quick)
        settings = replace(full, **({} if quick else networks.settings))
    found = []
    for values in product(*grid.values()):
        swept = dict(zip(grid, values, strict=True))
        options = {name: v for name, v in {**networks.options, **swept}.items() if v != model.options[name]}
        cell = Cell(key, task.task, networks.model, {**task.options, **networks.task_options}, options, task.folds)
        found.append(Candidate(key, networks.family, _label(swept), cell, settings, networks.digital))
    return found


def _label(swept: Options) -> str:
    """As ``neurons 8, item_V 0.8``."""
    texts = (f"{name} {value[0] if isinstance(value, list) else value}" for name, value in swept.items())
    return ", ".join(texts)
