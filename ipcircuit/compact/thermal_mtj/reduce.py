"""Reduce the MTJ's declaration under a pulse protocol to the discrete neuron that a network uses.

Nothing is fitted to a circuit simulation here: slope, midpoint and heating polynomial follow from the declaration's
equations integrated over one cycle, decay from its time constants. `ipcircuit check` then compares the result
with the circuit in ngspice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.devices.thermal_mtj.measure import fit_sigmoid
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.pulses import Segment, waveform

AMPLITUDES = np.linspace(0.5, 1.0, 26)
POLES = ("t_fast", "t_slow")
_TAUS = ("tau_fast", "tau_slow")
_STEP = 0.5e-9
_PROBE_HEAT = 5.0  # K; small against the tens of kelvin of operation, large against integration error


@dataclass(frozen=True)
class Drive:
    """How the device is driven: through `source_resistance` ohm (0 is directly), in cycles of `cycle`.

    `set_gain` is source volts per volt across a P-state device, `v_read` and `reset` are source volts.
    """

    cycle: Cycle
    source_resistance: float = 0.0
    set_gain: float = 1.0
    v_read: float = 0.0
    reset: float | None = None

    def segments(self, scale: float) -> list[Segment]:
        return self.cycle.segments(scale * self.set_gain, read_amplitude=self.v_read, reset=self.reset)


@dataclass(frozen=True)
class Reduction:
    """The discrete neuron and what was lost: RMS error of sigmoid (probability) and heating polynomial (V)."""

    parameters: ThermalNeuronParameters
    sigmoid_rms: float
    heating_rms_V: float


def _steps(stop: float) -> np.ndarray:
    """Beginning, middle and end of each step of an integration to `stop`, s."""
    return np.linspace(0.0, stop, 2 * max(1, round(stop / _STEP)) + 1)


def _integrate(
    device: Device, drive: Drive, source: np.ndarray, stop: float, **states: float | np.ndarray
) -> dict[str, np.ndarray]:
    """States at `stop` under source volts at `_steps` (time, batch), through the resistance of `drive`."""
    half = stop / (len(source) - 1)
    return integrate(
        device,
        "mean_field",
        lambda t: source[round(t / half)],
        stop,
        step=_STEP,
        states=states,
        parameters={"r_series": drive.source_resistance},
        source_resistance=drive.source_resistance,
    ).last


def _run(
    device: Device, drive: Drive, amplitudes: np.ndarray, stop: float, **states: float | np.ndarray
) -> dict[str, np.ndarray]:
    """States at `stop` for a batch of set amplitudes; reads and resets do not scale with the amplitude."""
    time = _steps(stop)[:, None]
    source = np.where(time <= drive.cycle.set_end, amplitudes, 1.0) * waveform(drive.segments(1.0))(time)
    return _integrate(device, drive, source, stop, **states)


def firing(device: Device, drive: Drive, amplitudes: np.ndarray, **states: float | np.ndarray) -> np.ndarray:
    """Firing probability of one set pulse from the given thermal states, scalars or of the amplitudes' shape."""
    return _run(device, drive, amplitudes, drive.cycle.set_end, **states)["ap"]


def heating(device: Device, drive: Drive, amplitudes: np.ndarray) -> np.ndarray:
    """Midpoint shift (V) per pole that one cycle from cold leaves for the next: shape (poles, amplitudes)."""
    if device.values()["midpoint_shift"] == 0:  # heat does not reach the midpoint: nothing to integrate
        return np.zeros((len(POLES), len(amplitudes)))
    return _shift(device, drive, _run(device, drive, amplitudes, drive.cycle.period))


def heating_by_length(device: Device, drive: Drive, amplitude: float, cycles: Sequence[Cycle]) -> np.ndarray:
    """Midpoint shift (V) per pole that one cycle of each kind leaves for one of `drive`'s: shape (poles, cycles).

    All are integrated at once and end together, so that the shorter ones begin later, at rest until then.
    """
    if device.values()["midpoint_shift"] == 0:
        return np.zeros((len(POLES), len(cycles)))
    stop = max(cycle.period for cycle in cycles)
    waves = [waveform(replace(drive, cycle=c).segments(amplitude), max(stop - c.period, 0.0)) for c in cycles]
    source = np.stack([wave(_steps(stop)) for wave in waves], 1)
    return _shift(device, drive, _integrate(device, drive, source, stop))


