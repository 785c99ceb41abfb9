"""The result of the experiment that comes with the package: no fresh one, as its command wrote it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from ipcircuit.records import read_json


def shipped_study() -> dict[str, Any]:
    """The result, as `network.experiments.signed.experiment.run_signed` returned it."""
    return read_json(files("network.experiments.signed") / "stored_signed.json")
