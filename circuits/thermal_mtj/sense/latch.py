"""Thresholds of a neuron's latches (``sense=latch``): clocked comparators, whose threshold no dc sweep shows.

By design a latch decides at a share of the read voltage. What mismatch makes of that is nearly linear in the
deviations of its transistors: weights that a strobe of the latches alone shows for each in turn (one volt between the
transistors of the input pair is one volt of threshold, by hand). A screened copy's thresholds are that sum; at
reference one more strobe of the copy, with its inputs at the sum, corrects it by what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.cells.lead import leads
from circuits.conditions import Analysis, Assembly, transient_assembly
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.reading.read import Reads
from circuits.thermal_mtj.sense.comparators import Thresholds
from ipcircuit.errors import InputError
from ipcircuit.pulses import trapezoids
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.spice.jobs import Job, transients
from ipcircuit.spice.transient import Transient
from ipcircuit.technology.mismatch import Transistor, stated_variations, transistors

STROBE, STOP, STEP = 0.2e-9, 8e-9, 20e-12  # s; narrow input pairs at a low supply take 3 ns
EDGE = 20e-12  # s
PROBE_V, PROBE_SHARE = 2e-3, 0.01  # deviations with which weights are found: thresholds, widths


class Latches(SubCircuit):
    """The latches of a neuron alone, by the names that they have in it, so that mismatch is the same.

    Nodes: ``input``, ``output`` of each half in turn, then read, strobe_bar, vdd and vss.
    """

    def __init__(self, neuron: MtjNeuron, v_read: float) -> None:
        nodes = [(f"input{half.suffix}", f"output{half.suffix}") for half in neuron.halves]
        pins = ("read", "strobe_bar", "vdd", "vss")
        super().__init__(f"{neuron.name}_latches", *(node for pair in nodes for node in pair), *pins)
        latch = neuron.sizes.add_comparator(self, neuron.latch_share(v_read))
        for half, pair in zip(neuron.halves, nodes, strict=True):
            self.X(f"comparator{half.suffix}", latch, *pair, *pins)


@dataclass(frozen=True)
class Weights:
    """How a latch's threshold follows its transistors.

    Attributes:
        level_V: its threshold as designed.
        slope: of the lead over the input's distance from it, V/V.
        of_volts, of_widths: change of the threshold by the name of the transistor in the latch, per volt of its
            threshold's shift, and per 1 of the relative change of its width, V.
    """

    level_V: float
    slope: float
    of_volts: Mapping[str, float]
    of_widths: Mapping[str, float]

    def shift(self, deviations: Mapping[str, tuple[Any, Any]]) -> Any:
        """Shift (V) of the threshold, from threshold shift (V) and factor of the width of each transistor."""
        volts: Any = sum(weight * deviations[name][0] for name, weight in self.of_volts.items())
        return volts + sum(weight * (deviations[name][1] - 1) for name, weight in self.of_widths.items())


def _assembly(neuron: MtjNeuron, conditions: ThermalMtjConditions, inputs: Sequence[float]) -> Assembly:
    circuit, outputs = Circuit(f"{neuron.name}: latches"), [f"output{half.suffix}" for half in neuron.halves]
    circuit.subcircuit(Latches(neuron, conditions.v_read))
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("read", "read", 0, conditions.v_read)
    low = trapezoids([(STROBE, STOP)], -conditions.v_dd, EDGE)
    strobe_bar = replace(low, values=tuple(conditions.v_dd + volts for volts in low.values))
    circuit.V("strobe", "strobe_bar", 0, strobe_bar.spice())
    for half, volts in zip(neuron.halves, inputs, strict=True):
        circuit.V(f"entry{half.suffix}", f"entry{half.suffix}", 0, volts)
    pins = [node for half, out in zip(neuron.halves, outputs, strict=True) for node in (f"entry{half.suffix}", out)]
    circuit.X("latches", f"{neuron.name}_latches", *pins, "read", "strobe_bar", "vdd", 0)
    return transient_assembly(circuit, conditions, Analysis(STOP, STEP))


def _job(neuron: MtjNeuron, conditions: ThermalMtjConditions, deck: str) -> Job:
    saved = [f"xlatches.xcomparator{half.suffix}.{out}" for half in neuron.halves for out in ("yes", "no")]
    return Job(neuron.name, f"latches, {conditions.label()}", deck, (*saved, "i(vdd)"))


def _leads(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient) -> list[float]:
    """Lead of each half's latch, V; NaN where it did not decide in time."""
    paths = [f"xlatches.xcomparator{half.suffix}" for half in neuron.halves]
    return [float(leads(run, f"{path}.yes", f"{path}.no", [(STROBE, STOP)], conditions.v_dd)[0]) for path in paths]


