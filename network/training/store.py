"""Finished runs: a folder of them, and results that are stored with the package.

A folder of runs holds a folder for each, with `run.json` and `checkpoint.pt`, both written whole or not at all.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NotRequired

import torch
from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict  # comes with pydantic, which needs it before Python 3.12

from ipcircuit import __version__
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.loading import is_description, is_file_name
from ipcircuit.records import Count, parse, read_json
from network.training.loop import Training
from network.training.settings import Identity, Settings, read_settings

VERSION = 1
KEPT = (  # of a run that is stored with the package
    *("task", "model", "seed", "task_options", "model_options", "settings", "steps", "seconds", "scores", "layers"),
    *("topology", "command", "date", "versions"),
)


def _no_file(name: str) -> str:
    """A stored run names a circuit, and never a file: one of Python would be run, a TOML read."""
    if is_file_name(name) or is_description(name):
        kind = "TOML" if is_description(name) else "Python file"
        raise ValueError(f"a {kind}; allowed: a name of `ipcircuit list`")
    return name


Number = Annotated[float, Field(allow_inf_nan=False)]
OPEN = ConfigDict(extra="allow", strict=True)
_Some = Annotated[int, Field(ge=0, le=10**9)]
_PerTrial = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]


class LayerRow(TypedDict):
    """Events of a layer as `network.accounting.counting.events.LayerEvents` writes them."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    layer: str
    kind: NotRequired[str]
    steps: NotRequired[_Some]
    units: NotRequired[_Some]
    neurons: NotRequired[_Some]
    trials: NotRequired[_Some]
    operations_per_trial: NotRequired[_PerTrial]
    spikes_per_trial: NotRequired[_PerTrial]
    negative_spikes_per_trial: NotRequired[_PerTrial]
    additions_per_trial: NotRequired[_PerTrial]
    whole: NotRequired[bool]
    amplitude_V: NotRequired[Number | None]
    nonzero_per_trial: NotRequired[_PerTrial]
    dense_per_trial: NotRequired[_PerTrial]
    biases_per_trial: NotRequired[_PerTrial]
    outputs: NotRequired[_Some]
    states: NotRequired[_Some]
    parameters: NotRequired[_Some]
    module: NotRequired[str]
    circuit: NotRequired[Annotated[str, AfterValidator(_no_file)] | None]


class Versions(TypedDict):
    """Versions of the packages that a run was made with."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    torch: str


class RunRecord(TypedDict):
    """A finished run as its JSON has it; runs of former versions lack some of it."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    task: str
    model: str
    seed: Count
    task_options: dict[str, Any]
    model_options: dict[str, Any]
    settings: NotRequired[dict[str, Any] | None]
    steps: NotRequired[Count | None]
    seconds: NotRequired[float | None]
    scores: dict[str, Number | list[Number]]
    history: NotRequired[list[dict[str, Number | list[Number]]]]
    layers: NotRequired[list[LayerRow] | None]
    topology: NotRequired[Annotated[list[_Some], Field(min_length=3, max_length=3)] | None]
    command: NotRequired[str | None]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}", max_length=40)]
    versions: Versions


