"""What a simulation returns: arrays by signal name, a status with a cause, and where it came from."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ipcircuit.spice.protocol import Failure

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.axes import Axes

Signal = str | np.ndarray


class RunStatus(StrEnum):
    """Whether a run delivered its result."""

    OK = "ok"
    FAILED = "failed"


def signal_name(name: str) -> str:
    """The key under which a signal is stored: ``V(Out)`` -> ``out``, ``Vdd#branch`` and ``I(Vdd)`` -> ``i(vdd)``."""
    key = name.strip().lower()
    if key.startswith("v(") and key.endswith(")"):
        return key[2:-1]
    if key.endswith("#branch"):
        return f"i({key[: -len('#branch')]})"
    return key


class Waveforms:
    """What `Transient` and `Sweep` share: look-up by name, other forms. The axis is the field named by `axis_name`."""

    axis_name: str
    circuit: str
    condition: str
    signals: Mapping[str, np.ndarray]
    simulator: str
    analysis_time_s: float | None
    status: RunStatus
    cause: str | None
    deck_path: Path | None
    failure: Failure | None

    def __post_init__(self) -> None:
        axis = np.asarray(getattr(self, self.axis_name), dtype=float)
        signals = {signal_name(name): np.asarray(data, dtype=float) for name, data in self.signals.items()}
        wrong = [name for name, data in signals.items() if data.shape != axis.shape]
        if axis.ndim != 1 or wrong:
            raise ValueError(f"signals need the shape of {self.axis_name} {axis.shape}; differing: {wrong}")
        object.__setattr__(self, self.axis_name, axis)
        object.__setattr__(self, "signals", signals)

    @property
    def axis(self) -> np.ndarray:
        """Values of the axis, shape (n,)."""
        return getattr(self, self.axis_name)

    @property
    def ok(self) -> bool:
        """True when the run delivered its result."""
        return self.status is RunStatus.OK

    def __getitem__(self, name: str) -> np.ndarray:
        """Values of one signal, shape (n,), in V or A.

        Raises:
            KeyError: no such signal; the message names the nearest ones, or the cause of a failed run.
        """
        key = signal_name(name)
        if key in self.signals:
            return self.signals[key]
        if not self.ok:
            raise KeyError(f"{name}: the run failed ({self.cause})")
        near = difflib.get_close_matches(key, self.signals, n=5, cutoff=0.5) or sorted(self.signals)
        raise KeyError(f"no signal {name!r} in {self.circuit}; nearest: {', '.join(near)}")

    def unit(self, name: str) -> str:
        """V of a node, A of a branch current, and "" of a device value such as ``@m1[gm]``."""
        key = signal_name(name)
        return "A" if key.startswith("i(") else "" if key.startswith("@") else "V"

    def crossings(self, name: str, level: float, *, up: bool) -> np.ndarray:
        """Where on the axis (time in s) a signal crosses `level` in one direction, interpolated; shape (n,)."""
        y, axis = self[name] - level, self.axis
        before = np.flatnonzero((y[:-1] < 0) & (y[1:] >= 0) if up else (y[:-1] >= 0) & (y[1:] < 0))
        x0, x1, y0, y1 = axis[before], axis[before + 1], y[before], y[before + 1]
        return x0 - y0 * (x1 - x0) / (y1 - y0)

    def to_pandas(self) -> pandas.DataFrame:
        """A column for each signal over the index ``time_s`` (of a sweep ``sweep``); a failed run has no rows.

        ``frame.attrs`` has circuit, condition, simulator and status, and under ``"units"`` V or A by signal.
        """
        from ipcircuit.spice import views

        return views.to_pandas(self)

    def to_xarray(self) -> xarray.Dataset:
        """A variable for each signal over the coordinate ``time`` (of a sweep ``sweep``), each with its ``units``.

        Attributes of the data set: circuit, condition, simulator, status, and the cause of a failed run.

        Raises:
            MissingDependencyError: xarray, the extra of that name, is not installed.
        """
        from ipcircuit.spice import views

        return views.to_xarray(self)

    def plot(self, signals: str | Iterable[str] | None = None, ax: Axes | None = None) -> Axes:
        """Draw signals with matplotlib; currents beside voltages get an axis of their own on the right.

        Data are in SI; the numbers along the axes are scaled, as their labels say.

        Args:
            signals: a name or several; default the nodes outside subcircuits.
            ax: where to draw; default a new figure.

        Raises:
            KeyError: no such signal.
            InputError: the run failed, or signals of more than two units.
        """
        from ipcircuit.spice import views

        return views.plot(self, signals, ax)

    def to_json(self) -> str:
        """All of it as JSON text; `from_json` gives back the same floats."""
        record: dict[str, Any] = {
            "circuit": self.circuit,
            "condition": self.condition,
            self.axis_name: self.axis.tolist(),
            "signals": {name: data.tolist() for name, data in self.signals.items()},
            "simulator": self.simulator,
            "analysis_time_s": self.analysis_time_s,
            "status": self.status.value,
            "cause": self.cause,
            "failure": self.failure,
            "deck_path": None if self.deck_path is None else str(self.deck_path),
        }
        return json.dumps(record, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The record that `to_json` wrote."""
        record = json.loads(text)
        record[cls.axis_name] = np.array(record[cls.axis_name], dtype=float)
        record["signals"] = {name: np.array(data, dtype=float) for name, data in record["signals"].items()}
        record["status"] = RunStatus(record["status"])
        record["failure"] = Failure(record["failure"]) if record.get("failure") else None
        record["deck_path"] = None if record["deck_path"] is None else Path(record["deck_path"])
        return cls(**record)

    def _values(self, signal: Signal) -> np.ndarray:
        if isinstance(signal, str):
            return self[signal]
        values, axis = np.asarray(signal, dtype=float), self.axis
        if values.shape != axis.shape:
            raise ValueError(f"array of shape {values.shape} beside {self.axis_name} of shape {axis.shape}")
        return values


@dataclass(frozen=True, eq=False)
class Transient(Waveforms):
    """One transient run.

    Attributes:
        time: s, shape (n,), increasing.
        signals: node voltages in V by lower-case node name (``"out"``, inside a subcircuit ``"x1.p"``) and branch
            currents in A as ``"i(vdd)"`` (SPICE sign: into the plus terminal; a source that delivers reads negative).
        analysis_time_s: time the simulator itself reports for the analysis, resolved to 1 ms (of a run in a series the
            processor time); None if not reported.
        cause, failure, deck_path: why a failed run failed, as a sentence and as a reason, and its saved deck.
    """

    axis_name = "time"

    circuit: str
    condition: str
    time: np.ndarray
    signals: Mapping[str, np.ndarray]
    simulator: str
    analysis_time_s: float | None
    status: RunStatus = RunStatus.OK
    cause: str | None = None
    deck_path: Path | None = None
    failure: Failure | None = None

    def at(self, name: Signal, t: float) -> float:
        """Value at time `t` (s), linear between points.

        Raises:
            ValueError: `t` lies outside the simulated window.
        """
        self._check_window(t, t)
        return float(np.interp(t, self.time, self._values(name)))

    def integral(self, signal: Signal, start: float | None = None, stop: float | None = None) -> float:
        """Trapezoid integral over time from `start` to `stop` (s; default the whole run), edges interpolated.

        Returns:
            the signal's unit times s: V·s, or C for a current.

        Raises:
            ValueError: the window is reversed or reaches outside the run.
        """
        values = self._values(signal)
        if start is None and stop is None:
            return float(np.trapezoid(values, self.time))
        first = float(self.time[0]) if start is None else start
        last = float(self.time[-1]) if stop is None else stop
        self._check_window(first, last)
        inside = (self.time > first) & (self.time < last)
        time = np.concatenate(([first], self.time[inside], [last]))
        edges = np.interp([first, last], self.time, values)
        return float(np.trapezoid(np.concatenate((edges[:1], values[inside], edges[1:])), time))

    def energy(self, voltage: Signal, current: Signal, start: float | None = None, stop: float | None = None) -> float:
        """Energy in J: integral of voltage times current. Of a source it is minus what the source delivers."""
        return self.integral(self._values(voltage) * self._values(current), start, stop)

    def _check_window(self, start: float, stop: float) -> None:
        if self.time.size == 0:
            raise ValueError(f"{self.circuit} ({self.condition}): the run failed ({self.cause})")
        low, high = float(self.time[0]), float(self.time[-1])
        slack = 1e-9 * (high - low)  # a stop time typed in decimal may exceed the last point by rounding
        if not low - slack <= start <= stop <= high + slack:
            raise ValueError(f"window {start:g}…{stop:g} s is not an interval of the run, {low:g}…{high:g} s")


@dataclass(frozen=True, eq=False)
class Sweep(Waveforms):
    """One dc sweep; as `Transient`, with the swept quantity in `sweep` (V, A, or °C), shape (n,).

    A nested sweep lists the inner sweep again for each outer value.
    """

    axis_name = "sweep"

    circuit: str
    condition: str
    sweep: np.ndarray
    signals: Mapping[str, np.ndarray]
    simulator: str
    analysis_time_s: float | None
    status: RunStatus = RunStatus.OK
    cause: str | None = None
    deck_path: Path | None = None
    failure: Failure | None = None
