"""What a laboratory measures on an orthogonal junction, predicted by its declaration.

The free layer's own motion takes picoseconds to nanoseconds; what is measured of it here is what follows a release:
the projection oscillates and settles, at a rate that damping and anisotropy give.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.declaration.python import render_python
from ipcircuit.devices.orthogonal_mtj.device import AXES, MODE
from ipcircuit.fitting.observable import Observable, Quantity

_STEP = 1e-12  # s: a precession at 30 GHz takes 33 of them
_LONGEST = 20e-9  # s, of a release
_LIMIT = 1.2  # V, of the declaration
Values = Mapping[str, Any]


def _across(pinned: Mapping[str, Any]) -> dict[str, Any]:
    """A unit vector across the pinned layer's: towards T, or W where that is along T."""
    along_t = np.abs(pinned["t"]) > 0.9
    other = {"w": np.where(along_t, 1.0, 0.0), "l": 0.0, "t": np.where(along_t, 0.0, 1.0)}
    overlap = sum(other[axis] * pinned[axis] for axis in AXES)
    rest = {axis: other[axis] - overlap * pinned[axis] for axis in AXES}
    length = np.sqrt(sum(x * x for x in rest.values()))
    return {axis: x / length for axis, x in rest.items()}


def _resistance(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    pinned = {axis: values[f"pinned_{axis}"] for axis in AXES}
    across, u = _across(pinned), at["projection"]
    m = {f"m_{axis}": u * pinned[axis] + np.sqrt(1 - u * u) * across[axis] for axis in AXES}
    return render_python(device, MODE).evaluate({"v(p,n)": at["voltage"]}, m, values)["resistance"]


def _release(device: Device, values: Values, at: Mapping[str, np.ndarray]) -> np.ndarray:
    """All data with one start share an integration up to the latest; between its steps the projection is a line."""
    starts, which = np.unique(np.stack([at["polar"], at["azimuth"]]), axis=1, return_inverse=True)
    begin = {**values, "initial_polar": starts[0], "initial_azimuth": starts[1]}
    stop = max(float(at["time"].max()), _STEP)
    run = integrate(device, MODE, lambda t: np.zeros(starts.shape[1]), stop, step=_STEP, parameters=begin, keep_every=1)
    pinned = {axis: values[f"pinned_{axis}"] for axis in AXES}
    projection = np.asarray(sum(run.states[f"m_{axis}"] * pinned[axis] for axis in AXES))
    position = at["time"] / stop * (len(run.time) - 1)
    below = np.minimum(position.astype(int), len(run.time) - 2)
    share, column = position - below, which.reshape(-1)
    kept = np.moveaxis(projection, 0, -1)  # (…, starts, steps)
    return (1 - share) * kept[..., column, below] + share * kept[..., column, below + 1]


OBSERVABLES = (
    Observable(
        "resistance",
        "resistance against bias, at a projection on the pinned layer",
        Quantity("resistance", "ohm", "voltage over current", None, 1e-3),
        (
            Quantity("voltage", "V", "bias", None, -_LIMIT, _LIMIT),
            Quantity("projection", "", "1 along the pinned layer (low resistance), -1 against it", None, -1.0, 1.0),
        ),
        _resistance,
    ),
    Observable(
        "release",
        "projection against time after release from an angle, without current",
        Quantity("projection", "", "membrane potential, m · p", None, -1.5, 1.5),
        (
            Quantity("time", "s", "since the release", None, 0.0, _LONGEST),
            Quantity("polar", "rad", "angle from +T at the release", 0.5, 0.0, float(np.pi)),
            Quantity("azimuth", "rad", "of its part across T from +W towards +L", 0.0, -float(np.pi), float(np.pi)),
        ),
        _release,
    ),
)
