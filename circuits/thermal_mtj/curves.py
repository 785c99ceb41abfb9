"""Transfer curves of an MTJ neuron in ngspice: firing probability against voltage, pre-heating, cooling and history.

Mean-field junctions make one run per point enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.conditions import Analysis, transient_deck
from circuits.thermal_mtj.cycle import MEAN, add_replica
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE
from ipcircuit.pulses import Idle, Pulse, Segment, waveform
from ipcircuit.spice.jobs import Job, transients

VOLTS = np.linspace(0.5, 1.0, 26)
PRE_HEATING = np.array([50, 100, 200, 300, 400, 500]) * 1e-9  # s
COOLING = np.array([0, 100, 200, 400, 700, 1000, 2000]) * 1e-9  # s
SEQUENCES = tuple(itertools.product((0, 1), repeat=4))  # of Fig. S3, oldest step first
SEQUENCE_AMPLITUDE = 0.85  # V, Fig. S3
PRE_HEAT_PROBE = 0.783  # V; a cold device fires with about 9.5 % there (Liu et al. do not state its voltage)


@dataclass(frozen=True)
class Curve:
    """A swept quantity, and the pulses after which the firing probability is read.

    Attributes:
        name, unit, x: of the swept quantity, shape (n,).
        histories: by point, the voltage at the neuron's input.
        labels: text per point (sequences), else empty.
    """

    name: str
    unit: str
    x: np.ndarray
    histories: Sequence[Sequence[Segment]]
    labels: tuple[str, ...] = ()

    def simulate(
        self, neuron: MtjNeuron, conditions: ThermalMtjConditions, n_jobs: int | None = None
    ) -> dict[str, np.ndarray]:
        """Firing probability by junction label at the end of each history's last pulse, shape (n,)."""
        points = zip(self.x, self.histories, strict=True)
        jobs = [_job(neuron, conditions, pulses, f"{self.name} {x:g} {self.unit}") for x, pulses in points]
        runs = transients(jobs, n_jobs=n_jobs)
        nodes = {half.label: f"x{MEAN}.xmtj{half.suffix}.ap" for half in neuron.halves}
        return {label: np.array([float(run[node][-1]) for run in runs]) for label, node in nodes.items()}


def _job(neuron: MtjNeuron, conditions: ThermalMtjConditions, pulses: Sequence[Segment], condition: str) -> Job:
    """The mean-field neuron under `pulses` (V at its input)."""
    circuit = Circuit(f"{neuron.name}: {condition}")
    rest = tuple(False for _ in neuron.halves)
    add_replica(circuit, neuron, "mean_field", rest, conditions, waveform(pulses), MEAN)
    deck = transient_deck(circuit, conditions, Analysis(sum(s.duration for s in pulses)))
    return Job(neuron.name, condition, deck, tuple(f"x{MEAN}.xmtj{half.suffix}.ap" for half in neuron.halves))


def _probe(neuron: MtjNeuron, amplitude: float = PROBE_AMPLITUDE) -> Segment:
    return neuron.cycle.set_pulse(neuron.input_amplitude(amplitude))


def against_voltage(neuron: MtjNeuron) -> Curve:
    """A cold neuron against the set amplitude, V (Fig. 2e)."""
    return Curve("set amplitude", "V", VOLTS, [[_probe(neuron, float(v))] for v in VOLTS])


def _pre_heated(neuron: MtjNeuron, plateau: float, cooling: float) -> list[Segment]:
    pulse = Pulse(neuron.input_amplitude(PRE_PULSE.amplitude), plateau, PRE_PULSE.rise, PRE_PULSE.fall)
    reset = neuron.cycle.reset_pulse(neuron.reset_amplitude())
    return [pulse, reset, Idle(cooling), _probe(neuron, PRE_HEAT_PROBE)]


def against_pre_heating(neuron: MtjNeuron) -> Curve:
    """Right after a 0.9 V pre-pulse of each length, s (Fig. 2f)."""
    return Curve("pre-heating", "s", PRE_HEATING, [_pre_heated(neuron, float(t), 0.0) for t in PRE_HEATING])


def against_cooling(neuron: MtjNeuron) -> Curve:
    """After a 500 ns, 0.9 V pre-pulse and each cooling time, s (Fig. 2g)."""
    return Curve("cooling", "s", COOLING, [_pre_heated(neuron, PRE_PULSE.plateau, float(t)) for t in COOLING])


def cold_and_warm(neuron: MtjNeuron, conditions: ThermalMtjConditions, amplitudes: Sequence[float]) -> Curve:
    """A cold neuron at each set amplitude (V), then at the first of them one cycle after an operation at it."""
    first, *_ = amplitudes
    warm = _after_operations(neuron, conditions, [first], first)
    histories = [*([_probe(neuron, v)] for v in amplitudes), warm]
    return Curve("cold and warm", "", np.arange(len(histories), dtype=float), histories)


def fading(neuron: MtjNeuron, conditions: ThermalMtjConditions, amplitude: float, idle_cycles: Sequence[int]) -> Curve:
    """A probe at `amplitude` (V): cold, then after an operation at it and each number of idle cycles."""
    steps = [[], *([amplitude, *[0.0] * idle] for idle in idle_cycles)]
    histories = [_after_operations(neuron, conditions, amplitudes, amplitude) for amplitudes in steps]
    return Curve("fading", "", np.arange(len(histories), dtype=float), histories)


def _after_operations(
    neuron: MtjNeuron,
    conditions: ThermalMtjConditions,
    amplitudes: Sequence[float],
    probe: float = PROBE_AMPLITUDE,
) -> list[Segment]:
    """A probe (V) after an operation for each amplitude (V); 0 is an idle cycle."""
    volts = [neuron.input_amplitude(amplitude) if amplitude else 0.0 for amplitude in amplitudes]
    levels = {"read_amplitude": conditions.v_read, "reset": neuron.reset_amplitude()}
    return [*(s for v in volts for s in neuron.cycle.segments(v, **levels)), _probe(neuron, probe)]


def over_sequences(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Curve:
    """A 0.83 V probe after each four-step sequence of 0.85 V operations (Fig. S3)."""
    steps = [[SEQUENCE_AMPLITUDE * bit for bit in bits] for bits in SEQUENCES]
    labels = tuple("".join(map(str, bits)) for bits in SEQUENCES)
    histories = [_after_operations(neuron, conditions, amplitudes) for amplitudes in steps]
    return Curve("sequence", "", np.arange(16.0), histories, labels)


def over_pulses(neuron: MtjNeuron, conditions: ThermalMtjConditions, amplitude: float) -> Curve:
    """A 0.83 V probe after 0, 1, 2, 3 operations at `amplitude` V (Fig. S4)."""
    histories = [_after_operations(neuron, conditions, [amplitude] * n) for n in range(4)]
    return Curve(f"pulses at {amplitude:g} V", "", np.arange(4.0), histories)
