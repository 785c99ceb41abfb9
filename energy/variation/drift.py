"""How many kelvin of ambient drift erase the memory of the thermal MTJ neurons, and what a differential pair leaves.

The memory is a fall of the firing midpoint by a spike's heat, a few to fifteen millivolts. A warm room moves the same
midpoint. Here both are simulated, in the neurons' circuits: slope and midpoint from the firing probability at three set
amplitudes, over ambient temperatures around 27 °C; the memory from the probability after an operation. Drive, read and
references stay those of 27 °C. Three readings are compared:

    comparator              one junction, whose midpoint is all there is
    pair                    temporal less reference channel; the reference's midpoint falls with the room as declared
    pair, insensitive       the same if the reference junction did not feel the room at all: not measured either way

Kelvins are those of the junction's assumed thermal resistance (`ipcircuit.devices.thermal_mtj.ambient`); beside them
stands what thermally activated switching predicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from circuits.catalog import load
from circuits.thermal_mtj import curves
from circuits.thermal_mtj.check import drive_of
from circuits.thermal_mtj.neuron import MtjNeuron
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.variation.copies.outcome import csv_text
from ipcircuit.compact.thermal_mtj.reduce import sigmoid
from ipcircuit.devices.thermal_mtj.ambient import Agitation, agitation
from ipcircuit.devices.thermal_mtj.measure import logit
from ipcircuit.errors import InputError
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import Progress
from ipcircuit.units import NOMINAL_C

if TYPE_CHECKING:
    import pandas

COMPARATOR, PAIR, INSENSITIVE = "comparator", "pair", "pair, insensitive"
SHARES = (-1.0, -0.4, 0.0, 0.4, 1.0)  # of the span
PROBES = (0.0, 0.04, 0.08)  # V above the set amplitude
IDLE_CYCLES = (0, 1, 2, 3, 4)
TOLERATED = 0.1  # share of the signal that a drift may take, for the temperature control that follows; assumed


@dataclass(frozen=True)
class Channel:
    """One junction of one circuit over the ambient offsets, arrays of shape (offsets,).

    Attributes:
        midpoint: V, as the drive is designed. slope: 1/V.
        cold, warm: firing probability at the set amplitude, and after an operation at it.
        compact_V_K: fall of the compact model's midpoint per kelvin, V/K.
    """

    midpoint: np.ndarray
    slope: np.ndarray
    cold: np.ndarray
    warm: np.ndarray
    compact_V_K: float


@dataclass(frozen=True)
class Reading:
    """What one way of reading the memory makes of a warm room.

    Attributes:
        midpoint: V per offset, of the one channel or the difference of both.
        fall_V_K: its fall per kelvin at 27 °C, from ngspice; `compact_V_K` from the compact model.
        output: mean output (spikes per operation, temporal less reference) without memory, per offset.
        signal: by how much an operation before raises it, per offset.
        output_per_K, signal_per_K: their change per kelvin at 27 °C; the latter as a share.
    """

    name: str
    midpoint: np.ndarray
    fall_V_K: float
    compact_V_K: float
    output: np.ndarray
    signal: np.ndarray
    output_per_K: float
    signal_per_K: float

    def kelvin(self, signal_V: float) -> float:
        """Drift (K) that moves the midpoint by as much as a memory of `signal_V`."""
        return kelvin_erasing(signal_V, self.fall_V_K)


def kelvin_erasing(signal_V: float, fall_V_K: float) -> float:
    """Drift (K) at which a midpoint that falls by `fall_V_K` per kelvin has moved by a memory of `signal_V`."""
    return abs(signal_V / fall_V_K)


@dataclass(frozen=True)
class Drift:
    """The study's result.

    Attributes:
        amplitude_V: set amplitude at which all neurons work.
        offsets_K: ambient less 27 °C, ascending.
        signals_V: fall of the midpoint after an operation and `IDLE_CYCLES` idle cycles.
        predicted: what slope and midpoint say of the junction's barrier, and of its drift.
        resistance_K_W: thermal resistance that the kelvins are for; assumed by the fit.
    """

    amplitude_V: float
    offsets_K: tuple[float, ...]
    signals_V: tuple[float, ...]
    readings: tuple[Reading, ...]
    predicted: Agitation
    resistance_K_W: float

    def reading(self, name: str) -> Reading:
        """A reading by name."""
        return next(reading for reading in self.readings if reading.name == name)

    def rejection(self, name: str) -> float:
        """By how much less than a single junction's midpoint a reading moves."""
        return abs(self.reading(COMPARATOR).fall_V_K / self.reading(name).fall_V_K)

    def to_json(self) -> dict[str, Any]:
        """The ``study drift --json`` dictionary."""
        p = self.predicted
        return {
            "amplitude_V": self.amplitude_V,
            "offsets_K": list(self.offsets_K),
            "signals": [{"idle_cycles": n, "V": v} for n, v in zip(IDLE_CYCLES, self.signals_V, strict=True)],
            "readings": [self._reading(reading) for reading in self.readings],
            "predicted": {
                "stability": p.stability,
                "critical_V": p.critical_V,
                "fall_of_constant_barrier_V_per_K": p.constant_barrier_V_K,
                "fall_V_per_K": p.fall_V_K,
                "fitted_V_per_K": p.fitted_V_K,
                "thermal_resistance_K_per_W": self.resistance_K_W,
                "thermal_resistance_of_agreement_K_per_W": p.thermal_resistance(self.resistance_K_W),
            },
        }

    def _reading(self, reading: Reading) -> dict[str, Any]:
        first, last = self.signals_V[0], self.signals_V[-1]
        return {
            "reading": reading.name,
            "fall_V_per_K": reading.fall_V_K,
            "fall_of_compact_model_V_per_K": reading.compact_V_K,
            "rejection": self.rejection(reading.name),
            "kelvin_erasing_first": reading.kelvin(first),
            "kelvin_erasing_last": reading.kelvin(last),
            "kelvin_tolerated": TOLERATED * reading.kelvin(first),
            "output_per_K": reading.output_per_K,
            "signal_change_per_K": reading.signal_per_K,
            "midpoint_V": reading.midpoint.tolist(),
            "output": reading.output.tolist(),
            "signal": reading.signal.tolist(),
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each reading and offset."""
        return [
            {
                "reading": reading.name,
                "offset_K": kelvin,
                "midpoint_V": float(reading.midpoint[i]),
                "output": float(reading.output[i]),
                "signal": float(reading.signal[i]),
            }
            for reading in self.readings
            for i, kelvin in enumerate(self.offsets_K)
        ]

    def csv(self) -> str:
        """`rows` as CSV."""
        return csv_text(self.rows())

    def to_pandas(self) -> pandas.DataFrame:
        """`rows` as a frame."""
        import pandas

        return pandas.DataFrame(self.rows())


def drift(
    span_K: float = 10.0,
    overrides: Mapping[str, float] | None = None,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Drift:
    """Simulate comparator and differential neuron at ambient temperatures around 27 °C.

    Args:
        span_K: largest offset; the smaller ones are `SHARES` of it.
        overrides: settings of both circuits, as for `Testbench.configured`.

    Raises:
        InputError: no span, an unknown setting, or a temperature at which a law does not hold.
        SimulationError: a run failed.
    """
    if not span_K > 0:
        raise InputError("no span of temperatures", where="span", found=span_K, allowed="above 0 K")
    offsets = tuple(share * span_K for share in SHARES)
    single, pair = (_testbench(name, overrides or {}) for name in ("comparator", "differential"))
    benches = (single, pair, replace(pair, neuron=_insensitive(pair.neuron)))
    for bench in benches:
        for kelvin in (offsets[0], offsets[-1]):
            _at(bench, kelvin)  # what is out of range is said before anything is simulated
    found: list[list[Channel]] = []
    for done, bench in enumerate(benches):
        if progress is not None:
            progress(done, len(benches))
        found.append(_channels(bench, offsets, n_jobs))
    (alone,), both, other = found
    readings = (
        _reading(COMPARATOR, offsets, alone, None),
        _reading(PAIR, offsets, *both),
        _reading(INSENSITIVE, offsets, *other),
    )
    signals = _signals(single, float(alone.slope[offsets.index(0.0)]), n_jobs)
    device = single.neuron.halves[0].device
    resistance = device.values()["r_thermal"]
    return Drift(single.conditions.amplitude, offsets, signals, readings, agitation(device), resistance)


def _testbench(name: str, overrides: Mapping[str, float]) -> ThermalMtjTestbench:
    values: dict[str, Any] = dict(overrides)
    testbench = load(name).configured(**values)
    assert isinstance(testbench, ThermalMtjTestbench)
    return testbench


def _insensitive(neuron: MtjNeuron) -> MtjNeuron:
    """The pair whose reference junction's midpoint does not feel the room."""
    first, second = neuron.halves
    return replace(neuron, halves=(first, replace(second, device=second.device.with_parameters(ambient_shift=0.0))))


def _at(bench: ThermalMtjTestbench, kelvin: float) -> ThermalMtjTestbench:
    """The testbench, `kelvin` above 27 °C."""
    celsius = NOMINAL_C + kelvin
    return replace(bench, conditions=replace(bench.conditions, temperature_C=celsius)).at_ambient(celsius)


def _channels(bench: ThermalMtjTestbench, offsets: Sequence[float], n_jobs: int | None) -> list[Channel]:
    """Every junction of a circuit over the offsets, in the order of its halves."""
    volts = bench.conditions.amplitude + np.array(PROBES)
    at = [_at(bench, kelvin) for kelvin in offsets]
    runs = [
        curves.cold_and_warm(b.neuron, b.conditions, volts.tolist()).simulate(b.neuron, b.conditions, n_jobs)
        for b in at
    ]
    channels = []
    for half in bench.neuron.halves:
        p = np.array([run[half.label] for run in runs])  # (offsets, probes and the warm one)
        slope, start = np.polyfit(volts, logit(p[:, :-1]).T, 1)
        ends = [_compact_midpoint(b, half.label) for b in (at[0], at[-1])]
        fall = (ends[0] - ends[1]) / (offsets[-1] - offsets[0])
        channels.append(Channel(-start / slope, slope, p[:, 0], p[:, -1], fall))
    return channels


def _compact_midpoint(bench: ThermalMtjTestbench, label: str) -> float:
    """Midpoint (V) of the compact model of a junction in the circuit, cold."""
    half = next(half for half in bench.neuron.halves if half.label == label)
    drive = drive_of(bench.neuron, half, bench.conditions)
    return kept("thermal_mtj midpoint", lambda: sigmoid(half.device, drive)[1], half.device, drive)


def _signals(bench: ThermalMtjTestbench, slope: float, n_jobs: int | None) -> tuple[float, ...]:
    """Fall of the midpoint (V) after an operation and each number of idle cycles."""
    neuron, conditions = bench.neuron, bench.conditions
    curve = curves.fading(neuron, conditions, conditions.amplitude, IDLE_CYCLES)
    p = curve.simulate(neuron, conditions, n_jobs)[neuron.halves[0].label]
    return tuple(float(x) for x in (logit(p[1:]) - logit(p[0])) / slope)


def _reading(name: str, offsets: Sequence[float], channel: Channel, reference: Channel | None) -> Reading:
    zero = offsets.index(0.0)
    midpoint, output, compact = channel.midpoint, channel.cold, channel.compact_V_K
    if reference is not None:
        midpoint, output = midpoint - reference.midpoint, output - reference.cold
        compact = compact - reference.compact_V_K
    signal = channel.warm - channel.cold
    return Reading(
        name,
        midpoint,
        -_slope(offsets, midpoint),
        compact,
        output,
        signal,
        _slope(offsets, output),
        _slope(offsets, signal) / float(signal[zero]),
    )


def _slope(offsets: Sequence[float], values: np.ndarray) -> float:
    """Derivative at 27 °C, of a polynomial through all offsets."""
    degree = len(offsets) - 1  # follows a sigmoid over the span; a parabola is 13 % off in the memory's change
    return float(np.polyfit(offsets, values, degree)[degree - 1])
