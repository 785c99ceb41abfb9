"""Trim of an MTJ neuron's copies: each comparator gets the code that leaves its two levels the largest margin.

One calibration per copy, at 27 °C: a dc read of its dividers with the thresholds of its comparators at every code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circuits.thermal_mtj.half import MadeCopies
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.reading.front_end import read_levels
from circuits.thermal_mtj.reading.read import ReadDeck
from ipcircuit.errors import SimulationError
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.spice.jobs import Result
from ipcircuit.units import NOMINAL_C


def trims_of(
    neuron: MtjNeuron, halves: Sequence[MadeCopies], samples: SampleColumns, conditions: ThermalMtjConditions
) -> tuple[list[tuple[int, ...]], dict[int, SimulationError]]:
    """Codes of copies in their order, without those that have none: these by number, with the reason.

    Args:
        neuron: the design.
        halves: of the copies at 27 °C.
    """
    at_27 = replace(conditions, temperature_C=NOMINAL_C, sample=None)
    deck = ReadDeck(neuron.design.at_ambient(NOMINAL_C), at_27, calibrates=True)
    levels = read_levels(neuron.halves[0].device, halves, conditions.v_read)
    runs = deck.run(levels, samples)
    failed = {number: failed_run(run) for number, run in runs.failed.items()}
    return deck.codes(runs) if runs.succeeded else [], failed


def failed_run(run: Result) -> SimulationError:
    """What a run that failed is as an error."""
    return SimulationError(run.circuit, run.condition, str(run.cause), run.deck_path, run.failure)
