"""Tables of every circuit: curves against the compact model, cost by scope and component, and beside other systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from circuits.measurement import CurveCheck
from energy.area import AreaEstimate
from energy.characterize import Characterization
from energy.compare import EventWorkload, compare
from energy.cost import SCOPES, NeuronCost, ScopeCost
from energy.crossover import WIDTH, crossovers
from energy.digital import published_estimates
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.parameters import Parameter
from reports.prose import Prose
from reports.tables.table import Table, attributes

PROSE = Prose(__file__)


@dataclass(frozen=True)
class CircuitCost:
    """What the tables show of a circuit: unlike its characterization, it can be sent between processes.

    Attributes:
        kinds: kind of each of its own components of energy (`circuits.measurement.Kind`), by name.
    """

    cost: NeuronCost
    areas: Mapping[str, AreaEstimate]
    parameters: tuple[Parameter, ...]
    kinds: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Characterization) -> CircuitCost:
        """Of a characterization."""
        kinds = {component.name: component.kind.value for component in record.measurement.components}
        return cls(record.cost, record.areas, record.parameters, kinds)


Costs = Mapping[str, CircuitCost]
"""Costs by circuit."""

Curves = Mapping[str, Sequence[CurveCheck]]
"""Compared curves by circuit."""


def by_scope(costs: Costs) -> Table:
    """Energy per operation and spike, area, latency, transistors."""
    rows = [
        {
            "circuit": circuit,
            "scope": scope,
            **attributes(record.cost.scopes[scope], "energy_per_operation_J", "energy_per_spike_J", "area_um2"),
            "area_low_um2": record.areas[scope].low_um2,
            "area_high_um2": record.areas[scope].high_um2,
            **attributes(record.cost, "latency_s", "transistors"),
            "devices": sum(record.cost.devices.values()),
            **attributes(record.cost, "basis", "simulator"),
        }
        for circuit, record in costs.items()
        for scope in SCOPES
    ]
    return PROSE.table("cost", rows)


def _breakdown(
    costs: Costs, unit: str, parts: Callable[[ScopeCost], Any], total: Callable[[ScopeCost], Any]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for circuit, record in costs.items():
        scopes = record.cost.scopes
        for component in dict.fromkeys(name for scope in SCOPES for name in parts(scopes[scope])):
            values = {f"{scope}_{unit}": parts(scopes[scope]).get(component) for scope in SCOPES}
            rows.append({"circuit": circuit, "component": component.replace("_", " "), **values})
        rows.append({"circuit": circuit, "component": "total", **{f"{s}_{unit}": total(scopes[s]) for s in SCOPES}})
    return rows


def energy_breakdown(costs: Costs) -> Table:
    """Energy per operation by component."""
    rows = _breakdown(costs, "J", lambda s: s.energy_breakdown_J, lambda s: s.energy_per_operation_J)
    return PROSE.table("energy_breakdown", rows)


def area_breakdown(costs: Costs) -> Table:
    """Area by component."""
    rows = _breakdown(costs, "um2", lambda s: s.area_breakdown_um2, lambda s: s.area_um2)
    return PROSE.table("area_breakdown", rows)


def comparison(costs: Costs) -> Table:
    """All systems at N = 1 in every scope, circuit after circuit."""
    gpu, digital = load_gpu_baselines(), published_estimates()
    rows = [
        {
            "circuit": circuit,
            **attributes(row, "scope", "system", "basis", "energy_per_sample_J", "ratio_to_device"),
        }
        for circuit, record in costs.items()
        for row in compare(record.cost, EventWorkload(), gpu, digital=digital)
    ]
    work = EventWorkload()
    return PROSE.table("comparison", rows, work=work)


def crossover() -> Table:
    """Spike rates at which a spiking network costs as much as a quantised one."""
    rows = [row.to_json() for row in crossovers()]
    return PROSE.table("crossover", rows, width=WIDTH)


def checks(curves: Curves) -> Table:
    """Errors curve by curve."""
    rows = [
        {
            "circuit": circuit,
            "curve": c.curve,
            "points": len(c.x),
            **attributes(c, "max_error", "rms_error", "tolerance", "unit"),
            "pass": c.passed,
        }
        for circuit, compared in curves.items()
        for c in compared
    ]
    return PROSE.table("checks", rows)


def curve_points(curves: Curves) -> Table:
    """Every point of every transfer curve."""
    rows = [
        {
            "circuit": circuit,
            "curve": c.curve,
            "x": float(c.x[i]),
            "x_unit": c.x_unit,
            "label": c.labels[i] if c.labels else None,
            "circuit_value": float(c.circuit[i]),
            "compact_value": float(c.compact[i]),
        }
        for circuit, compared in curves.items()
        for c in compared
        for i in range(len(c.x))
    ]
    return PROSE.table("curve_points", rows)
