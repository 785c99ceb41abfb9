"""Truth table of an MTJ neuron: what its comparators and logic make of every combination of junction states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from circuits.thermal_mtj.neuron import MtjNeuron, States
from circuits.thermal_mtj.sense.comparators import HIGH, LOW


@dataclass(frozen=True)
class TruthRow:
    """One combination of junction states: output levels against logic, and the smallest distance to the threshold."""

    states: States
    expected: tuple[bool, ...]
    outputs_V: tuple[float, ...]
    dividers_V: tuple[float, ...]
    noise_margin_V: float
    correct: bool


def tag(states: States) -> str:
    """Name of an outcome: junctions in order, p or ap."""
    return "_".join("ap" if s else "p" for s in states)


def decided(volts: Any, expected: bool, v_dd: float) -> Any:
    """Whether an output is as expected; of many copies an array."""
    return volts > HIGH * v_dd if expected else volts < LOW * v_dd


def truth_table(
    neuron: MtjNeuron,
    v_dd: float,
    outputs: Mapping[States, tuple[float, ...]],
    dividers: Mapping[States, tuple[float, ...]],
    threshold_V: float,
) -> list[TruthRow]:
    """All state combinations, from the voltages at the outputs and dividers in each."""
    rows = []
    for states in neuron.outcomes():
        expected, volts, levels = neuron.logic(states), outputs[states], dividers[states]
        signed = [(v - threshold_V) * (1 if s else -1) for v, s in zip(levels, states, strict=True)]
        good = all(decided(v, e, v_dd) for v, e in zip(volts, expected, strict=True))
        rows.append(TruthRow(states, expected, volts, levels, min(signed), good))
    return rows


def wrong_decisions(rows: Sequence[tuple[States, bool]]) -> tuple[str, ...]:
    """Warning of a measurement where states were decided wrongly, from states and whether they were decided rightly."""
    wrong = [tag(states) for states, correct in rows if not correct]
    if not wrong:
        return ()
    share = f"{len(wrong)} of {len(rows)} states of the junctions were decided wrongly ({', '.join(wrong)})"
    return (f"{share}: the energy is not that of the neuron's work",)
