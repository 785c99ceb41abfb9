"""Cost of every circuit: by scope and component, and per sample beside GPU and digital accelerator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from energy.area import AreaEstimate
from energy.characterize import Characterization
from energy.compare import EventWorkload, compare
from energy.cost import SCOPES, NeuronCost, ScopeCost
from energy.digital import digital_energy, published_cell
from energy.gpu import load_gpu_baselines
from ipcircuit.parameters import Parameter
from reports.tables.table import Table, attributes


@dataclass(frozen=True)
class CircuitCost:
    """What the tables show of a circuit: unlike its characterization, it can be sent between processes."""

    cost: NeuronCost
    areas: Mapping[str, AreaEstimate]
    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, record: Characterization) -> CircuitCost:
        """Of a characterization."""
        return cls(record.cost, record.areas, record.parameters)


Costs = Mapping[str, CircuitCost]
"""Costs by circuit."""


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
    return Table(
        "cost",
        "Cost by accounting scope",
        "Expected values of one operation. paper: what the source counts; circuit: all that the simulated circuit "
        "draws; system: also the write driver and the leakage of idle neurons (estimated). Devices: all that are no "
        "transistors. Latency: start of the operation to valid outputs, worst outcome.",
        rows,
        {"area_low_um2": "area, low", "area_high_um2": "area, high"},
    )


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
    return Table(
        "energy_breakdown",
        "Energy per operation by component",
        "One operation of a neuron that fires by itself is the time from one output spike to the next. A component "
        "that a scope does not count is marked —.",
        rows,
        missing="—",
    )


def area_breakdown(costs: Costs) -> Table:
    """Area by component."""
    rows = _breakdown(costs, "um2", lambda s: s.area_breakdown_um2, lambda s: s.area_um2)
    return Table(
        "area_breakdown",
        "Area by component",
        "Standard cells counted in the simulated netlist; devices above the logic count only where they overhang it. "
        "A component that a scope does not count is marked —.",
        rows,
        missing="—",
    )


def comparison(costs: Costs) -> Table:
    """All systems at N = 1 in every scope, circuit after circuit."""
    gpu, digital = load_gpu_baselines(), [digital_energy(published_cell(kind)) for kind in ("RNN", "LSTM")]
    rows = [
        {
            "circuit": circuit,
            **attributes(row, "scope", "system", "basis", "energy_per_sample_J", "ratio_to_device"),
        }
        for circuit, record in costs.items()
        for row in compare(record.cost, EventWorkload(), gpu, digital=digital)
    ]
    work = EventWorkload()
    return Table(
        "comparison",
        "Memory energy per sample at N = 1",
        "Device: simulated energy per operation of each circuit, times the operations of one workload, one for each "
        f"active input: {work.width} × {work.height} × {work.channels} inputs, {100 * work.density:g} % active, "
        f"{work.frames} frames. Whether a circuit does the workload's task is another question. "
        "Baselines: energy of the published task, which does not depend on circuit or scope; digital estimates are "
        "lower bounds (no control, clock or leakage).",
        rows,
        formats={"ratio_to_device": "ratio"},
    )
