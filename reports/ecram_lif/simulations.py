"""Simulations of the ECRAM device and of its neurons that figures, tables, findings and claims share.

Each is a function of the simulations at a time, worked out once per process.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from circuits.ecram_lif.plasticity import Excitability, ablated, excitability, paired_pulse_ratios, train_response
from circuits.ecram_lif.response import LifResult, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.testbench import (
    DelayFeedbackTestbench,
    delay_feedback_lif_ecram_testbench,
    delay_feedback_lif_testbench,
)
from circuits.ecram_lif.topologies import (
    TOPOLOGIES,
    Plasticity,
    Response,
    at_corners,
    corner_grid,
    ecram_testbench,
    measure_plasticity,
    respond_all,
)
from ipcircuit.declaration.spice import spice_subcircuit
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import MODE, declare
from ipcircuit.pulses import Idle, waveform
from ipcircuit.spice.jobs import Job, transient, transients
from ipcircuit.spice.transient import Transient

BIAS, ECRAM = "delay_feedback_lif", "delay_feedback_lif_ecram"  # circuits by what sets their delay
NAMES = {BIAS: "delay feedback", "axon_hillock_lif": "axon hillock", "differential_pair_lif": "differential pair"}

PULSE_START, RELAXATION = 50e-9, 600e-6  # s
INTERVALS = (0.5e-6, 1e-6, 3e-6, 10e-6, 30e-6, 100e-6, 250e-6, 600e-6)  # s, of spike pairs
TRAIN_INTERVALS, TRAIN_COUNT = (1e-6, 5e-6, 20e-6), 20
PAUSES = tuple(np.geomspace(1e-6, 600e-6, 5).tolist())  # s; ablated at every other one
CAPACITANCES, SUPPLIES = (0.5e-12, 1e-12, 2e-12, 4e-12), (0.8, 0.9, 1.0, 1.1)  # F, V
SLOWER = (1.0, 2.0, 4.0)  # times the default delay and refractory time, until the membrane completes its swing
IDLE_TIME, IDLE_STEP = 100e-6, 0.5e-6  # s; from rest to an unprompted spike it takes some 30 µs
SHOWN = Stimulus.regular(200e-9, 14, tail=0.1e-6)  # the train of the waveform figure


@cache
def relaxation() -> Transient:
    """The bare device through one default gate pulse, 0.1 V over its channel; instance ``x1``."""
    gate = waveform([GATE_PULSE, Idle(RELAXATION - GATE_PULSE.duration)], PULSE_START)
    lines = [
        "ecram: one default gate pulse",
        ".options method=gear reltol=1e-5 trtol=1",
        spice_subcircuit(declare(), MODE).rstrip(),
        f"Vgate g 0 {gate.spice()}",
        "Vdrain d 0 0.1",
        f"X1 d 0 g ecram_{MODE}",
        f".tran 1n {PULSE_START + RELAXATION!r} 0 0.5u",
        ".end",
    ]
    return transient(Job("ecram", "one default gate pulse", "\n".join(lines) + "\n"))


@cache
def waveforms() -> LifResult:
    """The neuron under `SHOWN`; its run also has the delay node."""
    bench = delay_feedback_lif_testbench()
    job = bench.job(SHOWN, "waveforms")
    run = transient(replace(job, save=(*job.save, "xneuron.delayed_bar")))
    return evaluate_lif(bench.design, bench.conditions, SHOWN, run)


@cache
def pairs(jobs: int | None = None) -> dict[str, np.ndarray]:
    """Paired-pulse ratios at `INTERVALS`, of the ``"device"`` and ``"ablated"``."""
    design = delay_feedback_lif_testbench().design
    designs = {"device": design, "ablated": ablated(design)}
    return {name: paired_pulse_ratios(design, INTERVALS, n_jobs=jobs) for name, design in designs.items()}


@cache
def trains() -> dict[str, dict[float, np.ndarray]]:
    """Response to each spike of a train over the first, by interval; ablated at the shortest only."""
    device = delay_feedback_lif_testbench().design
    return {
        "device": {t: train_response(device, t, TRAIN_COUNT) for t in TRAIN_INTERVALS},
        "ablated": {t: train_response(ablated(device), t, TRAIN_COUNT) for t in TRAIN_INTERVALS[:1]},
    }


@cache
def pauses(jobs: int | None = None) -> dict[str, list[Excitability]]:
    """First interval after activity and a pause, of the ``"device"`` and ``"ablated"``; ECRAM in the delay path."""
    device = delay_feedback_lif_ecram_testbench().design
    return {
        "device": excitability(device, PAUSES, n_jobs=jobs),
        "ablated": excitability(ablated(device), PAUSES[::2], n_jobs=jobs),
    }


@cache
def frequencies(jobs: int | None = None) -> list[LifResult]:
    """The f-I curve."""
    return delay_feedback_lif_testbench().frequencies(n_jobs=jobs)


@cache
def grid(jobs: int | None = None) -> list[Response]:
    """Energy per spike over `CAPACITANCES` and `SUPPLIES`; the delay doubled where the default is refused."""
    points = respond_all([_sized(c, v, SLOWER[0]) for v in SUPPLIES for c in CAPACITANCES], n_jobs=jobs)
    for slower in SLOWER[1:]:
        refused = [i for i, point in enumerate(points) if point.result is None]
        benches = [points[i].testbench for i in refused]
        again = respond_all([_sized(b.design.membrane_F, b.conditions.v_dd, slower) for b in benches], n_jobs=jobs)
        for i, point in zip(refused, again, strict=True):
            points[i] = point
    return points


def _sized(capacitance: float, supply: float, slower: float) -> DelayFeedbackTestbench:
    bench = delay_feedback_lif_testbench()
    d = bench.design
    design = replace(d, membrane_F=capacitance, delay_s=slower * d.delay_s, refractory_s=slower * d.refractory_s)
    return replace(bench, design=design, conditions=replace(bench.conditions, v_dd=supply))


@cache
def corners(jobs: int | None = None) -> list[Response]:
    """The default spike train at every corner and temperature."""
    return respond_all(at_corners(replace(delay_feedback_lif_testbench(), input_count=18)), n_jobs=jobs)


@cache
def unprompted(jobs: int | None = None) -> list[int]:
    """Output spikes within `IDLE_TIME` without any input, at each of `corners`: of a leaking pull-up."""
    stimulus, benches = Stimulus(IDLE_TIME), [point.testbench for point in corners(jobs)]
    decks = [lif_job(b.design, b.conditions, stimulus, "no input", step=IDLE_STEP) for b in benches]
    runs = zip(benches, transients(decks, n_jobs=jobs), strict=True)
    return [evaluate_lif(b.design, b.conditions, stimulus, run).spikes_s.size for b, run in runs]


@cache
def topology_plasticity(jobs: int | None = None) -> dict[str, Plasticity]:
    """Plasticity of the synapse before each neuron, by circuit."""
    measured = measure_plasticity([ecram_testbench(name) for name in TOPOLOGIES], n_jobs=jobs)
    return {plasticity.name: plasticity for plasticity in measured}


@cache
def topology_corners(jobs: int | None = None) -> list[Response]:
    """Corner and temperature grid of the topologies beyond the first, whose grid is `corners`."""
    return corner_grid([ecram_testbench(name) for name in TOPOLOGIES[1:]], n_jobs=jobs)
