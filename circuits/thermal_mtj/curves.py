"""Transfer curves of an MTJ neuron in ngspice: firing probability against voltage, pre-heating, cooling and history.

Each function lists its cases and gives one job per case; mean-field junctions make one run per case enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.conditions import Analysis, transient_deck
from circuits.thermal_mtj.conditions import ThermalMtjConditions
from circuits.thermal_mtj.cycle import MEAN, add_replica
from circuits.thermal_mtj.neuron import MtjNeuron
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE
from ipcircuit.pulses import Idle, Pulse, Segment, waveform
from ipcircuit.spice.jobs import Job, Progress, transients
from ipcircuit.spice.transient import Transient

SEQUENCE_AMPLITUDE = 0.85  # V, Fig. S3
PRE_HEAT_PROBE = 0.783  # V; a cold device fires with about 9.5 % there (Liu et al. do not state its voltage)


@dataclass(frozen=True)
class Curve:
    """Firing probability per junction against a swept quantity.

    Attributes:
        name, unit: of the swept quantity.
        x: its values, shape (n,). labels: text per point (sequences), else empty.
        probability: by junction label, each of shape (n,).
    """

    name: str
    unit: str
    x: np.ndarray
    probability: dict[str, np.ndarray]
    labels: tuple[str, ...] = ()


def run_curve(
    neuron: MtjNeuron,
    conditions: ThermalMtjConditions,
    name: str,
    unit: str,
    x: Sequence[float],
    cases: Iterable[Sequence[Segment]],
    labels: tuple[str, ...] = (),
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Curve:
    """Simulate one run per case; the probability is read at the end of the case's last pulse."""
    jobs = [
        history_job(neuron, conditions, segments, f"{name} {x_i:g} {unit}")
        for x_i, segments in zip(x, cases, strict=True)
    ]
    runs = transients(jobs, n_jobs=n_jobs, progress=progress)
    probability = {h.label: np.array([_last(r, h.suffix) for r in runs]) for h in neuron.halves}
    return Curve(name, unit, np.asarray(x, float), probability, labels)


def history_job(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, segments: Sequence[Segment], condition: str
) -> Job:
    """Drive the mean-field neuron with `segments` (volts at its input)."""
    circuit = Circuit(f"{neuron.name}: {condition}")
    rest = tuple(False for _ in neuron.halves)
    add_replica(circuit, neuron, "mean_field", rest, conditions, waveform(segments), MEAN)
    stop = sum(s.duration for s in segments)
    saved = tuple(f"x{MEAN}.xmtj{half.suffix}.ap" for half in neuron.halves)
    return Job(neuron.name, condition, transient_deck(circuit, conditions, Analysis(stop)), saved)


def _last(run: Transient, suffix: str) -> float:
    return float(run[f"x{MEAN}.xmtj{suffix}.ap"][-1])


def _probe(neuron: MtjNeuron, amplitude: float = PROBE_AMPLITUDE) -> Segment:
    return neuron.cycle.set_pulse(neuron.input_amplitude(amplitude))


def _operation(neuron: MtjNeuron, conditions: ThermalMtjConditions, amplitude: float) -> list[Segment]:
    volts = neuron.input_amplitude(amplitude) if amplitude else 0.0
    return neuron.cycle.segments(volts, read_amplitude=conditions.v_read, reset=neuron.reset_amplitude())


def against_voltage(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, volts: np.ndarray, n_jobs: int | None = None
) -> Curve:
    """Firing probability of a cold neuron against the set amplitude, V (Fig. 2e)."""
    cases = [[_probe(neuron, float(v))] for v in volts]
    return run_curve(neuron, conditions, "set amplitude", "V", [float(v) for v in volts], cases, n_jobs=n_jobs)


def _pre_heated(neuron: MtjNeuron, plateau: float, cooling: float) -> list[Segment]:
    pulse = Pulse(neuron.input_amplitude(PRE_PULSE.amplitude), plateau, PRE_PULSE.rise, PRE_PULSE.fall)
    reset = neuron.cycle.reset_pulse(neuron.reset_amplitude())
    return [pulse, reset, Idle(cooling), _probe(neuron, PRE_HEAT_PROBE)]


def against_pre_heating(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, plateaus: np.ndarray, n_jobs: int | None = None
) -> Curve:
    """Firing probability right after a 0.9 V pre-pulse of each length, s (Fig. 2f)."""
    cases = [_pre_heated(neuron, float(t), 0.0) for t in plateaus]
    return run_curve(neuron, conditions, "pre-heating", "s", [float(t) for t in plateaus], cases, n_jobs=n_jobs)


def against_cooling(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, delays: np.ndarray, n_jobs: int | None = None
) -> Curve:
    """Firing probability after a 500 ns, 0.9 V pre-pulse and each cooling time, s (Fig. 2g)."""
    cases = [_pre_heated(neuron, PRE_PULSE.plateau, float(t)) for t in delays]
    return run_curve(neuron, conditions, "cooling", "s", [float(t) for t in delays], cases, n_jobs=n_jobs)


def sequences() -> list[tuple[int, ...]]:
    """The 16 four-step sequences of Fig. S3, oldest step first."""
    return list(itertools.product((0, 1), repeat=4))


def over_sequences(neuron: MtjNeuron, conditions: ThermalMtjConditions, n_jobs: int | None = None) -> Curve:
    """Firing probability of a 0.83 V probe after each four-step sequence of 0.85 V operations (Fig. S3)."""
    cases = []
    for bits in sequences():
        steps = [s for bit in bits for s in _operation(neuron, conditions, SEQUENCE_AMPLITUDE * bit)]
        cases.append([*steps, _probe(neuron)])
    labels = tuple("".join(map(str, bits)) for bits in sequences())
    return run_curve(neuron, conditions, "sequence", "", list(range(16)), cases, labels, n_jobs)


def over_pulses(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, amplitude: float, n_jobs: int | None = None
) -> Curve:
    """Firing probability of a 0.83 V probe after 0, 1, 2, 3 operations at `amplitude` V (Fig. S4)."""
    cases = [[*_operation(neuron, conditions, amplitude) * n, _probe(neuron)] for n in range(4)]
    return run_curve(neuron, conditions, f"pulses at {amplitude:g} V", "", [0.0, 1.0, 2.0, 3.0], cases, n_jobs=n_jobs)
