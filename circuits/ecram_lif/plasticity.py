"""Both modes of short-term plasticity of the ECRAM neurons, measured in ngspice (Currie et al.).

Facilitation: the membrane is held at 0 V, as in a voltage clamp, and the charge of each input spike is measured, so
that neither the membrane's own memory nor a spike of the neuron can pass for plasticity.

Excitability: a first burst of current makes the neuron fire, a second one after a pause tests it. Its first interval,
against the first interval of the first burst, is what the activity has left behind. The pause must let the membrane
forget by itself: the leak empties it within C V / I_leak = 0.1 ms at the default, which would pass for excitability, so
the neuron's spikes of the first burst must be its last charge: the reset that ends them leaves the membrane at 0 V, and
the burst ends in the middle of a refractory time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from circuits.conditions import Conditions
from circuits.ecram_lif.neuron import NeuronDesign
from circuits.ecram_lif.response import START, LifResult, Stimulus, evaluate_lif, lif_job
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE, STEP_OHM
from ipcircuit.devices.ecram.device import base_resistance, resistance
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, transient, transients
from ipcircuit.spice.transient import Transient

_Design = TypeVar("_Design", bound=NeuronDesign)

NOMINAL = Conditions()
SETTLE = 5e-9  # s after an input spike, within which the charge behind the ECRAM has followed


def ablated(design: _Design) -> _Design:
    """The same neuron with the volatile part of every ECRAM off."""
    return design.with_devices(volatile=0.0)


def clamp_job(design: NeuronDesign, conditions: Conditions, spikes: Sequence[float], held_V: float = 0.0) -> Job:
    """Input spikes into a membrane held at a voltage."""
    stimulus = Stimulus(float(max(spikes)) + GATE_PULSE.duration + 2 * SETTLE, tuple(float(t) for t in spikes))
    step = max(20e-9, stimulus.stop / 500)  # against 2000: ratios of two spikes differ by less than 1e-5
    return lif_job(design, conditions, stimulus, f"clamped, {len(spikes)} spikes", clamp_V=held_V, step=step)


def spike_charges(run: Transient, spikes: Sequence[float]) -> np.ndarray:
    """Charge (C) that each input spike puts on the clamped membrane, shape (n,)."""
    window = GATE_PULSE.duration + SETTLE
    return np.array([run.integral("i(vclamp)", t, t + window) for t in spikes])


def train_response(design: NeuronDesign, interval: float, count: int, conditions: Conditions = NOMINAL) -> np.ndarray:
    """Response to the n-th spike of a regular train over the response to the first, shape (count,)."""
    spikes = [START + i * interval for i in range(count)]
    run = transient(clamp_job(design, conditions, spikes))
    charges = spike_charges(run, spikes)
    return charges / charges[0]


def paired_pulse_ratios(
    design: NeuronDesign,
    intervals: Sequence[float],
    conditions: Conditions = NOMINAL,
    *,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Second response over the first, for each interval (s) between two spikes; shape of `intervals`."""
    jobs = [clamp_job(design, conditions, (START, START + interval)) for interval in intervals]
    runs = transients(jobs, n_jobs=n_jobs)
    return np.array([pair_ratio(run, interval) for run, interval in zip(runs, intervals, strict=True)])


def pair_ratio(run: Transient, interval: float) -> float:
    """Second response over the first, of two spikes `interval` s apart into a clamped membrane."""
    first, second = spike_charges(run, (START, START + interval))
    return float(second / first)


def predicted_ratio(design: NeuronDesign, intervals: np.ndarray, switch_ohm: float) -> np.ndarray:
    """Paired-pulse ratio by hand, from the device's constants and `circuits.ecram_lif.stages.switch_ohm`:
    (R - x/2)/(R - x/2 - x(interval)).

    R is channel and switch, x the change of one pulse (half of it on average within the pulse), x(t) what is left.
    The second pulse's own change is smaller by the saturation x(t)/r_volatile_max.
    """
    p = design.synapse.values()
    ohms, own = base_resistance(design.synapse) + switch_ohm, STEP_OHM * p["volatile"] / 2
    kept = (1 - p["slow_share"]) * np.exp(-intervals / p["tau_fast"]) + p["slow_share"] * np.exp(
        -intervals / p["tau_slow"]
    )
    left = STEP_OHM * p["volatile"] * kept
    return (ohms - own) / (ohms - left - own * (1 - left / p["r_volatile_max"]))


@dataclass(frozen=True)
class Excitability:
    """First interval and spike width of a burst before and after activity, s; `pause_s` between the bursts."""

    pause_s: float
    rested_interval_s: float
    tested_interval_s: float
    rested_width_s: float
    tested_width_s: float

    @property
    def rate_gain(self) -> float:
        """Instantaneous rate after activity over the rate at rest; 1: no plasticity."""
        return self.rested_interval_s / self.tested_interval_s


def excitability(
    design: NeuronDesign,
    pauses: Sequence[float],
    *,
    current_A: float = 10e-6,
    burst_s: float = 2.0e-6,
    conditions: Conditions = NOMINAL,
    n_jobs: int | None = None,
) -> list[Excitability]:
    """Excitability after a burst of activity, for each pause (s).

    Raises:
        InputError: a burst is too weak or too short for two spikes.
    """
    probe = 0.4e-6
    end = _end_in_refractory(design, conditions, current_A, burst_s)
    stimuli = [
        Stimulus(end + pause + probe, (), current_A, ((START, end), (end + pause, end + pause + probe - 2e-9)))
        for pause in map(float, pauses)
    ]
    cases = list(zip(pauses, stimuli, strict=True))
    jobs = [lif_job(design, conditions, s, f"pause {p:g} s", step=max(20e-9, s.stop / 4000)) for p, s in cases]
    runs = zip(cases, transients(jobs, n_jobs=n_jobs), strict=True)
    return [_excitability(p, evaluate_lif(design, conditions, s, run), end + p) for (p, s), run in runs]


def _end_in_refractory(design: NeuronDesign, conditions: Conditions, current_A: float, burst_s: float) -> float:
    """A time (s) near the end of the burst at which the reset of a spike holds the membrane at 0 V."""
    stimulus = Stimulus(START + burst_s, (), current_A)
    run = transient(lif_job(design, conditions, stimulus, "burst"))
    result = evaluate_lif(design, conditions, stimulus, run)
    if result.spikes_s.size < 3 or result.width_s is None:
        raise InputError("the burst does not make the neuron fire", where="current_A", found=current_A)
    return float(result.spikes_s[-2]) + result.width_s


def _excitability(pause: float, result: LifResult, test: float) -> Excitability:
    before, after = result.spikes_s[result.spikes_s < test], result.spikes_s[result.spikes_s >= test]
    if min(before.size, after.size) < 2:
        raise InputError("a burst has fewer than two spikes", where=f"pause {pause:g} s", found=int(after.size))
    widths = result.widths_s
    return Excitability(
        pause, float(before[1] - before[0]), float(after[1] - after[0]), float(widths[0]), float(widths[before.size])
    )


def first_step(design: NeuronDesign, conditions: Conditions = NOMINAL) -> float:
    """What the neuron's first input spike changes in its synapse's resistance, ohm (negative: it falls)."""
    return resistance_step(transient(clamp_job(design, conditions, (START,))))


def resistance_step(run: Transient) -> float:
    """What a spike at `START` changed in the synapse's resistance, ohm."""
    ohms = resistance(run, "xneuron.xsynapse")
    return run.at(ohms, START + GATE_PULSE.duration + SETTLE) - run.at(ohms, START)
