"""Response of the neurons with an ECRAM synapse: stimuli, decks, spikes, and the energy between them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.conditions import Analysis, Conditions, transient_deck
from circuits.ecram_lif.neuron import NeuronDesign
from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import MODE, check_window
from ipcircuit.errors import InputError
from ipcircuit.pulses import Waveform, trapezoids
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.transient import Transient
from ipcircuit.technology.catalog import drive_ratio

START = 50e-9  # s; the operating point at t = 0 is that of a neuron at rest
LEAST_SWING = 0.9  # of the supply: membrane at the spike's peak; and one minus it after the reset


@dataclass(frozen=True)
class Stimulus:
    """Spike times at the input (s) and a current into the membrane (A) from `START` to `stop` (s), or in `bursts`.

    `bursts`: start and stop (s) of each piece of current, in order.
    """

    stop: float
    spikes: tuple[float, ...] = ()
    current_A: float = 0.0
    bursts: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        times, shortest = np.asarray(self.spikes, float), GATE_PULSE.duration
        if times.size and not (np.isfinite(times).all() and times[0] >= 0 and times[-1] + shortest <= self.stop):
            raise InputError(
                "spike time outside the run",
                where="stimulus",
                allowed=f"0 … {self.stop - shortest:g} s",
                found=float(times[-1] if times[0] >= 0 else times[0]),
            )
        wrong = np.flatnonzero(~(np.diff(times) > shortest))
        if wrong.size:
            i = int(wrong[0])
            raise InputError(
                f"spike times must increase by more than a spike's {shortest:g} s",
                where=f"stimulus, spike {i + 1}",
                found=float(times[i + 1]),
                allowed=f"after {times[i] + shortest:g} s",
            )
        if not math.isfinite(self.current_A):
            raise InputError("current is not a number", where="stimulus", found=self.current_A)

        edges = [t for burst in self.bursts for t in burst]
        if any(not a + 1e-9 < b for a, b in itertools.pairwise([0.0, *edges])) or any(t > self.stop for t in edges):
            raise InputError("bursts must follow one another within the run", where="stimulus", found=self.bursts)

    @classmethod
    def regular(cls, interval: float, count: int, start: float = START, tail: float = 0.0) -> Stimulus:
        """`count` spikes, one each `interval` s."""
        return cls(start + count * interval + tail, tuple(start + i * interval for i in range(count)))

    def current(self) -> Waveform:
        """Current into the membrane, A; edges of 1 ns."""
        return trapezoids(self.bursts or ((START, self.stop),), self.current_A, 1e-9)

    def spike_line(self, amplitude: float) -> Waveform:
        """The input voltage, one `GATE_PULSE` shape per spike."""
        edges = (np.cumsum([max(t, 1e-15), GATE_PULSE.rise, GATE_PULSE.plateau, GATE_PULSE.fall]) for t in self.spikes)
        times = (float(edge) for pulse in edges for edge in pulse)
        return Waveform((0.0, *times), (0.0, *(0.0, amplitude, amplitude, 0.0) * len(self.spikes)))


def lif_job(
    design: NeuronDesign,
    conditions: Conditions,
    stimulus: Stimulus,
    label: str = "",
    *,
    report: bool = False,
    clamp_V: float | None = None,
    step: float = 20e-9,
) -> Job:
    """The deck of one neuron under a stimulus.

    Args:
        report: add ``.meas`` lines that print the energy of the first inter-spike interval; they fail without one.
        clamp_V: hold the membrane there, as in a voltage clamp; the charge is then in ``i(vclamp)``.
        step: largest time step, s.

    Raises:
        InputError: what the design refuses (a delay that the loop cannot hold, say), a supply outside the card's range.
    """
    conditions.check_supply(0.6, 1.2, "v_dd")
    drives = [drive_ratio(conditions.technology, polarity) for polarity in "np"]
    known = [drive for drive in drives if drive is not None]
    design.check(conditions.v_dd, min(known) if len(known) == 2 else None)
    circuit = Circuit(design.circuit)
    circuit.subcircuit(design.build())
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("in", "input", 0, stimulus.spike_line(conditions.v_dd).spice())
    circuit.I("stimulus", 0, "membrane", stimulus.current().spice())
    if clamp_V is None:
        # A loop that can oscillate has a metastable operating point besides rest; start from rest.
        circuit.raw_spice += ".ic V(membrane)=0\n"
    else:
        circuit.V("clamp", "membrane", 0, clamp_V)
    design.add_bias(circuit, conditions.v_dd)
    circuit.X("neuron", design.circuit, *(0 if pin == "vss" else pin for pin in design.pins))
    circuit.C("load", "output", 0, conditions.output_load_F)
    # 1 V on this node is 1 pJ drawn from the supply: plain ngspice cannot integrate between two measured times.
    circuit.B("meter", 0, "drawn_pj", current_expression="-V(vdd)*I(Vdd)")
    circuit.C("meter", "drawn_pj", 0, 1e-12)
    circuit.R("meter", "drawn_pj", 0, 1e15)
    circuit.raw_spice += ".ic V(drawn_pj)=0\n"
    analysis = Analysis(stimulus.stop, step, _measures(conditions.v_dd / 2) if report else ())
    deck = transient_deck(circuit, conditions, analysis, design.notes)
    saved = (*_saved(design), *(() if clamp_V is None else ("i(vclamp)",)))
    return Job(design.circuit, f"{label or 'stimulus'}, {conditions.label()}", deck, saved)


def _measures(half: float) -> tuple[str, ...]:
    return (
        f".meas tran first_spike_s when v(output)={half!r} rise=1",
        f".meas tran second_spike_s when v(output)={half!r} rise=2",
        f".meas tran first_pj find v(drawn_pj) when v(output)={half!r} rise=1",
        f".meas tran second_pj find v(drawn_pj) when v(output)={half!r} rise=2",
        ".meas tran energy_per_operation_j param='(second_pj-first_pj)*1e-12'",
    )


def _saved(design: NeuronDesign) -> tuple[str, ...]:
    names = ["input", "output", "membrane", design.ended_by, design.swings, "i(vdd)", "i(vin)"]
    names += [f"i(v.xneuron.{meter})" for meter in design.meters.values()]
    for path, _ in design.devices.values():
        names += [f"xneuron.{path}.{node}" for node in ("resistance", "gate_power", "channel_power")]
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class LifResult:
    """What a run showed. With fewer than two output spikes, what needs an interval between spikes is None.

    Attributes:
        spikes_s: rising edges of the output; `widths_s` of each that also ended.
        width_s, refractory_s: mean spike width, and rise of the output to the end of the reset's hold.
        interval_s: mean inter-spike interval.
        latency_s: first input spike (or start of the current) to the first output spike.
        energy_J: mean supply energy per inter-spike interval, by component; None without an interval.
        input_spikes: input spikes per output spike.
        threshold_V: membrane voltage where a spike took off; None when input spikes, whose own steps hide it, drove it.
        heat_J: of that, what channel and gate of each ECRAM turn into heat.
    """

    run: Transient
    design: NeuronDesign
    conditions: Conditions
    spikes_s: np.ndarray
    latency_s: float | None
    width_s: float | None = None
    refractory_s: float | None = None
    interval_s: float | None = None
    threshold_V: float | None = None
    input_spikes: float | None = None
    energy_J: Mapping[str, float] | None = None
    heat_J: Mapping[str, float] = field(default_factory=dict)
    widths_s: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def energy_per_spike_J(self) -> float | None:
        return None if self.energy_J is None else math.fsum(self.energy_J.values())


def evaluate_lif(design: NeuronDesign, conditions: Conditions, stimulus: Stimulus, run: Transient) -> LifResult:
    """Find the spikes of a run of `lif_job` and the energy between them.

    Raises:
        InputError: an ECRAM left its resistance window, or the loop did not complete a spike.
    """
    for path, device in design.devices.values():
        check_window(run, f"xneuron.{path}", device)
    half = conditions.v_dd / 2
    rise, fall = run.crossings("output", half, up=True), run.crossings("output", half, up=False)
    ends = run.crossings(design.ended_by, half, up=False)
    begin = stimulus.spikes[0] if stimulus.spikes else START
    latency = float(rise[0] - begin) if rise.size else None
    result = LifResult(run, design, conditions, rise, latency)
    if not rise.size or not (fall > rise[0]).any() or not (ends > rise[0]).any():
        return result
    _check_swing(run, design, conditions, rise, ends)
    fall, ends = fall[fall > rise[0]], ends[ends > rise[0]]
    whole = min(rise.size, fall.size, ends.size)
    result = replace(
        result,
        widths_s=fall[:whole] - rise[:whole],
        width_s=float(np.mean(fall[:whole] - rise[:whole])),
        refractory_s=float(np.mean(ends[:whole] - rise[:whole])),
        threshold_V=None if stimulus.spikes else threshold(run, rise[0]),
    )
    if rise.size < 2:
        return result
    first, last, count = float(rise[0]), float(rise[-1]), rise.size - 1
    energy = {
        name: conditions.v_dd * run.integral(f"i(v.xneuron.{meter})", first, last) / count
        for name, meter in design.meters.items()
    }
    inside = sum(first <= t < last for t in stimulus.spikes)
    return replace(
        result,
        interval_s=(last - first) / count,
        energy_J=energy,
        input_spikes=inside / count,
        heat_J=_heat(design, run, first, last, count),
    )


def _heat(design: NeuronDesign, run: Transient, first: float, last: float, count: int) -> dict[str, float]:
    return {
        f"{label} {part}": node_scale(device, MODE, f"{part}_power")
        * run.integral(f"xneuron.{node}.{part}_power", first, last)
        / count
        for label, (node, device) in design.devices.items()
        for part in ("channel", "gate")
    }


def threshold(run: Transient, spike: float) -> float:
    """Membrane voltage (V) from which a spike started: where its slope passes 20 mV/ns (10 µA gives 5)."""
    before = (run.time > spike - 50e-9) & (run.time <= spike)
    time, volts = run.time[before], run["membrane"][before]
    steep = np.flatnonzero(np.diff(volts) > 2e7 * np.diff(time))
    return float(volts[steep[0]]) if steep.size else float(volts[-1])


def _check_swing(
    run: Transient, design: NeuronDesign, conditions: Conditions, rise: np.ndarray, ends: np.ndarray
) -> None:
    """Raise InputError when a spike did not reach the supply, or its reset, where it must, did not reach ground."""
    for start in rise[: np.searchsorted(rise, ends[-1])]:
        end = float(ends[np.searchsorted(ends, start)])
        inside = (run.time >= start) & (run.time <= end)
        top = float(run[design.swings][inside].max()) / conditions.v_dd
        rest = run.at("membrane", end) / conditions.v_dd if design.resets_to_ground else 0.0
        if top < LEAST_SWING or rest > 1 - LEAST_SWING:
            message, remedy = design.incomplete
            raise InputError(
                message,
                where=f"{run.circuit} ({run.condition}), spike at {start:.4g} s",
                found=f"peak {top:.2f} V_DD, after the reset {rest:.2f} V_DD",
                allowed=f"peak at least {LEAST_SWING:g}, after the reset at most {1 - LEAST_SWING:.1g}: {remedy}",
            )
