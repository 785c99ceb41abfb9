"""Cost by scope, and its breakdown by component, of every circuit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from energy.cost import SCOPES, ScopeCost
from reports.page.context import RunContext
from reports.tables.table import Table


def by_scope(context: RunContext, circuits: list[str]) -> Table:
    """Energy per operation and spike, area, latency, transistors."""
    rows: list[dict[str, Any]] = []
    for circuit in circuits:
        found = context.characterization(circuit)
        for scope in SCOPES:
            cost, area = found.cost.scopes[scope], found.areas[scope]
            rows.append(
                {
                    "circuit": circuit,
                    "scope": scope,
                    "energy_per_operation_J": cost.energy_per_operation_J,
                    "energy_per_spike_J": cost.energy_per_spike_J,
                    "area_um2": cost.area_um2,
                    "area_low_um2": area.low_um2,
                    "area_high_um2": area.high_um2,
                    "latency_s": found.cost.latency_s,
                    "transistors": found.cost.transistors,
                    "devices": sum(found.cost.devices.values()),
                    "basis": found.cost.basis,
                    "simulator": found.cost.simulator,
                }
            )
    return Table(
        "cost",
        "Cost by accounting scope",
        "Expected values of one operation. paper: what the source counts; circuit: all that the simulated circuit "
        "draws; system: also the write driver and the leakage of idle neurons (estimated). Devices: MTJs or ECRAMs. "
        "Latency: start of the "
        "operation to valid outputs, worst outcome.",
        rows,
        {"area_low_um2": "area, low", "area_high_um2": "area, high"},
    )


def _breakdown(
    context: RunContext,
    circuits: list[str],
    unit: str,
    parts: Callable[[ScopeCost], Any],
    total: Callable[[ScopeCost], Any],
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for circuit in circuits:
        scopes = context.cost(circuit).scopes
        for component in dict.fromkeys(name for scope in SCOPES for name in parts(scopes[scope])):
            values = {f"{scope}_{unit}": parts(scopes[scope]).get(component) for scope in SCOPES}
            rows.append({"circuit": circuit, "component": component.replace("_", " "), **values})
        rows.append({"circuit": circuit, "component": "total", **{f"{s}_{unit}": total(scopes[s]) for s in SCOPES}})
    return rows


def energy_breakdown(context: RunContext, circuits: list[str]) -> Table:
    """Energy per operation by component."""
    rows = _breakdown(context, circuits, "J", lambda s: s.energy_breakdown_J, lambda s: s.energy_per_operation_J)
    return Table(
        "energy_breakdown",
        "Energy per operation by component",
        "“mtj” are the active junctions, “divider” the reference MTJs in series with them. Of the ECRAM neuron one "
        "operation is the time from one output spike to the next. A component that a "
        "scope does not count is marked —.",
        rows,
        {f"{s}_J": s for s in SCOPES},
        missing="—",
    )


def area_breakdown(context: RunContext, circuits: list[str]) -> Table:
    """Area by component."""
    rows = _breakdown(context, circuits, "um2", lambda s: s.area_breakdown_um2, lambda s: s.area_um2)
    return Table(
        "area_breakdown",
        "Area by component",
        "Standard cells counted in the simulated netlist; MTJs lie above the logic and count only where they "
        "overhang it, and so do capacitors and ECRAMs. A component that a scope does not count is marked —.",
        rows,
        {f"{s}_um2": s for s in SCOPES},
        missing="—",
    )
