"""The same ECRAM synapse before different neurons: what it does in each, and where they spike."""

from __future__ import annotations

from typing import Any

from circuits.ecram_lif.topologies import COUNT, NEAR
from reports.page.context import RunContext
from reports.tables.table import Table, ratio


def common(context: RunContext) -> Table:
    """Short-term plasticity, energy per spike, area and transistors of every topology."""
    names = {
        "paired_pulse_ratio": "paired-pulse ratio",
        "paired_pulse_ratio_ablated": "the same, volatile part off",
        "paired_pulse_ratio_predicted": "the same, on paper",
        "train_growth": f"growth over {COUNT} spikes",
        "train_growth_ablated": "the same growth, volatile part off",
        "rate_gain": "late firing rate, volatile part on / off",
        "drift_ablated": "first / last interval, volatile part off",
        "energy_per_spike_paper_J": "energy per spike, paper scope",
        "energy_per_spike_circuit_J": "circuit scope",
        "energy_per_spike_system_J": "system scope",
        "on_paper_J": "energy per spike by hand",
        "idle_power_W": "idle power",
        "area_paper_um2": "area, paper scope",
        "area_circuit_um2": "area, circuit scope",
        "area_system_um2": "area, system scope",
        "area_logic_um2": "of it transistors",
    }
    ratios = [name for name in names if name.startswith(("paired", "train", "drift"))]
    testbench = next(iter(context.topology_runs.testbenches.values()))
    return Table(
        "ecram_topologies",
        "One ECRAM synapse, three neurons",
        f"Paired-pulse ratio and growth: charge of an input spike into a membrane held at 0 V, spikes "
        f"{1e6 * NEAR:g} µs apart, over that of the first; they are alike because the synapse is one and the same. "
        "Late firing rate: "
        f"second half of {testbench.input_count:g} input spikes {1e9 * testbench.input_interval_s:g} ns apart; "
        "it moves in "
        "steps, since an output spike takes a whole number of input spikes. Idle power: of a neuron without input; "
        "the system scope charges it for the idle time steps.",
        [dict(row) for row in context.topologies],
        names,
        {**dict.fromkeys(ratios, lambda v: f"{v:.4f}"), "rate_gain": ratio},
    )


def corners(context: RunContext) -> Table:
    """Spikes of the further topologies at five corners and three temperatures."""
    rows: list[dict[str, Any]] = []
    for point in context.topology_runs.corners:
        fires, found = point.fires, point.result
        rows.append(
            {
                "circuit": point.testbench.name,
                "corner": point.testbench.conditions.corner.upper(),
                "temperature_degC": point.testbench.conditions.temperature_C,
                "spikes": fires,
                "output_spikes": point.spikes,
                "latency_s": None if found is None else found.latency_s,
                "spike_width_s": None if found is None else found.width_s,
                "note": point.cause or ("" if fires else "no spike"),
            }
        )
    testbench = context.topology_runs.corners[0].testbench
    return Table(
        "ecram_topology_corners",
        "The other topologies at corners and temperatures",
        f"{testbench.input_count:g} input spikes {1e9 * testbench.input_interval_s:g} ns apart, "
        f"{testbench.conditions.v_dd:g} V. "
        "Bias currents and threshold voltage are ideal, and the ECRAM's parameters do not depend on temperature.",
        rows,
        {"temperature_degC": "temperature (°C)"},
        {"temperature_degC": lambda v: f"{v:g}".replace("-", "−")},
    )
