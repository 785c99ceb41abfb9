"""Results of the sweeps: predictions, energies and stored runs of a folder, or the ones that come with the package.

The shipped file is not a fresh result: each run in it carries the command, date, versions, seed and settings that made
it. ``python -m network.experiments.memory.capacity_results FOLDER`` writes it anew from a folder of `ipcircuit study
capacity`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from energy.cost import SCOPES
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.records import parse
from ipcircuit.statistics import mean_interval
from network.experiments.memory.capacity import FRONT, SWEEPS, Point, front_points, trained_points
from network.experiments.memory.energy_of_pulses import pareto
from network.experiments.memory.memory import MemoryResults
from network.training.store import RunStore, lines, packed, read_json, read_versioned, run_records

STORED, FILE = "stored_capacity.json", "capacity.json"


def key(n: int, options: Mapping[str, Any]) -> str:
    """Key of a network."""
    return json.dumps([n, dict(options)], sort_keys=True)


@dataclass(frozen=True)
class CapacityResults:
    """Predictions, energies and runs; what is missing is None or left out.

    Attributes:
        predictions: rows `n`, `options`, `PR`. energies: see `pulse_energies`. records: of stored runs.
    """

    predictions: Sequence[Mapping[str, Any]]
    energies: Sequence[Mapping[str, Any]]
    records: Sequence[Mapping[str, Any]]

    @cached_property
    def _predicted(self) -> dict[str, float]:
        return {key(row["n"], row["options"]): row["PR"] for row in self.predictions}

    @cached_property
    def _runs(self) -> dict[str, list[Mapping[str, Any]]]:
        runs: dict[str, list[Mapping[str, Any]]] = {}
        for record in self.records:
            runs.setdefault(key(record["task_options"]["n"], record["model_options"]), []).append(record)
        return runs

    def predicted(self, point: Point) -> float | None:
        """PR of the ideal observer."""
        return self._predicted.get(key(point.n, point.options))

    def runs(self, point: Point) -> list[Mapping[str, Any]]:
        """Stored runs of a network, a seed each."""
        return self._runs.get(key(point.n, point.options), [])

    def trained(self, point: Point) -> tuple[float, float | None, float | None] | None:
        """PR of the trained network: mean over the seeds and 95 % interval (None of a single seed)."""
        scores = [float(record["scores"]["PR"]) for record in self.runs(point)]
        return mean_interval(scores) if scores else None

    def line(self, name: str, n: int) -> list[tuple[float, float]]:
        """Predictions of a sweep as (value, PR), in order."""
        sweep = SWEEPS[name]
        points = sweep.points(name, sorted({*sweep.predicted, *sweep.trained, *sweep.quick}), (n,))
        pairs = [(p.values[sweep.quantity], self.predicted(p)) for p in points]
        return sorted((x, pr) for x, pr in pairs if pr is not None)

    def rows(self, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Every trained network of the sweeps: its values, prediction, PR with interval, seeds."""
        chosen = tuple(name for name in SWEEPS if not names or name in names)
        points = [*trained_points(chosen, quick=False), *trained_points(chosen, quick=True)]
        unique = {(p.sweep, key(p.n, p.options)): p for p in points if self.trained(p) is not None}
        return [self._row(point) for point in sorted(unique.values(), key=_order)]

    def front(self) -> list[dict[str, Any]]:
        """The grid of the front: as `rows`, with the memory's energy per trial and whether no other is better."""
        points = {key(p.n, p.options): p for q in (False, True) for p in front_points(quick=q)}
        rows = [
            {**self._row(p), **energies}
            for p in sorted(points.values(), key=_order)
            if self.trained(p) is not None and (energies := self._energies(p)) is not None
        ]
        for scope in SCOPES:
            best = pareto([(row[f"{scope}_J"], row["PR"]) for row in rows])
            for row, chosen in zip(rows, best, strict=True):
                row[f"{scope}_best"] = chosen
        return rows

    def _row(self, point: Point) -> dict[str, Any]:
        interval, runs = self.trained(point), self.runs(point)
        assert interval is not None  # of points with runs only
        return {
            "sweep": point.sweep,
            "n": point.n,
            **point.values,
            "own": point.own,
            "predicted": self.predicted(point),
            "PR": interval[0],
            "low": interval[1],
            "high": interval[2],
            "seeds": len(runs),
            "steps": max(record["steps"] for record in runs),
        }

    def _energies(self, point: Point) -> dict[str, float] | None:
        """Energy per trial by scope: pulses counted while the network ran, times the energy of one; None: unknown."""
        one = next((row for row in self.energies if row["item_V"] == point.values["item_V"]), None)
        if one is None:
            return None
        layer = next(entry for entry in self.runs(point)[0]["layers"] if entry["layer"] == "input_neurons")
        return {f"{s}_J": one["energy_per_operation_J"][s] * layer["operations_per_trial"] for s in SCOPES}

    def to_json(self, names: Sequence[str] | None = None) -> dict[str, Any]:
        """Rows of some sweeps, or of all, for ``--json``."""
        return {
            "sweeps": self.rows(names),
            FRONT: self.front() if not names or FRONT in names else [],
            "origin": self.origin,
        }

    @property
    def origin(self) -> str:
        """Where the numbers come from: dates, seeds, versions and lengths of the runs."""
        steps = sorted({record["steps"] for record in self.records})
        return (
            f"{MemoryResults(self.records).origin}, {'/'.join(map(str, steps))} batches" if steps else "no stored runs"
        )


def _order(point: Point) -> tuple[Any, ...]:
    return list(SWEEPS).index(point.sweep) if point.sweep in SWEEPS else len(SWEEPS), point.n, *point.values.values()


class Predictions(TypedDict):
    """Predictions and simulated energies, from before any training."""

    predictions: list[dict[str, Any]]
    energies: list[dict[str, Any]]


def read_predictions(path: Path) -> Predictions:
    """Predictions and energies of a folder. Raises InputError: unreadable, of another version, or not such a file."""
    return parse(Predictions, read_versioned(path), str(path))


def load_capacity(folder: Path | None = None) -> CapacityResults:
    """Results of a folder, or the shipped ones.

    Raises:
        InputError: the folder holds no such sweeps, or some that cannot be read.
    """
    if folder is None:
        content = read_json(files("network.experiments.memory") / STORED)
        records = run_records(content.pop("records"), STORED)
        return CapacityResults(**parse(Predictions, content, STORED), records=records)
    if not (folder / FILE).is_file():
        raise InputError(
            "no sweeps in this folder", where=str(folder), allowed="a folder of `ipcircuit study capacity`"
        )
    return CapacityResults(**read_predictions(folder / FILE), records=RunStore(folder).runs("nback", "ipnet"))


def pack(folder: Path) -> str:
    """The results of a folder as the text of the shipped file: runs without their history."""
    results = load_capacity(folder)
    parts = {"predictions": results.predictions, "energies": results.energies, "records": packed(results.records)}
    return "{\n" + ",\n".join(f'"{name}": {lines(rows)}' for name, rows in parts.items()) + "\n}\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(Path(sys.argv[1])))
