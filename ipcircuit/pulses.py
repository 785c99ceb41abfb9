"""Pulse protocols as piecewise-linear voltages: one description for ngspice sources, ODE integration and figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ipcircuit.errors import InputError

_STEP = 1e-15  # s; separates a jump's two points in a piecewise-linear source


@dataclass(frozen=True)
class Waveform:
    """A piecewise-linear signal: `times` (s, ascending) and `values` (V), both of shape (n,); constant outside."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def __call__(self, t: Any) -> Any:
        return np.interp(t, self.times, self.values)

    def scaled(self, factor: float) -> Waveform:
        return replace(self, values=tuple(factor * v for v in self.values))

    def spice(self) -> str:
        """``PWL(t v t v …)`` with plain floats."""
        return "PWL(" + " ".join(f"{t:.15g} {v:.15g}" for t, v in zip(self.times, self.values, strict=True)) + ")"


def trapezoids(intervals: Iterable[tuple[float, float]], level: float, edge: float) -> Waveform:
    """A signal at `level` in `intervals` (s) and 0 outside; each edge starts there and lasts `edge` s."""
    times, values = [0.0], [0.0]
    for begin, end in intervals:
        times += [begin, begin + edge, end, end + edge]
        values += [0.0, level, level, 0.0]
    return Waveform(tuple(times), tuple(values))


@dataclass(frozen=True)
class Pulse:
    """One trapezoid: `rise`, `plateau`, `fall` in s, `amplitude` in V."""

    amplitude: float
    plateau: float
    rise: float
    fall: float

    @property
    def duration(self) -> float:
        return self.rise + self.plateau + self.fall


@dataclass(frozen=True)
class Idle:
    """No drive for `duration` s."""

    duration: float


Segment = Pulse | Idle


def waveform(segments: Iterable[Segment], start: float = 0.0) -> Waveform:
    """Join segments in time order.

    Raises:
        InputError: a negative duration.
    """
    times, values = [0.0], [0.0]

    def add(duration: float, value: float) -> None:
        if not duration >= 0:  # also true of NaN
            raise InputError("negative time in a pulse protocol", found=f"{duration:g} s", allowed="0 s or more")
        if duration > 0 or value != values[-1]:
            times.append(times[-1] + max(duration, _STEP))
            values.append(value)

    add(start, 0.0)
    for segment in segments:
        if isinstance(segment, Idle):
            add(segment.duration, 0.0)
        else:
            add(segment.rise, segment.amplitude)
            add(segment.plateau, segment.amplitude)
            add(segment.fall, 0.0)
    return Waveform(tuple(times), tuple(values))
