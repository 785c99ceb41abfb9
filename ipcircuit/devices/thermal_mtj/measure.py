"""The device measurements of Liu et al. on the declaration: firing probability, midpoint, heating, cooling.

All run `mtj_thermal` in mean-field mode, voltage-driven as in the published pulse measurements (no divider).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import least_squares

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import Trajectory, integrate
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.pulses import Pulse, Segment, waveform

States = Mapping[str, np.ndarray]
CYCLE = Cycle()
PROBE_AMPLITUDE = 0.83  # V, Methods: standard read pulse of the heating and cooling measurements
PRE_PULSE = Pulse(0.9, 500e-9, 20e-9, 20e-9)  # Fig. 2f,g
SATURATING_AMPLITUDE = 0.93  # V, Methods (the caption of Fig. S2 says 0.9 V)
_STEP = 0.5e-9


def apply(device: Device, segments: Sequence[Segment], states: States | None = None, scale: object = 1.0) -> Trajectory:
    """Drive the device with `segments`, amplitudes times `scale` (scalar or batch)."""
    drive = waveform(segments)
    stop = sum(s.duration for s in segments)
    factor = np.asarray(scale, float)
    return integrate(device, "mean_field", lambda t: factor * drive(t), stop, step=_STEP, states=states)


def last(trajectory: Trajectory) -> dict[str, np.ndarray]:
    """The states at the end of a run."""
    return {name: values[-1] for name, values in trajectory.states.items()}


def reset(device: Device, states: States, delay: float = 0.0) -> dict[str, np.ndarray]:
    """The states after a reset pulse and `delay` s without drive; amplitude does not depend on the batch."""
    segments: list[Segment] = [CYCLE.reset_pulse()]
    return cool(device, last(apply(device, segments, states)), delay)


def cool(device: Device, states: States, delay: object) -> dict[str, np.ndarray]:
    """Exact decay of the thermal poles over `delay` s (scalar or array) without drive."""
    values, t = device.values(), np.asarray(delay, float)
    return {
        "ap": np.asarray(states["ap"]) + 0 * t,
        "t_fast": states["t_fast"] * np.exp(-t / values["tau_fast"]),
        "t_slow": states["t_slow"] * np.exp(-t / values["tau_slow"]),
    }


def firing_probability(device: Device, amplitude: object, states: States | None = None) -> np.ndarray:
    """P_sw after one set pulse of `amplitude` V (batch), starting from `states` (default: cold, P)."""
    return last(apply(device, [CYCLE.set_pulse(1.0)], states, amplitude))["ap"]


def logit(p: object) -> np.ndarray:
    value = np.asarray(p, float)
    return np.log(value / (1 - value))


@cache
def sigmoid_fit(device: Device) -> tuple[float, float, float]:
    """Slope k (1/V) and midpoint x0 (V) of the cold firing curve, and its largest deviation from that sigmoid.

    They differ from `k_set` and `x0_set`, because the pulse heats the device while it is on.
    """
    volts = np.linspace(0.5, 1.0, 51)
    p = firing_probability(device, volts)
    start = (device.values()["k_set"], device.values()["x0_set"])
    fit = least_squares(lambda q: 1 / (1 + np.exp(-q[0] * (volts - q[1]))) - p, start, x_scale=(40.0, 0.01))
    return float(fit.x[0]), float(fit.x[1]), float(np.abs(fit.fun).max())


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
    heated = last(apply(device, [CYCLE.set_pulse(1.0)], None, amplitudes))
    after = reset(device, heated, CYCLE.delay)
    return midpoint(device) - midpoint(device, after)


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


def pre_pulse_states(device: Device) -> dict[str, np.ndarray]:
    """States right after the pre-pulse (0.9 V, 500 ns) and its reset."""
    return reset(device, last(apply(device, [PRE_PULSE])))


@cache
def pre_pulse(device: Device, base: float = 0.095) -> PrePulse:
    """Fig. 2f,g at the amplitude where the cold device fires with probability `base` (not stated)."""
    amplitude = np.asarray(PROBE_AMPLITUDE)
    for _ in range(5):
        amplitude = amplitude + (logit(base) - logit(firing_probability(device, amplitude))) / device.values()["k_set"]
    hot = pre_pulse_states(device)
    both = {name: np.stack([hot[name], cool(device, hot, 200e-9)[name]]) for name in hot}
    after = firing_probability(device, np.stack([amplitude, amplitude]), both)
    return PrePulse(float(amplitude), float(firing_probability(device, amplitude)), float(after[0]), float(after[1]))


def saturated_states(device: Device, pulses: int = 5) -> dict[str, np.ndarray]:
    """States after `pulses` cycles at 0.93 V (Fig. S2)."""
    states: dict[str, np.ndarray] | None = None
    for _ in range(pulses):
        heated = last(apply(device, [CYCLE.set_pulse(SATURATING_AMPLITUDE)], states))
        states = reset(device, heated, CYCLE.delay)
    assert states is not None
    return states


def cooling_curve(device: Device, delays: np.ndarray) -> np.ndarray:
    """Δx0 (V) against cooling time (s) after five pulses, as the probe at 0.83 V sees it (Fig. S2)."""
    states = cool(device, saturated_states(device), delays)
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
