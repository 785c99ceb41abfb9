"""Corners of a datasheet: the process corners at both ends of the temperature range, and the supply a tenth off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from energy.variation.corners import SUPPLY, TYPICAL_C, CornerRun, Corners, corner_runs
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.record import Technology, bounds
from ipcircuit.units import si

ENERGY, MARGIN = "circuit_energy_per_operation_J", "margin_V"


@dataclass(frozen=True)
class Grid:
    """Runs at the nominal supply by corner and temperature, and those of the typical corner at other supplies.

    Of the corners only the extremes are simulated, at the coldest and the hottest; the typical one at 27 °C.
    """

    nominal: Corners
    supplies: Corners

    @property
    def runs(self) -> tuple[CornerRun, ...]:
        """All of them."""
        return (*self.nominal.runs, *self.supplies.runs)

    def span(self, quantity: str) -> tuple[float, float] | None:
        """Lowest and highest value over the runs that work; None where none has it."""
        known = [run.outcome.values.get(quantity) for run in self.runs if run.outcome.works]
        values = [value for value in known if value is not None]
        return (min(values), max(values)) if values else None


def grid_of(testbench: Any, jobs: int | None = None) -> Grid:
    """Simulate a testbench at the points of the grid.

    Raises:
        InputError: it cannot be configured at its typical conditions.
    """
    process: Technology = getattr(getattr(testbench, "conditions", None), "technology", technology())
    typical, *others = process.corner_names
    ends = bounds(process.temperature)
    first = corner_runs(testbench, corners=[typical], temperatures=[TYPICAL_C], supplies=[1], n_jobs=jobs)
    far = corner_runs(testbench, corners=others or [typical], temperatures=ends, supplies=[1], n_jobs=jobs)
    nominal = Corners(first.circuit, (*first.runs, *far.runs), far.notes)
    if first.runs[0].v_dd_V is None:  # a testbench without a supply of this name
        return Grid(nominal, Corners(first.circuit, ()))
    shares = [1 - SUPPLY, 1 + SUPPLY]
    return Grid(
        nominal, corner_runs(testbench, corners=[typical], temperatures=[TYPICAL_C], supplies=shares, n_jobs=jobs)
    )


def rows(grid: Grid) -> list[dict[str, Any]]:
    """A row per corner and supply with a cell per temperature; None where it is not simulated."""
    temperatures = sorted({run.temperature_C for run in grid.runs})
    points: dict[tuple[str, float | None], dict[float, CornerRun]] = {}
    for run in grid.runs:
        points.setdefault((run.corner, run.v_dd_V), {})[run.temperature_C] = run
    made: list[dict[str, Any]] = []
    for (corner, supply), found in points.items():
        row: dict[str, Any] = {"corner": corner, "supply_V": supply}
        row |= {f"at_{t:g}_C": shown(found[t]) if t in found else None for t in temperatures}
        energies = {t: found[t].outcome.values.get(ENERGY) for t in found}
        made.append({**row, **{f"energy_at_{t:g}_C_J": energies.get(t) for t in temperatures}})
    return made


def shown(run: CornerRun) -> str:
    """A run in a few words: whether it works, its energy, and its margin where it has one."""
    values: Mapping[str, float | None] = run.outcome.values
    if not run.outcome.works:
        return run.outcome.status.value
    parts = [si(values[ENERGY], "J", 3) if values.get(ENERGY) is not None else "works"]
    margin = values.get(MARGIN)
    return ", ".join([*parts, *([] if margin is None else [f"margin {si(margin, 'V', 2)}"])])


def causes(grid: Grid) -> list[dict[str, Any]]:
    """Why the points that do not work do not, each cause with its points."""
    by_cause: dict[str, list[str]] = {}
    for run in grid.runs:
        if run.outcome.cause:
            supply = "" if run.v_dd_V is None else f", {run.v_dd_V:g} V"
            by_cause.setdefault(run.outcome.cause, []).append(f"{run.corner}, {run.temperature_C:g} °C{supply}")
    return [{"points": "; ".join(points), "cause": cause} for cause, points in by_cause.items()]
