"""Event vision as a set of runs: synthetic gestures, or recordings in a folder; and what stored runs of it say.

The shipped files are no fresh results: each record carries the command, date, versions and seed that made it.
``python -m network.experiments.vision.experiment NAME FOLDER`` writes one anew from a folder of runs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Unpack

from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.records import read_json
from network.experiments.runs import Cell, Execution, StoredRuns, run_cells
from network.experiments.vision.cells import SYNTHETIC, Preset, cells, preset_of
from network.tasks.gesture import FOLDS
from network.training.experiment import make_task
from network.training.store import RunStore, lines, packed, run_records

STORED = ("synthetic", "nmnist")  # sets of which runs come with the package


def set_of(data: Path | None) -> str:
    """The set that is trained with: ``synthetic``, or the one in a folder. Raises InputError: none, or several."""
    return SYNTHETIC if data is None else make_task("gesture", {}, data).settings()["set"]


def run_vision(
    store: RunStore,
    *,
    seeds: Sequence[int],
    figures: Sequence[str] | None = None,
    data: Path | None = None,
    task_options: Mapping[str, Any] | None = None,
    model_options: Mapping[str, Any] | None = None,
    quick: bool = False,
    settings: Mapping[str, Any] | None = None,
    **execution: Unpack[Execution],
) -> list[dict[str, Any]]:
    """Train whatever the figures need and the store lacks.

    Args:
        data: folder of a published set; default: synthetic gestures.
        task_options, model_options: in place of those of the set's preset.
        settings: batch, precision or others of the training in place of the preset's; None keeps it.
        execution: as in `network.experiments.runs.run_cells`.

    Returns:
        One row per cell, as `network.experiments.runs.run_cells`.

    Raises:
        InputError: unknown figure, bad options, or the store holds other runs of the same names.
    """
    preset = preset_of(set_of(data)).with_options(task_options or {}, model_options or {})
    if preset.folds and max(seeds) >= FOLDS:
        problem, allowed = "a seed is one of five folds", f"0 … {FOLDS - 1}"
        raise InputError(problem, where="seeds", found=max(seeds), allowed=allowed)
    return run_cells(
        cells(preset, figures),
        seeds,
        lambda cell: preset.settings(cell, quick=quick).altered(**settings or {}),
        store,
        data=data,
        **execution,
    )


class VisionResults(StoredRuns):
    """Stored runs on one set."""

    @property
    def preset(self) -> Preset:
        """Sizes of the set's runs."""
        return preset_of(self.records[0]["task_options"]["set"])

    def cells(self, figure: str) -> list[Cell]:
        """Those cells of a figure of which there are runs."""
        return [cell for cell in cells(self.preset, [figure]) if self.scores(cell, "accuracy")]


def load_results(name: str, folder: Path | None = None) -> VisionResults:
    """Runs on a set from a folder, or the shipped ones. Raises InputError: none there, or one that cannot be read."""
    if folder is not None:
        mine = [r for r in RunStore(folder).runs("gesture") if r["task_options"].get("set") == name]
        if not mine:
            raise InputError(
                f"no runs on {name} in this folder", where=str(folder), allowed="of `ipcircuit study vision`"
            )
        return VisionResults(mine)
    return _shipped(name)


@cache
def _shipped(name: str) -> VisionResults:
    if name not in STORED:
        raise InputError("no stored runs", where="set", found=name, allowed=", ".join(STORED))
    file = f"stored_{name}.json"
    return VisionResults(run_records(read_json(files("network.experiments.vision") / file), file))


def pack(name: str, folder: Path) -> str:
    """The runs of a folder on a set as the text of the shipped file."""
    return lines(packed(load_results(name, folder).records)) + "\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(f"stored_{sys.argv[1]}.json"), pack(sys.argv[1], Path(sys.argv[2])))
