"""Response of the signed MTJ neuron to a stimulus: its deck, spikes on both lines, energy by component."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PySpice.Spice.Netlist import Circuit
from scipy.special import ndtr

from circuits.cells.lead import leads
from circuits.cells.trim import PAIR, add_code
from circuits.conditions import Analysis, Conditions, Fidelity, transient_deck
from circuits.events import Event
from circuits.measurement import Component, Kind
from circuits.signed_mtj import neuron as signed_mtj
from circuits.signed_mtj.margin import decided_in_right_state, distances, rooms, time_left
from circuits.signed_mtj.neuron import INPUTS, METERS, PINS, SignedDesign, SignedMtjNeuron
from circuits.signed_mtj.stimulus import EDGE, START, Stimulus, Timing
from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.orthogonal_mtj.device import MODE, declare
from ipcircuit.pulses import trapezoids
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.transient import Transient

TAIL = 0.25e-9  # s after the last step, in which its spike is seen
# s. The solver's own error control takes shorter steps while the membrane precesses: at 1, 2, 4 and 8 ps u differs by
# less than 0.005 while it is driven.
STEP = 4e-12
#: Trapezoidal: gear damps the precession that is left in a step to rest, by as much as its steps happen to be long,
#: which moves levels by 1 mV; this by 0.05 mV, in fewer steps.
SCREENING = (".options method=trap reltol=3e-4 trtol=2 bypass=1", 2.5)
#: Components of other kinds than CMOS, and those that the source's sketch has: device, divider, thresholds.
KINDS = {"junction": Kind.DEVICE, "divider": Kind.DIVIDER}
LINES = ("plus", "minus")
PULSED = ("junction", "bridge")  # carry the drive's current
SKETCHED = ("junction", "divider", "comparators")


@dataclass(frozen=True, kw_only=True)
class SignedMtjConditions(Conditions):
    """Conditions with the times of a step. There is no thermal agitation in ngspice."""

    v_dd: float = 1.1
    timing: Timing = field(default_factory=Timing)

    @property
    def solver(self) -> tuple[str, float]:
        return SCREENING if self.fidelity is Fidelity.SCREENING else super().solver


def signed_job(
    design: SignedDesign,
    conditions: SignedMtjConditions,
    stimulus: Stimulus,
    label: str = "pulses",
    *,
    clocked: bool = True,
) -> Job:
    """The deck of one neuron under a stimulus; its ``.meas`` lines print the energy per driven step.

    Args:
        clocked: False leaves read and strobe low: an idle neuron.

    Raises:
        InputError: what the circuit cannot work with, or a stimulus that does not fit the timing.
    """
    design.check(conditions.v_dd)
    timing = conditions.timing
    timing.check()
    begin = [START + i * timing.period_s for i in range(len(stimulus.steps) if clocked else 0)]
    end = timing.read_start + timing.read_s
    high = {
        "positive": stimulus.intervals(1, timing),
        "negative": stimulus.intervals(-1, timing),
        "read": [(t + timing.read_start, t + end) for t in begin],
        "strobe": timing.strobes(len(begin)),
    }
    circuit = Circuit("signed_mtj")
    screening = conditions.fidelity is Fidelity.SCREENING
    # Bits stand still in an operation; what they leak is in that of an idle neuron.
    circuit.subcircuit(SignedMtjNeuron(design, bits=not (screening and clocked)))
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    for name in INPUTS:
        circuit.V(name, name, 0, trapezoids(high[name], conditions.v_dd, EDGE).spice())
    bits = [
        node
        for line, code in zip(LINES, design.trim, strict=True)
        for node in add_code(circuit, f"_{line}", design.legs, code, conditions.v_dd, PAIR, ground=0)
    ]
    circuit.X("neuron", "signed_mtj", *(0 if pin == "vss" else pin for pin in PINS), *bits)
    for output in ("plus", "minus"):
        circuit.C(output, output, 0, conditions.output_load_F)
    circuit.raw_spice += ".ic V(plus)=0 V(minus)=0\n"  # the latches have no state of their own at the start
    stop = START + len(stimulus.steps) * timing.period_s + TAIL
    notes = signed_mtj.__doc__ or ""
    measures = _measures(conditions.v_dd, int(stimulus.driven.sum()))
    deck = transient_deck(circuit, conditions, Analysis(stop, STEP, measures), notes)
    return Job("signed_mtj", f"{label}, {conditions.label()}", deck, _saved())


def _measures(v_dd: float, operations: int) -> tuple[str, ...]:
    """``.meas`` lines that repeat the sum of `SignedResult.energy_J` in plain ngspice."""
    if not operations:
        return ()
    terms = [".meas tran supply_c integ par('-i(vdd)')"]
    terms += [f".meas tran {name}_c integ par('max(-i(v{name}),0)')" for name in INPUTS]
    total = "+".join(["supply_c", *(f"{name}_c" for name in INPUTS)])
    return (*terms, f".meas tran energy_per_operation_j param='({total})*{v_dd!r}/{operations}'")


def _saved() -> tuple[str, ...]:
    inner = ("top", "bottom", "level_plus", "level_minus", "xmtj.projection", "xmtj.current", "xmtj.heat")
    inner += tuple(f"{out}_{line}" for line in LINES for out in ("yes", "no"))
    inner += tuple(f"xlatch_{line}.bar" for line in LINES)
    meters = (*(f"v.xneuron.{meter}" for meter in METERS.values()), "vdd", *(f"v{name}" for name in INPUTS))
    return (*PINS[:6], *(f"xneuron.{node}" for node in inner), *(f"i({meter})" for meter in meters))


@dataclass(frozen=True)
class SignedResult:
    """What a run showed; arrays have one value per time step.

    Attributes:
        spikes: +1, -1 or 0; NaN where an output is no logic level or both lines spiked.
        membrane: u at the strobe.
        output_V: the divider's output at the strobe.
        margin_plus_V, margin_minus_V: its distance beyond the tap of each threshold at the strobe; a spike if positive.
        lead_plus_V, lead_minus_V: of each comparator's two outputs after the strobe (`circuits.signed_mtj.margin`).
        step_energy_J: component to its energy in each step, J.
        latency_s: start of a driven step to its spike, worst; None without one.
        drive_A, drive_V: largest magnitudes through and across the junction.
    """

    run: Transient
    design: SignedDesign
    conditions: SignedMtjConditions
    stimulus: Stimulus
    spikes: np.ndarray
    membrane: np.ndarray
    output_V: np.ndarray
    margin_plus_V: np.ndarray
    margin_minus_V: np.ndarray
    lead_plus_V: np.ndarray
    lead_minus_V: np.ndarray
    step_energy_J: Mapping[str, np.ndarray]
    latency_s: float | None
    drive_A: float
    drive_V: float

    @property
    def operations(self) -> int:
        """Driven steps; a step to rest belongs to the one before it."""
        return int(self.stimulus.driven.sum())

    @property
    def components(self) -> tuple[Component, ...]:
        """Energy per driven step; of the whole run where no step is driven."""
        return tuple(
            Component(
                name,
                float(steps.sum()) / max(self.operations, 1),
                KINDS.get(name, Kind.CMOS),
                name in SKETCHED,
                self._by_event(name, steps),
            )
            for name, steps in self.step_energy_J.items()
        )

    @property
    def events_per_operation(self) -> dict[Event, float]:
        """A driven step, its slots over all of a step, and steps to rest; nothing where there are not both."""
        driven = self.stimulus.driven
        if driven.all() or not driven.any():
            return {}
        slots = sum(abs(sign) for step in self.stimulus.steps for sign in step) / len(self.stimulus.steps[0])
        driven_steps = int(driven.sum())
        return {Event.INPUT: 1.0, Event.DRIVE: slots / driven_steps, Event.STEP: driven.size / driven_steps}

    def _by_event(self, name: str, steps: np.ndarray) -> Event | dict[Event, float]:
        """Energy of one operation (J): every step is clocked and read, and costs what a step to rest does. The rest is
        that of the pulse, in proportion to its length, and of what a driven step and its spike turn over."""
        if not self.events_per_operation:
            return Event.OPERATION
        clocked = float(steps[~self.stimulus.driven].mean()) * self.events_per_operation[Event.STEP]
        rest = Event.DRIVE if name in PULSED else Event.INPUT
        return {Event.STEP: clocked, rest: float(steps.sum()) / self.operations - clocked}

    @property
    def energy_per_operation_J(self) -> float:
        """Energy per driven step."""
        return math.fsum(c.energy_J for c in self.components)

    @property
    def spikes_per_operation(self) -> float | None:
        """Spikes per driven step; None where there is none."""
        count = float(np.nansum(np.abs(self.spikes)))
        return count / self.operations if count and self.operations else None

    def energy_of(self, sign: int) -> float | None:
        """Energy (J) of the driven steps that made a spike of `sign`, with the steps to rest after them, per spike."""
        driven, total = self.stimulus.driven, sum(self.step_energy_J.values())
        made, current = 0.0, False
        for i in range(len(driven)):
            current = bool(self.spikes[i] == sign) if driven[i] else current
            made += float(np.asarray(total)[i]) if current else 0.0
        count = int((self.spikes[driven] == sign).sum())
        return made / count if count else None

    def margins(self) -> dict[str, tuple[float, float]]:
        """Per line: smallest distance (V) to its threshold in the steps where it spikes, and where not.

        A line that has no such step has a margin of infinity there.
        """
        margins = {}
        for line, sign, volts in (("plus", 1, self.margin_plus_V), ("minus", -1, self.margin_minus_V)):
            fires = self.spikes == sign
            margins[line] = float(volts[fires].min(initial=math.inf)), float((-volts[~fires]).min(initial=math.inf))
        return margins

    def rooms(self, wanted: np.ndarray) -> dict[str, tuple[float, float]] | None:
        """Per line: room (V) of the steps in which it should spike and of the others (`margin.rooms`); None where a
        comparator's outputs did not rise after a strobe.

        Args:
            wanted: spike of each step, +1, -1 or 0.
        """
        lead, v_dd = (self.lead_plus_V, self.lead_minus_V), self.conditions.v_dd
        if not np.isfinite(lead).all():
            return None
        strobes = self.conditions.timing.strobes(len(wanted))
        counts = decided_in_right_state(self.spikes, self.stimulus.driven)
        left = [time_left(self.run, x, wanted == sign, strobes, v_dd) for x, sign in zip(LINES, (1, -1), strict=True)]
        found = rooms([distances(volts, v_dd) for volts in lead], left, wanted, counts)
        return dict(zip(LINES, found, strict=True))

    def margin_V(self, wanted: np.ndarray) -> float | None:
        """The smallest of `rooms`: above 0 if both comparators decide every step as wanted."""
        found = self.rooms(wanted)
        return None if found is None else min(min(both) for both in found.values())

    def decision_yield(self) -> float | None:
        """Share of neurons whose two comparators decide every step of the run rightly under random mismatch of their
        input pairs, to first order; None if one of them never spikes.

        Assumed: Gaussian, independent, nothing else varies. A comparator is right if its offset neither eats the margin
        of its own spike nor that of the steps in which it must stay silent.
        """
        if not all((self.spikes == sign).any() for sign in (1, -1)):
            return None
        sigma = self.design.offset_sigma
        return float(np.prod([ndtr(on / sigma) - ndtr(-off / sigma) for on, off in self.margins().values()]))


def evaluate_signed(
    design: SignedDesign, conditions: SignedMtjConditions, stimulus: Stimulus, run: Transient
) -> SignedResult:
    """Find the spikes of a run of `signed_job`, the membrane at the strobes, and the energy by component."""
    timing, count = conditions.timing, len(stimulus.steps)
    begin = START + timing.period_s * np.arange(count)

    def sampled(name: str) -> np.ndarray:
        return np.interp(begin + timing.strobe, run.time, run[name])

    spans = [(t + timing.strobe, t + timing.read_start + timing.read_s) for t in begin]
    lead = [leads(run, f"xneuron.yes_{x}", f"xneuron.no_{x}", spans, conditions.v_dd) for x in LINES]

    output = sampled("xneuron.top")
    spikes = _spikes(run, begin + timing.period_s + 0.8 * TAIL, conditions.v_dd)
    volts = run["xneuron.top"] - run["xneuron.bottom"]
    return SignedResult(
        run,
        design,
        conditions,
        stimulus,
        spikes,
        sampled("xneuron.xmtj.projection"),
        output,
        sampled("xneuron.level_plus") - output,
        output - sampled("xneuron.level_minus"),
        lead[0],
        lead[1],
        _step_energy(run, conditions, np.append(begin, run.time[-1])),
        _latency(run, begin, spikes, conditions),
        node_scale(declare(), MODE, "current") * float(np.abs(run["xneuron.xmtj.current"]).max()),
        float(np.abs(volts).max()),
    )


def _spikes(run: Transient, seen: np.ndarray, v_dd: float) -> np.ndarray:
    """Both lines at the given times (s), while the latches hold what the step's strobe decided."""
    levels = [np.interp(seen, run.time, run[name]) / v_dd for name in ("plus", "minus")]
    lines = [np.where(level > 0.9, 1.0, np.where(level < 0.1, 0.0, np.nan)) for level in levels]
    return np.where(lines[0] + lines[1] < 2, lines[0] - lines[1], np.nan)


