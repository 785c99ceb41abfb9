"""Stored runs of the working-memory experiment: a folder of a user's own, or the ones that come with the package.

The shipped file is not a fresh result: each record in it carries the command, date, versions and seed that made it.
``python -m network.experiments.memory.stored FOLDER`` writes it anew from a folder of runs.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from network.experiments.memory.memory import MemoryResults
from network.training.store import RunStore, lines, packed, read_json, run_records

STORED = "stored_memory.json"
KEPT_OF = {"interference": ("history",)}  # by task: how its losses change with training is a result of its own


def load_results(folder: Path | None = None) -> MemoryResults:
    """Runs of a folder, or the shipped ones.

    Raises:
        InputError: the folder holds no run, or one that cannot be read.
    """
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
