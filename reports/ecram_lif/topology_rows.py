"""The common table of the ECRAM neuron's topologies: short-term plasticity, energy per spike, area, transistors.

``python -m reports.ecram_lif.topology_rows`` simulates and prints it.
"""

from __future__ import annotations

from typing import Any

from circuits.ecram_lif.topologies import NEAR, TOPOLOGIES, Plasticity, ecram_testbench, measure_plasticity
from energy.characterize import Characterization, characterize
from energy.cost import SCOPES
from ipcircuit.units import si

OVERHANG = "overhang"  # in the name of an area component: what lies above the logic and is larger than it


def topology_row(found: Plasticity, cost: Characterization) -> dict[str, Any]:
    """One line of the table, SI; a value that was not obtained is None.

    The paired-pulse ratio is at `NEAR`, the train's growth after `circuits.ecram_lif.topologies.COUNT` spikes `NEAR`
    apart.
    """
    scopes = cost.cost.scopes
    logic = scopes["circuit"].area_breakdown_um2
    return {
        "circuit": found.name,
        "transistors": cost.cost.transistors,
        "devices": sum(cost.cost.devices.values()),
        "paired_pulse_ratio": found.pairs[NEAR],
        "paired_pulse_ratio_ablated": found.pairs_ablated[NEAR],
        "paired_pulse_ratio_predicted": found.predicted[NEAR],
        "train_growth": float(found.train[-1]),
        "train_growth_ablated": float(found.train_ablated[-1]),
        "rate_gain": found.rate_gain,
        "drift_ablated": found.drift_ablated,
        **{f"energy_per_spike_{scope}_J": scopes[scope].energy_per_spike_J for scope in SCOPES},
        "on_paper_J": cost.cost.conditions.get("on paper: energy per spike, J"),
        "idle_power_W": cost.measurement.idle_power_W,
        **{f"area_{scope}_um2": scopes[scope].area_um2 for scope in SCOPES},
        "area_logic_um2": sum(area for name, area in logic.items() if OVERHANG not in name),
    }


def topology_table(n_jobs: int | None = None) -> list[dict[str, Any]]:
    """A row per topology, simulated."""
    testbenches = [ecram_testbench(name) for name in TOPOLOGIES]
    found = measure_plasticity(testbenches, pairs=(NEAR,), n_jobs=n_jobs)
    return [topology_row(f, characterize(s, n_jobs=n_jobs)) for f, s in zip(found, testbenches, strict=True)]


def _text(column: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or si(None, "")
    if column.endswith("_um2"):
        return f"{value:.4g} µm²"
    if column[-2:] in ("_J", "_W"):
        return si(value, column[-1], 3)
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def printed(rows: list[dict[str, Any]]) -> str:
    """The table turned on its side, a line per quantity, for a terminal."""
    lines = [
        [
            column.rsplit("_", 1)[0] if column[-2:] in ("_J", "_W") else column.removesuffix("_um2"),
            *(_text(column, row[column]) for row in rows),
        ]
        for column in rows[0]
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def main() -> None:
    """Print the table."""
    print(printed(topology_table()))


if __name__ == "__main__":
    main()
