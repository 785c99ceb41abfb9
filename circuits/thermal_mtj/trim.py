"""Trim of an MTJ neuron's copies: each comparator gets the code that leaves its two levels the largest margin.

One calibration per copy, at 27 °C: a dc read of its dividers with the thresholds of its comparators at every code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circuits.thermal_mtj.front_end import read_levels
from circuits.thermal_mtj.half import Made
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.read import ReadDeck
from ipcircuit.errors import SimulationError
from ipcircuit.sampling import Sample
from ipcircuit.spice.transient import Sweep
from ipcircuit.units import NOMINAL_C


def trims_of(
    neuron: MtjNeuron, copies: Sequence[Sequence[Made]], samples: Sequence[Sample], conditions: ThermalMtjConditions
) -> list[tuple[int, ...] | SimulationError]:
    """Codes of copies, or why there are none.

    Args:
        neuron: the design.
        copies: halves of each copy at 27 °C.
    """
    if not copies:
        return []
    at_27 = replace(conditions, temperature_C=NOMINAL_C, sample=None)
    deck = ReadDeck(neuron.design.at_ambient(NOMINAL_C), at_27, calibrates=True)
    levels = read_levels(neuron.halves[0].device, copies, conditions.v_read)
    results: list[tuple[int, ...] | SimulationError] = []
    for run in deck.run(levels, samples):
        if run.ok:
            assert isinstance(run, Sweep)
            results.append(deck.codes(run))
        else:
            cause = (str(run.cause), run.deck_path, run.failure)
            results.append(SimulationError(run.circuit, run.condition, *cause))
    return results
