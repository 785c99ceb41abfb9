"""A read without its transient: dc sweep over the states of the junctions, with the whole neuron and its mismatch.

The dividers are at the levels that the junctions' static R(V) gives (`front_end` beside): gates do not load them. What
differs between copies are numbers: levels, thresholds and widths of transistors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.cells.trim import bit_lines, codes
from circuits.conditions import Assembly, assembled
from circuits.thermal_mtj.neuron import MtjNeuron, States, ThermalMtjConditions
from circuits.thermal_mtj.reading.decision import decided, wrong_decisions
from circuits.thermal_mtj.sense.comparators import add_feedback, fed_back, feedback_inputs, margin
from ipcircuit.errors import InputError
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.spice.jobs import Job, simulate_all
from ipcircuit.spice.netlist import expand
from ipcircuit.spice.series import Runs, simulate_series
from ipcircuit.technology.mismatch import Transistor, stated_variations, transistors

NEURON = "neuron"  # its instance
Levels = Sequence[tuple[float, float]]  # of each divider with its junction P and AP, V


@dataclass(frozen=True)
class Reads:
    """What copies decide; arrays of shape (copies,).

    Attributes:
        outputs, levels: voltages at the outputs and at the dividers, by states of the junctions.
        currents_A: from each supply, by states and component.
        own: thresholds of each half's comparator, shape (halves, 2, copies).
    """

    neuron: MtjNeuron
    outputs: Mapping[States, tuple[np.ndarray, ...]]
    levels: Mapping[States, tuple[np.ndarray, ...]]
    currents_A: Mapping[States, Mapping[str, np.ndarray]]
    own: np.ndarray

    @property
    def margin_V(self) -> np.ndarray:
        """Smallest distance of a divider's level from where its comparator decides wrongly."""
        return np.minimum.reduce([margin(levels, states, list(self.own)) for states, levels in self.levels.items()])

    def right(self, v_dd: float) -> dict[States, np.ndarray]:
        """Which copies decide rightly, by states of the junctions."""
        expected = {states: self.neuron.logic(states) for states in self.outputs}
        return {
            states: np.logical_and.reduce([decided(v, e, v_dd) for v, e in zip(volts, expected[states], strict=True)])
            for states, volts in self.outputs.items()
        }

    def warnings(self, v_dd: float) -> list[tuple[str, ...]]:
        """Of each copy which states are decided wrongly."""
        right = self.right(v_dd)
        wrong = set(np.flatnonzero(~np.logical_and.reduce([*right.values()])).tolist())
        return [
            wrong_decisions([(states, bool(of[i])) for states, of in right.items()]) if i in wrong else ()
            for i in range(len(next(iter(right.values()))))
        ]


