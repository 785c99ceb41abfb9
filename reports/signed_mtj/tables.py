"""Tables of the signed neuron: constants, edges of its window, energy per spike, and the barrier that it needs."""

from __future__ import annotations

from typing import Any

from circuits.signed_mtj.testbench import TARGET, SignedMtjTestbench
from energy.cost import SCOPES
from ipcircuit.compact.signed_mtj.fit import SignedFit
from ipcircuit.devices.orthogonal_mtj.device import declare, largest_ra, voltage_for
from ipcircuit.devices.orthogonal_mtj.zheng2026 import BREAKDOWN_V
from reports.prose import Prose
from reports.section import Run
from reports.signed_mtj import simulations
from reports.signed_mtj.simulations import CIRCUIT
from reports.simulated import characterization
from reports.tables.table import Table

PROSE = Prose(__file__)

_NEURONS = {
    "analytic": "equation, analytic constants",
    "fitted": "equation, fitted",
    "analytic_device": "device's form, analytic constants",
    "fitted_device": "device's form, fitted",
}


def _fit_row(neuron: str, trace: str, fit: SignedFit) -> dict[str, Any]:
    return {
        "neuron": neuron,
        "trace": trace,
        "tau_s": fit.neuron.tau_s,
        "steady_state_at_1_TA_per_m2": 1e12 * fit.neuron.gain,
        "rest": fit.rest,
        "rms_error": fit.rms,
        "relative_error": fit.relative,
    }


def constants(run: Run) -> Table:
    """Time constant, gain and error of each neuron, and of both designs at 300 K."""
    rows = [_fit_row(_NEURONS[name], "one device, no agitation", fit) for name, fit in simulations.fits().items()]
    rows += [
        _fit_row(label, f"{design.name}, mean at 300 K", fit)
        for design in simulations.designs().values()
        for label, fit in (("equation, fitted", design.fit), ("equation, fitted with its rest", design.free))
    ]
    return PROSE.table("signed_constants", rows)


def edges(run: Run) -> Table:
    """Lines through the window's edges."""
    device = declare()
    rows = [
        {
            "current_density_A_per_m2": e.current_density,
            "largest_ra_ohm_um2": 1e12 * largest_ra(device, e.current_density),
            "edge": e.kind,
            "slope": e.slope,
            "intercept_nm": 1e9 * e.intercept,
            "rms_nm": 1e9 * e.rms,
            "r_squared": e.r2,
            "points": e.points,
        }
        for e in simulations.window_edges()
    ]
    return PROSE.table("signed_edges", rows, breakdown_v=BREAKDOWN_V)


def spike_energy(run: Run) -> Table:
    """Energy per spike with its breakdown, area and transistors, by scope."""
    cost, rows = characterization(CIRCUIT, run.jobs).cost, list[dict[str, Any]]()
    for name in SCOPES:
        scope = cost.scopes[name]
        operation, spike = scope.energy_per_operation_J, scope.energy_per_spike_J
        spikes = None if operation is None or not spike else operation / spike
        parts = {
            f"{part.replace(' ', '_')}_J": None if spikes is None else energy / spikes
            for part, energy in scope.energy_breakdown_J.items()
        }
        last = {"area_um2": scope.area_um2, "transistors": cost.transistors}
        rows.append({"scope": name, "energy_per_spike_J": spike, **parts, **last})
    columns = dict.fromkeys(name for row in reversed(rows) for name in row)
    order = sorted(columns, key=lambda name: name in ("area_um2", "transistors"))
    return PROSE.table("signed_spike_energy", [{name: row.get(name) for name in order} for row in rows])


def barrier(run: Run) -> Table:
    """Current density and resistance-area product."""
    details, bench = characterization(CIRCUIT, run.jobs).measurement.details, SignedMtjTestbench()
    device, v_dd = bench.design.device, bench.conditions.v_dd
    p = device.values()
    ra = 1e12 * p["ra"]
    behind_bridge = v_dd - TARGET * p["area"] * bench.design.bridge_ohm
    cases = (  # drive, V across the junction, A/m², ohm µm²
        ("1 V across the junction", 1.0, TARGET, 1e12 * details["largest_RA_at_1_V_ohm_m2"]),
        (f"this bridge at {v_dd:g} V", behind_bridge, TARGET, 1e12 * details["largest_RA_in_the_bridge_ohm_m2"]),
        (
            f"through a divider that halves {v_dd:g} V",
            v_dd / 2,
            TARGET,
            1e12 * details["largest_RA_through_a_divider_ohm_m2"],
        ),
        ("this circuit, simulated (peak)", details["drive_junction_V"], details["drive_current_density_A_m2"], ra),
        ("needed at the default barrier", voltage_for(device, TARGET), TARGET, ra),
    )
    columns = ("drive", "junction_V", "current_density_A_per_m2", "largest_ra_ohm_um2")
    return PROSE.table(
        "signed_barrier", [dict(zip(columns, case, strict=True)) for case in cases], device=device, details=details
    )
