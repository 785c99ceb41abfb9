"""The sweeps of the memory's capacity for figures and tables, and the circuit's own spread beside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from circuits.thermal_mtj.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from network.experiments.memory.capacity_results import FILE, CapacityResults, load_capacity
from reports.page.context import RunContext

FOLDER = "capacity"  # within a folder of runs, where `ipcircuit study capacity` puts its own
NEURON = "differential"


@cache
def _load(folder: Path | None) -> CapacityResults:
    return load_capacity(folder)


def capacity(context: RunContext) -> CapacityResults:
    """The sweeps in the folder of runs that the report was given, or the shipped ones."""
    folder = None if context.runs is None else context.runs / FOLDER
    return _load(folder if folder is not None and (folder / FILE).is_file() else None)


def undecided(context: RunContext) -> dict[str, float]:
    """Estimated share of comparators that decide a state wrongly: with a minimum transistor's σ, and as sized."""
    operation = context.operation(NEURON)
    states = [tuple(value for _ in operation.cycle.neuron.halves) for value in (False, True)]
    low, high = max(operation.cycle.levels[states[0]]), min(operation.cycle.levels[states[1]])
    margins = operation.threshold_V - low, high - operation.threshold_V
    sigmas = {"minimum": minimum_device_sigma(), "sized": sense_inverter_sigma()}
    return {name: 1 - DecisionYield(sigma, *margins).value for name, sigma in sigmas.items()}
