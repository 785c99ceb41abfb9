"""What a laboratory measures on a thermal junction, predicted by its declaration.

Pulses are trapezoids across the junction, as in Liu et al. (Methods): a set pulse with `edge` on both sides of its
plateau, a reset between pulses. All data, and all devices of a fit, go through one integration each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.declaration.python import render_python
from ipcircuit.devices.thermal_mtj.measure import CYCLE, PRE_PULSE, cool, logit
from ipcircuit.fitting.observable import Observable, Quantity

MODE = "mean_field"
_EDGE_STEP, _PLATEAU_STEP = 1e-9, 5e-9  # s; together 1e-5 of a probability, which a test holds
_SHORTEST_STEP = 0.1e-9  # s
_NEWTON_STEPS = 4
_NO_BIAS = 1e-6  # V: the resistance at 0 is that at low bias
#: Where the shift of Fig. S1 is compared with its polynomial, V.
AMPLITUDES = np.linspace(0.5, 0.95, 10)
Values = Mapping[str, Any]
States = Mapping[str, Any]


def _pulse(device: Device, values: Values, states: States, amplitude: Any, plateau: Any, edge: Any) -> States:
    """States after a trapezoid of V and s, each a scalar or of the batch's shape."""
    stable = _stable_step(values, amplitude)
    for start, end, duration, step in (
        (0.0, amplitude, edge, _EDGE_STEP),
        (amplitude, amplitude, plateau, _PLATEAU_STEP),
        (amplitude, 0.0, edge, _EDGE_STEP),
    ):
        duration = np.asarray(duration, float)
        if not duration.any():
            continue
        slope = (np.asarray(end) - start) / np.maximum(duration, 1e-15)
        drive: Any = lambda t, start=start, slope=slope: start + slope * t  # noqa: E731
        states = integrate(device, MODE, drive, duration, step=min(step, stable), states=states, parameters=values).last
    return states


def _stable_step(values: Values, amplitude: Any) -> float:
    """Time (s) in which no hazard at these amplitudes (V) switches more than one device."""
    set_rate = values["k_set"] * np.maximum(amplitude, 0) / values["t_set"]
    reset_rate = values["k_reset"] * np.maximum(-np.asarray(amplitude), 0) / values["t_reset"]
    return max(_SHORTEST_STEP, 1 / max(float(np.max(set_rate)), float(np.max(reset_rate)), 1.0))


def _fired(device: Device, values: Values, states: States, at: Mapping[str, Any]) -> np.ndarray:
    """Probability of AP after the set pulse of `amplitude` and `width`, from given temperatures."""
    return _pulse(device, values, states, at["amplitude"], at["width"], at["edge"])["ap"]


def _heated(device: Device, values: Values, at: Mapping[str, Any]) -> States:
    """States after the pre-pulse, its reset and `delay` s without drive."""
    hot = _pulse(device, values, {}, at["pre_amplitude"], at["pre_width"], at["edge"])
    rest = np.maximum(at["reset_width"] - 2 * CYCLE.reset_edge, 0.0)
    reset = _pulse(device, values, hot, at["reset_amplitude"], rest, CYCLE.reset_edge)
    return cool(device, reset, at["delay"], values)


def _newton(device: Device, values: Values, states: States, at: Mapping[str, Any], target: Any) -> np.ndarray:
    """Amplitude (V) at which the device fires with probability `target`: the logit is close to a line of slope k."""
    volts = values["x0_set"] + 0.0 * np.asarray(at["width"])
    for _ in range(_NEWTON_STEPS):
        p = np.clip(_fired(device, values, states, {**at, "amplitude": volts}), 1e-9, 1 - 1e-9)
        volts = volts + (logit(target) - logit(p)) / values["k_set"]
    return volts


