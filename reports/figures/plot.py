"""What a figure is to the report, and small helpers that several figures need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from circuits.conditions import Conditions
from circuits.testbench import CurveCheck
from reports.page.context import RunContext


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes:
        name: file name without ending.
        title: a few words, for headings.
        caption: what was simulated in what under which condition; what is circuit and what compact model.
        alt: what a reader who cannot see it should know.
        figure: the drawing.
    """

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure


def curves_of(context: RunContext, circuit: str, name: str) -> list[tuple[str, CurveCheck]]:
    """Halves and checks of a circuit whose curve is `name`; the half's label is "" where there is only one."""
    found = []
    for check in context.checks(circuit):
        curve, _, half = check.curve.partition(", ")
        if curve == name:
            found.append((half, check))
    return found


def mtj_conditions(context: RunContext, circuit: str) -> Conditions:
    """What the circuit was simulated under."""
    return context.mtj_testbench(circuit).conditions


def setting(context: RunContext, circuits: Sequence[str]) -> str:
    """Corner, temperature and simulator, for a caption."""
    run = context.operation(circuits[0]).cycle
    conditions = run.conditions
    return (
        f"{run.run.simulator}, 28 nm card at {conditions.corner.upper()}, {conditions.temperature_C:g} °C, "
        f"V_DD = {conditions.v_dd:g} V, V_READ = {conditions.v_read:g} V"
    )


def worst_error(checks: Sequence[CurveCheck]) -> float:
    """Largest error over checks."""
    return max(check.max_error for check in checks)