@dataclass(frozen=True)
class RunStore:
    """Runs under a folder, which is made when first written to."""

    folder: Path

    def checkpoint(self, identity: Identity) -> Path:
        """Path of a run's checkpoint; its folder is made. Raises InputError if that cannot be."""
        path = self.folder / identity.label
        make_folder(path)
        return path / "checkpoint.pt"

    def write(self, identity: Identity, settings: Settings, training: Training, extra: dict[str, Any]) -> Path:
        """Record a finished run with its scores, history, versions and what `extra` adds."""
        record = {
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
        return write_versioned(self.checkpoint(identity).parent / "run.json", record)

    def read(self, identity: Identity) -> dict[str, Any]:
        """Record of a finished run. Raises InputError if there is none."""
        return read_record(self.folder / identity.label / "run.json")

    def finished(self, identity: Identity, settings: Settings) -> dict[str, Any] | None:
        """Record of just this run, if it is finished. Raises InputError for a record that cannot be read."""
        path = self.folder / identity.label / "run.json"
        if not path.exists():
            return None
        record = read_record(path)
        wanted, saved = settings.to_json(), dict(record.get("settings") or {})
        same = identity.to_json() == {key: record.get(key) for key in identity.to_json()}
        return record if same and saved | {"compiled": settings.compiled} == wanted else None

    def runs(self, task: str | None = None, model: str | None = None) -> list[dict[str, Any]]:
        """Finished runs, sorted by folder name. Raises InputError for a record that cannot be read."""
        records = [read_record(path) for path in sorted(self.folder.glob("*/run.json"))]
        return [r for r in records if (task is None or r["task"] == task) and (model is None or r["model"] == model)]


def read_record(path: Path) -> dict[str, Any]:
    """One `run.json`. Raises InputError: unreadable, of another version, or with a field missing or of another type."""
    return run_records([read_versioned(path)], str(path))[0]


def run_records(data: Sequence[Any], where: str) -> list[dict[str, Any]]:
    """Records of runs, with today's names of the settings. Raises InputError, naming `where` and the field."""
    records: list[dict[str, Any]] = parse(list[RunRecord], list(data), where)
    for record in records:
        if settings := record.get("settings"):
            record["settings"] = read_settings(settings, f"{where}: settings").to_json()
    return records


def part_of(record: Mapping[str, Any], *names: str) -> Any:
    """Part of a stored run. Raises InputError, naming run and part, where it has none."""
    value: Any = record
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            run = f"{record['task']}, {record['model']}, seed {record['seed']}"
            raise InputError(f"no {'.'.join(names)}", where=f"stored run: {run}")
    return value


def score_of(record: Mapping[str, Any], name: str) -> float:
    """Score of a stored run that is one number. Raises InputError as `part_of`, or where it is several."""
    score = part_of(record, "scores", name)
    if isinstance(score, list):
        raise InputError("several numbers, not one", where=f"stored run: scores: {name}", found=score)
    return float(score)


def make_folder(path: Path) -> None:
    """Make a folder with its parents. Raises InputError if that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", where=str(path)) from error


def write_versioned(path: Path, content: dict[str, Any]) -> Path:
    """Write a JSON file with this version's number."""
    return write_text_atomic(path, json.dumps({"version": VERSION, **content}, indent=1, allow_nan=False) + "\n")


def read_versioned(path: Path) -> dict[str, Any]:
    """Content of a file of `write_versioned`, without the version. Raises InputError: unreadable, another version."""
    content = read_json(path)
    if not isinstance(content, dict) or content.get("version") != VERSION:
        version = content.get("version") if isinstance(content, dict) else type(content).__name__
        raise InputError("written by another version", where=str(path), found=version, allowed=str(VERSION))
    return {name: value for name, value in content.items() if name != "version"}


def packed(records: Sequence[Any], more: Mapping[str, Sequence[str]] | None = None) -> list[dict[str, Any]]:
    """Records as they are stored with the package: `KEPT`, and what `more` adds for a task.

    Of folders that the command names only the last part is kept: where they lay says nothing elsewhere.
    """
    rows = [{key: run[key] for key in (*KEPT, *(more or {}).get(run["task"], ()))} for run in records]
    return [{**row, "command": _placeless(row["command"])} for row in rows]


def _placeless(command: str | None) -> str | None:
    return (
        None if command is None else " ".join(Path(word).name if "/" in word else word for word in command.split(" "))
    )


def lines(rows: Sequence[Any]) -> str:
    """A JSON list with a line per row."""
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"


def timeless(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Records without what another run of the same would have otherwise: its command line, date and duration."""
    return [
        {name: value for name, value in run.items() if name not in ("command", "date", "seconds")} for run in records
    ]
