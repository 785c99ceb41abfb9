"""Memory energy per sample: device, GPU and digital accelerator."""

from __future__ import annotations

from typing import Any

from energy.cost import SCOPES
from reports.memory.memory import NEURONS, baseline_rows, comparison, device_row, published_energy
from reports.page.context import RunContext
from reports.tables.table import Table, ratio


def systems(context: RunContext) -> Table:
    """All systems at N = 1 in every scope."""
    rows = [
        {
            "scope": r.scope,
            "system": r.system,
            "basis": r.basis,
            "energy_per_sample_J": r.energy_per_sample_J,
            "ratio_to_device": r.ratio_to_device,
        }
        for r in comparison(context)
    ]
    return Table(
        "comparison",
        "Memory energy per sample at N = 1",
        "Device: simulated energy per operation times the operations of the published workload. Baselines: energy "
        "of the published task, which does not depend on the scope; digital estimates are lower bounds (no "
        "control, clock or leakage).",
        rows,
        {"ratio_to_device": "ratio to device"},
        {"ratio_to_device": ratio},
    )


def neurons(context: RunContext) -> Table:
    """Device energy at several N, and what each baseline takes relative to it."""
    rows: list[dict[str, Any]] = []
    for n in NEURONS:
        published: dict[str, Any] = {"scope": "published", "N": n, "energy_per_sample_J": published_energy(n)}
        simulated = [
            {"scope": s, "N": n, "energy_per_sample_J": device_row(context, s, n).energy_per_sample_J} for s in SCOPES
        ]
        for row in (published, *simulated):
            energy = row["energy_per_sample_J"]
            ratios = {
                b.system: b.energy_per_sample_J / energy if energy and b.energy_per_sample_J else None
                for b in baseline_rows(context)
            }
            rows.append({**row, **ratios})
    names = [b.system for b in baseline_rows(context)]
    return Table(
        "comparison_neurons",
        "Memory energy against the number of parallel neurons",
        "Energy of the device by scope (published: from the source's own 0.6 nJ), and energy of each baseline over it.",
        rows,
        {},
        dict.fromkeys(names, ratio),
    )
