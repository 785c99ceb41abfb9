"""A technology simulated: figures of its transistors and gates beside those its file states, at every corner.

At the chosen corner and the nominal temperature all figures are measured; at every corner, and at both ends of the
temperature range, what shows whether a circuit can work there: currents, thresholds, an inverter, a chain of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ipcircuit.errors import InputError, SimulationError
from ipcircuit.parameters import Parameter
from ipcircuit.spice.decks import save_deck
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.technology.catalog import FIGURES
from ipcircuit.technology.measure import (
    Process,
    chain_job,
    device_job,
    inverter_job,
    read_device,
    read_fo4,
    read_inverter,
    read_ring,
    ring_job,
)
from ipcircuit.technology.record import Technology, bounds

#: Of `measure.DeviceFigures`, those that a file may state: per metre of width.
_OF_DEVICE = {"i_on": 1e6, "i_off": 1e6, "v_th_lin": 1.0, "v_th_sat": 1.0, "dibl": 1.0, "swing": 1.0}
_LOGIC_GAIN = 1.0  # an inverter without gain regenerates no level


@dataclass(frozen=True)
class Figure:
    """One figure: measured value (None: not obtained), in `unit`, and what the file states of it."""

    name: str
    unit: str
    value: float | None
    stated: Parameter | None

    @property
    def passed(self) -> bool | None:
        """Whether it lies within the range that the file states; None if that states none."""
        if self.stated is None or self.stated.minimum == self.stated.maximum or not _has_range(self.stated):
            return None
        return self.value is not None and self.stated.minimum <= self.value <= self.stated.maximum

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; null where the file states nothing."""
        stated = self.stated
        low, high = bounds(stated) if stated and _has_range(stated) else (None, None)
        return {
            "figure": self.name,
            "unit": self.unit,
            "value": self.value,
            "stated": stated.value if stated else None,
            "low": low,
            "high": high,
            "pass": self.passed,
            "source": stated.source if stated else None,
        }


