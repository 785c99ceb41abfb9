"""The working-memory figures of Liu et al. (3b, 3e, 3g, 3h, S5, S7) as a set of runs, and their results.

The shipped file is not a fresh result: each record in it carries the command, date, versions and seed that made it.
``python -m network.experiments.memory.memory FOLDER`` writes it anew from a folder of runs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from ipcircuit.files import write_text_atomic
from ipcircuit.records import read_json
from ipcircuit.statistics import mean_interval
from network.threads import Progress
from network.training.experiment import Run, perform_all, summary
from network.training.store import RunStore, lines, packed, run_records, score_of

N_BACK = (1, 2, 3, 4)
NETWORKS = ("ipnet", "lstm", "lif", "ablated")
STORED = "stored_memory.json"
KEPT_OF = {"interference": ("history",)}  # by task: how its losses change with training is a result of its own
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One model on one task, with all seeds."""

    figure: str
    task: str
    model: str
    task_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, record: Record) -> bool:
        """Whether a stored run belongs here."""
        return all(record[name] == getattr(self, name) for name in ("task", "model", "task_options", "model_options"))


def cells(figures: Sequence[str] | None = None) -> list[Cell]:
    """Everything the figures need. Raises InputError for an unknown figure."""
    chosen = [Cell("3b", "nback", model, {"n": n}) for n in N_BACK for model in NETWORKS]
    chosen += [Cell("3b", "nback", "lif", {"n": n}, {"leaky_hidden": True}) for n in N_BACK]
    chosen += [Cell("3e", "interference", "ipnet", {"similarity": s}) for s in ("low", "high")]
    # N of the task is not stated; the Methods' only number of an input layer, 8, is for gestures
    chosen += [Cell("3e", "interference", "ipnet", {"similarity": s}, {"neurons": 8}) for s in ("low", "high")]
    chosen += [Cell("3g", "recall", model) for model in ("ipnet", "lstm")]
    chosen += [Cell("S5", "interference", "ipnet", {"similarity": "low", "cued": True})]
    chosen += [
        Cell("S7", "nback", "ipnet", {"n": n}, {"placement": layer}) for n in N_BACK for layer in ("hidden", "both")
    ]
    mean = {"reference": "mean"}  # no figure of the source: what the noise of the reference junctions costs
    chosen += [Cell("reference", "nback", "ipnet", {"n": n}, mean) for n in N_BACK]
    chosen += [Cell("reference", "interference", "ipnet", {"similarity": s}, mean) for s in ("low", "high")]
    known = list(dict.fromkeys(cell.figure for cell in chosen))
    if unknown := sorted(set(figures or ()) - set(known)):
        raise InputError("unknown figure", where="figure", found=unknown[0], allowed=", ".join(known))
    return [cell for cell in chosen if figures is None or cell.figure in figures]


def interference_cell(similarity: str, *, cued: bool = False, **options: Any) -> Cell:
    """IPNet on the interference task, with `options` of the model."""
    return Cell("", "interference", "ipnet", {"similarity": similarity, **({"cued": True} if cued else {})}, options)


def run_memory(
    store: RunStore,
    *,
    quick: bool,
    seeds: Sequence[int],
    figures: Sequence[str] | None = None,
    command: str = "",
    device: str = "cpu",
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Train whatever the figures need and the store lacks.

    Args:
        n_jobs: trainings at a time, as in `network.training.experiment.perform_all`.

    Returns:
        One row per cell: figure, task, model, options, seeds, and mean and interval of every score.

    Raises:
        InputError: unknown figure, or the store holds other runs of the same names.
    """
    chosen = cells(figures)
    runs = []
    for cell in chosen:
        settings = MODELS.load(cell.model).settings(cell.task, quick=quick)
        runs += [Run(cell.task, cell.model, settings, s, cell.task_options, cell.model_options) for s in seeds]
    records = iter(perform_all(runs, store, command=command, device=device, n_jobs=n_jobs, progress=progress))
    of_cell = [(cell, [next(records) for _ in seeds]) for cell in chosen]
    return [{**asdict(cell), "seeds": list(seeds), "scores": summary(part)} for cell, part in of_cell]


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
class MemoryResults:
    """Stored runs by figure. A mean is None where the store has no such run."""

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

    def n_back(self, model: str, **options: Any) -> dict[int, Estimate]:
        """PR by n, as far as it was run (Fig. 3b); `options` of the model, as the placement of Fig. S7."""
        estimates = {n: self.estimate(Cell("", "nback", model, {"n": n}, options), "PR") for n in N_BACK}
        return {n: value for n, value in estimates.items() if value is not None}

    def interference(self, similarity: str, name: str, *, cued: bool = False, **options: Any) -> Estimate | None:
        """A score of the interference task (Fig. 3e, S5); `options` of the model."""
        return self.estimate(interference_cell(similarity, cued=cued, **options), name)

    def recall(self, model: str, name: str) -> Estimate | None:
        """A score of free recall (Fig. 3g, 3h)."""
        return self.estimate(Cell("", "recall", model), name)

    @property
    def origin(self) -> str:
        """Where the numbers come from: dates, seeds, versions and lengths of the runs."""
        dates = sorted(r["date"] for r in self.records)
        seeds = sorted({r["seed"] for r in self.records})
        versions = sorted({f"torch {r['versions']['torch']}" for r in self.records})
        if not dates:
            return "no stored runs"
        return f"stored runs, {dates[0][:10]} to {dates[-1][:10]}, seeds {seeds}, {', '.join(versions)}"


def load_results(folder: Path | None = None) -> MemoryResults:
    """Runs of a folder, or the shipped ones. Raises InputError: the folder holds no run, or one that cannot be read."""
    if folder is None:
        return MemoryResults(run_records(read_json(files("network.experiments.memory") / STORED), STORED))
    runs = RunStore(folder).runs()
    if not runs:
        raise InputError("no runs in this folder", where=str(folder), allowed="a folder of `ipcircuit study memory`")
    return MemoryResults(runs)


def pack(folder: Path) -> str:
    """The runs of a folder as the text of the shipped file."""
    return lines(packed(load_results(folder).records, KEPT_OF)) + "\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(Path(sys.argv[1])))
