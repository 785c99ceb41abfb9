"""The device measurements of Liu et al. on the declaration: firing probability, midpoint, heating, cooling.

All drive `mtj_thermal` by a voltage, as in the published pulse measurements (no divider): in mean-field mode, and the
pre-pulse measurement in sampled mode too, as an experimenter sees it. There each set pulse has its own exponential
variate, and a device that switches early heats less from then on; the mean over such trajectories is what mean-field
mode computes in one go, so the two check each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.pulses import Pulse, Segment, waveform
from ipcircuit.statistics import wilson_interval

States = Mapping[str, np.ndarray]
CYCLE = Cycle()
PROBE_AMPLITUDE = 0.83  # V, Methods: standard read pulse of the heating and cooling measurements
PRE_PULSE = Pulse(0.9, 500e-9, 20e-9, 20e-9)  # Fig. 2f,g
SATURATING_AMPLITUDE = 0.93  # V, Methods (the caption of Fig. S2 says 0.9 V)
COOLING = 200e-9  # s, Fig. 2g
_TAUS = {"t_fast": "tau_fast", "t_slow": "tau_slow"}


def apply(
    device: Device,
    segments: Sequence[Segment],
    states: States | None = None,
    scale: object = 1.0,
    variate: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """States after driving the device with `segments`, amplitudes times `scale` (scalar or batch).

    Mean-field, or sampled with a `variate` per device: the state is AP where `hazard` exceeds it.
    """
    drive, factor = waveform(segments), np.asarray(scale, float)
    stop = sum(s.duration for s in segments)
    mode, step, extra = ("mean_field", 0.5e-9, {}) if variate is None else ("sampled", 1e-9, {"v(variate)": variate})
    run = integrate(device, mode, lambda t: factor * drive(t), stop, step=step, states=states, extra_voltages=extra)
    return run.last


def reset(device: Device, states: States, delay: float = 0.0) -> dict[str, np.ndarray]:
    """The states after a reset pulse and `delay` s without drive; amplitude does not depend on the batch."""
    return cool(device, apply(device, [CYCLE.reset_pulse()], states), delay)


def cool(
    device: Device, states: States, delay: object, values: Mapping[str, Any] | None = None
) -> dict[str, np.ndarray]:
    """Exact decay of the thermal poles over `delay` s (scalar or array) without drive.

    `values` replace the device's; scalars or of the batch's shape.
    """
    p, t = {**device.values(), **(values or {})}, np.asarray(delay, float)
    return {name: x * np.exp(-t / p[_TAUS[name]]) if name in _TAUS else x + 0 * t for name, x in states.items()}


def firing_probability(device: Device, amplitude: object, states: States | None = None) -> np.ndarray:
    """P_sw after one set pulse of `amplitude` V (batch), starting from `states` (default: cold, P)."""
    return apply(device, [CYCLE.set_pulse(1.0)], states, amplitude)["ap"]


def logit(p: object) -> np.ndarray:
    value = np.asarray(p, float)
    return np.log(value / (1 - value))


def fit_sigmoid(device: Device, volts: np.ndarray, p: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Slope k (1/V) and midpoint x0 (V) of a cold firing curve, and its deviation from that sigmoid, of its shape.

    They differ from `k_set` and `x0_set`, because the pulse heats the device while it is on.
    """
    start = (device.values()["k_set"], device.values()["x0_set"])
    fit = least_squares(lambda q: 1 / (1 + np.exp(-q[0] * (volts - q[1]))) - p, start, x_scale=(40.0, 0.01))
    return float(fit.x[0]), float(fit.x[1]), fit.fun


@cache
def sigmoid_fit(device: Device) -> tuple[float, float, float]:
    """`fit_sigmoid` of the device alone, with the largest deviation."""
    volts = np.linspace(0.5, 1.0, 51)
    slope, middle, off = fit_sigmoid(device, volts, firing_probability(device, volts))
    return slope, middle, float(np.abs(off).max())


def midpoint(device: Device, states: States | None = None) -> np.ndarray:
    """Amplitude (V) at which half of the devices fire, from given thermal states (batch)."""
    slope = device.values()["k_set"]
    shape = np.broadcast_shapes(*(np.shape(v) for v in (states or {"ap": 0.0}).values()))
    volts = np.full(shape, PROBE_AMPLITUDE)
    for _ in range(5):  # Newton on the logit, which is close to a straight line of slope k
        volts = volts - logit(firing_probability(device, volts, states)) / slope
    return volts


def shift_after_pulse(device: Device, amplitudes: np.ndarray) -> np.ndarray:
    """Midpoint shift Δx0 (V) in the cycle after one full cycle at each amplitude (Fig. S1)."""
    heated = apply(device, [CYCLE.set_pulse(1.0)], None, amplitudes)
    return midpoint(device) - midpoint(device, reset(device, heated, CYCLE.delay))


def published_shift(amplitudes: np.ndarray) -> np.ndarray:
    """Fig. S1: Δx0 = 0.0082 V² + 0.0087 V."""
    return 0.0082 * amplitudes**2 + 0.0087 * amplitudes


