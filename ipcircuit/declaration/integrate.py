"""Integrate a voltage-driven device's states under a piecewise-linear drive: many devices at once, or one precisely."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.python import initial_states, render_python
from ipcircuit.pulses import Waveform


@dataclass(frozen=True)
class Trajectory:
    """`time` (s, shape (n,)); `states` by name, of shape (n, *batch); `energy` is the integral of V·I (J, batch)."""

    time: np.ndarray
    states: Mapping[str, np.ndarray]
    energy: np.ndarray

    @property
    def last(self) -> dict[str, np.ndarray]:
        """The states at the end, each of the batch's shape."""
        return {name: values[-1] for name, values in self.states.items()}


def integrate(
    device: Device,
    mode: str,
    drive: Callable[[float], np.ndarray] | Waveform,
    stop: Any,
    *,
    step: float = 0.25e-9,
    states: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    extra_voltages: Mapping[str, Any] | None = None,
    keep_every: int | None = None,
    source_resistance: float = 0.0,
) -> Trajectory:
    """Fourth-order Runge-Kutta with a fixed step, vectorised over the batch.

    The device has one branch, driven by a voltage. Values are scalars or of the batch's shape.

    Args:
        drive: V(t) of the source; `source_resistance` (ohm) lies between it and the device.
        stop, step: s. A `stop` of the batch's shape gives each its own time, in equally many steps of at most `step`;
            `drive` then gets times of that shape, and `time` has it, too.
        states: initial values by name (default: the declaration's).
        parameters: values that replace the device's.
        extra_voltages: constant voltages of other terminals, e.g. ``{"v(variate)": …}``.
        keep_every: keep each n-th step in the result (default: only the last).
    """
    rendering = render_python(device, mode)
    values: dict[str, Any] = {**device.values(), **(parameters or {})}
    branch = rendering.mode.branches[0]
    key, current = f"v({branch.positive},{branch.negative})", f"i_{branch.positive}_{branch.negative}"
    names, others = rendering.state_names, dict(extra_voltages or {})

    def slope(t: float, y: list[Any]) -> tuple[list[Any], Any]:
        inner = dict(zip(names, y, strict=True))

        def current_at(volts: Any) -> Any:
            return rendering.currents({key: volts, **others}, inner, values)[current]

        v = _device_voltage(drive(t), source_resistance, current_at)
        out = rendering.evaluate({key: v, **others}, inner, values)
        return [out[f"d_{name}"] for name in names], v * out[current]

    start = {**initial_states(device, mode, values), **(states or {})}
    batch = np.broadcast_shapes(
        np.shape(drive(0.0)),
        np.shape(stop),
        *(np.shape(v) for v in [*start.values(), *others.values(), *(parameters or {}).values()]),
    )
    y: list[Any] = [np.broadcast_to(np.asarray(start[name], float), batch).copy() for name in names]
    count = max(1, round(float(np.max(stop)) / step))
    h, energy = stop / count, np.zeros(batch)
    times, kept = [0.0], [y]
    for i in range(count):
        t = i * h
        k1, p1 = slope(t, y)
        k2, p2 = slope(t + h / 2, [a + h / 2 * b for a, b in zip(y, k1, strict=True)])
        k3, p3 = slope(t + h / 2, [a + h / 2 * b for a, b in zip(y, k2, strict=True)])
        k4, p4 = slope(t + h, [a + h * b for a, b in zip(y, k3, strict=True)])
        y = [a + h / 6 * (b + 2 * c + 2 * d + e) for a, b, c, d, e in zip(y, k1, k2, k3, k4, strict=True)]
        energy = energy + h / 6 * (p1 + 2 * p2 + 2 * p3 + p4)
        if (keep_every and (i + 1) % keep_every == 0) or i + 1 == count:
            times.append(t + h)
            kept.append(y)
    stacked = {name: np.stack([row[j] for row in kept]) for j, name in enumerate(names)}
    return Trajectory(np.stack(np.broadcast_arrays(*times)), stacked, energy)


def _device_voltage(source: Any, resistance: float, current: Callable[[Any], Any]) -> Any:
    """Solve V + R·I(V) = V_source by secant steps; I(V) is close to a straight line, so two leave 1e-4 of it."""
    if resistance == 0:
        return source
    previous, v = np.zeros_like(source, float), 0.45 * np.asarray(source, float)
    miss_previous = previous + resistance * current(previous) - source
    for _ in range(2):
        miss = v + resistance * current(v) - source
        slope = np.where(miss == miss_previous, 1.0, (miss - miss_previous))
        step = np.where(miss == miss_previous, 0.0, miss * (v - previous) / slope)
        previous, miss_previous, v = v, miss, v - step
    return v
