"""The working-memory figures of Liu et al. (3b, 3e, 3g, 3h, S5, S7) as a set of runs, and their results.

The shipped file is not a fresh result: each record in it carries the command, date, versions and seed that made it.
``python -m network.experiments.memory.memory FOLDER`` writes it anew from a folder of runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Unpack

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from ipcircuit.files import write_text_atomic
from ipcircuit.records import read_json
from network.accounting.counting.events import LayerEvents
from network.experiments.runs import Cell, Estimate, Execution, Record, StoredRuns, chosen_cells, run_cells
from network.models.ipnet import ITEM_AMPLITUDE
from network.training.store import RunStore, lines, packed, part_of, run_records

N_BACK = (1, 2, 3, 4)
NETWORKS = ("ipnet", "lstm", "lif", "ablated")
STORED = "stored_memory.json"
KEPT_OF = {"interference": ("history",)}  # by task: how its losses change with training is a result of its own


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
    return chosen_cells(chosen, figures)


def interference_cell(similarity: str, *, cued: bool = False, **options: Any) -> Cell:
    """IPNet on the interference task, with `options` of the model."""
    return Cell("", "interference", "ipnet", {"similarity": similarity, **({"cued": True} if cued else {})}, options)


def run_memory(
    store: RunStore,
    *,
    quick: bool,
    seeds: Sequence[int],
    figures: Sequence[str] | None = None,
    **execution: Unpack[Execution],
) -> list[dict[str, Any]]:
    """Train whatever the figures need and the store lacks.

    Args:
        execution: as in `network.experiments.runs.run_cells`.

    Returns:
        One row per cell: figure, task, model, options, seeds, and mean and interval of every score.

    Raises:
        InputError: unknown figure, or the store holds other runs of the same names.
    """
    return run_cells(
        cells(figures),
        seeds,
        lambda cell: MODELS.load(cell.model).settings(cell.task, quick=quick),
        store,
        **execution,
    )


@dataclass(frozen=True)
class MemoryResults(StoredRuns):
    """Stored runs by figure."""

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


def load_results(folder: Path | None = None) -> MemoryResults:
    """Runs of a folder, or the shipped ones. Raises InputError: the folder holds no run, or one that cannot be read."""
    if folder is None:
        return MemoryResults(run_records(read_json(files("network.experiments.memory") / STORED), STORED))
    runs = RunStore(folder).runs()
    if not runs:
        raise InputError("no runs in this folder", where=str(folder), allowed="a folder of `ipcircuit study memory`")
    return MemoryResults(runs)


def layers_of(record: Record) -> dict[str, LayerEvents]:
    """Counted layers of a stored run by name.

    Runs of n-back stored before amplitudes were counted have that of their items, as that task gives no other pulses.
    """
    layers = {layer.layer: layer for layer in map(LayerEvents.from_json, part_of(record, "layers"))}
    own = layers.get("input_neurons")
    if own is not None and record["task"] == "nback" and own.kind != "lif" and own.amplitude_V is None:
        volts = record["model_options"].get("item_V", ITEM_AMPLITUDE)
        layers["input_neurons"] = replace(own, squares_V2=own.operations * volts**2)
    return layers


def pack(folder: Path) -> str:
    """The runs of a folder as the text of the shipped file."""
    return lines(packed(load_results(folder).records, KEPT_OF)) + "\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(Path(sys.argv[1])))
