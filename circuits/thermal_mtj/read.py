"""A read without its transient: dc sweep over the states of the junctions, with the whole neuron and its mismatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from PySpice.Spice.Netlist import Circuit

from circuits.cells.trim import code_statements, codes
from circuits.conditions import Assembly, assembled
from circuits.thermal_mtj.comparators import Thresholds, add_feedback, fed_back, feedback_inputs, margin
from circuits.thermal_mtj.decision import truth_table, wrong_decisions
from circuits.thermal_mtj.neuron import MtjNeuron, States, ThermalMtjConditions
from ipcircuit.declaration.spice import used_parameters
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.transient import Sweep

NEURON = "neuron"  # its instance


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
    """The read of a neuron's copies as decks: PySpice builds it once, each copy puts its numbers in.

    The junctions are their static R(V), their references resistors.

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
        circuit = Circuit(f"{neuron.name}: read")
        subcircuit = neuron.build("static", (False,) * len(neuron.halves), replace(conditions, reference="resistor"))
        circuit.subcircuit(subcircuit)
        states = [f"state{half.suffix}" for half in neuron.halves]
        circuit.V("read", "read", 0, conditions.v_read)
        circuit.V("dd", "vdd", 0, conditions.v_dd)
        for state in states:
            circuit.V(state, state, 0, 0)
        circuit.X(NEURON, subcircuit.name, "read", *neuron.outputs, "vdd", 0, *states)
        self._codes = codes(neuron.sizes.legs) if calibrates else ()
        for code in self._codes:
            add_feedback(circuit, neuron.with_code(code), conditions, _ending(code))
        if not calibrates:
            add_feedback(circuit, neuron, conditions)
        sweeps = " ".join(f"V{state} 0 1 1" for state in reversed(states))
        self._assembly: Assembly = assembled(circuit, self.conditions, [f".dc {sweeps}"])

    def job(self, neuron: MtjNeuron, sample: Sample | None) -> Job:
        """The read of one copy: its junctions and references, and the mismatch of its sample."""
        conditions = replace(self.conditions, sample=sample)
        deck = self._assembly.text(sample, dict(self._changed(neuron)))
        return Job(neuron.name, f"read, {conditions.label()}", deck, self._saved())

    def read(self, neuron: MtjNeuron, run: Sweep) -> Read:
        """What a run of `job` says."""
        points = list(enumerate(neuron.outcomes()))
        pick = lambda names: {s: tuple(float(run[name][i]) for name in names) for i, s in points}  # noqa: E731
        meters = {component: f"i(v.x{NEURON}.{meter})" for component, meter in neuron.supplies.items()}
        currents = {s: {c: float(run[name][i]) for c, name in meters.items()} for i, s in points}
        own = fed_back(neuron, self.conditions, run)
        return Read(neuron, pick(neuron.outputs), pick(self._dividers()), currents, own)

    def codes(self, neuron: MtjNeuron, run: Sweep) -> tuple[int, ...]:
        """Code of each comparator of a copy that leaves its levels the largest margin, from a run that calibrates; of
        several alike the smallest shift."""
        levels = [run[name] for name in self._dividers()]
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

    def _changed(self, neuron: MtjNeuron) -> Iterator[tuple[str, str]]:
        """Statements of a copy's junctions and references, by their first word."""
        own = {line.partition(" ")[0]: line for line in self._assembly.body}
        for half in neuron.halves:
            word = f"Xmtj{half.suffix}"
            fixed = [part for part in own[word].split() if "=" not in part]
            used = used_parameters(half.device, half.device.mode("static"))
            values = (f"{name}={value!r}" for name, value in half.device.values().items() if name in used)
            yield word, " ".join((*fixed, *values))
            for name, _, _, ohms in half.references(f"divider{half.suffix}"):
                yield f"R{name}", " ".join((*own[f"R{name}"].split()[:3], repr(ohms)))
        if self._codes:
            return
        for half, code in zip(neuron.halves, neuron.codes, strict=True):
            yield from code_statements(half.suffix, neuron.sizes.legs, code, self.conditions.v_dd)


def _ending(code: int) -> str:
    return f"_code_{'m' if code < 0 else ''}{abs(code)}"
