"""Transfer curves of every circuit against its compact model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from circuits.testbench import CurveCheck
from reports.tables.table import Table, attributes

Curves = Mapping[str, Sequence[CurveCheck]]
"""Compared curves by circuit."""


def checks(curves: Curves) -> Table:
    """Errors curve by curve."""
    rows = [
        {
            "circuit": circuit,
            "curve": c.curve,
            "points": len(c.x),
            **attributes(c, "max_error", "rms_error", "tolerance", "unit"),
            "pass": c.passed,
        }
        for circuit, compared in curves.items()
        for c in compared
    ]
    return Table(
        "checks",
        "Circuit against compact model",
        "Largest and RMS difference between the circuit in ngspice and the compact model at the circuit's points.",
        rows,
        {"max_error": "largest error", "rms_error": "RMS error"},
    )


def curve_points(curves: Curves) -> Table:
    """Every point of every transfer curve."""
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
        for circuit, compared in curves.items()
        for c in compared
        for i in range(len(c.x))
    ]
    return Table(
        "curve_points",
        "Transfer curves, point by point",
        "Circuit and compact model.",
        rows,
    )
