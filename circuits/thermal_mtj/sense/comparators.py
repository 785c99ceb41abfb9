"""Thresholds of the neurons' comparators: of one as designed, and of those that a copy really has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.cells.trim import add_code
from circuits.conditions import dc_deck
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.sense.sizes import MtjSizes
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.series import Runs
from ipcircuit.spice.transient import Sweep

LOW, HIGH = 0.1, 0.9  # of the supply: an output in between is not a decision
Thresholds = tuple[
    float, float
]  # V at a comparator's input: up to the first its output is low, from the second on high
_GAIN = 1e3  # of the feedback that finds a threshold: leaves 1 mV at the output, some 10 µV at the input


class Comparators(SubCircuit):
    """The comparators of a neuron alone, by the names that they have in it.

    Nodes: ``input``, ``output`` of each half in turn, then vdd and vss.
    """

    def __init__(self, neuron: MtjNeuron, v_dd: float, ending: str = "") -> None:
        nodes = [(f"input{half.suffix}", f"output{half.suffix}") for half in neuron.halves]
        super().__init__(f"{neuron.name}_comparators{ending}", *(node for pair in nodes for node in pair), "vdd", "vss")
        comparator = neuron.sizes.add_comparator(self)
        for half, code, (entry, output) in zip(neuron.halves, neuron.codes, nodes, strict=True):
            lines = add_code(self, half.suffix, neuron.sizes.legs, code, v_dd)
            self.X(f"comparator{half.suffix}", comparator, entry, output, "vdd", "vss", *lines)


def threshold_job(conditions: ThermalMtjConditions, sizes: MtjSizes | None = None) -> Job:
    """Sweep the comparator's input from 0 to V_DD."""
    circuit, chosen = Circuit("comparator threshold"), sizes or MtjSizes()
    comparator = chosen.add_comparator(circuit)
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("sweep", "divider", 0, 0)
    lines = add_code(circuit, "", chosen.legs, 0, conditions.v_dd)
    circuit.X("comparator", comparator, "divider", "out", "vdd", 0, *lines)
    deck = dc_deck(circuit, conditions, "Vsweep", 0.0, conditions.v_dd, 1e-3)
    return Job("comparator", f"threshold, {conditions.label()}", deck, ("out",))


def threshold(conditions: ThermalMtjConditions, run: Sweep) -> float:
    """Input voltage (V) at which the output crosses V_DD/2.

    Raises:
        InputError: it never does: transistors that cannot work under these conditions.
    """
    crossings = run.crossings("out", conditions.v_dd / 2, up=True)
    if not crossings.size:
        raise InputError("the comparator's output never crosses half the supply", where=conditions.label())
    return float(crossings[0])


def own_thresholds_job(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Job:
    """Sweep the inputs of a copy's own comparators together, from 0 to V_DD."""
    circuit, outputs = Circuit(f"{neuron.name}: comparators"), _outputs(neuron, "")
    circuit.subcircuit(Comparators(neuron, conditions.v_dd))
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("sweep", "divider", 0, 0)
    pins = [node for output in outputs for node in ("divider", output)]
    circuit.X("comparators", f"{neuron.name}_comparators", *pins, "vdd", 0)
    deck = dc_deck(circuit, conditions, "Vsweep", 0.0, conditions.v_dd, 1e-3)
    return Job(neuron.name, f"comparators, {conditions.label()}", deck, outputs)


def own_thresholds(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Sweep) -> tuple[Thresholds, ...]:
    """Thresholds of each half's comparator; V_DD where its output does not get there."""
    return tuple(thresholds(conditions, run, output) for output in _outputs(neuron, ""))


def thresholds(conditions: ThermalMtjConditions, run: Sweep, output: str) -> Thresholds:
    """Thresholds of the comparator with this output under a sweep of its input; V_DD where it does not get there."""
    found = (run.crossings(output, share * conditions.v_dd, up=True) for share in (LOW, HIGH))
    low, high = (float(at[0]) if at.size else conditions.v_dd for at in found)
    return low, high


def add_feedback(circuit: Circuit, neuron: MtjNeuron, conditions: ThermalMtjConditions, ending: str = "") -> None:
    """Add a copy's comparators twice, each held at one of its thresholds by its input: the operating point finds it.

    Args:
        ending: of the names of what is added.
    """
    subcircuit = Comparators(neuron, conditions.v_dd, ending)
    circuit.subcircuit(subcircuit)
    for name, share in (("low", LOW), ("high", HIGH)):
        name += ending
        circuit.V(f"target_{name}", f"target_{name}", 0, share * conditions.v_dd)
        inputs, outputs = feedback_inputs(neuron, name), _outputs(neuron, f"_{name}")
        pins = [node for pair in zip(inputs, outputs, strict=True) for node in pair]
        circuit.X(f"comparators_{name}", subcircuit.name, *pins, "vdd", 0)
        for entry, output in zip(inputs, outputs, strict=True):
            circuit.raw_spice += f"E{entry} {entry} 0 target_{name} {output} {_GAIN!r}\n"


def feedback_inputs(neuron: MtjNeuron, name: str) -> tuple[str, ...]:
    """Nodes that carry the thresholds ``"low"`` or ``"high"`` of `add_feedback`."""
    return tuple(f"threshold{half.suffix}_{name}" for half in neuron.halves)


def fed_back(neuron: MtjNeuron, conditions: ThermalMtjConditions, runs: Runs, ending: str = "") -> np.ndarray:
    """Thresholds of each half's comparator, from the first points of runs with `add_feedback`, within the supply.

    Returns:
        Shape (halves, 2, runs).
    """
    names = [feedback_inputs(neuron, f"{name}{ending}") for name in ("low", "high")]
    volts = np.array([[runs[name][:, 0] for name in pair] for pair in zip(*names, strict=True)])
    return np.clip(volts, 0.0, conditions.v_dd)


def _outputs(neuron: MtjNeuron, ending: str) -> tuple[str, ...]:
    return tuple(f"output{half.suffix}{ending}" for half in neuron.halves)


def margin(levels: Sequence[Any], states: Sequence[bool], own: Sequence[Sequence[Any]]) -> Any:
    """Smallest distance (V) of a divider's level from where its comparator decides wrongly; negative past it.

    Levels and thresholds are those of one copy, or arrays of many.
    """
    rooms = [v - high if s else low - v for v, s, (low, high) in zip(levels, states, own, strict=True)]
    return np.minimum.reduce(rooms) if isinstance(rooms[0], np.ndarray) else min(rooms)
