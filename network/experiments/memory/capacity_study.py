"""Run the sweeps: predict every network, simulate the pulses' energy, then train, and keep all of it in one folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from network.experiments.memory.capacity import FRONT, Point, check_names, predicted_points, trained_points
from network.experiments.memory.capacity_results import FILE, CapacityResults, key, load_capacity, read_study
from network.experiments.memory.energy_of_pulses import pulse_energies
from network.experiments.memory.prediction import predict_network
from network.threads import one_thread
from network.training.experiment import Run, make_task, perform_alone
from network.training.loop import Progress
from network.training.settings import Identity, Settings
from network.training.store import RunStore

TRIALS = 20_000  # of a prediction: 2500 of them match, so that PR is known to 0.01
QUICK = Settings(300, 64, 0.01, evaluate_every=150, trials=1000, quiet=0.2)
FULL = Settings(450, 64, 0.01, evaluate_every=150, trials=2000, quiet=0.2)  # PR at n = 2 gains 0.01 from 900 steps


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
    todo = _todo(store, points, seeds, settings)
    study = _study_of(store.folder)
    asked = {key(p.n, p.options): p for p in (*predicted_points(names), *points)}
    lacking = [p for k, p in asked.items() if k not in {key(row["n"], row["options"]) for row in study["predictions"]}]
    total = len(lacking) + len(todo)
    values = _parallel(jobs, _predict, [(p.n, dict(p.options), TRIALS) for p in lacking])
    for done, (point, value) in enumerate(zip(lacking, values, strict=True)):
        study["predictions"].append({"n": point.n, "options": dict(point.options), "PR": value})
        if progress is not None:
            progress(done + 1, total)
    if FRONT in names:
        amplitudes = {point.values["item_V"] for point in points if point.sweep == FRONT}
        study["energies"] += pulse_energies(amplitudes - {row["item_V"] for row in study["energies"]})
    _write(store.folder, study)
    runs = [Run("nback", "ipnet", settings, seed, {"n": point.n}, point.options) for point, seed in todo]
    trained = _parallel(jobs, perform_alone, [(run, store, command) for run in runs])
    for done, _ in enumerate(trained):
        if progress is not None:
            progress(len(lacking) + done + 1, total)
    return load_capacity(store.folder)


def _todo(
    store: RunStore, points: Iterable[Point], seeds: Sequence[int], settings: Settings
) -> list[tuple[Point, int]]:
    """Networks and seeds that are not finished, each once. Raises InputError for a run with other settings."""
    found: dict[str, tuple[Point, int]] = {}
    for point in points:
        for seed in seeds:
            identity = _identity(point, seed)
            if not (store.folder / identity.label / "run.json").is_file():
                found[identity.label] = (point, seed)
            elif (record := store.read(identity))["settings"] != settings.to_json():
                raise InputError(
                    "the folder holds this run with other settings",
                    where=str(store.folder / identity.label),
                    found=f"{record['settings']['steps']} steps",
                    allowed=f"{settings.steps} steps, or another folder",
                )
    return list(found.values())


def _identity(point: Point, seed: int) -> Identity:
    return Identity("nback", "ipnet", seed, make_task("nback", {"n": point.n}).settings(), dict(point.options))


def _predict(n: int, options: Mapping[str, Any], trials: int) -> float:
    with one_thread():
        return predict_network(n, options, trials=trials)


def _parallel(n_jobs: int, function: Any, arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Results in the order of the arguments, as they come."""
    from joblib import Parallel, delayed

    parallel: Any = Parallel(n_jobs=n_jobs, return_as="generator")
    yield from parallel(delayed(function)(*each) for each in arguments)


def _study_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What was predicted and simulated already."""
    return read_study(folder / FILE) if (folder / FILE).is_file() else {"predictions": [], "energies": []}


def _write(folder: Path, study: Mapping[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror or error}", where=str(folder)) from error
    write_text_atomic(folder / FILE, json.dumps({"version": 1, **study}, indent=1, allow_nan=False) + "\n")
