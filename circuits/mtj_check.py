"""MTJ neuron circuits against their compact model, curve by curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from circuits import curves
from circuits.curves import Curve
from circuits.deck import Conditions
from circuits.neuron import Half, MtjNeuron
from circuits.study import CurveCheck
from ipcircuit.compact.parameters import ThermalNeuronParameters
from ipcircuit.compact.reduce import Drive, heating, reduce
from ipcircuit.devices.declaration import Device
from ipcircuit.devices.mtj_measure import PRE_PULSE, PROBE_AMPLITUDE
from ipcircuit.spice.jobs import Progress

TOLERANCE = 0.01  # firing probability
VOLTS = np.linspace(0.5, 1.0, 26)
PRE_HEATING = np.array([50, 100, 200, 300, 400, 500]) * 1e-9
COOLING = np.array([0, 100, 200, 400, 700, 1000, 2000]) * 1e-9
PULSE_AMPLITUDES = (0.75, 0.80, 0.85, 0.90)


def drive_of(neuron: MtjNeuron, half: Half, conditions: Conditions) -> Drive:
    """How the circuit drives a junction: through its divider, with a read and the neuron's reset."""
    return Drive(
        neuron.cycle, half.reference_ohm, 1 / half.divider.gain_parallel, conditions.v_read, neuron.reset_amplitude()
    )


def compact_of(neuron: MtjNeuron, half: Half, conditions: Conditions) -> ThermalNeuronParameters:
    """The discrete neuron of one junction in the circuit."""
    return _reduced(half.device, drive_of(neuron, half, conditions))


@cache
def _reduced(device: Device, drive: Drive) -> ThermalNeuronParameters:
    return reduce(device, drive).parameters


def check_neuron(
    neuron: MtjNeuron, conditions: Conditions, *, n_jobs: int | None = None, progress: Progress | None = None
) -> list[CurveCheck]:
    """Every curve of every junction; the compact model is evaluated at the circuit's points."""
    total, found = 4 + len(PULSE_AMPLITUDES), list[CurveCheck]()
    simulated = _simulated(neuron, conditions, n_jobs)
    for step, (simulate, predict) in enumerate(simulated):
        curve = simulate()
        for half in neuron.halves:
            if progress is not None:
                progress(step, total)
            label = f"{curve.name}, {half.label}" if half.suffix else curve.name
            compact = predict(half)
            found.append(
                CurveCheck.compare(
                    label,
                    curve.x,
                    curve.unit,
                    curve.probability[half.label],
                    compact,
                    unit="firing probability",
                    tolerance=TOLERANCE,
                    labels=curve.labels,
                )
            )
    return found


def _simulated(
    neuron: MtjNeuron, conditions: Conditions, n_jobs: int | None
) -> list[tuple[Callable[[], Curve], Callable[[Half], np.ndarray]]]:
    """Pairs of a simulated curve and what the compact model of a half predicts for it."""
    args = (neuron, conditions)

    def parameters(half: Half) -> ThermalNeuronParameters:
        return compact_of(neuron, half, conditions)

    def pulses(amplitude: float) -> tuple[Callable[[], Curve], Callable[[Half], np.ndarray]]:
        steps = [[amplitude] * n + [PROBE_AMPLITUDE] for n in range(4)]
        return (
            lambda: curves.over_pulses(*args, amplitude, n_jobs),
            lambda half: predict_histories(parameters(half), steps),
        )

    return [
        (
            lambda: curves.against_voltage(*args, VOLTS, n_jobs),
            lambda half: predict_histories(parameters(half), [[v] for v in VOLTS]),
        ),
        (
            lambda: curves.against_pre_heating(*args, PRE_HEATING, n_jobs),
            lambda half: np.array([_pre_heated(neuron, half, conditions, t, 0.0) for t in PRE_HEATING]),
        ),
        (
            lambda: curves.against_cooling(*args, COOLING, n_jobs),
            lambda half: np.array([_pre_heated(neuron, half, conditions, PRE_PULSE.plateau, t) for t in COOLING]),
        ),
        (
            lambda: curves.over_sequences(*args, n_jobs),
            lambda half: predict_histories(parameters(half), _sequence_steps()),
        ),
        *(pulses(amplitude) for amplitude in PULSE_AMPLITUDES),
    ]


def sequence_prediction(neuron: MtjNeuron, conditions: Conditions, poles: int) -> np.ndarray:
    """Firing probability of the first junction after each of the 16 sequences, with one or two thermal poles."""
    half = neuron.halves[0]
    parameters = reduce(half.device, drive_of(neuron, half, conditions), poles).parameters
    return predict_histories(parameters, _sequence_steps())


def _sequence_steps() -> list[list[float]]:
    return [[curves.SEQUENCE_AMPLITUDE * b for b in bits] + [PROBE_AMPLITUDE] for bits in curves.sequences()]


def predict_histories(parameters: ThermalNeuronParameters, steps: Sequence[Sequence[float]]) -> np.ndarray:
    """Firing probability of the last step of each history of set amplitudes (V)."""
    import torch

    from ipcircuit.compact import thermal_neuron

    histories = [torch.tensor(history, dtype=torch.float64) for history in steps]
    return np.array([float(thermal_neuron.run(parameters, volts)[0][-1]) for volts in histories])


def _pre_heated(neuron: MtjNeuron, half: Half, conditions: Conditions, plateau: float, cooling: float) -> float:
    """Compact prediction after a pre-pulse of another length than the cycle's, reduced at that length."""
    import torch

    from ipcircuit.compact import thermal_neuron

    parameters = compact_of(neuron, half, conditions)
    left = _pre_pulse_heating(half.device, drive_of(neuron, half, conditions), plateau)
    decay = np.exp(-cooling / np.array(parameters.time_constants()))
    theta = torch.tensor(left * decay)
    return float(thermal_neuron.firing_probability(parameters, theta, torch.tensor(curves.PRE_HEAT_PROBE)))


@cache
def _pre_pulse_heating(device: Device, drive: Drive, plateau: float) -> np.ndarray:
    """Shift per pole (V) right after the pre-pulse and its reset."""
    heater = replace(drive, cycle=replace(drive.cycle, plateau=plateau, read=False, delay=0.0))
    return heating(device, heater, np.array([PRE_PULSE.amplitude]), probe=drive)[:, 0]
