"""Capacity of the heat memory: predict every network of the sweeps, simulate its pulses, train it; and the results.

The shipped file is not a fresh result: each run in it carries the command, date, versions, seed and settings that made
it. ``python -m network.experiments.memory.capacity FOLDER`` writes it anew from a folder of `ipcircuit study capacity`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import numpy as np
from typing_extensions import TypedDict

from energy.characterize import cost_at
from energy.compare import operation_energy
from energy.cost import SCOPES
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.records import parse, read_json
from ipcircuit.statistics import mean_interval
from network.experiments.memory.memory import MemoryResults
from network.experiments.memory.prediction import predict_network
from network.experiments.memory.sweeps import (
    FRONT,
    SWEEPS,
    Point,
    check_names,
    front_points,
    predicted_points,
    trained_points,
)
from network.neurons.thermal_mtj.neurons import DifferentialNeuron
from network.tasks.memory import BLOCKS, COLOURED
from network.threads import Progress, in_processes
from network.training.experiment import Run, perform
from network.training.settings import Settings
from network.training.store import (
    OPEN,
    Number,
    RunStore,
    lines,
    make_folder,
    packed,
    part_of,
    read_versioned,
    run_records,
    score_of,
    write_versioned,
)

STORED, FILE = "stored_capacity.json", "capacity.json"
TRIALS = 20_000  # of a prediction: 2500 of them match, so that PR is known to 0.01
QUICK = Settings(300, 64, 0.01, evaluate_every=150, trials=1000, expected_share=0.2)
FULL = replace(QUICK, steps=450, trials=2000)  # PR at n = 2 gains 0.01 from 900 steps
DENSITY = COLOURED / BLOCKS  # share of n-back's time steps with a pulse: what idle steps leak is shared among these


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
            runs.setdefault(key(part_of(record, "task_options", "n"), record["model_options"]), []).append(record)
        return runs

    def predicted(self, point: Point) -> float | None:
        """PR of the ideal observer."""
        return self._predicted.get(key(point.n, point.options))

    def line(self, name: str, n: int) -> list[tuple[float, float]]:
        """Predictions of a sweep as (value, PR), in order."""
        sweep = SWEEPS[name]
        pairs = [(p.values[sweep.quantity], self.predicted(p)) for p in sweep.points(name, sweep.line(), (n,))]
        return sorted((x, pr) for x, pr in pairs if pr is not None)

    def rows(self, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Every trained network of the sweeps: its values, prediction, PR with interval, seeds."""
        chosen = tuple(name for name in SWEEPS if not names or name in names)
        return [row for _, row in self._trained(trained_points(chosen, quick=q) for q in (False, True))]

    def front(self) -> list[dict[str, Any]]:
        """The grid of the front: as `rows`, with the memory's energy per trial and whether no other is better."""
        trained = self._trained(front_points(quick=quick) for quick in (False, True))
        rows = [{**row, **energies} for p, row in trained if (energies := self._energies(p)) is not None]
        for scope in SCOPES:
            best = pareto([(row[f"{scope}_J"], row["PR"]) for row in rows])
            for row, chosen in zip(rows, best, strict=True):
                row[f"{scope}_best"] = chosen
        return rows

    def _trained(self, lists: Iterable[Sequence[Point]]) -> list[tuple[Point, dict[str, Any]]]:
        """The points that were trained, each once and in order, with their rows."""
        unique = {(p.sweep, key(p.n, p.options)): p for points in lists for p in points}
        trained = sorted((p for (_, name), p in unique.items() if name in self._runs), key=_order)
        return [(point, self._row(point)) for point in trained]

    def _row(self, point: Point) -> dict[str, Any]:
        runs = self._runs[key(point.n, point.options)]
        mean, low, high = mean_interval([score_of(record, "PR") for record in runs])
        network = {"sweep": point.sweep, "n": point.n, **point.values, "own": point.own}
        scores = {"predicted": self.predicted(point), "PR": mean, "low": low, "high": high}
        return network | scores | {"seeds": len(runs), "steps": max(part_of(record, "steps") for record in runs)}

    def _energies(self, point: Point) -> dict[str, float] | None:
        """Energy per trial by scope: pulses counted while the network ran, times the energy of one; None: unknown."""
        one = next((row for row in self.energies if row["item_V"] == point.values["item_V"]), None)
        if one is None:
            return None
        run = self._runs[key(point.n, point.options)][0]
        rows = [row for row in part_of(run, "layers") if row["layer"] == "input_neurons"]
        pulses = part_of({**run, "input_neurons": rows[0] if rows else None}, "input_neurons", "operations_per_trial")
        return {f"{s}_J": one["energy_per_operation_J"][s] * pulses for s in SCOPES}

    def to_json(self, names: Sequence[str] | None = None) -> dict[str, Any]:
        """Rows of some sweeps, or of all, for ``--json``."""
        front = self.front() if not names or FRONT in names else []
        return {"sweeps": self.rows(names), FRONT: front, "origin": self.origin}

    @property
    def origin(self) -> str:
        """Where the numbers come from: dates, seeds, versions and lengths of the runs."""
        steps = sorted({part_of(record, "steps") for record in self.records})
        lengths = f", {'/'.join(map(str, steps))} batches" if steps else ""
        return MemoryResults(self.records).origin + lengths


