"""What the circuits decide: truth table, divider window, and the check against the compact model."""

from __future__ import annotations

from typing import Any

from circuits.thermal_mtj.decision_yield import DecisionYield, minimum_device_sigma, sense_inverter_sigma
from reports.page.context import RunContext
from reports.tables.table import Table, default_text, millivolt, percent
from reports.thermal_mtj.figure_waveforms import state_text


def truth_table(context: RunContext) -> Table:
    """The differential neuron's four rows, with outputs and noise margins."""
    neuron = context.operation("differential").cycle.neuron
    rows: list[dict[str, Any]] = []
    for row in context.truth_table():
        entry: dict[str, Any] = {
            half.label: state_text((s,)) for half, s in zip(neuron.halves, row["states"], strict=True)
        }
        for output, expected, volts in zip(neuron.outputs, row["expected"], row["outputs_V"], strict=True):
            entry |= {f"{output}_expected": int(expected), f"{output}_V": volts}
        ternary = int(row["expected"][1]) - int(row["expected"][2])
        entry |= {"difference": f"{ternary:+d}" if ternary else "0", "noise_margin_mV": 1e3 * row["noise_margin_V"]}
        rows.append({**entry, "correct": bool(row["correct"])})
    low_high = {f"{o}_V": f"{o}, simulated" for o in neuron.outputs} | {
        f"{o}_expected": f"{o}, expected" for o in neuron.outputs
    }
    return Table(
        "truth_table",
        "Truth table of the differential neuron",
        "All combinations of junction states, as the circuit decides them in the read window. Channel 1 is the "
        "reference spike, channel 2 the difference on two lines. The noise margin is the smaller distance of the "
        "two divider levels to the comparator's threshold.",
        rows,
        {**low_high, "noise_margin_mV": "noise margin"},
        {"noise_margin_mV": lambda v: f"{v:.1f} mV", **{f"{o}_V": lambda v: f"{v:.3f} V" for o in neuron.outputs}},
    )


def divider_window(context: RunContext, circuits: list[str]) -> Table:
    """Levels, threshold and margins of every divider at the read voltage, beside Eq. 2's window."""
    rows: list[dict[str, Any]] = []
    for circuit in circuits:
        operation = context.operation(circuit)
        neuron, v_read = operation.cycle.neuron, operation.cycle.conditions.v_read
        off, on = tuple(False for _ in neuron.halves), tuple(True for _ in neuron.halves)
        for index, half in enumerate(neuron.halves):
            low, high = operation.cycle.levels[off][index], operation.cycle.levels[on][index]
            margins = (operation.threshold_V - low, high - operation.threshold_V)
            rows.append(
                {
                    "circuit": circuit,
                    "half": half.label,
                    "reference_ohm": half.reference_ohm,
                    "level_P_V": low,
                    "threshold_V": operation.threshold_V,
                    "level_AP_V": high,
                    "window_V": high - low,
                    "window_constant_R_AP_V": half.divider.level_antiparallel_low_bias(v_read)
                    - half.divider.level_parallel(v_read),
                    "margin_P_V": margins[0],
                    "margin_AP_V": margins[1],
                    "yield_minimum_device": DecisionYield(minimum_device_sigma(), *margins).value,
                    "yield_sense_inverter": DecisionYield(sense_inverter_sigma(), *margins).value,
                }
            )
    names = (
        "level_P_V",
        "threshold_V",
        "level_AP_V",
        "window_V",
        "window_constant_R_AP_V",
        "margin_P_V",
        "margin_AP_V",
    )
    headings = {
        "level_P_V": "level, P",
        "level_AP_V": "level, AP",
        "window_constant_R_AP_V": "window at constant R_AP",
        "margin_P_V": "margin, P",
        "margin_AP_V": "margin, AP",
        "yield_minimum_device": "yield estimate, minimum device",
        "yield_sense_inverter": "yield estimate, sense inverter as sized",
    }
    return Table(
        "divider_window",
        "Divider levels, comparator threshold and margins",
        f"Simulated at the read voltage. Yield: share of comparators that decide both states rightly, estimated (not "
        f"simulated) for a Gaussian threshold with σ = {1e3 * minimum_device_sigma():.1f} mV (one minimum device) and "
        f"{1e3 * sense_inverter_sigma():.1f} mV (both devices of the sense inverter, equal weights assumed).",
        rows,
        headings,
        {
            **dict.fromkeys(names, millivolt),
            "yield_minimum_device": percent,
            "yield_sense_inverter": percent,
            "reference_ohm": lambda v: f"{v:.1f} Ω",
        },
    )


def checks(context: RunContext, circuits: list[str]) -> Table:
    """Circuit against compact model, curve by curve."""
    rows = [
        {
            "circuit": circuit,
            "curve": c.curve,
            "points": len(c.x),
            "max_error": c.max_error,
            "rms_error": c.rms_error,
            "tolerance": c.tolerance,
            "unit": c.unit,
            "pass": c.passed,
        }
        for circuit in circuits
        for c in context.checks(circuit)
    ]
    return Table(
        "checks",
        "Circuit against compact model",
        "Largest and RMS difference between the circuit in ngspice and the compact model at the circuit's points.",
        rows,
        {"max_error": "largest error", "rms_error": "RMS error"},
    )


def curve_points(context: RunContext, circuits: list[str]) -> Table:
    """Every point of every transfer curve: what the figures show."""
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
        for circuit in circuits
        for c in context.checks(circuit)
        for i in range(len(c.x))
    ]
    return Table(
        "curve_points",
        "Transfer curves, point by point",
        "Firing probability, circuit and compact model.",
        rows,
        formats={"x": lambda v: default_text("x", v)},
    )
