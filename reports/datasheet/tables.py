"""Tables of a datasheet: conditions, results with their spans, limits, corners, parameters, claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from circuits.measurement import CurveCheck
from energy.cost import SCOPES
from ipcircuit.families import FAMILIES
from ipcircuit.units import split_unit, with_unit, words
from reports.datasheet import grid as corners
from reports.datasheet.grid import Grid
from reports.datasheet.sheet import Sheet
from reports.ledger.evaluate import Evaluation
from reports.ledger.record import Ledger
from reports.prose import Prose
from reports.tables.table import Table, attributes

if TYPE_CHECKING:
    from reports.site.circuits import CircuitCost

PROSE = Prose(__file__)

TWO_SIDED = 1.96  # σ on both sides of the mean that hold 95 % of normally distributed copies
Span = tuple[float, float] | None


def _of(circuit: str, table: Table) -> Table:
    """The table under a name of its own, since every circuit has one."""
    return replace(table, name=f"{circuit}_{table.name}")


def conditions(sheet: Sheet, record: CircuitCost) -> Table:
    """What was set for the simulated operation, and what it is made of."""
    cost = record.cost
    rows = [{"condition": words(name), "value": _said(name, value)} for name, value in cost.conditions.items()]
    rows.append({"condition": "transistors", "value": str(cost.transistors)})
    rows += [{"condition": f"devices: {kind}", "value": str(count)} for kind, count in cost.devices.items()]
    rows.append({"condition": "simulator", "value": cost.simulator or "none"})
    return _of(sheet.circuit, PROSE.table("conditions", rows))


def _said(name: str, value: float | str) -> str:
    return value if isinstance(value, str) else with_unit(value, split_unit(name)[1])


def results(sheet: Sheet, record: CircuitCost) -> Table:
    """Minimum, typical and maximum of what the circuit costs and does."""
    cost, grid = record.cost, sheet.grid if isinstance(sheet.grid, Grid) else None
    spread = sheet.spread if isinstance(sheet.spread, Mapping) else {}
    rows: list[dict[str, Any]] = []
    for scope in SCOPES:
        for kind in ("energy_per_operation", "energy_per_spike"):
            name = f"{scope}_{kind}_J"
            typical = getattr(cost.scopes[scope], f"{kind}_J")
            copies = _copies(spread, f"{scope}_{kind}") if kind == "energy_per_operation" else None
            published = sheet.published.get(f"{kind}_J") if scope == "paper" else None
            rows.append(_row(f"{words(kind)}, {scope}", "J", typical, _span(grid, name), copies, published))
    rows.append(_row("latency", "s", cost.latency_s, _span(grid, "latency_s")))
    spikes = cost.details.get("spikes_per_operation")
    rows.append(_row("spikes per operation", "", spikes, _span(grid, "spikes_per_operation")))
    for scope in SCOPES:
        area = record.areas[scope]
        published = sheet.published.get("area_um2") if scope == "paper" else None
        span = None if area.low_um2 is None or area.high_um2 is None else (area.low_um2, area.high_um2)
        rows.append(_row(f"area, {scope}", "um2", cost.scopes[scope].area_um2, span, None, published))
    known = [row for row in rows if row["typical"] or row["low"]]
    return _of(sheet.circuit, PROSE.table("results", known, copies=_of_copies(spread)))


def _span(grid: Grid | None, quantity: str) -> Span:
    return None if grid is None else grid.span(quantity)


def _copies(spread: Mapping[str, float], stem: str) -> Span:
    """Interval that holds 95 % of the copies."""
    mean, sigma = spread.get(f"{stem}_mean_J"), spread.get(f"{stem}_sigma_J")
    return None if mean is None or sigma is None else (mean - TWO_SIDED * sigma, mean + TWO_SIDED * sigma)


def _of_copies(spread: Mapping[str, float]) -> str:
    if "runs" not in spread:
        return "Random copies were not sampled for this page (ipcircuit montecarlo does)."
    return (
        f"Copies: mean ± {TWO_SIDED:g} σ of {spread['runs']:g} random copies, "
        f"yield {100 * spread['yield']:.3g} % (95 %: {100 * spread['yield_low']:.3g} to "
        f"{100 * spread['yield_high']:.3g} %)."
    )


def _row(
    quantity: str, unit: str, typical: float | None, span: Span, copies: Span = None, published: float | None = None
) -> dict[str, Any]:
    low, high = span or (None, None)
    if typical is not None and low is not None and high is not None:
        low, high = min(low, typical), max(high, typical)

    def said(value: float | None) -> str | None:
        return None if value is None else with_unit(value, unit)

    between = None if copies is None else f"{with_unit(copies[0], unit, 3)} to {with_unit(copies[1], unit, 3)}"
    shown = {"low": said(low), "typical": said(typical), "high": said(high), "copies": between}
    numbers = {"low_SI": low, "typical_SI": typical, "high_SI": high, "unit": unit or "1"}
    return {"quantity": quantity, **shown, "published": said(published), **numbers}


def checks(sheet: Sheet, record: CircuitCost, curves: Sequence[CurveCheck]) -> Table:
    """Limits: the circuit works, its margin is positive, its curves are within the tolerance of the compact model."""
    cost = record.cost
    rows = [_limit("the simulated operation", "no warning", "; ".join(cost.warnings) or "none", not cost.warnings)]
    margins = {name: value for name, value in cost.details.items() if "margin" in name and name.endswith("_V")}
    rows += [_limit(words(n), "at least 0 V", with_unit(v, "V", 3), v >= 0) for n, v in margins.items()]
    if isinstance(sheet.grid, Grid):
        runs = sheet.grid.runs
        working = sum(run.outcome.works for run in runs)
        rows.append(_limit("corners", f"{len(runs)} of {len(runs)} work", f"{working} work", working == len(runs)))
    for curve in curves:
        limit, error = (with_unit(value, curve.unit, 3) for value in (curve.tolerance, curve.max_error))
        rows.append(_limit(f"curve: {curve.curve}", f"error at most {limit}", error, curve.passed))
    return _of(sheet.circuit, PROSE.table("checks", rows))


def _limit(what: str, limit: str, value: str, passed: bool) -> dict[str, Any]:
    return {"what": what, "limit": limit, "value": value, "pass": passed}


def corner_tables(sheet: Sheet, grid: Grid) -> list[Table]:
    """The grid, and why points do not work where some do not."""
    working = sum(run.outcome.works for run in grid.runs)
    notes = "".join(f" {note[0].upper()}{note[1:]}." for note in grid.nominal.notes)
    count = len(grid.runs)
    grid_table = _of(
        sheet.circuit, PROSE.table("corners", corners.rows(grid), working=working, count=count, notes=notes)
    )
    numbers = tuple(name for name in grid_table.columns if name.startswith("energy_at_"))
    made = [replace(grid_table, hidden=numbers)]
    if causes := corners.causes(grid):
        made.append(_of(sheet.circuit, PROSE.table("causes", causes)))
    return made


def parameters(sheet: Sheet) -> Table:
    """Parameters of the circuit's devices with their sources; what varies between copies in the caption."""
    rows = [
        {
            "device": device,
            "parameter": p.name,
            "what": p.description or p.name,
            "value": float(p.value),
            "unit": p.unit or "1",
            "shown": with_unit(p.value, p.unit),
            **attributes(p, "basis", "source"),
        }
        for device, p in sheet.parameters
    ]
    varied = ", ".join(f"{v.name} of {device} (σ {v.sigma:g} {v.unit})" for device, v in sheet.variations)
    return _of(
        sheet.circuit, PROSE.table("parameters", rows, varied=f"Varied between copies: {varied}." if varied else "")
    )


def claims(sheet: Sheet, results: Evaluation, papers: Sequence[Ledger]) -> Table:
    """Rows of the ledgers of the circuit's family that are about its devices and circuits, not about networks."""
    family = family_of(sheet.circuit)
    keys = {paper.key for paper in family.papers} if family else set[str]()
    about = {
        claim.id
        for ledger in papers
        if ledger.paper.key in keys
        for claim in ledger.claims
        if family is not None and family.name in claim.function.partition(":")[0].split(".")
    }
    rows = [
        {
            **attributes(row, "id", "quantity"),
            "published": with_unit(row.published, row.unit),
            "reproduced": None if row.reproduced is None else with_unit(row.reproduced, row.unit),
            "verdict": row.verdict,
        }
        for row in results
        if row.id in about
    ]
    return _of(sheet.circuit, PROSE.table("claims", rows))


def family_of(circuit: str) -> Any:
    """The family that a circuit's name comes from; None of a user's own file."""
    return next((family for family, _ in FAMILIES if circuit in [entry.name for entry in family.circuits]), None)
