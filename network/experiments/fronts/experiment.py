"""Runs behind the fronts: every network of the plan trained with every seed, and tried again in 8-bit integers.

A run's record has, beside what every run has, `int8`: scores of the same network rounded to integers after training,
and where that costs more than `LOST` of the score, those after fine-tuning in integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ipcircuit.errors import InputError
from ipcircuit.files import locked
from network.experiments.filters.experiment import FilterOptions
from network.experiments.fronts import digital, intervals
from network.experiments.fronts.plan import Candidate, candidates, check_names, families
from network.experiments.fronts.plan import tasks as bench_tasks
from network.experiments.fronts.view import INTEGERS
from network.quantised.integer import in_integers
from network.threads import Progress, in_processes
from network.training.experiment import Run, perform, restored_run
from network.training.loop import train
from network.training.outputs import EVALUATION_SEED, evaluate
from network.training.settings import Settings
from network.training.store import RunStore, read_record, score_of, write_versioned

LOST = 0.01  # of the headline score: what rounding may take without fine-tuning
TUNED_STEPS, TUNED_RATE = 100, 0.1  # of fine-tuning: batches, and the rate relative to the training's
CALIBRATED = 250  # samples


def check_choice(chosen: Sequence[str] | None, kinds: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tasks and families by name, all for None. Raises InputError: an unknown one."""
    known = dict.fromkeys((*families(), *intervals.FAMILIES, digital.FAMILY))
    return check_names(chosen, (*bench_tasks(), intervals.KEY), "--task"), check_names(kinds, tuple(known), "--family")


def run_fronts(
    store: RunStore,
    *,
    seeds: Sequence[int],
    tasks: Sequence[str] | None = None,
    families: Sequence[str] | None = None,
    quick: bool = False,
    simulated: bool = True,
    command: str = "",
    device: str = "cpu",
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> list[str]:
    """Train what the store lacks; a run that was interrupted goes on from its checkpoint.

    Args:
        tasks, families: names of the plan, and of `network.experiments.fronts.intervals`; None is all.
        quick: few sizes and short trainings.
        simulated: whether to run the temporal filters too, whose model is reduced from a simulated circuit.
        device: ``cpu`` or ``cuda``, of the trainings.
        n_jobs: trainings at a time, in processes of their own; -1 is one per core. The numbers do not depend on it.

    Returns:
        What could not be trained, a line each; the others are in the store all the same.

    Raises:
        InputError: unknown task or family, or a folder that cannot be written or is in use.
        SimulationError: the filters' neuron could not be simulated.
    """
    keys, kinds = check_choice(tasks, families)
    runs = [
        run for one in candidates(quick=quick) if one.task in keys and one.family in kinds for run in _runs(one, seeds)
    ]
    unique = {run.identity.label: run for run in runs}
    with locked(store.folder):
        waiting = [
            (run, store, _headline(run), command, device) for run in unique.values() if not _finished(run, store)
        ]
        problems = [problem for problem in in_processes(_attempt, waiting, n_jobs, progress) if problem]
        if digital.FAMILY in kinds:
            digital.run_circuits(store, [key for key in keys if key in bench_tasks()], seeds, command)
        if simulated and intervals.KEY in keys:
            options = FilterOptions.quick() if quick else None
            intervals.run_intervals(store, seeds, options, kinds, command, progress)
    return problems


def _runs(one: Candidate, seeds: Sequence[int]) -> list[Run]:
    return [] if one.settings is None else [one.cell.run(seed, one.settings) for seed in seeds]


def _headline(run: Run) -> str:
    return next(task.score for task in bench_tasks().values() if task.task == run.task)


def _finished(run: Run, store: RunStore) -> bool:
    record = store.finished(run.identity, run.settings)
    return record is not None and INTEGERS in record


def _attempt(run: Run, store: RunStore, headline: str, command: str, device: str) -> str:
    """Train one run; empty, or what went wrong with it."""
    try:
        perform_with_integers(run, store, headline, command, device)
    except InputError as error:
        return f"{run.identity.label}: {error}"
    return ""


def perform_with_integers(
    run: Run, store: RunStore, headline: str, command: str = "", device: str = "cpu"
) -> dict[str, Any]:
    """Record of a run with the scores of the network in integers, trained and tried now if it is not in the store.

    Args:
        headline: score that decides whether the integers are fine-tuned.

    Raises:
        InputError: bad options, training diverged, or the store holds another run of the same name.
    """
    record = perform(run, store, command, device)
    if INTEGERS in record:
        return record
    checkpoint = store.checkpoint(run.identity)
    integers = integer_scores(checkpoint, run.settings, headline, score_of(record, headline), device)
    write_versioned(checkpoint.parent / "run.json", {**record, INTEGERS: integers})
    return read_record(checkpoint.parent / "run.json")


def integer_scores(
    checkpoint: Path, settings: Settings, headline: str, score: float, device: str = "cpu"
) -> dict[str, Any]:
    """Scores of a trained network in 8-bit integers.

    Args:
        score: of the network as it was trained.

    Returns:
        `after_training`, scores of the rounded network; `fine_tuned_steps`, 0 where it lost no more than `LOST`; and
        `scores`, of the network that stands: fine-tuned, or only rounded.
    """
    restored = restored_run(str(checkpoint))
    task, model, _, identity = restored
    seed, samples = EVALUATION_SEED + identity.seed, torch.Generator().manual_seed(identity.seed)
    twin = in_integers(model, next(task.batches(CALIBRATED, samples)).inputs).to(device)
    after = scores = evaluate(task, twin, settings.trials, seed=seed)
    steps = 0
    if after[headline] < score - LOST:
        steps = TUNED_STEPS
        rate = TUNED_RATE * settings.learning_rate
        changes = {"steps": steps, "learning_rate": rate, "evaluate_every": steps, "target_score": None}
        tuned = replace(settings, **changes, patience=None, expected_share=0.0)
        scores = train(task, twin, identity, tuned, device=device).scores
    return {"after_training": after, "fine_tuned_steps": steps, "scores": scores}