@dataclass(frozen=True)
class CornerCheck:
    """Figures at one corner and temperature; without them `cause` says why, and `deck` is what was simulated."""

    corner: str
    temperature_C: float
    figures: Mapping[str, float] = field(default_factory=dict)
    cause: str | None = None
    deck: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; null for figures that were not obtained."""
        status = "converges" if self.cause is None else "fails"
        names = (f"{figure}_{polarity}" for figure in ("i_on", "i_off", "v_th_sat") for polarity in "np")
        figures = {name: self.figures.get(name) for name in (*names, "v_switch", "inverter_gain", "fo4")}
        ends = {"cause": self.cause, "deck": self.deck}
        return {"corner": self.corner, "temperature_C": self.temperature_C, "status": status, **figures, **ends}


@dataclass(frozen=True)
class TechnologyCheck:
    """Result of `check_technology`: figures at `corner` and nominal temperature, and the corners."""

    technology: Technology
    corner: str
    v_dd: float
    figures: tuple[Figure, ...]
    corners: tuple[CornerCheck, ...]

    @property
    def passed(self) -> bool:
        """Every corner converges, and no figure misses what the file states."""
        return all(c.cause is None for c in self.corners) and all(f.passed is not False for f in self.figures)

    def to_json(self) -> dict[str, Any]:
        """What ``technology check --json`` prints."""
        return {
            "technology": self.technology.name,
            "summary": self.technology.summary,
            "models": self.technology.card_label,
            "corner": self.corner,
            "temperature_C": self.technology.temperature.value,
            "v_dd_V": self.v_dd,
            "pass": self.passed,
            "figures": [figure.to_json() for figure in self.figures],
            "corners": [corner.to_json() for corner in self.corners],
        }


def check_technology(
    technology: Technology, corner: str | None = None, *, n_jobs: int | None = None, progress: Progress | None = None
) -> TechnologyCheck:
    """Simulate a technology.

    Args:
        corner: of the figures beside the stated ones; None: tt, or the first that the technology has.

    Raises:
        InputError: a corner that it does not have, or a card that cannot be read.
    """
    names = technology.corner_names
    chosen = corner or ("tt" if "tt" in names else names[0])
    if chosen not in names:
        raise InputError("unknown corner", where=technology.name, found=chosen, allowed=", ".join(names))
    nominal = technology.temperature.value
    points = [_Point(Process.of(technology, c), c, t) for c, t in itertools.product(names, _temperatures(technology))]
    v_dd = points[0].process.v_dd
    ring = ring_job(Process.of(technology, chosen), vdd=v_dd, temperature_c=nominal)
    jobs = [job for point in points for job in point.jobs()]
    results = simulate_all([*jobs, ring], n_jobs=n_jobs, throw=False, progress=progress)
    size = len(jobs) // len(points)
    corners = [p.read(jobs[i * size :], results[i * size : (i + 1) * size]) for i, p in enumerate(points)]
    typical = next(c for c in corners if (c.corner, c.temperature_C) == (chosen, nominal))
    values = dict(typical.figures)
    if results[-1].ok and (oscillation := read_ring(results[-1], vdd=v_dd)) is not None:
        values |= {"ring_delay": oscillation.stage_delay_s, "ring_energy": oscillation.energy_J}
    stated = {figure.name: figure for figure in technology.figures}
    figures = tuple(Figure(n, unit, values.get(n), stated.get(n)) for n, unit in FIGURES.items() if n != "v_dd")
    return TechnologyCheck(technology, chosen, v_dd, figures, tuple(corners))


def _temperatures(technology: Technology) -> list[float]:
    """Both ends of the range and the nominal temperature, ascending, °C."""
    low, high = bounds(technology.temperature)
    return sorted({low, technology.temperature.value, high})


def _has_range(parameter: Parameter) -> bool:
    return bounds(parameter) != (parameter.value, parameter.value)


@dataclass(frozen=True)
class _Point:
    """A corner and temperature: what is simulated there, and what is read from it."""

    process: Process
    corner: str
    temperature_c: float

    def jobs(self) -> list[Job]:
        process, at = self.process, {"temperature_c": self.temperature_c}
        gates = {"vdd": process.v_dd, **at}
        return [
            *(device_job(process, polarity, **at) for polarity in "np"),
            inverter_job(process, **gates),
            chain_job(process, **gates),
        ]

    def read(self, jobs: Sequence[Job], results: Sequence[Result]) -> CornerCheck:
        readers: list[Callable[[Result], dict[str, float]]] = [
            lambda result: self._device(result, "n"),
            lambda result: self._device(result, "p"),
            self._inverter,
            self._chain,
        ]
        figures: dict[str, float] = {}
        for job, result, reader in zip(jobs, results, readers, strict=False):
            if not result.ok:
                return self._failed(job, str(result.cause), figures, result.deck_path)
            try:
                figures |= reader(result)
            except SimulationError as error:
                return self._failed(job, error.cause, figures)
        return CornerCheck(self.corner, self.temperature_c, figures)

    def _failed(self, job: Job, cause: str, figures: Mapping[str, float], deck: object = None) -> CornerCheck:
        path = deck or save_deck(job.circuit, job.condition, job.deck)
        text = f"{job.circuit} ({job.condition}): {cause}"
        return CornerCheck(self.corner, self.temperature_c, figures, text, None if path is None else str(path))

    def _device(self, result: Result, polarity: str) -> dict[str, float]:
        figures = read_device(result, self.process, polarity)
        return {f"{name}_{polarity}": scale * getattr(figures, name) for name, scale in _OF_DEVICE.items()}

    def _inverter(self, result: Result) -> dict[str, float]:
        inverter = read_inverter(result, self.process)
        if inverter.gain <= _LOGIC_GAIN:
            cause = f"no gain at its switching point, {inverter.v_switch:.3g} V: {inverter.gain:.2g}"
            raise SimulationError("inverter", self.process.label, cause, None)
        return {"v_switch": inverter.v_switch, "inverter_gain": inverter.gain}

    def _chain(self, result: Result) -> dict[str, float]:
        delay = read_fo4(result, vdd=self.process.v_dd)
        if delay is None:
            raise SimulationError("chain", self.process.label, "does not switch within half the pulse", None)
        return {"fo4": delay}
