"""Tables of the threshold stage for the discrete LIF neuron: its current and the pull-up's, with membrane and stage
output both held, and the capacitance of that output.

The lag of the stage decides whether a membrane that has just crossed the threshold fires: its current there is some
0.1 µA into a few fF, and only the difference of what n and p transistors carry moves it.
"""

from __future__ import annotations

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.cells.static import PMOS, Inverter
from circuits.conditions import Analysis, Conditions, dc_deck, transient_deck
from circuits.ecram_lif.delay_feedback import LifDesign, Switch, ThresholdStage
from ipcircuit.compact.ecram_lif.threshold import ThresholdStageTable
from ipcircuit.errors import InputError
from ipcircuit.pulses import Waveform
from ipcircuit.spice.jobs import Job, simulate, transient
from ipcircuit.spice.transient import Sweep

#: Stage outputs, as shares of the supply below it; dense near it, where a stacked p transistor stops conducting.
BELOW = (0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.16, 0.12, 0.09, 0.06, 0.04, 0.02, 0.01, 0.0)
SPAN, GRID = (-0.08, 0.16), 3e-3  # V around the threshold, and steps of it
SETTLED = 0.02  # V that the settled output has moved where the stage begins to count
FIRED = 0.6  # of the supply: the stage output at which the output inverter is sure to follow
RAMP = (1e-9, 3e-9, 0.5e-9)  # s: begin, duration and hold of the ramps that measure the output's capacitance


def threshold_table(design: LifDesign, conditions: Conditions, sweep: Sweep, threshold_V: float) -> ThresholdStageTable:
    """Tables around a threshold; `sweep` is `circuits.ecram_lif.stages.stage_sweep`'s.

    Raises:
        InputError: the stage's output does not move within the sweep.
    """
    supply, bars = conditions.v_dd, conditions.v_dd * (1 - np.array(BELOW))
    held = _held(design, conditions, bars, threshold_V)
    volts, leak = held.sweep, np.interp(held.sweep, sweep.sweep, sweep["i(vleak)"] - sweep["i(voff)"])
    pull = np.stack([held[f"i(vpull{k})"] for k in range(len(bars))], 1)
    stage = np.stack([held[f"i(vbar{k})"] for k in range(len(bars))], 1)
    moved = np.flatnonzero(sweep["bar"] < supply - SETTLED)
    if not moved.size:
        raise InputError("the threshold stage does not move", where="threshold_table", found=float(sweep["bar"].min()))
    rest = slice(0, None, 10)
    return ThresholdStageTable(
        tuple(volts.tolist()),
        tuple(bars.tolist()),
        _rows(pull - leak[:, None]),
        _rows(stage / _capacitance(design, conditions, bars, threshold_V)),
        tuple(sweep.sweep[rest].tolist()),
        tuple((sweep["i(vpull)"] + sweep["i(voff)"] - sweep["i(vleak)"])[rest].tolist()),
        float(sweep.sweep[moved[0]]),
        FIRED * supply,
    )


def _rows(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, values.tolist()))


def add_threshold_stage(circuit: Circuit, k: int | str = "") -> None:
    """Threshold stage and pull-up behind ammeters; output ``bar<k>``, all on one ``membrane``."""
    circuit.V(f"pull{k}", "vdd", f"upper{k}", 0)
    circuit.X(f"threshold{k}", "threshold_stage", "membrane", f"bar{k}", "vdd", 0)
    circuit.X(f"hold{k}", "pull_up_switch", f"upper{k}", f"middle{k}", 0, "vdd")
    circuit.X(f"pull{k}", "pull_up_switch", f"middle{k}", "membrane", f"bar{k}", "vdd")


def _bench(design: LifDesign, conditions: Conditions, membrane_V: float) -> Circuit:
    circuit = Circuit("delay_feedback_lif, threshold stage")
    for cell in (ThresholdStage(), Switch("pull_up_switch", PMOS, design.pull_up_width), Inverter()):
        circuit.subcircuit(cell)
    circuit.V("m", "membrane", 0, membrane_V)
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    return circuit


def _held(design: LifDesign, conditions: Conditions, bars: np.ndarray, threshold_V: float) -> Sweep:
    """Currents against the membrane: ``i(vbar<k>)`` out of the stage, ``i(vpull<k>)`` into the membrane."""
    circuit = _bench(design, conditions, 0.0)
    for k, volts in enumerate(bars):
        add_threshold_stage(circuit, k)
        circuit.V(f"bar{k}", f"bar{k}", 0, float(volts))
    low, high = (threshold_V + v for v in SPAN)
    deck = dc_deck(circuit, conditions, "Vm", max(low, 0.0), min(high, conditions.v_dd), GRID)
    saved = tuple(f"i(v{name}{k})" for name in ("bar", "pull") for k in range(len(bars)))
    currents = simulate(Job("delay_feedback_lif", f"threshold stage, {conditions.label()}", deck, saved))
    assert isinstance(currents, Sweep)
    return currents


def _capacitance(design: LifDesign, conditions: Conditions, bars: np.ndarray, threshold_V: float) -> np.ndarray:
    """Of the stage's output with its loads (F), at each of `bars`: half the difference of the currents of a fast fall
    and a fast rise, over the slope; what the transistors carry at rest is the same in both."""
    begin, duration, hold = RAMP
    top, bottom = conditions.v_dd, float(bars.min()) - 0.02
    times = (0.0, begin, begin + duration, begin + duration + hold, begin + 2 * duration + hold)
    circuit = _bench(design, conditions, threshold_V)
    add_threshold_stage(circuit)
    circuit.X("output", "inverter", "bar", "output", "vdd", 0)
    circuit.C("load", "output", 0, conditions.output_load_F)
    circuit.V("bar", "bar", 0, Waveform(times, (top, top, bottom, bottom, top)).spice())
    deck = transient_deck(circuit, conditions, Analysis(times[-1], 0.02e-9))
    run = transient(Job("delay_feedback_lif", f"threshold stage, ramp, {conditions.label()}", deck, ("i(vbar)",)))
    share = np.clip((top - bars) / (top - bottom), 0.03, 0.97)  # not at the ramps' very corners
    fall = np.interp(begin + share * duration, run.time, run["i(vbar)"])
    rise = np.interp(times[-1] - share * duration, run.time, run["i(vbar)"])
    return (fall - rise) / 2 * duration / (top - bottom)
