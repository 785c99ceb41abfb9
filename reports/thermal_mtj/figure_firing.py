"""Firing probability of cold neurons against the set amplitude: circuit points over the compact model's line."""

from __future__ import annotations

import numpy as np

from circuits.thermal_mtj import check as mtj_check
from reports.figures import style
from reports.figures.plot import Plot, curves_of, mtj_conditions, setting, worst_error
from reports.page.context import RunContext

CIRCUITS = ("comparator", "differential")


def _line(context: RunContext, circuit: str, index: int, volts: np.ndarray) -> np.ndarray:
    """The compact model's firing probability between the circuit's points."""
    neuron = context.mtj_testbench(circuit).neuron
    parameters = mtj_check.compact_of(neuron, neuron.halves[index], mtj_conditions(context, circuit))
    return mtj_check.predict_histories(parameters, [[float(v)] for v in volts])


def draw(context: RunContext) -> Plot:
    """Fig. 2e, in the circuits, with the difference to the compact model below."""
    figure, axes = style.panels(3, 8.6, sharex=True, ratios=[1.0, 1.0, 0.75])
    everything, series = [], 0
    for panel, circuit in zip(axes, CIRCUITS, strict=False):
        for index, (half, check) in enumerate(curves_of(context, circuit, "set amplitude")):
            colour, name = style.CYCLE[series], half or "active junction"
            fine = np.linspace(check.x[0], check.x[-1], 201)
            panel.plot(
                fine,
                100 * _line(context, circuit, index, fine),
                style.LINES[index],
                color=colour,
                label=f"{name}: compact model",
            )
            panel.plot(
                check.x,
                100 * check.circuit,
                style.MARKERS[series],
                color=colour,
                mfc="white",
                mew=1.4,
                label=f"{name}: circuit",
            )
            axes[2].plot(
                check.x,
                100 * (check.circuit - check.compact),
                style.MARKERS[series] + style.LINES[index],
                color=colour,
                mfc="none",
                ms=(9, 5, 5)[series],
                lw=1,
                label=f"{circuit}{', ' + half if half else ''}",
            )
            everything.append(check)
            series += 1
        panel.set(title=circuit, ylabel="firing probability (%)", ylim=(-4, 104))
        panel.legend(loc="upper left")
    tolerance = 100 * everything[0].tolerance
    axes[2].axhspan(-tolerance, tolerance, color=style.GREY, alpha=0.12, lw=0)
    limit = 1.9 * tolerance
    axes[2].set(
        title="circuit minus compact model",
        xlabel="set amplitude across a P-state junction (V)",
        ylabel="percentage points",
        ylim=(-1.2 * tolerance, limit),
    )
    axes[2].legend(loc="upper left", ncols=1)
    worst = worst_error(everything)
    return Plot(
        "firing_voltage",
        "Firing probability against set amplitude",
        "Firing probability of cold neurons after one set pulse (20 ns rise, 150 ns plateau, 20 ns fall). Markers: "
        f"the whole circuit, mean-field junctions, one transient per point ({setting(context, CIRCUITS)}). Lines: "
        "the compact model that a network trains with, reduced from the same device declaration. Shaded: the "
        f"tolerance of ±{tolerance:g} percentage points; the largest difference is {100 * worst:.2g} points.",
        f"Three sigmoid curves from 0 to 100 % between 0.7 and 0.95 V. Circuit points lie on the compact model's lines "
        f"within {100 * worst:.2g} percentage points.",
        figure,
    )
