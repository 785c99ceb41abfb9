"""Stimuli at the ports of a circuit: constant currents, pulses, spike trains, piecewise-linear waveforms.

A stimulus describes one operation; where an operation has a length, it is repeated in each.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from circuits.stimulus import read_spike_times
from ipcircuit.errors import InputError
from ipcircuit.pulses import Waveform
from ipcircuit.records import record

Quantity = Literal["V", "A"]
MOST = 10_000  # pulses in one operation
EDGE = 1e-9  # s, of a current that is switched on


@dataclass(frozen=True)
class Input(ABC):
    """What drives a port: a voltage, or a current into it."""

    @property
    @abstractmethod
    def quantity(self) -> Quantity:
        """``"V"`` or ``"A"``."""

    @abstractmethod
    def points(self, v_dd: float) -> tuple[tuple[float, float], ...]:
        """Time (s, from the start of an operation) and value of each corner, of the first at rest."""

    @property
    def pulses_s(self) -> tuple[float, ...]:
        """When each pulse begins, s; none where the signal is no pulses."""
        return ()

    def rest(self, v_dd: float) -> float:
        """Value without a stimulus."""
        return self.points(v_dd)[0][1]

    def edge(self, v_dd: float) -> float:
        """Middle of the first edge, s; 0 of a signal that never changes."""
        for (t0, v0), (t1, v1) in itertools.pairwise(self.points(v_dd)):
            if v0 != v1:
                return (t0 + t1) / 2
        return 0.0

    def waveform(self, v_dd: float, starts: tuple[float, ...], stop: float) -> Waveform:
        """The signal of operations that begin at `starts` (s), up to the end of the run (s).

        Raises:
            InputError: times that do not ascend, or do not fit into an operation.
        """
        points = self.points(v_dd)
        for (t0, _), (t1, _) in itertools.pairwise(points):
            if not t0 < t1:
                problem = "times of a stimulus must ascend"
                raise InputError(problem, where=type(self).__name__, found=t1, allowed=f"after {t0:g} s")
        times, values = [0.0], [points[0][1]]
        for start, following in zip(starts, (*starts[1:], stop), strict=True):
            if not 0 <= points[0][0] <= points[-1][0] < following - start:
                allowed = f"0 … {following - start:g} s"
                problem = "stimulus outside the operation"
                raise InputError(problem, where=type(self).__name__, found=points[-1][0], allowed=allowed)
            for time, value in points:
                if start + time > times[-1]:
                    times.append(start + time)
                    values.append(value)
        return Waveform(tuple(times), tuple(values))


@record
class Current(Input):
    """A constant current into a port from `start_s` on; from the supply `source` if one is named, else from nowhere."""

    level_A: float
    start_s: float = 10e-9
    source: str = ""

    @property
    def quantity(self) -> Quantity:
        return "A"

    def points(self, v_dd: float) -> tuple[tuple[float, float], ...]:
        return ((self.start_s, 0.0), (self.start_s + EDGE, self.level_A))

    def waveform(self, v_dd: float, starts: tuple[float, ...], stop: float) -> Waveform:
        """Switched on once and left on."""
        return super().waveform(v_dd, starts[:1], stop)


@record
class Spikes(Input):
    """Spikes at `times_s`, where each begins to rise: `width_s` at `high`, edges of `edge_s`.

    Attributes:
        high: V (default: the supply) or, for `unit` A, A.
    """

    times_s: Annotated[tuple[float, ...], Field(strict=False, max_length=MOST)]
    width_s: float
    edge_s: float = 1e-9
    high: float | None = None
    unit: Quantity = "V"

    @property
    def quantity(self) -> Quantity:
        return self.unit

    @property
    def pulses_s(self) -> tuple[float, ...]:
        return self.times_s

    def points(self, v_dd: float) -> tuple[tuple[float, float], ...]:
        high = self.high
        if high is None and self.unit == "A":
            raise InputError("a current needs its level", where=f"{type(self).__name__}: high", allowed="A")
        level = v_dd if high is None else high
        rise, top = self.edge_s, self.edge_s + self.width_s
        shape = ((0.0, 0.0), (rise, level), (top, level), (top + self.edge_s, 0.0))
        points = [(start + time, value) for start in self.times_s for time, value in shape]
        return tuple(points) if points else ((0.0, 0.0),)


@record
class Pulses(Input):
    """`count` equal pulses, one each `interval_s`, the first at `start_s`; otherwise as `Spikes`."""

    width_s: float
    interval_s: float = 0.0
    count: Annotated[int, Field(ge=1, le=MOST)] = 1
    start_s: float = 0.0
    edge_s: float = 1e-9
    high: float | None = None
    unit: Quantity = "V"

    @property
    def quantity(self) -> Quantity:
        return self.unit

    @property
    def pulses_s(self) -> tuple[float, ...]:
        return tuple(self.start_s + i * self.interval_s for i in range(self.count))

    def points(self, v_dd: float) -> tuple[tuple[float, float], ...]:
        return Spikes(self.pulses_s, self.width_s, self.edge_s, self.high, self.unit).points(v_dd)


@record
class Piecewise(Input):
    """A piecewise-linear signal through (time in s, value in V or A) points."""

    corners: Annotated[tuple[tuple[float, float], ...], Field(strict=False, max_length=MOST)]
    unit: Quantity = "V"

    @property
    def quantity(self) -> Quantity:
        return self.unit

    def points(self, v_dd: float) -> tuple[tuple[float, float], ...]:
        if not self.corners:
            raise InputError("no points", where=type(self).__name__, allowed="(time in s, value) points")
        return self.corners


def with_spikes(inputs: Mapping[str, Input], path: Path) -> dict[str, Input]:
    """The inputs with the spike times of a file.

    Raises:
        InputError: none or several inputs of `Spikes`, or a bad file.
    """
    trains = {port: signal for port, signal in inputs.items() if isinstance(signal, Spikes)}
    if len(trains) != 1:
        allowed = "a circuit with one input of `Spikes`"
        raise InputError("which input is it for?", where="--stimulus", found=", ".join(trains) or None, allowed=allowed)
    [(port, train)] = trains.items()
    times = read_spike_times(path, train.width_s + 2 * train.edge_s)
    return {**inputs, port: replace(train, times_s=times)}
