"""The ECRAM neuron: where it spikes, and what a designer can buy."""

from __future__ import annotations

from typing import Any

from circuits.ecram_lif.delay_feedback import estimate
from reports.ecram_lif.ecram_runs import QUIET_TIME, Point
from reports.page.context import RunContext
from reports.tables.table import Table


def _numbers(point: Point) -> dict[str, Any]:
    result = point.result
    fires = bool(point.spikes)
    return {
        "spikes": fires,
        "output_spikes": point.spikes,
        "energy_per_spike_J": point.energy_J,
        "latency_s": None if result is None else result.latency_s,
        "spike_width_s": None if result is None else result.width_s,
        "note": point.cause or ("" if fires else "no spike"),
    }


def corners(context: RunContext) -> Table:
    """Spikes and energy at five corners and three temperatures."""
    rows = [
        {
            "corner": p.testbench.conditions.corner.upper(),
            "temperature_degC": p.testbench.conditions.temperature_C,
            "spikes_without_input": unprompted,
            **_numbers(p),
        }
        for p, unprompted in zip(context.ecram.corners, context.ecram.unprompted, strict=True)
    ]
    testbench = context.ecram.corners[0].testbench
    return Table(
        "ecram_corners",
        "The ECRAM neuron at corners and temperatures",
        f"{testbench.input_count:g} input spikes {1e9 * testbench.input_interval_s:g} ns apart, "
        f"{testbench.conditions.v_dd:g} V, "
        "delay set by a bias. The bias currents are ideal, and the ECRAM's parameters do not depend on temperature: "
        f"only the transistors change. Without input: within {1e6 * QUIET_TIME:g} µs from rest; where there are any, "
        "the off-current of the pull-up exceeds the leak.",
        rows,
        {"temperature_degC": "temperature (°C)"},
        {"temperature_degC": lambda v: f"{v:g}".replace("-", "−")},
    )


def grid(context: RunContext) -> Table:
    """Energy per spike over capacitance and supply, with the estimate."""
    rows: list[dict[str, Any]] = []
    for p in context.ecram.grid:
        d, v_dd, result = p.testbench.design, p.testbench.conditions.v_dd, p.result
        paper = None
        if result is not None and result.interval_s is not None and result.input_spikes is not None:
            paper = sum(estimate(d, v_dd, result.interval_s, result.input_spikes).values())
        rows.append(
            {
                "membrane_F": d.membrane_F,
                "supply_V": v_dd,
                "delay_s": d.delay_s,
                "refractory_s": d.refractory_s,
                "energy_per_spike_J": p.energy_J,
                "membrane_CV2_J": d.membrane_F * v_dd**2,
                "on_paper_J": paper,
                "note": p.cause or "",
            }
        )
    return Table(
        "ecram_energy_grid",
        "Energy per spike of the ECRAM neuron against capacitance and supply",
        "Simulated, beside C·V² of the membrane and the whole estimate on paper, whose short-circuit currents were "
        "read "
        "from single stages at 1.0 V and are used unchanged at other supplies. A delay above 10 ns: the membrane "
        "does not complete its swing within the default.",
        rows,
        {"membrane_CV2_J": "C·V² of the membrane", "on_paper_J": "on paper"},
    )