def _latency(run: Transient, begin: np.ndarray, spikes: np.ndarray, conditions: SignedMtjConditions) -> float | None:
    worst = None
    for start, spike in zip(begin, spikes, strict=True):
        if not abs(spike) > 0:
            continue
        inside = (run.time >= start + conditions.timing.strobe) & (
            run.time <= start + conditions.timing.period_s + TAIL
        )
        above = run["plus" if spike > 0 else "minus"][inside] > conditions.v_dd / 2
        delay = float(run.time[inside][np.argmax(above)] - start)
        worst = delay if worst is None else max(worst, delay)
    return worst


def _step_energy(run: Transient, conditions: SignedMtjConditions, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Supply energy by component in each step (J); the first step also has what comes before it.

    The junction's heat is taken out of the supply that feeds it: the divider's during a read, the bridge's otherwise.
    A driver of an input line draws the line's charge from its supply on each rising edge.
    """
    v_dd, heat = conditions.v_dd, node_scale(declare(), MODE, "heat") * run["xneuron.xmtj.heat"]
    reading = run["read"] > v_dd / 2
    power = {name: v_dd * run[f"i(v.xneuron.{meter})"] for name, meter in METERS.items()}
    power["bridge"] = power["bridge"] - np.where(reading, 0.0, heat)
    power["divider"] = power["divider"] - np.where(reading, heat, 0.0)
    drawn = [np.maximum(-run[f"i(v{name})"], 0.0) for name in INPUTS]
    power = {"junction": heat, **power, "input lines": v_dd * np.sum(drawn, axis=0)}
    bounds = [0.0, *edges[1:].tolist()]
    return {name: np.array([run.integral(p, a, b) for a, b in itertools.pairwise(bounds)]) for name, p in power.items()}


def total_energy(result: SignedResult) -> float:
    """What supply and input lines deliver over the run, from their own currents, J: checks the components' sum."""
    run, v_dd = result.run, result.conditions.v_dd
    lines = sum(run.integral(np.maximum(-run[f"i(v{name})"], 0.0)) for name in INPUTS)
    return v_dd * math.fsum([-run.integral("i(vdd)"), lines])
