"""A read without its transient: dc sweep over the states of the junctions, with the whole neuron and its mismatch.

The dividers are at the levels that the junctions' static R(V) gives (`circuits.thermal_mtj.front_end`): gates do not
load them. What differs between copies are numbers: levels, thresholds and widths of transistors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySpice.Spice.Netlist import Circuit

from circuits.cells.trim import bit_lines, codes
from circuits.conditions import Assembly, assembled
from circuits.thermal_mtj.comparators import Thresholds, add_feedback, fed_back, feedback_inputs, margin
from circuits.thermal_mtj.decision import truth_table, wrong_decisions
from circuits.thermal_mtj.neuron import MtjNeuron, States, ThermalMtjConditions
from ipcircuit.errors import InputError
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.spice.jobs import Job, Result, simulate_all, simulate_series
from ipcircuit.spice.netlist import expand
from ipcircuit.spice.transient import Sweep
from ipcircuit.spreads import Spreads
from ipcircuit.technology.mismatch import Transistor, stated_variations, transistors

NEURON = "neuron"  # its instance
Levels = Sequence[tuple[float, float]]  # of each divider with its junction P and AP, V


@dataclass(frozen=True)
class Read:
    """What one copy decides.

    Attributes:
        outputs, levels: voltages at the outputs and at the dividers, by states of the junctions.
        currents_A: from each supply, by states and component.
        own: thresholds of each half's comparator.
    """

    neuron: MtjNeuron
    outputs: Mapping[States, tuple[float, ...]]
    levels: Mapping[States, tuple[float, ...]]
    currents_A: Mapping[States, Mapping[str, float]]
    own: tuple[Thresholds, ...]

    @property
    def margin_V(self) -> float:
        """Smallest distance of a divider's level from where its comparator decides wrongly."""
        return min(margin(levels, states, self.own) for states, levels in self.levels.items())

    def warnings(self, v_dd: float) -> tuple[str, ...]:
        """Which states are decided wrongly."""
        rows = truth_table(self.neuron, v_dd, self.outputs, self.levels, self.own[0][0])
        return wrong_decisions([(row.states, row.correct) for row in rows])


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
        self._elements: list[tuple[str, Transistor]] | None = None  # which `alter` can reach, once they are known
        self._sources: list[tuple[str, str]] = []

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
        return assembled(circuit, conditions, [f".dc {sweeps}"])

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

    def run(
        self, levels: Sequence[Levels], samples: Sequence[Sample], trims: Sequence[Sequence[int]] = ()
    ) -> list[Result]:
        """Runs of several copies: the same, to the bit, as of their jobs."""
        if not samples:
            return []
        trims = trims or [()] * len(samples)
        job_of = lambda i: self.job(levels[i], samples[i], trims[i])  # noqa: E731
        if not all(transistor.is_element for transistor in self._transistors.values()):
            return simulate_all(map(job_of, range(len(samples))), n_jobs=1, throw=False)
        widths = self._assembly.technology.a_beta is not None or bool(self.conditions.spreads)
        first = self.job(levels[0], RecordingSample(0, 0), trims[0])
        if self._elements is None:
            elements = expand(first.deck)
            self._elements = [
                (element.device, self._transistors[element.path.partition(".")[2]])
                for element in elements
                if element.kind == "m"
            ]
            self._sources = [(e.device, e.path.rpartition(".")[2].removeprefix("v")) for e in elements if e.kind == "v"]
        volts = [self._lines(trim) for trim in trims]
        sources = [(device, line) for device, line in self._sources if line in volts[0]]
        names = [f"v{name}" for name in self._levels] + [device for device, _ in sources]
        names += [f"@{device}[delvto]" for device, _ in self._elements]
        names += [f"@{device}[w]" for device, _ in self._elements] if widths else []
        set_V = [
            [*_flat(each), *(lines[line] for _, line in sources)] for each, lines in zip(levels, volts, strict=True)
        ]
        rows = zip(set_V, self._deviations(samples, widths), strict=True)
        return simulate_series(first, names, [[*each, *deviations] for each, deviations in rows], job_of)

    def _deviations(self, samples: Sequence[Sample], widths: bool) -> Iterator[list[float]]:
        """Of each copy threshold shifts of the elements, then their widths."""
        elements = [known for _, known in self._elements or []]
        laws: dict[Spreads | None, list[tuple[str, Callable[[Sample], tuple[float, float]]]]] = {}
        for sample in samples:
            if sample.spreads not in laws:
                stated = stated_variations(sample, self._assembly.technology)
                laws[sample.spreads] = [(name, known.law(stated)) for name, known in self._transistors.items()]
            drawn = {name: law(sample) for name, law in laws[sample.spreads]}
            shifts = [drawn[known.name][0] for known in elements]
            yield shifts + [known.width * drawn[known.name][1] for known in elements] if widths else shifts

    def read(self, run: Sweep) -> Read:
        """What a run of `job` says."""
        neuron = self.neuron
        points = list(enumerate(neuron.outcomes()))
        meters = {component: f"i(v.x{NEURON}.{meter})" for component, meter in neuron.supplies.items()}
        values = {name: run[name].tolist() for name in (*neuron.outputs, *self._dividers(), *meters.values())}
        pick = lambda names: {s: tuple(values[name][i] for name in names) for i, s in points}  # noqa: E731
        currents = {s: {c: values[name][i] for c, name in meters.items()} for i, s in points}
        own = fed_back(neuron, self.conditions, run)
        return Read(neuron, pick(neuron.outputs), pick(self._dividers()), currents, own)

    def codes(self, run: Sweep) -> tuple[int, ...]:
        """Code of each comparator of a copy that leaves its levels the largest margin, from a run that calibrates; of
        several alike the smallest shift."""
        neuron, levels = self.neuron, [run[name] for name in self._dividers()]
        own = {code: fed_back(neuron, self.conditions, run, _ending(code)) for code in self._codes}

        def room(half: int, code: int) -> float:
            thresholds = (own[code][half],)
            points = enumerate(neuron.outcomes())
            return min(margin((float(levels[half][i]),), (states[half],), thresholds) for i, states in points)

        return tuple(max(self._codes, key=partial(room, half)) for half in range(len(neuron.halves)))

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
