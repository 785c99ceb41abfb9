"""The signed MTJ neuron against the compact signed LIF model: membrane over time, and spikes of both signs.

The compact model's constants are analytic (`ipcircuit.compact.signed_mtj.analytic`), its current that of the
design (supply over bridge and junction, supply over reference and junction); nothing is fitted to a simulation.

Tolerances. The compact membrane is averaged over the precession; left out of it are

    libration   below ±0.085 (`libration`) the phase, which the compact model does not have, decides whether the
                magnetisation is caught: it may swing about its easy axis on one side while the compact model
                passes through zero and comes out on the other
    ripple      of u while it precesses, ±0.03 (macrospin, torch)
    phase       of that ripple in ngspice at these solver settings, 0.013

Hence 2 libration + phase = 0.184 at any time; ripple + phase = 0.045 at the strobe of a driven step, where the
membrane precesses; and spikes that agree in every step. Their history: docs/physics/signed_circuit.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuits.measurement import CurveCheck
from circuits.signed_mtj.neuron import SignedDesign, divided
from circuits.signed_mtj.response import SignedMtjConditions, SignedResult, evaluate_signed, signed_job
from circuits.signed_mtj.stimulus import EDGE, START, Stimulus
from ipcircuit.spice.jobs import transient

PHASE, RIPPLE = 0.013, 0.032
GRID = 10e-12  # s, of the compact model
#: s from an input line to the bridge: NAND and two inverters, three FO4 of 15 ps (docs/physics/cmos28.md).
GATE_DELAY = 45e-12
#: Full steps of both signs, a step of opposite pulses, a weak step, a strong one blocked by a spike.
TRAIN = Stimulus(((1, 1, 1), (1, 1, 1), (-1, -1, -1), (0, 0, 0), (1, -1, 0), (0, 1, 1), (0, 0, 0)))


@dataclass(frozen=True)
class Prediction:
    """The compact model's `time` (s) and `u`, shape (n,), and per step its `spikes` and `u` at the strobe."""

    time: np.ndarray
    u: np.ndarray
    spikes: np.ndarray
    membrane: np.ndarray


def _series(design: SignedDesign, *, reading: bool) -> float:
    """What is in series with the junction, ohm."""
    if not reading:
        return design.bridge_ohm
    foot, switch = (design.switch_ohm("n", width) for width in (design.bridge_n, design.read_width))
    return design.made_reference_ohm + foot + switch


def current_density(design: SignedDesign, v_dd: float, projection: float, *, sign: int, reading: bool) -> float:
    """Current density (A/m²) by hand while the bridge drives with `sign`, or while the divider is read."""
    if not (sign or reading):
        return 0.0
    share, ohms = divided(design.junction, projection, v_dd, _series(design, reading=reading))
    return (sign or 1) * share * v_dd / ohms / design.junction.values()["area"]


def predict(design: SignedDesign, conditions: SignedMtjConditions, stimulus: Stimulus) -> Prediction:
    """Run the compact model through a stimulus, with the spikes that its own membrane makes."""
    from ipcircuit.compact.signed_mtj.analytic import analytic
    from ipcircuit.compact.signed_mtj.neuron import membrane

    neuron, timing = analytic(design.junction).neuron(), conditions.timing
    u, blocked = 0.0, False
    trace, spikes, strobes = [], [], []
    per_step, strobe = round(timing.period_s / GRID), round(timing.strobe / GRID) - 1
    for step in stimulus.steps:
        decided = 0
        for i in range(per_step):
            t = i * GRID
            slot = math.floor(t / timing.slot_s + 1e-9)
            sign = 0 if blocked or slot >= timing.slots else step[slot]
            reading = timing.read_start <= t + GRID / 2 < timing.read_start + timing.read_s
            level = current_density(design, conditions.v_dd, u, sign=sign, reading=reading)
            u = membrane(neuron, u, level, GRID)
            trace.append(u)
            if i == strobe:
                decided = int(u >= design.threshold) - int(u <= -design.threshold)
                strobes.append(u)
        spikes.append(decided)
        blocked = decided != 0
    time = START + GATE_DELAY + EDGE / 2 + GRID * (1 + np.arange(len(trace)))
    return Prediction(time, np.array(trace), np.array(spikes, float), np.array(strobes))


def compare(response: SignedResult, predicted: Prediction) -> list[CurveCheck]:
    """The three curves of one run."""
    from ipcircuit.compact.signed_mtj.analytic import analytic

    caught = 2 * analytic(response.design.junction).libration
    inside = predicted.time < response.run.time[-1]
    time, compact, unit = predicted.time[inside], predicted.u[inside], "m · p"
    circuit = np.interp(time, response.run.time, response.run["xneuron.xmtj.projection"])
    steps = np.arange(1.0, len(response.spikes) + 1)
    # A blocked step is no driven one: its membrane is at rest.
    blocked = np.concatenate([[False], predicted.spikes[:-1] != 0])
    driven = response.stimulus.driven & ~blocked
    strobes, at = (response.membrane[driven], predicted.membrane[driven]), "membrane at the strobe of driven steps"
    spikes = response.spikes, predicted.spikes
    return [
        CurveCheck("membrane over time", time, "s", circuit, compact, unit=unit, tolerance=caught + PHASE),
        CurveCheck(at, steps[driven], "step", *strobes, unit=unit, tolerance=RIPPLE + PHASE),
        CurveCheck("spikes of both signs", steps, "step", *spikes, unit="spike", tolerance=0.0),
    ]


def check_signed(
    design: SignedDesign, conditions: SignedMtjConditions, stimulus: Stimulus = TRAIN
) -> Sequence[CurveCheck]:
    """Simulate a stimulus and compare."""
    run = transient(signed_job(design, conditions, stimulus, "check"))
    response = evaluate_signed(design, conditions, stimulus, run)
    return compare(response, predict(design, conditions, stimulus))
