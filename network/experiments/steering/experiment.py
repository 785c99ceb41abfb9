"""The steering figures of Liu et al. (5b, 5c, 5e) as a set of runs, and their results.

5e: error against frames of history. 5c: place of the plastic layer. 5b: by day and by night, of now and 0.2 s later.
Networks are the small ones of `network.experiments.steering.networks`; with ``residual`` those of
`network.models.vision` at any width and depth. A memoryless network answers from the last frame alone, so that one run
stands for all histories.

Records. `stored_steering.json` is a list of runs as every run store keeps them: ``task`` "steering", ``task_options``
(steps, light, ahead), ``model``, ``model_options`` (place), ``seed``, ``scores`` (RMSE_deg, EVA).
`SteeringResults.rows` has them by figure, `SteeringResults.estimate` those of a `Cell`; ``cells(figures)`` lists the
cells of each figure. The file is not a fresh result: each run carries the command, date, versions and seed of it.
``python -m network.experiments.steering.experiment FOLDER`` writes it anew from a folder of `ipcircuit study steering`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Unpack

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from ipcircuit.files import write_text_atomic
from ipcircuit.records import read_json
from network.data.steering import AHEAD_S, FRAME_S, best_linear_rmse
from network.experiments.runs import Cell, Execution, StoredRuns, chosen_cells, run_cells
from network.tasks.steering import Steering
from network.training.experiment import make_task
from network.training.store import RunStore, lines, packed, run_records

STORED = "stored_steering.json"
SMALL = ("ablated_small", "lstm_small", "ipnet_small")  # memoryless, recurrent, plastic
RESIDUAL = ("resnet18", "resnet18_lstm", "ipnet18")
HISTORY = (1, 2, 4, 8, 16)
FRAMES = 4  # of 5b and 5c; the source does not say (its experiment with devices has four)
AHEAD = round(AHEAD_S / FRAME_S)


@dataclass(frozen=True)
class Residual:
    """Size of the residual networks: channels relative to the published ones, and depth."""

    width: float = 1.0
    depth: int = 18

    @property
    def options(self) -> dict[str, Any]:
        """Of every model."""
        return {"width": self.width, "depth": self.depth}


def cells(figures: Sequence[str] | None = None, residual: Residual | None = None) -> list[Cell]:
    """Everything the figures need; a network that two of them share comes once for each.

    Raises InputError for an unknown figure.
    """
    size, networks = ({}, SMALL) if residual is None else (residual.options, RESIDUAL)
    memoryless, _, plastic = networks
    chosen = [Cell("5e", "steering", memoryless, {"steps": FRAMES}, size)]
    chosen += [Cell("5e", "steering", model, {"steps": n}, size) for n in HISTORY for model in networks[1:]]
    for options in _places(residual):
        chosen.append(Cell("5c", "steering", plastic, {"steps": FRAMES}, {**size, **options}))
    for light, ahead in (("day", 0), ("day", AHEAD), ("night", 0), ("night", AHEAD)):
        options = {"steps": FRAMES} | ({"ahead": ahead} if ahead else {}) | ({} if light == "day" else {"light": light})
        chosen += [Cell("5b", "steering", model, options, size) for model in networks]
    return chosen_cells(chosen, figures)


def _places(residual: Residual | None) -> list[dict[str, str]]:
    """Options of the plastic layer's places; the first, the default, is left out, so that figures share its run."""
    if residual is None:
        return [{}, {"place": "stem"}, {"place": "features"}]
    from network.models.frames import POSITIONS

    return [{} if place == "input" else {"position": place} for place in POSITIONS]


def limit_deg(cell: Cell) -> float:
    """RMSE of the best linear estimate from the yaws of a cell's frames: no network does much better.

    A single frame tells no sign: there it is that of the mean.
    """
    task = make_task("steering", cell.task_options)
    assert isinstance(task, Steering)
    return best_linear_rmse(task.driving, task.steps if task.steps > 1 else 0)


def run_steering(
    store: RunStore,
    *,
    quick: bool,
    seeds: Sequence[int],
    figures: Sequence[str] | None = None,
    residual: Residual | None = None,
    data: Path | None = None,
    **execution: Unpack[Execution],
) -> list[dict[str, Any]]:
    """Train whatever the figures need and the store lacks.

    Args:
        residual: residual networks of this size in place of the small ones.
        data: folder of the recordings; None: synthetic drives.

    Returns:
        One row per cell: figure, task, model, options, seeds, mean and interval of every score; and `limit_deg`, None
        for recorded drives, whose yaw nobody knows.

    Raises:
        InputError: unknown figure, or the store holds other runs of the same names.
    """
    chosen = cells(figures, residual)
    rows = run_cells(
        chosen,
        seeds,
        lambda cell: MODELS.load(cell.model).settings(cell.task, quick=quick),
        store,
        data=data,
        **execution,
    )
    limits = [limit_deg(cell) if data is None else None for cell in chosen]
    return [{**row, "limit_deg": limit} for row, limit in zip(rows, limits, strict=True)]


class SteeringResults(StoredRuns):
    """Stored runs of steering; `estimate(cell, "EVA")` and `estimate(cell, "RMSE_deg")` by cell."""

    def rows(self, figures: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Rows as `run_steering` gives them, of the cells that were run with the default size."""
        table = []
        for cell in cells(figures):
            estimates = {name: self.estimate(cell, name) for name in ("RMSE_deg", "EVA")}
            scores: Mapping[str, Any] = {name: asdict(e) for name, e in estimates.items() if e is not None}
            if scores:
                table.append({**cell.to_json(), "limit_deg": limit_deg(cell), "scores": scores})
        return table


def load_steering(folder: Path | None = None) -> SteeringResults:
    """Runs of a folder, or the shipped ones. Raises InputError: the folder holds no run, or one that cannot be read."""
    if folder is None:
        return SteeringResults(run_records(read_json(files("network.experiments.steering") / STORED), STORED))
    runs = RunStore(folder).runs("steering")
    if not runs:
        raise InputError("no runs in this folder", where=str(folder), allowed="a folder of `ipcircuit study steering`")
    return SteeringResults(runs)


def pack(folder: Path) -> str:
    """The runs of a folder as the text of the shipped file."""
    return lines(packed(load_steering(folder).records)) + "\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(Path(sys.argv[1])))
