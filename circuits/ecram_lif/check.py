"""The delay-feedback LIF neuron against its compact model: spike times, and facilitation of a clamped synapse.

The compact model's constants come from `circuits.ecram_lif.stages`; no train or ratio that is compared here enters
them.

The model's membrane is within 0.4 % of the circuit's below the threshold (`CHARGE_UNCERTAINTY`; 1.7 mV at 0.47 V): the
edges of pulses, facilitation within a pulse and parasitic capacitance, a few tenths of a per cent each. Where an
input spike ends so near to the threshold that less than this decides whether the neuron fires, the train is undecided:
the row says how much charge per input spike decides, and compares the spike times that go with it. The tolerance of
these is the same, and a train that needs more than the uncertainty fails.

Hot corners (ff, tt and sf at 125 °C) are refused: the pull-up's off-current exceeds the leak, so that the membrane
drifts up by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.plasticity import paired_pulse_ratios, train_response
from circuits.ecram_lif.response import START, Stimulus, evaluate_lif, lif_job
from circuits.ecram_lif.stages import reduce_lif
from circuits.measurement import CurveCheck
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.errors import InputError
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import transients

SPIKE_TOLERANCE = 0.02  # of the mean inter-spike interval
RATIO_TOLERANCE = 0.02
CHARGE_UNCERTAINTY = 0.004  # of an input spike's charge: the membranes of model and circuit below the threshold
CHARGE_STEP = 0.0005  # in which the charge that decides is sought
STEP = 20e-9  # s; grid of the compact model, on which input spikes lie
INTERVALS = (60e-9, 100e-9, 200e-9, 400e-9, 1e-6)  # s, of the regular trains
COUNT = 30  # input spikes of each train
MEAN_STEPS, SEED = 10, 1  # of the irregular train: mean distance in steps beyond the shortest of two
PAIRS = (0.2e-6, 1e-6, 3e-6, 10e-6, 30e-6, 100e-6, 600e-6)  # s, between two spikes
TRAIN_INTERVALS, TRAIN_COUNT = (1e-6, 10e-6), 10


def regular_train(interval: float) -> Stimulus:
    """`COUNT` spikes, and time for the response to the last."""
    return Stimulus.regular(interval, COUNT, tail=5 * STEP)


def irregular_train(seed: int = SEED) -> Stimulus:
    """2 `COUNT` spikes with geometrically distributed distances on the grid, reproducible by `seed`."""
    distances = 1 + np.random.default_rng(seed).geometric(1 / MEAN_STEPS, 2 * COUNT)
    spikes = tuple(float(START + k * STEP) for k in np.cumsum(distances))
    return Stimulus(spikes[-1] + 5 * STEP, spikes)


def predicted_spikes(parameters: LifNeuronParameters, stimulus: Stimulus) -> np.ndarray:
    """The compact model's output spike times (s), shape (n,).

    Raises:
        InputError: input spikes off the grid.
    """
    import torch

    from ipcircuit.compact.ecram_lif import neuron as lif_neuron

    places = (np.array(stimulus.spikes) - START) / STEP
    steps = np.rint(places).astype(int)
    if np.abs(places - steps).max(initial=0.0) > 1e-3:
        raise InputError("input spikes must lie on the compact model's grid", where="stimulus", allowed=f"{STEP:g} s")
    train = torch.zeros(round((stimulus.stop - START) / STEP), dtype=torch.float64)
    train[torch.as_tensor(steps)] = 1.0
    with torch.inference_mode():
        output, _ = lif_neuron.run(parameters, train, STEP)
    fired = np.flatnonzero(output.spikes.numpy())
    # The input stage switches in the middle of the input's edge.
    return START + fired * STEP + output.delays.numpy()[fired] + GATE_PULSE.rise / 2


def _prediction(parameters: LifNeuronParameters, stimulus: Stimulus) -> np.ndarray:
    return kept("ecram_lif spikes", lambda: predicted_spikes(parameters, stimulus), parameters, stimulus)


def predicted_ratios(parameters: LifNeuronParameters, interval: float, count: int) -> np.ndarray:
    """The compact model's response to the n-th spike over that to the first, membrane held at 0 V; shape (count,)."""
    import torch

    from ipcircuit.compact.ecram_lif import neuron as lif_neuron

    spike = torch.ones((), dtype=torch.float64)
    poles, charges = lif_neuron.rest(parameters, spike).poles, []
    for _ in range(count):
        charges.append(float(lif_neuron.clamped_charge(parameters, poles)))
        poles = lif_neuron.next_poles(parameters, poles, spike, interval)
    return np.array(charges) / charges[0]


