"""Truth table, divider window, and memory energy against the number of neurons."""

from __future__ import annotations

from typing import Any

from circuits.thermal_mtj.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from energy.cost import SCOPES
from ipcircuit.devices.thermal_mtj.leave_one_out import leave_one_out
from reports.section import Run
from reports.tables.table import Table, millivolt, percent, ratio
from reports.thermal_mtj.circuit import DIFFERENTIAL, NEURONS, operation, windows
from reports.thermal_mtj.figures_circuit import state_text
from reports.thermal_mtj.sample_energy import MANY, baseline_rows, device_energy, published_energy


def truth_table(run: Run) -> Table:
    """The differential neuron's four rows, with outputs and noise margins."""
    result = operation(DIFFERENTIAL, run.jobs)
    neuron, rows = result.cycle.neuron, list[dict[str, Any]]()
    for row in result.truth_table():
        entry: dict[str, Any] = {
            half.label: state_text((state,)) for half, state in zip(neuron.halves, row.states, strict=True)
        }
        for output, expected, volts in zip(neuron.outputs, row.expected, row.outputs_V, strict=True):
            entry |= {f"{output}_expected": int(expected), f"{output}_V": volts}
        ternary = int(row.expected[1]) - int(row.expected[2])
        entry |= {"difference": f"{ternary:+d}" if ternary else "0", "noise_margin_mV": 1e3 * row.noise_margin_V}
        rows.append({**entry, "correct": row.correct})
    headings = {f"{o}_V": f"{o}, simulated" for o in neuron.outputs}
    headings |= {f"{o}_expected": f"{o}, expected" for o in neuron.outputs}
    return Table(
        "truth_table",
        "Truth table of the differential neuron",
        "All combinations of junction states, as the circuit decides them in the read window. Channel 1 is the "
        "reference spike, channel 2 the difference on two lines. The noise margin is the smaller distance of the "
        "two divider levels to the comparator's threshold.",
        rows,
        {**headings, "noise_margin_mV": "noise margin"},
        {"noise_margin_mV": lambda v: f"{v:.1f} mV", **{f"{o}_V": lambda v: f"{v:.3f} V" for o in neuron.outputs}},
    )


def divider_window(run: Run) -> Table:
    """Levels, threshold and margins of every divider at the read voltage, beside Eq. 2's window."""
    sigmas = {"minimum_device": minimum_device_sigma(), "sense_inverter": sense_inverter_sigma()}
    rows = [
        {
            "circuit": circuit,
            "half": window.half.label,
            "reference_ohm": window.half.reference_ohm,
            "level_P_V": window.parallel_V,
            "threshold_V": window.threshold_V,
            "level_AP_V": window.antiparallel_V,
            "window_V": window.width_V,
            "window_constant_R_AP_V": window.constant_V,
            "margin_P_V": window.margins_V[0],
            "margin_AP_V": window.margins_V[1],
            **{f"yield_{name}": DecisionYield(sigma, *window.margins_V).value for name, sigma in sigmas.items()},
        }
        for circuit in NEURONS
        for window in windows(circuit, run.jobs)
    ]
    headings = {
        "level_P_V": "level, P",
        "level_AP_V": "level, AP",
        "window_constant_R_AP_V": "window at constant R_AP",
        "margin_P_V": "margin, P",
        "margin_AP_V": "margin, AP",
        "yield_minimum_device": "yield estimate, minimum device",
        "yield_sense_inverter": "yield estimate, sense inverter as sized",
    }
    volts = dict.fromkeys((name for name in rows[0] if name.endswith("_V")), millivolt)
    yields = dict.fromkeys((f"yield_{name}" for name in sigmas), percent)
    return Table(
        "divider_window",
        "Divider levels, comparator threshold and margins",
        f"Simulated at the read voltage. Yield: share of comparators that decide both states rightly, estimated (not "
        f"simulated) for a Gaussian threshold with σ = {1e3 * sigmas['minimum_device']:.1f} mV (a minimum device) and "
        f"{1e3 * sigmas['sense_inverter']:.1f} mV (both devices of the sense inverter, equal weights assumed).",
        rows,
        headings,
        {**volts, **yields, "reference_ohm": lambda v: f"{v:.1f} Ω"},
    )


def sample_energy(run: Run) -> Table:
    """Device energy at several N, and what each baseline takes relative to it."""
    baselines, rows = baseline_rows(run), list[dict[str, Any]]()
    for n in (1, *MANY):
        energies = {"published": published_energy(n), **{scope: device_energy(run, scope, n) for scope in SCOPES}}
        for scope, energy in energies.items():
            ratios = {
                b.system: b.energy_per_sample_J / energy if energy and b.energy_per_sample_J else None
                for b in baselines
            }
            rows.append({"scope": scope, "N": n, "energy_per_sample_J": energy, **ratios})
    return Table(
        "comparison_neurons",
        "Memory energy against the number of parallel neurons",
        "Energy of the device by scope (published: from the source's own 0.6 nJ), and energy of each baseline over it.",
        rows,
        {},
        dict.fromkeys((b.system for b in baselines), ratio),
    )


def left_out(_: Run) -> Table:
    """Every figure of the calibration, left out in turn and predicted from the rest."""
    rows = [
        {
            "claim": name,
            "published": record.published,
            "predicted": record.predicted,
            "error": record.error,
            "reason": record.reason,
        }
        for name, record in leave_one_out().items()
    ]
    return Table(
        "leave_one_out",
        "The calibration without each of its figures",
        "The junction is fitted to these figures, so that meeting them shows nothing. Here each is left out in turn, "
        "and predicted from the rest where the rest determines it: as many figures as unknowns leave little over. SI "
        "units; error: predicted over published, less 1.",
        rows,
        {"predicted": "predicted from the rest"},
        {"error": lambda v: f"{100 * v:+.0f} %"},
        missing="not determined",
    )