@dataclass(frozen=True)
class PrePulse:
    """Firing probability at one amplitude: cold, right after the 500 ns pre-pulse and its reset, and 200 ns later."""

    amplitude: float
    base: float
    heated: float
    cooled: float


@cache
def pre_pulse(device: Device, base: float = 0.095) -> PrePulse:
    """Fig. 2f,g at the amplitude where the cold device fires with probability `base` (not stated)."""
    amplitude = np.asarray(PROBE_AMPLITUDE)
    for _ in range(5):
        amplitude = amplitude + (logit(base) - logit(firing_probability(device, amplitude))) / device.values()["k_set"]
    hot = reset(device, apply(device, [PRE_PULSE]))
    both = {name: np.stack([hot[name], cool(device, hot, COOLING)[name]]) for name in hot}
    after = firing_probability(device, np.stack([amplitude, amplitude]), both)
    return PrePulse(float(amplitude), float(firing_probability(device, amplitude)), float(after[0]), float(after[1]))


@dataclass(frozen=True)
class Frequency:
    """How often `samples` devices fired: count, share, and the Wilson interval of the probability behind it."""

    fired: int
    samples: int
    probability: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class SampledPrePulse:
    """`PrePulse` counted over random trajectories, made with `seed`."""

    amplitude: float
    base: Frequency
    heated: Frequency
    cooled: Frequency
    seed: int


@cache
def sampled_pre_pulse(
    device: Device, samples: int = 10_000, seed: int = 20260101, confidence: float = 0.99
) -> SampledPrePulse:
    """Fire `samples` devices cold, right after the pre-pulse (0.9 V, 500 ns) and its reset, and 200 ns later.

    Every device goes through the pre-pulse and its reset with a variate of its own and carries its temperatures (K)
    over to the probe, which has another. The probe's amplitude (V) is that of `pre_pulse`.

    Raises:
        InputError: no samples, or a confidence outside 0 … 1.
    """
    wilson_interval(0, samples, confidence)  # refuses bad counts before anything runs
    amplitude = pre_pulse(device).amplitude
    before, *probes = np.random.default_rng(seed).exponential(size=(4, samples))
    hot = apply(device, [PRE_PULSE, CYCLE.reset_pulse()], variate=before)
    results = []
    for start, variate in zip(({}, hot, cool(device, hot, COOLING)), probes, strict=True):
        hazard = apply(device, [CYCLE.set_pulse(amplitude)], start, variate=variate)["hazard"]
        fired = int(np.count_nonzero(hazard > variate))
        results.append(Frequency(fired, samples, fired / samples, wilson_interval(fired, samples, confidence)))
    return SampledPrePulse(amplitude, *results, seed=seed)


def cooling_curve(device: Device, delays: np.ndarray) -> np.ndarray:
    """Δx0 (V) against cooling time (s) after five cycles at 0.93 V, as the probe at 0.83 V sees it (Fig. S2)."""
    warm: dict[str, np.ndarray] = {}
    for _ in range(5):
        warm = reset(device, apply(device, [CYCLE.set_pulse(SATURATING_AMPLITUDE)], warm), CYCLE.delay)
    states = cool(device, warm, delays)
    probe = np.full(np.shape(delays), PROBE_AMPLITUDE)
    cold = logit(firing_probability(device, np.asarray(PROBE_AMPLITUDE)))
    return (logit(firing_probability(device, probe, states)) - cold) / sigmoid_fit(device)[0]


def break_point(delays: np.ndarray, shifts: np.ndarray) -> tuple[float, float, float]:
    """Least-squares fit of a continuous two-segment exponential: break (s) and both time constants (s).

    Like Fig. S2: ln Δx0 is piecewise linear with one break; residuals are taken in volts, not in logarithms. The
    curve is resampled to 10 ns first, because a break between two samples moves freely and gives false minima.
    """
    log_shift = CubicSpline(np.asarray(delays) * 1e6, np.log(np.asarray(shifts) / shifts[0]))
    us = np.arange(delays[0] * 1e6, delays[-1] * 1e6 + 1e-9, 0.01)
    curve = np.exp(log_shift(us))

    def residual(q: np.ndarray) -> np.ndarray:
        log_amplitude, rate_1, rate_2, knee = q
        slow = -rate_1 * np.minimum(us, knee) - rate_2 * np.maximum(us - knee, 0)
        return np.exp(log_amplitude + slow) - curve

    bounds = ([-2, 0, 0, us[0]], [2, 50, 50, us[-1]])
    fits = [least_squares(residual, (0.0, 3.0, 0.7, knee), bounds=bounds) for knee in (0.3, 0.6, 1.2)]
    best = min(fits, key=lambda fit: fit.cost)
    return float(best.x[3]) * 1e-6, 1e-6 / float(best.x[1]), 1e-6 / float(best.x[2])


BREAK_DELAYS = np.concatenate([np.arange(0, 1000, 100), np.arange(1000, 5001, 250)]) * 1e-9
