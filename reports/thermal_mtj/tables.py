"""Truth table, divider window, and memory energy against the number of neurons."""

from __future__ import annotations

from typing import Any

from circuits.thermal_mtj.reading.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from energy.cost import SCOPES
from ipcircuit.devices.thermal_mtj.leave_one_out import leave_one_out
from reports.prose import Prose
from reports.section import Run
from reports.tables.table import Table, attributes
from reports.thermal_mtj.circuit import (
    DIFFERENTIAL,
    MANY,
    NEURONS,
    baseline_rows,
    device_energy,
    operation,
    published_energy,
    windows,
)
from reports.thermal_mtj.figures_circuit import state_text

PROSE = Prose(__file__)


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
        entry |= {"difference": f"{ternary:+d}" if ternary else "0", "noise_margin_V": row.noise_margin_V}
        rows.append({**entry, "correct": row.correct})
    return PROSE.table("truth_table", rows)


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
    return PROSE.table("divider_window", rows, sigmas=sigmas)


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
    formats = dict.fromkeys((b.system for b in baselines), "ratio")
    return PROSE.table("comparison_neurons", rows, formats=formats)


def left_out(_: Run) -> Table:
    """Every figure of the calibration, left out in turn and predicted from the rest."""
    rows = [
        {"claim": name, **attributes(record, "published", "predicted", "error", "reason")}
        for name, record in leave_one_out().items()
    ]
    return PROSE.table("leave_one_out", rows)
