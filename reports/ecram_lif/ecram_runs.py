"""Simulations of the ECRAM device and its neuron that figures, tables and findings share; each is done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from circuits.ecram_lif.bench import LifResult, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.delay_feedback_testbench import DelayFeedbackTestbench
from circuits.ecram_lif.plasticity import Excitability, ablated, excitability, paired_pulse_ratios, train_response
from ipcircuit.declaration.spice import spice_subcircuit
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import MODE, declare
from ipcircuit.errors import InputError
from ipcircuit.pulses import Idle, waveform
from ipcircuit.spice.jobs import Job, simulate, simulate_all
from ipcircuit.spice.transient import RunStatus, Transient

PULSE_START, RELAXATION = 50e-9, 600e-6  # s
INTERVALS = (0.5e-6, 1e-6, 3e-6, 10e-6, 30e-6, 100e-6, 250e-6, 600e-6)  # s, of spike pairs
TRAIN_INTERVALS, TRAIN_COUNT = (1e-6, 5e-6, 20e-6), 20
PAUSES = tuple(np.geomspace(1e-6, 600e-6, 5).tolist())  # s; ablated at every other one
CAPACITANCES, SUPPLIES = (0.5e-12, 1e-12, 2e-12, 4e-12), (0.8, 0.9, 1.0, 1.1)  # F, V
SLOWER = (1.0, 2.0, 4.0)  # times the default delay and refractory time, until the membrane completes its swing
CORNERS, TEMPERATURES = ("tt", "ff", "ss", "fs", "sf"), (-40.0, 27.0, 125.0)  # -, °C
QUIET_TIME, QUIET_STEP = 100e-6, 0.5e-6  # s; from rest to an unprompted spike it takes some 30 µs
SHOWN = Stimulus.regular(200e-9, 14, tail=0.1e-6)  # the train of the waveform figure


@dataclass(frozen=True)
class Point:
    """One set of conditions: what was run (`testbench`), and what came of it; `cause` where nothing did."""

    testbench: DelayFeedbackTestbench
    result: LifResult | None
    cause: str | None = None

    @property
    def energy_J(self) -> float | None:
        """Energy per output spike; None without an interval between two."""
        return None if self.result is None else self.result.energy_per_spike_J

    @property
    def spikes(self) -> int | None:
        """Output spikes; None where the run failed."""
        return None if self.result is None else int(self.result.spikes_s.size)


class EcramRuns:
    """Lazily simulated, cached.

    Args:
        n_jobs: simulations at a time.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        self._n_jobs = n_jobs
        self.testbench, self.delay_testbench = (
            DelayFeedbackTestbench(),
            DelayFeedbackTestbench(LifDesign(delay_path="ecram")),
        )

    def run_all(self) -> None:
        """Simulate everything now, so that its time is counted in one place."""
        names = "relaxation waveforms pairs trains pauses frequencies grid corners unprompted"
        for name in names.split():
            getattr(self, name)

    @cached_property
    def relaxation(self) -> Transient:
        """The bare device through one default gate pulse, 0.1 V over its channel; instance ``x1``."""
        gate = waveform([GATE_PULSE, Idle(RELAXATION - GATE_PULSE.duration)], PULSE_START)
        deck = (
            "\n".join(
                [
                    "ecram: one default gate pulse",
                    ".options method=gear reltol=1e-5 trtol=1",
                    spice_subcircuit(declare(), MODE).rstrip(),
                    f"Vgate g 0 {gate.spice()}",
                    "Vdrain d 0 0.1",
                    f"X1 d 0 g ecram_{MODE}",
                    f".tran 1n {PULSE_START + RELAXATION!r} 0 0.5u",
                    ".end",
                ]
            )
            + "\n"
        )
        run = simulate(Job("ecram", "one default gate pulse", deck))
        assert isinstance(run, Transient)
        return run

    @cached_property
    def waveforms(self) -> LifResult:
        """The neuron under `SHOWN`; its run also has the delay node."""
        job = self.testbench.job(SHOWN, "waveforms")
        run = simulate(replace(job, save=(*job.save, "xneuron.delayed_bar")))
        assert isinstance(run, Transient)
        return evaluate_lif(self.testbench.design, self.testbench.conditions, SHOWN, run)

    @cached_property
    def pairs(self) -> dict[str, np.ndarray]:
        """Paired-pulse ratios at `INTERVALS`, as the device is and ``"ablated"``."""
        designs = {"device": self.testbench.design, "ablated": ablated(self.testbench.design)}
        return {name: paired_pulse_ratios(d, INTERVALS, n_jobs=self._n_jobs) for name, d in designs.items()}

    @cached_property
    def trains(self) -> dict[str, dict[float, np.ndarray]]:
        """Response to each spike of a train over the first, by interval; ablated at the shortest only."""
        device, without = self.testbench.design, ablated(self.testbench.design)
        return {
            "device": {t: train_response(device, t, TRAIN_COUNT) for t in TRAIN_INTERVALS},
            "ablated": {t: train_response(without, t, TRAIN_COUNT) for t in TRAIN_INTERVALS[:1]},
        }

    @cached_property
    def pauses(self) -> dict[str, list[Excitability]]:
        """First interval after activity and a pause, as the device is and ``"ablated"``; ECRAM in the delay path."""
        device = self.delay_testbench.design
        return {
            "device": excitability(device, PAUSES, n_jobs=self._n_jobs),
            "ablated": excitability(ablated(device), PAUSES[::2], n_jobs=self._n_jobs),
        }

    @cached_property
    def frequencies(self) -> list[LifResult]:
        """The f-I curve."""
        return self.testbench.frequencies(n_jobs=self._n_jobs)

    @cached_property
    def grid(self) -> list[Point]:
        """Energy per spike over `CAPACITANCES` and `SUPPLIES`; the delay doubled where the default is refused."""
        found = [self._sized(c, v, SLOWER[0]) for v in SUPPLIES for c in CAPACITANCES]
        points = self._points(found)
        for slower in SLOWER[1:]:
            refused = [i for i, p in enumerate(points) if p.result is None]
            again = [
                self._sized(points[i].testbench.design.membrane_F, points[i].testbench.conditions.v_dd, slower)
                for i in refused
            ]
            for i, point in zip(refused, self._points(again), strict=True):
                points[i] = point
        return points

    @cached_property
    def corners(self) -> list[Point]:
        """The default spike train at every corner and temperature."""
        testbench, conditions = replace(self.testbench, input_count=18), self.testbench.conditions
        return self._points(
            [
                replace(testbench, conditions=replace(conditions, corner=corner, temperature_C=temperature))
                for corner in CORNERS
                for temperature in TEMPERATURES
            ]
        )

    @cached_property
    def unprompted(self) -> list[int]:
        """Output spikes within `QUIET_TIME` without any input, at each of `corners`: of a leaking pull-up."""
        stimulus, testbenches = Stimulus(QUIET_TIME), [p.testbench for p in self.corners]
        jobs = [lif_job(s.design, s.conditions, stimulus, "no input", step=QUIET_STEP) for s in testbenches]
        runs = simulate_all(jobs, n_jobs=self._n_jobs)
        return [
            evaluate_lif(s.design, s.conditions, stimulus, run).spikes_s.size
            for s, run in zip(testbenches, runs, strict=True)
            if isinstance(run, Transient)
        ]

    def _sized(self, capacitance: float, supply: float, slower: float) -> DelayFeedbackTestbench:
        d = self.testbench.design
        design = replace(d, membrane_F=capacitance, delay_s=slower * d.delay_s, refractory_s=slower * d.refractory_s)
        return replace(self.testbench, design=design, conditions=replace(self.testbench.conditions, v_dd=supply))

    def _points(self, testbenches: Sequence[DelayFeedbackTestbench]) -> list[Point]:
        """Run each testbench's spike train; what is refused, before or after the run, is a point with its cause."""
        causes: dict[int, str] = {}
        jobs: dict[int, Job] = {}
        for i, testbench in enumerate(testbenches):
            try:
                jobs[i] = testbench.job()
            except InputError as refused:
                causes[i] = str(refused)
        runs = dict(zip(jobs, simulate_all(list(jobs.values()), n_jobs=self._n_jobs, throw=False), strict=True))
        points = []
        for i, testbench in enumerate(testbenches):
            run, result = runs.get(i), None
            if isinstance(run, Transient):
                if run.status is RunStatus.OK:
                    try:
                        result = evaluate_lif(testbench.design, testbench.conditions, testbench.stimulus, run)
                    except InputError as refused:
                        causes[i] = str(refused)
                else:
                    causes[i] = run.cause or "the run failed"
            points.append(Point(testbench, result, causes.get(i)))
        return points
