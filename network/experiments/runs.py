"""Runs of an experiment: its networks, each trained with several seeds, and what a store of them says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

from ipcircuit.errors import InputError
from ipcircuit.statistics import mean_interval
from network.threads import Progress
from network.training.experiment import Run, perform_all, summary
from network.training.settings import Settings
from network.training.store import RunStore, score_of

Record = Mapping[str, Any]


class Execution(TypedDict, total=False):
    """How the trainings of an experiment run: keywords of `network.training.experiment.perform_all`."""

    command: str
    device: str
    n_jobs: int
    progress: Progress | None


@dataclass(frozen=True)
class Cell:
    """One model on one task, with all seeds; with `folds` a seed is the fold of the task that is tested."""

    figure: str
    task: str
    model: str
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)

    folds: bool = False

    def holds(self, record: Record) -> bool:
        """Whether a stored run belongs here."""
        options = record["task_options"]
        if self.folds:
            options = {name: value for name, value in options.items() if name != "fold"}
        mine = (self.task, self.model, self.task_options, self.model_options)
        return (record["task"], record["model"], options, record["model_options"]) == mine

    def run(self, seed: int, settings: Settings, data: Path | None = None) -> Run:
        """The run of one seed."""
        options = {**self.task_options, "fold": seed} if self.folds else self.task_options
        return Run(self.task, self.model, settings, seed, options, self.model_options, data)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary, without what only the runs need."""
        return {name: value for name, value in asdict(self).items() if name != "folds"}


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its 95 % interval (Student's t); without ends where there was one seed."""

    mean: float
    low: float | None
    high: float | None
    seeds: int

    def above(self, other: Estimate) -> bool:
        """Whether it exceeds another: the intervals do not overlap, or, of single seeds, the values differ so."""
        mine, theirs = (self.mean if self.low is None else self.low), (other.mean if other.high is None else other.high)
        return mine > theirs

    def text(self, factor: float = 1.0, digits: int = 3, sign: str = "") -> str:
        """As ``0.906 (0.901 to 0.911)``, times `factor`."""
        mean, ends = f"{factor * self.mean:{sign}.{digits}f}", (self.low, self.high)
        span = " to ".join(f"{factor * end:{sign}.{digits}f}" for end in ends if end is not None)
        return f"{mean} ({span})" if span else mean


@dataclass(frozen=True)
class StoredRuns:
    """Stored runs of an experiment. A mean is None where the store has no such run."""

    records: Sequence[Record]

    def scores(self, cell: Cell, name: str) -> list[float]:
        """A score of every seed of a cell."""
        return [score_of(r, name) for r in self.records if cell.holds(r)]

    def estimate(self, cell: Cell, name: str) -> Estimate | None:
        """Mean and interval over the seeds."""
        scores = self.scores(cell, name)
        return Estimate(*mean_interval(scores), len(scores)) if scores else None

    def course(self, cell: Cell, name: str) -> dict[int, Estimate]:
        """A score by steps of training, where all seeds of a cell were evaluated after the same; else nothing."""
        rows = [
            {int(row.get("step", 0)): float(row.get(name, math.nan)) for row in r["history"]}
            for r in self.records
            if cell.holds(r) and "history" in r
        ]
        if not rows or any(row.keys() != rows[0].keys() for row in rows):
            return {}
        return {step: Estimate(*mean_interval([row[step] for row in rows]), len(rows)) for step in rows[0]}

    @property
    def origin(self) -> str:
        """Where the numbers come from: dates, seeds, versions and lengths of the runs."""
        if not self.records:
            return "no stored runs"
        versions = sorted({f"torch {r['versions']['torch']}" for r in self.records})
        return ", ".join([f"stored runs, {days_of(self.records)}", seeds_of(self.records), *versions])


def days_of(records: Sequence[Record]) -> str:
    """Days of some runs: ``2026-11-22 to 2026-11-23``, or the one."""
    days = sorted({record["date"][:10] for record in records})
    return " to ".join(dict.fromkeys((days[0], days[-1])))


def seeds_of(records: Sequence[Record]) -> str:
    """Seeds of some runs: ``seeds 0, 1, 2``."""
    seeds = sorted({record["seed"] for record in records})
    return f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, seeds))}"


def mean_scores(records: Sequence[Record]) -> dict[str, float]:
    """Mean over some runs of each score of one number that all of them have."""
    first = records[0]["scores"] if records else {}
    names = [n for n, score in first.items() if isinstance(score, float) and all(n in r["scores"] for r in records)]
    return {name: math.fsum(score_of(r, name) for r in records) / len(records) for name in names}


def chosen_cells(known: Sequence[Cell], figures: Sequence[str] | None) -> list[Cell]:
    """The cells of some figures, by default of all. Raises InputError for an unknown figure."""
    names = list(dict.fromkeys(cell.figure for cell in known))
    if unknown := sorted(set(figures or ()) - set(names)):
        raise InputError("unknown figure", where="figure", found=unknown[0], allowed=", ".join(names))
    return [cell for cell in known if figures is None or cell.figure in figures]


def run_cells(
    cells: Sequence[Cell],
    seeds: Sequence[int],
    settings: Callable[[Cell], Settings],
    store: RunStore,
    *,
    data: Path | None = None,
    **execution: Unpack[Execution],
) -> list[dict[str, Any]]:
    """Train what the store lacks; a run that several cells share is trained once.

    Args:
        settings: of the training of a cell.
        data: folder of the tasks' data set.
        execution: passed on to `network.training.experiment.perform_all`.

    Returns:
        One row per cell: figure, task, model, options, seeds, and mean and interval of every score.

    Raises:
        InputError: the store holds other runs of the same names.
    """
    of_cell = [(cell, [cell.run(seed, settings(cell), data) for seed in seeds]) for cell in cells]
    runs = {run.identity.label: run for _, own in of_cell for run in own}
    records = perform_all(list(runs.values()), store, **execution)
    by_label = dict(zip(runs, records, strict=True))
    return [
        {**cell.to_json(), "seeds": list(seeds), "scores": summary([by_label[run.identity.label] for run in own])}
        for cell, own in of_cell
    ]
