"""Pulse protocols as piecewise-linear voltages: one description for ngspice sources, ODE integration and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True)
class Cycle:
    """Seed 1's 230 ns operation (Methods, device characterization), times in s, amplitudes in V across the MTJ.

    The seed's order is set, reset, delay. A circuit that reads the state must do so between set and reset; it uses the
    20 ns of the delay for that (`read=True`), so that the period stays 230 ns.
    """

    rise: float = 20e-9
    plateau: float = 150e-9
    fall: float = 20e-9
    reset_amplitude: float = -0.8
    reset_width: float = 20e-9
    # Assumed. Anything from 0 (rectangle) to 10 ns (triangle) fits the stated 20 ns of a 230 ns period, while the
    # instrument's own 20 ns edges do not; each ns takes 3.7 pJ (0.7 %) off a cycle of the 200 nm device.
    reset_edge: float = 2e-9
    delay: float = 20e-9
    read: bool = False
    read_edge: float = 0.5e-9  # assumed

    @property
    def period(self) -> float:
        return self.rise + self.plateau + self.fall + self.reset_width + self.delay

    @property
    def set_end(self) -> float:
        """End of the set pulse, s after the cycle's start."""
        return self.rise + self.plateau + self.fall

    @property
    def read_window(self) -> tuple[float, float]:
        """When the output is valid: the second half of the read plateau."""
        start = self.set_end
        return start + self.delay / 2, start + self.delay - 2 * self.read_edge

    def set_pulse(self, amplitude: float) -> Pulse:
        return Pulse(amplitude, self.plateau, self.rise, self.fall)

    def reset_pulse(self, amplitude: float | None = None) -> Pulse:
        peak = self.reset_amplitude if amplitude is None else amplitude
        return Pulse(peak, self.reset_width - 2 * self.reset_edge, self.reset_edge, self.reset_edge)

    def segments(self, amplitude: float, *, read_amplitude: float = 0.0, reset: float | None = None) -> list[Segment]:
        """One cycle at `amplitude` (V); amplitude 0 is an idle step: no set, no read, no reset."""
        if amplitude == 0:
            return [Idle(self.period)]
        if not self.read:
            return [self.set_pulse(amplitude), self.reset_pulse(reset), Idle(self.delay)]
        gap = self.read_edge
        read = Pulse(read_amplitude, self.delay - 4 * gap, gap, gap)
        return [self.set_pulse(amplitude), Idle(gap), read, Idle(gap), self.reset_pulse(reset)]

    def train(self, amplitudes: Sequence[float]) -> list[Segment]:
        """Cycles one after the other, without reads."""
        return [segment for amplitude in amplitudes for segment in self.segments(amplitude)]
