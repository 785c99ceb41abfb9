"""Energy and function of a circuit at every process corner, temperature and supply."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circuits.testbench import Testbench
from energy.variation.copies.outcome import Outcome, Status, csv_text, opened_journal, outcome, outcomes
from ipcircuit.declaration.ambient import AmbientWarning
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.spice.jobs import Progress
from ipcircuit.technology.record import Technology, bounds

if TYPE_CHECKING:
    import pandas

Point = tuple[str, float, float | None]  # corner, temperature (°C) and supply (V)
TYPICAL_C = 27.0
SUPPLY = 0.1  # share by which the supply is lower and higher


@dataclass(frozen=True)
class CornerRun:
    """A circuit at one corner, temperature (°C) and supply (V; None where a circuit has no `v_dd`)."""

    corner: str
    temperature_C: float
    v_dd_V: float | None
    outcome: Outcome

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with the conditions, the status and the quantities (null where not obtained)."""
        return {
            "corner": self.corner,
            "temperature_C": self.temperature_C,
            "v_dd_V": self.v_dd_V,
            "status": self.outcome.status.value,
            **self.outcome.values,
            "cause": self.outcome.cause,
            "deck": self.outcome.deck,
        }


@dataclass(frozen=True)
class Corners:
    """All runs of one circuit; `notes`: what they leave out away from 27 °C (`circuits.testbench.Testbench.notes`)."""

    circuit: str
    runs: tuple[CornerRun, ...]
    notes: tuple[str, ...] = ()

    @property
    def working(self) -> int:
        """Number of runs that worked."""
        return sum(run.outcome.works for run in self.runs)

    def extremes(self) -> dict[str, dict[str, float | None]]:
        """By quantity: ``min``, ``typ`` (tt at 27 °C and the nominal supply) and ``max`` over the runs that work."""
        typical = next((r.outcome.values for r in self.runs if _is_typical(r, self.runs)), {})
        spans: dict[str, dict[str, float | None]] = {}
        for name in dict.fromkeys(name for run in self.runs for name in run.outcome.values):
            values = [v for r in self.runs if r.outcome.works and (v := r.outcome.values.get(name)) is not None]
            if values:
                spans[name] = {"min": min(values), "typ": typical.get(name), "max": max(values)}
        return spans

    def to_json(self) -> dict[str, Any]:
        """The ``corners --json`` dictionary."""
        return {
            "circuit": self.circuit,
            "runs": len(self.runs),
            "working": self.working,
            "quantities": self.extremes(),
            **({"notes": list(self.notes)} if self.notes else {}),
            "corners": [run.to_json() for run in self.runs],
        }

    def csv(self) -> str:
        """One line per run; empty where not obtained."""
        return csv_text([run.to_json() for run in self.runs])

    def to_pandas(self) -> pandas.DataFrame:
        """A row per run: conditions, status, quantities (NaN where not obtained), cause and deck."""
        import pandas

        return pandas.DataFrame([run.to_json() for run in self.runs])


def _is_typical(run: CornerRun, runs: Sequence[CornerRun]) -> bool:
    supplies = sorted({r.v_dd_V for r in runs if r.v_dd_V is not None})
    nominal = supplies[len(supplies) // 2] if supplies else None
    return (run.corner, run.temperature_C, run.v_dd_V) == ("tt", 27.0, nominal)


def corner_runs(
    testbench: Testbench,
    overrides: dict[str, Any] | None = None,
    *,
    technology: Technology | None = None,
    corners: Sequence[str] | None = None,
    temperatures: Sequence[float] | None = None,
    supplies: Sequence[float] = (1 - SUPPLY, 1, 1 + SUPPLY),
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Corners:
    """Simulate a circuit at corners, temperatures and at its supply, a tenth less and a tenth more.

    A run that is refused or fails is a row with its cause; the others go on.

    Args:
        technology: None: that of the testbench.
        corners, temperatures: default: those of the technology, the ends of its range (°C) and 27 °C.
        supplies: over the nominal one.
        overrides: of parameters and device, as for `Testbench.configured`; a `v_dd` among them is the nominal supply.
        folder: as `monte_carlo`.

    Raises:
        InputError: an unknown parameter; a folder that cannot be written, is in use, or holds other runs.
    """
    base: dict[str, Any] = dict(overrides or {})
    # What is wrong at every corner is an error.
    typical = testbench.configured(technology=technology, corner="tt", temperature_C=27.0, **base)
    conditions = typical.conditions
    nominal = getattr(conditions, "v_dd", None)
    corners = corners or conditions.technology.corner_names
    temperatures = temperatures or _temperatures(conditions.technology)
    volts = (None,) if nominal is None else tuple(round(nominal * share, 12) for share in supplies)
    product = itertools.product(corners, temperatures, volts)
    points = {_label(point): point for point in product}

    def run(point: Point) -> Outcome:
        corner, temperature, v_dd = point
        values = base if v_dd is None else {**base, "v_dd": v_dd}
        try:
            with warnings.catch_warnings(action="ignore", category=AmbientWarning):  # the notes say it once
                configured = testbench.configured(
                    technology=technology, corner=corner, temperature_C=temperature, **values
                )
        except InputError as refused:
            return Outcome(testbench.name, _label(point), Status.FAILED, {}, str(refused))
        return outcome(configured, _label(point), folder=folder)

    with opened_journal("corners", typical, folder) as journal:
        results = outcomes(journal, run, points, n_jobs, progress)
    runs = (CornerRun(*point, result) for point, result in zip(points.values(), results, strict=True))
    return Corners(testbench.name, tuple(runs), _notes(typical, temperatures))


def _notes(typical: Testbench, temperatures: Sequence[float]) -> tuple[str, ...]:
    """What a testbench leaves out at any of the temperatures; one of a user's own may say nothing of it."""
    others = [t for t in temperatures if t != TYPICAL_C]
    if not others or not isinstance(typical, Testbench):
        return ()
    return replace(typical, conditions=replace(typical.conditions, temperature_C=others[0])).notes


def _temperatures(technology: Technology) -> tuple[float, ...]:
    low, high = bounds(technology.temperature)
    return tuple(dict.fromkeys((low, TYPICAL_C, high)))


def _label(point: Point) -> str:
    corner, temperature, v_dd = point
    return f"{corner} {temperature:g} C" + ("" if v_dd is None else f" {v_dd:g} V")


def write_corners(folder: Path, result: Corners, text: str) -> None:
    """``corners.json`` (`text`) and ``corners.csv`` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomic(folder / "corners.json", text)
    write_text_atomic(folder / "corners.csv", result.csv())
