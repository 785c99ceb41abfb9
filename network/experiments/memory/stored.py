"""Stored runs of the working-memory study: a folder of a user's own, or the ones that come with the package.

The shipped file is not a fresh result: each record in it carries the command, date, versions and seed that made it.
``python -m network.experiments.memory.stored FOLDER`` writes it anew from a folder of runs.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from network.experiments.memory.memory import MemoryResults
from network.training.store import RunStore

SHIPPED = "stored_memory.json"
KEPT = (
    "task",
    "model",
    "seed",
    "task_options",
    "model_options",
    "settings",
    "steps",
    "seconds",
    "scores",
    "layers",
    "topology",
    "command",
    "date",
    "versions",
)
KEPT_OF = {"interference": ("history",)}  # by task: how its losses change with training is a result of its own


def load_results(folder: Path | None = None) -> MemoryResults:
    """Runs of a folder, or the shipped ones.

    Raises:
        InputError: the folder holds no run, or one that cannot be read.
    """
    if folder is None:
        return MemoryResults(json.loads((files("network.experiments.memory") / SHIPPED).read_text(encoding="utf-8")))
    runs = RunStore(folder).runs()
    if not runs:
        raise InputError("no runs in this folder", where=str(folder), allowed="a folder of `ipcircuit study memory`")
    return MemoryResults(runs)


def pack(folder: Path) -> str:
    """The runs of a folder as the text of the shipped file: what `KEPT` and `KEPT_OF` name."""
    records: list[dict[str, Any]] = [
        {key: run[key] for key in KEPT + KEPT_OF.get(run["task"], ())} for run in load_results(folder).records
    ]
    return "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(SHIPPED), pack(Path(sys.argv[1])))
