"""Stored runs that the section shows: those of ``--runs DIR``, or the ones that come with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from circuits.thermal_mtj.reading.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from circuits.thermal_mtj.testbench import differential_testbench
from network.experiments.memory.capacity import FILE, CapacityResults, load_capacity
from network.experiments.memory.memory import MemoryResults, load_results
from reports.section import Run

CAPACITY = "capacity"  # within a folder of runs, where `ipcircuit study capacity` puts its own

_load_results, _load_capacity = cache(load_results), cache(load_capacity)


def results(run: Run) -> MemoryResults:
    """Runs of the working-memory experiment."""
    return _load_results(run.runs)


def capacity(run: Run) -> CapacityResults:
    """Sweeps of the memory's capacity; the shipped ones where the folder of runs has none."""
    folder: Path | None = None if run.runs is None else run.runs / CAPACITY
    return _load_capacity(folder if folder is not None and (folder / FILE).is_file() else None)


@cache
def undecided(jobs: int | None = None) -> dict[str, float]:
    """Estimated share of comparators that decide a state wrongly: with a minimum transistor's σ, and as sized."""
    operation = differential_testbench().operation(n_jobs=jobs)
    states = [tuple(value for _ in operation.cycle.neuron.halves) for value in (False, True)]
    low, high = max(operation.cycle.levels[states[0]]), min(operation.cycle.levels[states[1]])
    margins = operation.threshold_V - low, high - operation.threshold_V
    sigmas = {"minimum": minimum_device_sigma(), "sized": sense_inverter_sigma()}
    return {name: 1 - DecisionYield(sigma, *margins).value for name, sigma in sigmas.items()}
