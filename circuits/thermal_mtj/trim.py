"""Trim of an MTJ neuron's copies: each comparator gets the code that leaves its two levels the largest margin.

One calibration per copy, at 27 °C: a dc read of its dividers with the thresholds of its comparators at every code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.read import ReadDeck
from ipcircuit.errors import SimulationError
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import simulate_all
from ipcircuit.spice.transient import Sweep
from ipcircuit.units import NOMINAL_C


def trimmed(
    copies: Mapping[int, MtjNeuron], samples: Sequence[Sample], conditions: ThermalMtjConditions
) -> dict[int, MtjNeuron | SimulationError]:
    """Copies with their codes, or why there are none.

    Args:
        copies: of one design, by index of their sample.
    """
    if not copies:
        return {}
    cold = {index: neuron.at_ambient(NOMINAL_C) for index, neuron in copies.items()}
    at_27 = replace(conditions, temperature_C=NOMINAL_C, sample=None)
    deck = ReadDeck(next(iter(cold.values())).design, at_27, calibrates=True)
    jobs = [deck.job(neuron, samples[index]) for index, neuron in cold.items()]
    results: dict[int, MtjNeuron | SimulationError] = {}
    for index, run in zip(cold, simulate_all(jobs, n_jobs=1, throw=False), strict=True):
        if run.ok:
            assert isinstance(run, Sweep)
            results[index] = replace(copies[index], trim=deck.codes(cold[index], run))
        else:
            cause = (str(run.cause), run.deck_path, run.failure)
            results[index] = SimulationError(run.circuit, run.condition, *cause)
    return results