class ReadDeck:
    """The read of a neuron's copies: PySpice builds the deck once.

    Args:
        calibrates: find the comparators' thresholds at each code of their trim, for `codes`.

    Raises:
        InputError: more than two junctions, over which ngspice cannot sweep.
    """

    def __init__(self, neuron: MtjNeuron, conditions: ThermalMtjConditions, *, calibrates: bool = False) -> None:
        if len(neuron.halves) > 2:
            raise InputError("too many junctions for a sweep over their states", where=neuron.name, allowed="1 or 2")
        self.neuron = neuron
        self.conditions = replace(conditions, sample=None)
        self._levels = [f"level_{s}{half.suffix}" for half in neuron.halves for s in ("p", "ap")]
        self._codes = codes(neuron.sizes.legs) if calibrates else ()
        self._assembly: Assembly = self._assembled()
        technology, card = self._assembly.technology, self._assembly.card
        self._transistors = transistors(self._assembly.body, technology, card)
        self._reached: tuple[Job, list[tuple[str, Transistor]], list[tuple[str, str]]] | None = None

    def _assembled(self) -> Assembly:
        neuron, conditions = self.neuron, self.conditions
        circuit = Circuit(f"{neuron.name}: read")
        subcircuit = neuron.build("static", (False,) * len(neuron.halves), conditions)
        circuit.subcircuit(subcircuit)
        circuit.V("read", "read", 0, conditions.v_read)
        circuit.V("dd", "vdd", 0, conditions.v_dd)
        states = [f"state{half.suffix}" for half in neuron.halves]
        for source in (*self._levels, *states):
            circuit.V(source, source, 0, 0)
        pins = [
            pin
            for state, *levels in zip(states, self._levels[::2], self._levels[1::2], strict=True)
            for pin in (*levels, state)
        ]
        circuit.X(NEURON, subcircuit.name, "read", *neuron.outputs, "vdd", 0, *pins)
        for code in self._codes:
            add_feedback(circuit, neuron.with_code(code), conditions, _ending(code))
        if not self._codes:
            add_feedback(circuit, neuron, conditions)
        sweeps = " ".join(f"V{state} 0 1 1" for state in reversed(states))
        saved = (name if name.startswith("i(") else f"v({name})" for name in self._saved())
        return assembled(circuit, conditions, [f".dc {sweeps}", f".save {' '.join(saved)}"])

    def job(self, levels: Levels, sample: Sample | None, trim: Sequence[int] = ()) -> Job:
        """The read of one copy with the mismatch of its sample, and the codes of its comparators."""
        conditions = replace(self.conditions, sample=sample)
        volts = zip(self._levels, _flat(levels), strict=True)
        changed = {f"V{name}": f"V{name} {name} 0 {value!r}" for name, value in volts}
        changed |= {f"V{line}": f"V{line} {line} vss {value!r}" for line, value in self._lines(trim).items()}
        return Job(self.neuron.name, f"read, {conditions.label()}", self._assembly.text(sample, changed), self._saved())

    def _lines(self, trim: Sequence[int]) -> dict[str, float]:
        """Voltages of the bit lines at the codes of a copy's comparators; none for a design's own."""
        pairs, legs = zip(self.neuron.halves, trim, strict=bool(trim)), self.neuron.sizes.legs
        return {
            line: volts
            for half, code in pairs
            for line, volts in bit_lines(half.suffix, legs, code, self.conditions.v_dd)
        }

    def run(self, levels: np.ndarray, samples: SampleColumns, trims: Sequence[Sequence[int]] = ()) -> Runs:
        """Runs of several copies: the same, to the bit, as of their jobs.

        Args:
            levels: of the dividers with their junctions P and AP, shape (halves, 2, copies).
        """
        trims = trims or [()] * len(samples)
        job_of = lambda i: self.job(levels[..., i].tolist(), samples.samples[i], trims[i])  # noqa: E731
        if not all(transistor.is_element for transistor in self._transistors.values()):
            return Runs.of(simulate_all(map(job_of, range(len(samples))), n_jobs=1, throw=False))
        design = [(0.0, 0.0)] * len(self.neuron.halves)
        first, elements, sources = self._altered(self.job(design, RecordingSample(0, 0), trims[0]))
        volts = [self._lines(trim) for trim in trims]
        lines = {device: line for device, line in sources if line in volts[0]}
        shifts, widths = self._deviations(samples, [known for _, known in elements])
        columns = {
            f"v{name}": column for name, column in zip(self._levels, levels.reshape(-1, len(samples)), strict=True)
        }
        columns |= {device: np.array([each[line] for each in volts]) for device, line in lines.items()}
        columns |= {f"@{device}[delvto]": shift for (device, _), shift in zip(elements, shifts, strict=True)}
        if self._assembly.technology.a_beta is not None or samples.spreads:
            columns |= {f"@{device}[w]": width for (device, _), width in zip(elements, widths, strict=True)}
        values = np.column_stack([np.broadcast_to(column, len(samples)) for column in columns.values()])
        return simulate_series(first, tuple(columns), values, job_of)

    def _altered(self, job: Job) -> tuple[Job, list[tuple[str, Transistor]], list[tuple[str, str]]]:
        """A deck with deviates of 0, its transistors and its sources, which `alter` can reach."""
        if self._reached is None:
            elements = expand(job.deck)
            self._reached = (
                job,
                [(e.device, self._transistors[e.path.partition(".")[2]]) for e in elements if e.kind == "m"],
                [(e.device, e.path.rpartition(".")[2].removeprefix("v")) for e in elements if e.kind == "v"],
            )
        return self._reached

    def _deviations(self, samples: SampleColumns, elements: Sequence[Transistor]) -> tuple[list[Any], list[Any]]:
        """Threshold shifts of the elements, and their widths, in all copies."""
        stated = stated_variations(samples.spreads, self._assembly.technology)
        drawn = {name: known.law(stated)(samples) for name, known in self._transistors.items()}
        return [drawn[e.name][0] for e in elements], [e.width * drawn[e.name][1] for e in elements]

    def read(self, runs: Runs) -> Reads:
        """What runs of `job` say."""
        neuron = self.neuron
        points = list(enumerate(neuron.outcomes()))
        meters = {component: f"i(v.x{NEURON}.{meter})" for component, meter in neuron.supplies.items()}
        pick = lambda names: {s: tuple(runs[name][:, i] for name in names) for i, s in points}  # noqa: E731
        currents = {s: {c: runs[name][:, i] for c, name in meters.items()} for i, s in points}
        own = fed_back(neuron, self.conditions, runs)
        return Reads(neuron, pick(neuron.outputs), pick(self._dividers()), currents, own)

    def codes(self, runs: Runs) -> list[tuple[int, ...]]:
        """Codes of each copy's comparators that leave its levels the largest margin, from runs that calibrate; of
        several alike the smallest shift."""
        neuron, points = self.neuron, list(enumerate(self.neuron.outcomes()))
        best = []
        for half, divider in enumerate(self._dividers()):
            rooms = []
            for code in self._codes:
                own = [fed_back(neuron, self.conditions, runs, _ending(code))[half]]
                levels = (([runs[divider][:, i]], (states[half],)) for i, states in points)
                rooms.append(np.minimum.reduce([margin(level, state, own) for level, state in levels]))
            best.append([self._codes[place] for place in np.argmax(rooms, 0).tolist()])
        return list(zip(*best, strict=True))

    def _dividers(self) -> list[str]:
        return [f"x{NEURON}.divider{half.suffix}" for half in self.neuron.halves]

    def _saved(self) -> tuple[str, ...]:
        neuron = self.neuron
        meters = (f"i(v.x{NEURON}.{meter})" for meter in neuron.supplies.values())
        endings = [_ending(code) for code in self._codes] or [""]
        names = (f"{name}{ending}" for ending in endings for name in ("low", "high"))
        thresholds = (node for name in names for node in feedback_inputs(neuron, name))
        return (*neuron.outputs, *self._dividers(), *meters, *thresholds)


def _ending(code: int) -> str:
    return f"_code_{'m' if code < 0 else ''}{abs(code)}"


def _flat(levels: Levels) -> list[float]:
    return [volts for pair in levels for volts in pair]