def _probability(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    return _fired(device, values, {}, at)


def _after_pulse(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    amplitude = at["amplitude"]
    if not amplitude.all():
        amplitude = np.where(amplitude == 0, _newton(device, values, {}, at, at["base"]), amplitude)
    return _fired(device, values, _heated(device, values, at), {**at, "amplitude": amplitude})


def _shift(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    warm = _newton(device, values, _heated(device, values, at), at, 0.5)
    probes, which = np.unique(
        np.stack(np.broadcast_arrays(np.atleast_1d(at["width"]), at["edge"])), axis=-1, return_inverse=True
    )
    cold = _newton(device, values, {}, {"width": probes[0], "edge": probes[1]}, 0.5)
    return cold[..., which.reshape(-1)] - warm


def _shift_size(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    cycle = {q.name: np.asarray(q.default) for q in _SHIFT_CONDITIONS if q.default is not None}
    shift = _shift(device, values, {**cycle, "pre_amplitude": AMPLITUDES})
    published = at["quadratic"][:, None] * AMPLITUDES**2 + at["linear"][:, None] * AMPLITUDES
    ratio = shift[..., None, :] / published
    return (ratio.max(-1) + ratio.min(-1)) / 2


def _resistance(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    states = {"ap": at["state"], "t_fast": 0.0, "t_slow": 0.0}
    volts = np.where(np.abs(at["voltage"]) < _NO_BIAS, _NO_BIAS, at["voltage"])
    currents = render_python(device, MODE).currents({"v(p,n)": volts}, states, {**values, "r_series": 0.0})
    return volts / currents["i_p_n"]


_LIMIT = 1.3  # V, of the declaration
_LONGEST, _LONGEST_EDGE = 1e-4, 1e-5  # s: ten thousands of steps
_EDGE = Quantity("edge", "s", "rise and fall of a set pulse", CYCLE.rise, 0.0, _LONGEST_EDGE)
_WIDTH = Quantity("width", "s", "plateau of the set pulse", CYCLE.plateau, 1e-12, _LONGEST)
_RESET = (
    Quantity("reset_amplitude", "V", "amplitude of the reset", CYCLE.reset_amplitude, -_LIMIT, 0.0),
    Quantity("reset_width", "s", "length of the reset", CYCLE.reset_width, 2 * CYCLE.reset_edge, _LONGEST),
)
_SHIFT_CONDITIONS = (
    Quantity("pre_amplitude", "V", "amplitude of the pulse that heats", None, 0.0, _LIMIT),
    Quantity("pre_width", "s", "plateau of the pulse that heats", CYCLE.plateau, 1e-12, _LONGEST),
    Quantity("delay", "s", "from the end of its reset to the probe", CYCLE.delay, 0.0, 1.0),
    _WIDTH,
    _EDGE,
    *_RESET,
)
OBSERVABLES = (
    Observable(
        "switching_probability",
        "share of set pulses that switch a cold junction from P to AP",
        Quantity("probability", "", "share that switched", None, 0.0, 1.0),
        (Quantity("amplitude", "V", "amplitude of the set pulse", None, -_LIMIT, _LIMIT), _WIDTH, _EDGE),
        _probability,
        counted=True,
    ),
    Observable(
        "probability_after_pulse",
        "the same after a heating pulse, a reset and a delay",
        Quantity("probability", "", "share that switched", None, 0.0, 1.0),
        (
            Quantity("delay", "s", "from the end of the reset to the probe", None, 0.0, 1.0),
            Quantity("amplitude", "V", "of the probe; 0: where a cold junction fires with `base`", 0.0, 0.0, _LIMIT),
            Quantity("base", "", "probability of a cold junction at that amplitude", 0.095, 1e-6, 1 - 1e-6),
            Quantity("pre_amplitude", "V", "amplitude of the pulse that heats", PRE_PULSE.amplitude, 0.0, _LIMIT),
            Quantity("pre_width", "s", "plateau of the pulse that heats", PRE_PULSE.plateau, 1e-12, _LONGEST),
            _WIDTH,
            _EDGE,
            *_RESET,
        ),
        _after_pulse,
        counted=True,
    ),
    Observable(
        "midpoint_shift",
        "fall of the amplitude that switches half of the pulses, after a heating pulse, its reset and a delay",
        Quantity("shift", "V", "midpoint cold less midpoint warm"),
        _SHIFT_CONDITIONS,
        _shift,
    ),
    Observable(
        "shift_size",
        "size of the midpoint shift after one cycle, 0.5 to 0.95 V, relative to a published polynomial",
        Quantity("ratio", "", "middle of largest and smallest ratio", None, 0.0),
        (
            Quantity("quadratic", "V/V²", "coefficient of the amplitude squared", None, 0.0),
            Quantity("linear", "V/V", "coefficient of the amplitude", None, 0.0),
        ),
        _shift_size,
    ),
    Observable(
        "resistance",
        "resistance of either state against bias",
        Quantity("resistance", "ohm", "voltage over current", None, 1e-3),
        (
            Quantity("voltage", "V", "bias", None, -_LIMIT, _LIMIT),
            Quantity("state", "", "0 is P, 1 is AP", None, 0.0, 1.0),
        ),
        _resistance,
    ),
)