def compare_spikes(curve: str, circuit: np.ndarray, compact: np.ndarray) -> CurveCheck:
    """Spike times (s) in units of the circuit's mean interval; a missing or surplus spike is NaN, which fails.

    Of a neuron that fires once or not at all, the unit is not there; both silent agree, and the row says so.
    """
    if circuit.size == compact.size == 0:
        curve += " (both silent)"
        return CurveCheck(curve, np.zeros(1), "spike", np.zeros(1), np.zeros(1), unit="spikes", tolerance=0.0)
    length = max(circuit.size, compact.size, 1)
    interval = float(np.mean(np.diff(circuit))) if circuit.size > 1 else np.nan
    padded = [np.pad(t, (0, length - t.size), constant_values=np.nan) / interval for t in (circuit, compact)]
    numbers, unit = np.arange(1.0, length + 1), "of the mean interval"
    return CurveCheck(curve, numbers, "spike", *padded, unit=unit, tolerance=SPIKE_TOLERANCE, scale=interval)


def compare_train(curve: str, circuit: np.ndarray, parameters: LifNeuronParameters, stimulus: Stimulus) -> CurveCheck:
    """`compare_spikes` with the model's prediction; where that fails, with the one for the smallest change of an input
    spike's charge within `CHARGE_UNCERTAINTY` that does not, which the row's name then states."""
    plain = compare_spikes(curve, circuit, _prediction(parameters, stimulus))
    if plain.passed:
        return plain
    for k in range(1, round(CHARGE_UNCERTAINTY / CHARGE_STEP) + 1):
        for change in (-k * CHARGE_STEP, k * CHARGE_STEP):
            other = replace(parameters, pulse_s=parameters.pulse_s * (1 + change))
            row = compare_spikes(curve, circuit, _prediction(other, stimulus))
            if row.passed:
                return replace(row, curve=f"{curve} (undecided within {100 * change:+.2g} % of charge)")
    return plain


def check_lif(design: LifDesign, conditions: Conditions, *, n_jobs: int | None = None) -> list[CurveCheck]:
    """Every curve of the compact model at the circuit's points."""
    parameters = reduce_lif(design, conditions)
    return [
        *_spike_times(design, conditions, parameters, n_jobs),
        _paired_pulses(design, conditions, parameters, n_jobs),
        *(_train(design, conditions, parameters, interval) for interval in TRAIN_INTERVALS),
    ]


def _spike_times(
    design: LifDesign, conditions: Conditions, parameters: LifNeuronParameters, n_jobs: int | None
) -> Sequence[CurveCheck]:
    stimuli = {f"spike times, input every {1e9 * t:g} ns": regular_train(t) for t in INTERVALS}
    stimuli["spike times, irregular input"] = irregular_train()
    jobs = [lif_job(design, conditions, stimulus, label) for label, stimulus in stimuli.items()]
    rows = []
    for (label, stimulus), run in zip(stimuli.items(), transients(jobs, n_jobs=n_jobs), strict=True):
        circuit = evaluate_lif(design, conditions, stimulus, run).spikes_s
        rows.append(compare_train(label, circuit, parameters, stimulus))
    if all(row.unit == "spikes" for row in rows):
        raise InputError("no train makes the neuron fire: nothing to compare", where="check", found=conditions.label())
    return rows


def _paired_pulses(
    design: LifDesign, conditions: Conditions, parameters: LifNeuronParameters, n_jobs: int | None
) -> CurveCheck:
    return CurveCheck(
        "paired-pulse ratio against interval",
        np.array(PAIRS),
        "s",
        paired_pulse_ratios(design, PAIRS, conditions, n_jobs=n_jobs),
        np.array([predicted_ratios(parameters, t, 2)[1] for t in PAIRS]),
        unit="second over first",
        tolerance=RATIO_TOLERANCE,
    )


def _train(design: LifDesign, conditions: Conditions, parameters: LifNeuronParameters, interval: float) -> CurveCheck:
    return CurveCheck(
        f"train response, every {1e6 * interval:g} µs",
        np.arange(1.0, TRAIN_COUNT + 1),
        "spike",
        train_response(design, interval, TRAIN_COUNT, conditions),
        predicted_ratios(parameters, interval, TRAIN_COUNT),
        unit="n-th over first",
        tolerance=RATIO_TOLERANCE,
    )