def _shift(device: Device, probe: Drive, after: dict[str, np.ndarray]) -> np.ndarray:
    """Midpoint shift (V) that thermal states cause in a cycle of `probe`, a row per pole."""
    return np.stack([each * after[pole] for each, pole in zip(sensitivities(device, probe), POLES, strict=True)])


@cache
def sensitivities(device: Device, drive: Drive) -> tuple[float, ...]:
    """Midpoint shift (V/K) that each pole's temperature at the start of a cycle causes (it decays during the pulse)."""
    if device.values()["midpoint_shift"] == 0:
        return (0.0,) * len(POLES)
    slope, midpoint, _ = sigmoid(device, drive)
    warm = {pole: _PROBE_HEAT * (np.arange(len(POLES) + 1) == i + 1) for i, pole in enumerate(POLES)}
    p = firing(device, drive, np.full(len(POLES) + 1, midpoint), **warm)
    logit = np.log(p / (1 - p))
    return tuple(float(x) for x in (logit[1:] - logit[0]) / slope / _PROBE_HEAT)


@cache
def sigmoid(device: Device, drive: Drive) -> tuple[float, float, float]:
    """Slope (1/V), midpoint (V) and RMS residual of the cold firing curve."""
    slope, midpoint, off = fit_sigmoid(device, AMPLITUDES, firing(device, drive, AMPLITUDES))
    return slope, midpoint, float(np.sqrt(np.mean(off**2)))


@cache
def _cycle_heating(device: Device, drive: Drive) -> np.ndarray:
    """`heating` at `AMPLITUDES`, which either number of poles is fitted to."""
    return heating(device, drive, AMPLITUDES)


def reduce(device: Device, drive: Drive, poles: int = 2) -> Reduction:
    """The discrete neuron of `device` under `drive`, with two poles or one that stands for both.

    One pole keeps the heating of both and the decay over one period, weighted by the heating at mid-range.

    Raises:
        InputError: another number of poles.
    """
    if poles not in (1, 2):
        raise InputError("the device has two thermal poles", where="poles", found=poles, allowed="1 or 2")
    slope, midpoint, sigmoid_rms = sigmoid(device, drive)
    per_pole = _cycle_heating(device, drive)
    period = drive.cycle.period
    decay = [float(np.exp(-period / device.values()[tau])) for tau in _TAUS]
    if poles == 1:
        middle = per_pole[:, len(AMPLITUDES) // 2]
        weights = middle / middle.sum() if middle.sum() > 0 else np.array([1.0, 0.0])
        decay, per_pole = [float(weights @ np.array(decay))], per_pole.sum(0, keepdims=True)
    coefficients = [np.polynomial.polynomial.polyfit(AMPLITUDES, row, 2, w=_relative(row)) for row in per_pole]
    residual = [
        np.polynomial.polynomial.polyval(AMPLITUDES, c) - row for c, row in zip(coefficients, per_pole, strict=True)
    ]
    parameters = ThermalNeuronParameters(
        slope,
        midpoint,
        tuple(decay),
        *(tuple(float(c[i]) for c in coefficients) for i in (2, 1, 0)),
        period=period,
        valid=(float(AMPLITUDES[0]), float(AMPLITUDES[-1])),
        origin=f"reduced from {device.name} at {drive.source_resistance:g} ohm source resistance",
    )
    return Reduction(parameters, sigmoid_rms, float(np.sqrt(np.mean(np.square(np.sum(residual, 0))))))


def _relative(row: np.ndarray) -> np.ndarray:
    """Weights for a fit of the smallest relative error (the heating spans a factor of four over the amplitudes)."""
    return 1 / row if np.all(row > 0) else np.ones_like(row)
