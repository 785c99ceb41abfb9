"""Run the sweeps: predict every network, simulate the pulses' energy, then train, and keep all of it in one folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from network.experiments.memory.capacity import FRONT, check_names, predicted_points, trained_points
from network.experiments.memory.capacity_results import (
    FILE,
    CapacityResults,
    Predictions,
    key,
    load_capacity,
    read_predictions,
)
from network.experiments.memory.energy_of_pulses import pulse_energies
from network.experiments.memory.prediction import predict_network
from network.threads import Progress, in_processes
from network.training.experiment import Run, perform
from network.training.settings import Settings
from network.training.store import RunStore, make_folder, write_versioned

TRIALS = 20_000  # of a prediction: 2500 of them match, so that PR is known to 0.01
QUICK = Settings(300, 64, 0.01, evaluate_every=150, trials=1000, expected_share=0.2)
FULL = replace(QUICK, steps=450, trials=2000)  # PR at n = 2 gains 0.01 from 900 steps


def run_capacity_study(
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
        sweeps: names from `network.experiments.memory.capacity.NAMES`; None is all.
        n_jobs: networks at a time; None is one per core. The numbers do not depend on it.

    Raises:
        InputError: unknown sweep, or the store holds other runs of the same names.
    """
    names, settings = check_names(sweeps), QUICK if quick else FULL
    points, jobs = trained_points(names, quick=quick), -1 if n_jobs is None else n_jobs
    wanted = [Run("nback", "ipnet", settings, seed, {"n": p.n}, p.options) for p in points for seed in seeds]
    unfinished = _unfinished(store, wanted)
    known = _known(store.folder)
    networks = {key(p.n, p.options): p for p in (*predicted_points(names), *points)}
    predicted = {key(row["n"], row["options"]) for row in known["predictions"]}
    unknown = [point for name, point in networks.items() if name not in predicted]

    def counted(before: int) -> Progress:
        """One bar for predictions and trainings."""
        total = len(unknown) + len(unfinished)
        return lambda done, _: None if progress is None else progress(before + done, total)

    arguments = [(point.n, dict(point.options), TRIALS) for point in unknown]
    values = in_processes(_predict, arguments, jobs, counted(0))
    for point, value in zip(unknown, values, strict=True):
        known["predictions"].append({"n": point.n, "options": dict(point.options), "PR": value})
    if FRONT in names:
        amplitudes = {point.values["item_V"] for point in points if point.sweep == FRONT}
        known["energies"] += pulse_energies(amplitudes - {row["item_V"] for row in known["energies"]})
    make_folder(store.folder)
    write_versioned(store.folder / FILE, dict(known))
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


def _predict(n: int, options: Mapping[str, Any], trials: int) -> float:
    return predict_network(n, options, trials=trials)


def _known(folder: Path) -> Predictions:
    """Predictions and energies that the folder holds already."""
    return read_predictions(folder / FILE) if (folder / FILE).is_file() else {"predictions": [], "energies": []}
