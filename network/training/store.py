"""A folder of runs: for each a folder with `run.json` and `checkpoint.pt`, both written whole or not at all."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from ipcircuit import __version__
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from network.training.loop import Training
from network.training.settings import Identity, Settings

VERSION = 1


@dataclass(frozen=True)
class RunStore:
    """Runs under a folder, which is made when first written to."""

    folder: Path

    def checkpoint(self, identity: Identity) -> Path:
        """Where a run's checkpoint is; its folder is made. Raises InputError if that cannot be."""
        path = self.folder / identity.label
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror or error}", where=str(path)) from error
        return path / "checkpoint.pt"

    def write(self, identity: Identity, settings: Settings, training: Training, extra: dict[str, Any]) -> Path:
        """Record a finished run with its scores, history, versions and what `extra` adds."""
        record = {
            "version": VERSION,
            **identity.to_json(),
            "settings": settings.to_json(),
            "steps": training.step,
            "seconds": round(training.seconds, 2),
            "scores": training.scores,
            "history": training.history,
            **extra,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {"ipcircuit": __version__, "torch": torch.__version__, "python": platform.python_version()},
        }
        path = self.checkpoint(identity).parent / "run.json"
        return write_text_atomic(path, json.dumps(record, indent=1, allow_nan=False) + "\n")

    def read(self, identity: Identity) -> dict[str, Any]:
        """Record of a finished run. Raises InputError if there is none."""
        return read_record(self.folder / identity.label / "run.json")

    def finished(self, identity: Identity, settings: Settings) -> dict[str, Any] | None:
        """Record of just this run, if it is done. Raises InputError for a record that cannot be read."""
        path = self.folder / identity.label / "run.json"
        record = read_record(path) if path.exists() else {}
        same = identity.to_json() | {"settings": settings.to_json()}
        return record if all(record.get(key) == value for key, value in same.items()) else None

    def runs(self, task: str | None = None, model: str | None = None) -> list[dict[str, Any]]:
        """Finished runs, sorted by folder name. Raises InputError for a record that cannot be read."""
        found = [read_record(path) for path in sorted(self.folder.glob("*/run.json"))]
        return [r for r in found if (task is None or r["task"] == task) and (model is None or r["model"] == model)]


def read_record(path: Path) -> dict[str, Any]:
    """One `run.json`. Raises InputError: unreadable, or of another version."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the run: {error}", where=str(path)) from error
    if not isinstance(record, dict) or record.get("version") != VERSION:
        found = record.get("version") if isinstance(record, dict) else type(record).__name__
        raise InputError("run of another version", where=str(path), found=found, allowed=str(VERSION))
    return record
