"""All circuits in one table, a row each, for the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from circuits.measurement import CurveCheck
from energy.cost import SCOPES
from reports.datasheet.grid import Grid
from reports.datasheet.sheet import Sheet
from reports.prose import Prose
from reports.simulated import COPIES
from reports.tables.table import Table

if TYPE_CHECKING:
    from reports.site.circuits import CircuitCost

PROSE = Prose(__file__)


def circuits_table(
    sheets: Mapping[str, Sheet], costs: Mapping[str, CircuitCost], curves: Mapping[str, Sequence[CurveCheck]]
) -> Table:
    """A row per circuit: energies by scope, area, latency, yield, curves within tolerance, corners that work."""
    rows = [_row(name, record, sheets.get(name), curves.get(name, ())) for name, record in costs.items()]
    return PROSE.table("circuits", rows, copies=COPIES)


def _row(name: str, record: CircuitCost, sheet: Sheet | None, curves: Sequence[CurveCheck]) -> dict[str, Any]:
    scopes = record.cost.scopes
    operation = {f"energy_per_operation_{scope}_J": scopes[scope].energy_per_operation_J for scope in SCOPES}
    spike = {f"energy_per_spike_{scope}_J": scopes[scope].energy_per_spike_J for scope in ("circuit", "system")}
    spread = sheet.spread if sheet is not None and isinstance(sheet.spread, Mapping) else {}
    share = spread.get("yield")
    runs = sheet.grid.runs if sheet is not None and isinstance(sheet.grid, Grid) else ()
    working = sum(run.outcome.works for run in runs)
    return {
        "circuit": name,
        **operation,
        **spike,
        "area_um2": scopes["circuit"].area_um2,
        "latency_s": record.cost.latency_s,
        "yield": None if share is None else f"{100 * share:.3g} %",
        "check": f"{sum(curve.passed for curve in curves)} of {len(curves)}" if curves else None,
        "corners": f"{working} of {len(runs)}" if runs else None,
    }
