"""The signed junction: its constants on paper and fitted, the edges of its window, and what the window assumes."""

from __future__ import annotations

from typing import Any

from ipcircuit.devices.orthogonal_mtj.design_window import CURIE_K, Criteria
from ipcircuit.devices.orthogonal_mtj.design_window_map import SIGMA_M
from ipcircuit.devices.orthogonal_mtj.device import largest_ra
from ipcircuit.devices.orthogonal_mtj.macrospin_limits import LARGEST_LONG_SIDE
from ipcircuit.devices.orthogonal_mtj.zheng2026 import BREAKDOWN_V, EXCHANGE_STIFFNESS
from reports.page.context import RunContext
from reports.tables.table import Table

_NAMES = {
    "paper": "equation, constants on paper",
    "fitted": "equation, fitted",
    "paper_device": "device's form, constants on paper",
    "fitted_device": "device's form, fitted",
}


def window_rows() -> list[tuple[str, float, str, str, str, str]]:
    """Name, value, unit, basis, source and meaning of what the window and the model's limits assume."""
    c = Criteria()
    return [
        ("threshold", c.threshold, "", "assumed", "three quarters of the steady state at 1 TA/m²", "to be reached"),
        ("pulse", c.pulse_s, "s", "assumed", "five time constants", "length of the pulse"),
        ("relaxation", c.relax_s, "s", "assumed", "five time constants", "time to relax in"),
        ("relaxed", c.relax_level, "", "assumed", "a quarter of the threshold", "RMS that counts as relaxed"),
        ("side_sigma", SIGMA_M, "m", "assumed", "no process is published", "standard deviation of each side"),
        ("breakdown", BREAKDOWN_V, "V", "assumed", "1 to 1.5 V/nm over nanoseconds, 0.9 nm of MgO", "largest bias"),
        ("curie", CURIE_K, "K", "assumed", "CoFeB, extrapolated from thin films", "Curie temperature in Bloch's law"),
        ("exchange", EXCHANGE_STIFFNESS, "J/m", "assumed", "thin CoFeB films, 10 to 20 pJ/m", "exchange stiffness"),
        ("longest_side", LARGEST_LONG_SIDE, "", "assumed", "single-domain discs", "longest side in exchange lengths"),
    ]


def constants(context: RunContext) -> Table:
    """Time constant, gain and error of each neuron, and of both designs at 300 K."""
    runs = context.signed_runs
    rows: list[dict[str, Any]] = [
        {
            "neuron": _NAMES[name],
            "trace": "one device, no agitation",
            "tau_s": fit.neuron.tau_s,
            "steady_state_at_1_TA_per_m2": 1e12 * fit.neuron.gain,
            "rest": fit.rest,
            "rms_error": fit.rms,
            "relative_error": fit.relative,
        }
        for name, fit in runs.fits.items()
    ]
    for design in runs.designs.values():
        for label, fit in (("equation, fitted", design.fit), ("equation, fitted with its rest", design.free)):
            rows.append(
                {
                    "neuron": label,
                    "trace": f"{design.name}, mean at 300 K",
                    "tau_s": fit.neuron.tau_s,
                    "steady_state_at_1_TA_per_m2": 1e12 * fit.neuron.gain,
                    "rest": fit.rest,
                    "rms_error": fit.rms,
                    "relative_error": fit.relative,
                }
            )
    return Table(
        "signed_constants",
        "The signed neuron's constants on paper and fitted",
        "τ du/dt = −u + g J; the device's form has (1 − u²) on the right. τ, α1 and α2 of the source cannot be told "
        "apart, so α1 = 1. The relative error is over the trace's own variation: 1 is no better than a constant. A "
        "time constant of 1 µs is the largest that the fit tries: such a membrane does not leak.",
        rows,
        {"steady_state_at_1_TA_per_m2": "u at 1 TA/m²"},
        {name: lambda v: f"{v:.3g}" for name in ("steady_state_at_1_TA_per_m2", "rest", "rms_error", "relative_error")},
    )


def edges(context: RunContext) -> Table:
    """Lines through the window's edges."""
    runs = context.signed_runs
    rows = [
        {
            "current_density_A_per_m2": e.current_density,
            "largest_ra_ohm_um2": 1e12 * largest_ra(runs.device, e.current_density),
            "edge": e.kind,
            "slope": e.slope,
            "intercept_nm": 1e9 * e.intercept,
            "rms_nm": 1e9 * e.rms,
            "r_squared": e.r2,
            "points": e.points,
        }
        for e in runs.edges
    ]
    return Table(
        "signed_edges",
        "Edges of the design window",
        "T = slope · L + intercept at W = 10 nm; below “lower” and above “upper” m does not turn over, above "
        "“ceiling” it does but not far enough, below “relaxing” it does not relax. The last two are nearly level, so "
        "that their R² says nothing. The resistance-area product is the largest with which the "
        f"current flows below {BREAKDOWN_V:g} V.",
        rows,
        {
            "current_density_A_per_m2": "J (A/m²)",
            "largest_ra_ohm_um2": "largest RA (Ω·µm²)",
            "intercept_nm": "intercept (nm)",
            "rms_nm": "off the line (nm)",
            "r_squared": "R²",
        },
        {
            name: lambda v: f"{v:.3g}"
            for name in ("current_density_A_per_m2", "largest_ra_ohm_um2", "slope", "intercept_nm", "rms_nm")
        }
        | {"r_squared": lambda v: f"{v:.4f}", "rms_nm": lambda v: f"{v:.2f}"},
    )