def _order(point: Point) -> tuple[Any, ...]:
    return list(SWEEPS).index(point.sweep) if point.sweep in SWEEPS else len(SWEEPS), point.n, *point.values.values()


def run_capacity(
    store: RunStore,
    *,
    quick: bool,
    seeds: Sequence[int],
    sweeps: Sequence[str] | None = None,
    command: str = "",
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> CapacityResults:
    """Predict, simulate and train whatever the sweeps need and the store lacks.

    Args:
        sweeps: names from `network.experiments.memory.sweeps.NAMES`; None is all.
        n_jobs: networks at a time; None is one per core. The numbers do not depend on it.

    Raises:
        InputError: unknown sweep, or the store holds other runs of the same names.
    """
    names, settings = check_names(sweeps), QUICK if quick else FULL
    points, jobs = trained_points(names, quick=quick), -1 if n_jobs is None else n_jobs
    wanted = [Run("nback", "ipnet", settings, seed, {"n": p.n}, p.options) for p in points for seed in seeds]
    unfinished, path = _unfinished(store, wanted), store.folder / FILE
    known: Predictions = read_predictions(path) if path.is_file() else {"predictions": [], "energies": []}
    networks = {key(p.n, p.options): p for p in (*predicted_points(names), *points)}
    predicted = {key(row["n"], row["options"]) for row in known["predictions"]}
    unknown = [point for name, point in networks.items() if name not in predicted]

    def counted(before: int) -> Progress:
        """One bar for predictions and trainings."""
        total = len(unknown) + len(unfinished)
        return lambda done, _: None if progress is None else progress(before + done, total)

    predict = partial(predict_network, trials=TRIALS)
    values = in_processes(predict, [(point.n, dict(point.options)) for point in unknown], jobs, counted(0))
    for point, value in zip(unknown, values, strict=True):
        known["predictions"].append({"n": point.n, "options": dict(point.options), "PR": value})
    if FRONT in names:
        amplitudes = {point.values["item_V"] for point in points if point.sweep == FRONT}
        missing = amplitudes - {row["item_V"] for row in known["energies"]}
        known["energies"] += cast("list[Energies]", pulse_energies(missing))
    make_folder(store.folder)
    write_versioned(path, dict(known))
    for _ in in_processes(perform, [(run, store, command) for run in unfinished], jobs, counted(len(unknown))):
        pass
    return load_capacity(store.folder)


def _unfinished(store: RunStore, runs: Iterable[Run]) -> list[Run]:
    """Runs that are not finished, each once. Raises InputError for one that is stored with other settings."""
    unfinished: dict[str, Run] = {}
    for run in runs:
        identity = run.identity
        if not (store.folder / identity.label / "run.json").is_file():
            unfinished[identity.label] = run
        elif (settings := store.read(identity).get("settings")) != run.settings.to_json():
            raise InputError(
                "the folder holds this run with other settings",
                where=str(store.folder / identity.label),
                found=f"{(settings or {}).get('steps')} steps",
                allowed=f"{run.settings.steps} steps, or another folder",
            )
    return list(unfinished.values())


def pulse_energies(amplitudes: Iterable[float]) -> list[dict[str, Any]]:
    """One simulation of a cold neuron per amplitude (V).

    Heat is not in it: a warm junction switches sooner, and then carries less current for the rest of the pulse.

    Returns:
        Rows with `item_V`, `circuit`, `basis`, `simulator`, `density`, and `energy_per_operation_J` by scope.

    Raises:
        InputError: an amplitude that the circuit cannot have.
        SimulationError: a run failed.
    """
    circuit = DifferentialNeuron.billing.circuit
    assert circuit is not None  # as every layer of junctions
    costs = {volts: cost_at(circuit, volts) for volts in sorted(amplitudes)}
    return [
        {
            "item_V": volts,
            "circuit": cost.circuit,
            "basis": cost.basis,
            "simulator": cost.simulator,
            "density": DENSITY,
            "energy_per_operation_J": {scope: operation_energy(cost, scope, DENSITY) for scope in SCOPES},
        }
        for volts, cost in costs.items()
    ]


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which (cost, gain) no other point beats: none is as cheap and as good, and better in one of both."""
    costs, gains = np.array(points, dtype=float).reshape(-1, 2).T
    return unbeaten(costs, gains).tolist()


def unbeaten(costs: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """`pareto` of each set of points, shape (..., points)."""
    c, g = costs[..., None, :], gains[..., None, :]
    own_c, own_g = costs[..., :, None], gains[..., :, None]
    beaten = (c <= own_c) & (g >= own_g) & ((c != own_c) | (g != own_g))
    return ~beaten.any(axis=-1)


class _Prediction(TypedDict):
    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    n: int
    options: dict[str, Any]
    PR: Number


class Energies(TypedDict):
    """Energies of one operation at an amplitude, by scope."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    item_V: Number
    energy_per_operation_J: dict[str, Number | None]


class Predictions(TypedDict):
    """Predictions and simulated energies, from before any training."""

    predictions: list[_Prediction]
    energies: list[Energies]


def read_predictions(path: Path) -> Predictions:
    """Predictions and energies of a folder. Raises InputError: unreadable, of another version, or not such a file."""
    return parse(Predictions, read_versioned(path), str(path))


def load_capacity(folder: Path | None = None) -> CapacityResults:
    """Results of a folder, or the shipped ones.

    Raises InputError: the folder holds no such sweeps, or some that cannot be read.
    """
    if folder is None:
        content = read_json(files("network.experiments.memory") / STORED)
        records = run_records(content.pop("records"), STORED)
        return CapacityResults(**parse(Predictions, content, STORED), records=records)
    if not (folder / FILE).is_file():
        allowed = "a folder of `ipcircuit study capacity`"
        raise InputError("no sweeps in this folder", where=str(folder), allowed=allowed)
    return CapacityResults(**read_predictions(folder / FILE), records=RunStore(folder).runs("nback", "ipnet"))


def pack(folder: Path) -> str:
    """The results of a folder as the text of the shipped file: runs without their history."""
    results = load_capacity(folder)
    parts = {"predictions": results.predictions, "energies": results.energies, "records": packed(results.records)}
    return "{\n" + ",\n".join(f'"{name}": {lines(rows)}' for name, rows in parts.items()) + "\n}\n"


if __name__ == "__main__":
    write_text_atomic(Path(__file__).with_name(STORED), pack(Path(sys.argv[1])))
