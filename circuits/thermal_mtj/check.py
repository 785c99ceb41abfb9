"""MTJ neuron circuits against their compact model, curve by curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from circuits.measurement import CurveCheck
from circuits.thermal_mtj import curves
from circuits.thermal_mtj.half import Half
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.compact.thermal_mtj.reduce import Drive, heating_by_length, reduce
from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import Progress

TOLERANCE = 0.01  # firing probability
PULSE_AMPLITUDES = (0.75, 0.80, 0.85, 0.90)


def drive_of(neuron: MtjNeuron, half: Half, conditions: ThermalMtjConditions) -> Drive:
    """How the circuit drives a junction: through its divider, with a read and the neuron's reset."""
    designed = next(other for other in neuron.designed_halves if other.label == half.label)
    set_gain = 1 / designed.divider.gain_parallel
    return Drive(neuron.cycle, half.reference_ohm, set_gain, conditions.v_read, neuron.reset_amplitude())


def compact_of(
    neuron: MtjNeuron, half: Half, conditions: ThermalMtjConditions, poles: int = 2
) -> ThermalNeuronParameters:
    """The discrete neuron of one junction in the circuit."""
    return _reduced(half.device, drive_of(neuron, half, conditions), poles)


@cache
def _reduced(device: Device, drive: Drive, poles: int = 2) -> ThermalNeuronParameters:
    return kept("thermal_mtj reduction", lambda: reduce(device, drive, poles).parameters, device, drive, poles)


def check_neuron(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, *, n_jobs: int | None = None, progress: Progress | None = None
) -> list[CurveCheck]:
    """Every curve of every junction; the compact model is evaluated at the circuit's points."""
    checks: list[CurveCheck] = []
    compared = _curves(neuron, conditions)
    for step, (curve, predict) in enumerate(compared):
        simulated = curve.simulate(neuron, conditions, n_jobs)
        for half in neuron.halves:
            if progress is not None:
                progress(step, len(compared))
            label = f"{curve.name}, {half.label}" if half.suffix else curve.name
            circuit, compact, unit = simulated[half.label], predict(half), "firing probability"
            checks.append(
                CurveCheck(
                    label, curve.x, curve.unit, circuit, compact, unit=unit, tolerance=TOLERANCE, labels=curve.labels
                )
            )
    return checks


def _curves(
    neuron: MtjNeuron, conditions: ThermalMtjConditions
) -> list[tuple[curves.Curve, Callable[[Half], np.ndarray]]]:
    """Each curve with what the compact model of a half predicts for it."""

    def histories(steps: Sequence[Sequence[float]]) -> Callable[[Half], np.ndarray]:
        return lambda half: predict_histories(compact_of(neuron, half, conditions), steps)

    def pre_heated(poles: slice, cooling: np.ndarray) -> Callable[[Half], np.ndarray]:
        def predict(half: Half) -> np.ndarray:
            heated = _pre_pulse_heating(half.device, drive_of(neuron, half, conditions))
            return _pre_heated(compact_of(neuron, half, conditions), heated[:, poles], cooling)

        return predict

    pulses = [
        (curves.over_pulses(neuron, conditions, v), histories([[v] * n + [PROBE_AMPLITUDE] for n in range(4)]))
        for v in PULSE_AMPLITUDES
    ]
    return [
        (curves.against_voltage(neuron), histories([[v] for v in curves.VOLTS])),
        (curves.against_pre_heating(neuron), pre_heated(slice(-1), np.zeros(len(curves.PRE_HEATING)))),
        (curves.against_cooling(neuron), pre_heated(slice(-1, None), curves.COOLING)),
        (curves.over_sequences(neuron, conditions), histories(_sequence_steps())),
        *pulses,
    ]


def sequence_prediction(neuron: MtjNeuron, conditions: ThermalMtjConditions, poles: int) -> np.ndarray:
    """Firing probability of the first junction after each of the 16 sequences, with one or two thermal poles."""
    half = neuron.halves[0]
    parameters = _reduced(half.device, drive_of(neuron, half, conditions), poles)
    steps = _sequence_steps()
    return kept("thermal_mtj sequences", lambda: predict_histories(parameters, steps), parameters, steps)


def _sequence_steps() -> list[list[float]]:
    return [[curves.SEQUENCE_AMPLITUDE * b for b in bits] + [PROBE_AMPLITUDE] for bits in curves.SEQUENCES]


def predict_histories(parameters: ThermalNeuronParameters, steps: Sequence[Sequence[float]]) -> np.ndarray:
    """Firing probability of the last step of each history of set amplitudes (V)."""
    import torch

    from ipcircuit.compact.thermal_mtj import neuron as thermal_neuron

    histories = [torch.tensor(history, dtype=torch.float64) for history in steps]
    return np.array([float(thermal_neuron.run(parameters, volts)[0][-1]) for volts in histories])


def _pre_heated(parameters: ThermalNeuronParameters, left: np.ndarray, cooling: np.ndarray) -> np.ndarray:
    """Firing probability at each cooling time (s) after pre-pulses that left shifts (V) of shape (poles, n or 1)."""
    import torch

    from ipcircuit.compact.thermal_mtj import neuron as thermal_neuron

    theta = torch.tensor(left * np.exp(-cooling / np.array(parameters.time_constants())[:, None]))
    volts = torch.full_like(theta[0], curves.PRE_HEAT_PROBE)
    return thermal_neuron.firing_probability(parameters, theta, volts).numpy()


@cache
def _pre_pulse_heating(device: Device, drive: Drive) -> np.ndarray:
    """Shift per pole (V) right after a pre-pulse and its reset, for each length of `curves.PRE_HEATING` and then the
    standard one: other lengths than the cycle's, so that each is reduced by itself."""
    heater = replace(drive.cycle, read=False, delay=0.0)
    cycles = [replace(heater, plateau=float(t)) for t in (*curves.PRE_HEATING, PRE_PULSE.plateau)]
    return kept(
        "thermal_mtj pre-pulses",
        lambda: heating_by_length(device, drive, PRE_PULSE.amplitude, cycles),
        device,
        drive,
        PRE_PULSE,
        cycles,
    )