def designed_level(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> float:
    """Threshold (V) by hand: amid the levels of the dividers."""
    return (neuron.latch_share(conditions.v_read) or 0.0) * conditions.v_read


def latch_job(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Job:
    """One strobe of the latches alone, with their inputs where the weights say that their thresholds are."""
    inputs = estimated_thresholds(neuron, conditions, conditions.sample)
    return _job(neuron, conditions, _assembly(neuron, conditions, inputs).text(conditions.sample))


def latch_thresholds(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient) -> tuple[Thresholds, ...]:
    """Thresholds of each half's latch from the run of `latch_job`.

    Raises:
        InputError: a latch that does not decide in time.
    """
    slope = weights(neuron, conditions).slope
    inputs = estimated_thresholds(neuron, conditions, conditions.sample)
    own = [volts - lead / slope for volts, lead in zip(inputs, _leads(neuron, conditions, run), strict=True)]
    return tuple((_decided(volts, conditions), volts) for volts in own)


@dataclass(frozen=True)
class Strobe:
    """One strobe of the latches alone: what they draw from the supply (J), and what simulated it."""

    energy_J: float
    simulator: str

    @classmethod
    def of(cls, conditions: ThermalMtjConditions, run: Transient) -> Strobe:
        """From the run of `latch_job`."""
        return cls(-conditions.v_dd * run.integral("i(vdd)"), run.simulator)


def latch_reads(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, levels: np.ndarray, sample: Any, strobe: Strobe
) -> Reads:
    """What copies decide, from the levels of their dividers and their thresholds by weights.

    Args:
        levels: of the dividers with their junctions P and AP, V, shape (halves, 2, copies).
        sample: as of `estimated_thresholds`.
        strobe: of the design.
    """
    copies, v_dd = levels.shape[-1], conditions.v_dd
    own = [np.broadcast_to(volts, copies) for volts in estimated_thresholds(neuron, conditions, sample)]
    volts = {states: tuple(levels[i, int(s)] for i, s in enumerate(states)) for states in neuron.outcomes()}
    current = strobe.energy_J / (v_dd * neuron.cycle.read_at_half)
    drawn = {next(iter(neuron.supplies)): np.full(copies, current)}
    outputs = {states: _outputs(neuron, at, own, v_dd) for states, at in volts.items()}
    return Reads(neuron, outputs, volts, dict.fromkeys(volts, drawn), np.array([[each, each] for each in own]))


def _outputs(
    neuron: MtjNeuron, levels: Sequence[np.ndarray], own: Sequence[np.ndarray], v_dd: float
) -> tuple[np.ndarray, ...]:
    """Voltages at the outputs of copies, from levels and thresholds of their latches; the logic behind them works."""
    read = [level > threshold for level, threshold in zip(levels, own, strict=True)]
    lines = [np.zeros(len(own[0])) for _ in neuron.outputs]
    for states in neuron.outcomes():
        these = np.logical_and.reduce([r == s for r, s in zip(read, states, strict=True)])
        for line, high in zip(lines, neuron.logic(states), strict=True):
            line[these] = v_dd * high
    return tuple(lines)


def _decided(volts: float, conditions: ThermalMtjConditions) -> float:
    if volts != volts:
        raise InputError("the latches do not decide in time", where=conditions.label())
    return volts


def estimated_thresholds(neuron: MtjNeuron, conditions: ThermalMtjConditions, sample: Any) -> list[Any]:
    """Threshold of each half's latch by the weights of its transistors, V.

    Args:
        sample: None: the design; a copy, or many (`SampleColumns`): then arrays.
    """
    found = weights(neuron, conditions)
    if sample is None:
        return [found.level_V] * len(neuron.halves)
    if isinstance(sample, Sample):
        sample = conditions.drawn(sample)
    known, assembly = _known(neuron.design, _plain(conditions))
    stated, own = stated_variations(sample.spreads, assembly.technology), []
    for half in neuron.halves:
        mine = {
            name.partition(".")[2]: transistor.law(stated)(sample)
            for name, transistor in known.items()
            if name.partition(".")[0] == f"xcomparator{half.suffix}"
        }
        own.append(found.level_V + found.shift(mine))
    return own


def weights(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Weights:
    """Weights of a neuron's latches, from one strobe for each transistor of one of them."""
    return _weights(neuron.design, _plain(conditions))


def _plain(conditions: ThermalMtjConditions) -> ThermalMtjConditions:
    return replace(conditions, sample=None)


@lru_cache(maxsize=8)
def _known(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> tuple[dict[str, Transistor], Assembly]:
    """Transistors of the latches by name, and their deck."""
    assembly = _assembly(neuron, conditions, [designed_level(neuron, conditions)] * len(neuron.halves))
    return transistors(assembly.body, assembly.technology, assembly.card), assembly


@lru_cache(maxsize=8)
def _weights(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Weights:
    known, assembly = _known(neuron, conditions)
    level, count = designed_level(neuron, conditions), len(neuron.halves)
    recording = RecordingSample(0, 0)
    assembly.text(recording)
    zeros = dict.fromkeys(recording.asked, 0.0)
    first, stated = f"xcomparator{neuron.halves[0].suffix}.xlatch.", stated_variations(None, assembly.technology)
    names = [name for name in known if name.startswith(first)]

    def probed(deviate: str) -> Sample:
        return Sample(0, 0).with_deviates({**zeros, deviate: 1.0})

    moved = _assembly(neuron, conditions, [level + PROBE_V] * count)
    decks, scales = [assembly.text(), moved.text()], []
    for name, index, probe in [(n, 0, PROBE_V) for n in names] + [(n, 1, PROBE_SHARE) for n in names]:
        deviate = name if index == 0 else f"{name} beta"
        unit = known[name].law(stated)(probed(deviate))[index] - index
        if not unit:  # a technology whose current factors do not vary
            continue
        decks.append(assembly.text(Sample(0, 0).with_deviates({**zeros, deviate: probe / unit})))
        scales.append((name.partition(".")[2], index, probe))
    runs = transients([_job(neuron, conditions, deck) for deck in decks], n_jobs=1)
    at_level, above, *others = [_leads(neuron, conditions, run)[0] for run in runs]
    slope = (_decided(above, conditions) - at_level) / PROBE_V
    found: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for (name, index, probe), lead in zip(scales, others, strict=True):
        found[index][name] = -(lead - at_level) / slope / probe
    return Weights(level - at_level / slope, slope, *found)
