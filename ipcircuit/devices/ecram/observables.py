"""What a laboratory measures on an ECRAM, predicted by its declaration.

The edges of a pulse are integrated. At a constant gate voltage, and without one, the declaration's derivatives are
linear in the poles, and what follows is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.declaration.python import render_python
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import MODE
from ipcircuit.fitting.observable import Observable, Quantity

_POLES = ("r_fast", "r_slow")
_FEWEST_STEPS, _MOST_STEPS = 20, 8000  # of an edge of the gate pulse: 1e-5 of its step, which a test holds
_STEPS_PER_TIME_CONSTANT = 4
_APART = 1e-7  # of eigenvalues that would coincide
_MOST_PULSES = 1000
_LIMIT = 1.5  # V, of the declaration
Values = Mapping[str, Any]
States = dict[str, Any]


def _evaluated(device: Device, values: Values, gate: Any, states: Mapping[str, Any]) -> dict[str, Any]:
    return render_python(device, MODE).evaluate({"v(g,s)": gate, "v(d,s)": 0.0}, states, values)


def _relaxed(device: Device, values: Values, states: States, time: Any) -> States:
    """The poles after `time` s without gate voltage."""
    out = _evaluated(device, values, 0.0, dict.fromkeys(_POLES, 1.0))
    return {name: states[name] * np.exp(out[f"d_{name}"] * time) for name in _POLES}


def _pulsed(device: Device, values: Values, states: States, at: Mapping[str, np.ndarray]) -> States:
    """The poles after one gate pulse, a trapezoid; not a number where an edge is too slow to be integrated."""
    amplitude, edge, plateau = at["amplitude"], at["edge"], at["plateau"]
    after = _edge(device, values, states, edge, 0.0 * amplitude, amplitude)
    after = _held(device, values, after, amplitude, plateau)
    return _edge(device, values, after, edge, amplitude, 0.0 * amplitude)


def _edge(
    device: Device, values: Values, states: States, duration: np.ndarray, start: np.ndarray, end: np.ndarray
) -> States:
    """The poles after a linear change of the gate voltage."""
    if not duration.any():
        return states
    matrix, _ = _linear(device, values, start + end)
    wanted = _STEPS_PER_TIME_CONSTANT * float(np.nanmax(np.abs(matrix))) * float(duration.max())
    if wanted > _MOST_STEPS:
        return {name: states[name] + np.nan * duration for name in _POLES}
    slope = (end - start) / np.maximum(duration, 1e-15)
    step = float(duration.max()) / max(_FEWEST_STEPS, wanted)
    return integrate(
        device,
        MODE,
        lambda t: start + slope * t,
        duration,
        step=step,
        states=states,
        parameters=values,
        extra_voltages={"v(d,s)": 0.0},
    ).last


def _linear(device: Device, values: Values, gate: Any) -> tuple[np.ndarray, np.ndarray]:
    """Matrix A (…, 2, 2), 1/s, and vector b (…, 2), ohm/s, of dx/dt = A x + b at a constant gate voltage.

    Read off from the declaration, whose derivatives are linear in the poles there.
    """
    out = [
        _evaluated(device, values, gate, dict(zip(_POLES, x, strict=True)))
        for x in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    ]
    rest, fast, slow = (np.stack(np.broadcast_arrays(*(row[f"d_{n}"] for n in _POLES)), -1) for row in out)
    return np.stack([fast - rest, slow - rest], -1), rest


def _held(device: Device, values: Values, states: States, gate: np.ndarray, duration: np.ndarray) -> States:
    """The poles after a constant gate voltage: x + t f(A t) (A x + b) with f(z) = (exp(z) - 1) / z."""
    matrix, drive = _linear(device, values, gate)
    x = np.stack(np.broadcast_arrays(*(states[name] for name in _POLES)), -1)
    m = matrix * duration[:, None, None]
    half, apart = (m[..., 0, 0] + m[..., 1, 1]) / 2, (m[..., 0, 0] - m[..., 1, 1]) / 2
    root = np.maximum(np.sqrt(np.maximum(apart**2 + m[..., 0, 1] * m[..., 1, 0], 0.0)), _APART * (1 + np.abs(half)))
    low, high = half - root, half + root
    f_low, f_high = (np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z)) for z in (low, high))
    change = duration[:, None] * (np.einsum("...ij,...j->...i", matrix, x) + drive)
    rest = np.einsum("...ij,...j->...i", m, change) - low[..., None] * change
    after = x + f_low[..., None] * change + ((f_high - f_low) / (high - low))[..., None] * rest
    return {name: after[..., i] for i, name in enumerate(_POLES)}


def _after_train(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> States:
    """The poles `time` s after the last pulse of each datum's train, from rest.

    Data with the same pulses share the trains: those differ in few.
    """
    names = ("pulses", "amplitude", "plateau", "edge", "interval")
    trains, which = np.unique(np.stack([at[name] for name in names]), axis=1, return_inverse=True)
    train: dict[str, np.ndarray] = dict(zip(names, trains, strict=True))
    states: States = dict.fromkeys(_POLES, np.zeros(trains.shape[1]))
    idle = np.maximum(train["interval"] - train["plateau"] - 2 * train["edge"], 0.0)
    for number in range(int(train["pulses"].max())):
        rested = _relaxed(device, values, states, idle) if number else states
        after = _pulsed(device, values, rested, train)
        states = {name: np.where(number < train["pulses"], after[name], states[name]) for name in _POLES}
    return _relaxed(device, values, {name: x[..., which.reshape(-1)] for name, x in states.items()}, at["time"])


def _resistance(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    return _evaluated(device, values, 0.0, _after_train(device, values, at))["resistance"]


def _retention(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    """One pulse fills the poles by their shares; what is left of their sum."""
    driven = _evaluated(device, values, at["amplitude"], dict.fromkeys(_POLES, 0.0))
    filled = {name: driven[f"d_{name}"] for name in _POLES}
    left = _relaxed(device, values, filled, at["time"])
    return np.asarray(sum(left.values()) / sum(filled.values()))


def _gate_current(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    return _evaluated(device, values, at["voltage"], dict.fromkeys(_POLES, 0.0))["ion_current"]


def _pulse_step(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    """Displaced resistance of one pulse from rest, relaxation during it aside: both time constants without end."""
    still = {**values, "tau_fast": 1e30, "tau_slow": 1e30}
    states = _pulsed(device, still, dict.fromkeys(_POLES, 0.0), at)
    return abs(states["r_fast"] + states["r_slow"])


def _pulse(amplitude: float | None) -> tuple[Quantity, ...]:
    return (
        Quantity("amplitude", "V", "gate voltage of a pulse", amplitude, -_LIMIT, _LIMIT),
        Quantity("plateau", "s", "plateau of a pulse", GATE_PULSE.plateau, 1e-12, 1e3),
        Quantity("edge", "s", "rise and fall of a pulse", GATE_PULSE.rise, 0.0, 1.0),
    )


_TIME = Quantity("time", "s", "since the end of the last pulse", None, 0.0, 1e9)
OBSERVABLES = (
    Observable(
        "resistance_after_pulses",
        "channel resistance against time after gate pulses from rest: response and relaxation",
        Quantity("resistance", "ohm", "channel resistance at low bias", None, 1e-3),
        (
            _TIME,
            *_pulse(GATE_PULSE.amplitude),
            Quantity("pulses", "", "number of gate pulses", 1.0, 0.0, _MOST_PULSES, whole=True),
            Quantity("interval", "s", "from pulse to pulse", 1e-6, 0.0, 1e6),
        ),
        _resistance,
    ),
    Observable(
        "retention",
        "share of the volatile change that is left, against time after a pulse",
        Quantity("share", "", "change of resistance over that right after the pulse"),
        (_TIME, Quantity("amplitude", "V", "gate voltage of the pulse", GATE_PULSE.amplitude, -_LIMIT, _LIMIT)),
        _retention,
    ),
    Observable(
        "pulse_step",
        "size of the change of resistance by one short gate pulse from rest, without its relaxation",
        Quantity("change", "ohm", "size of the change", None, 0.0),
        _pulse(GATE_PULSE.amplitude),
        _pulse_step,
    ),
    Observable(
        "gate_current",
        "ionic current of the gate at rest against gate voltage",
        Quantity("current", "A", "into the gate"),
        (Quantity("voltage", "V", "gate voltage", None, -_LIMIT, _LIMIT),),
        _gate_current,
    ),
)
