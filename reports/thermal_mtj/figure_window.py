"""The divider's levels against the read voltage, with and without bias dependence of TMR, and the noise margins."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from circuits.thermal_mtj.decision_yield import minimum_device_sigma
from circuits.thermal_mtj.divider import Divider
from reports.figures import style
from reports.figures.plot import Plot, setting
from reports.page.context import RunContext

CIRCUIT = "comparator"
READS = np.linspace(0.5, 1.0, 51)


def _levels(axes: Axes, divider: Divider, threshold: float, v_read: float, measured: tuple[float, float]) -> None:
    low = [divider.level_parallel(v) for v in READS]
    high = [divider.level_antiparallel(v) for v in READS]
    flat = [divider.level_antiparallel_low_bias(v) for v in READS]
    axes.plot(READS, flat, "--", color=style.VERMILION, label="AP, constant R_AP (Eq. 2)")
    axes.plot(READS, high, "-", color=style.VERMILION, label="AP, TMR falls with bias")
    axes.plot(READS, low, "-.", color=style.BLUE, label="P")
    axes.fill_between(READS, low, high, color=style.SKY, alpha=0.2, lw=0)
    axes.axhline(threshold, color=style.BLACK, ls=":", label=f"comparator threshold, {1e3 * threshold:.0f} mV")
    axes.plot([v_read, v_read], measured, "o", color=style.BLACK, mfc="white", mew=1.5, label="whole circuit, ngspice")
    axes.set(title="divider levels", ylabel="V_OUT (V)")
    axes.legend(loc="upper left")


def _margins(axes: Axes, divider: Divider, threshold: float, v_read: float) -> None:
    high = np.array([divider.level_antiparallel(v) for v in READS]) - threshold
    low = threshold - np.array([divider.level_parallel(v) for v in READS])
    axes.plot(READS, 1e3 * high, "-", color=style.VERMILION, label="AP above the threshold")
    axes.plot(READS, 1e3 * low, "-.", color=style.BLUE, label="P below the threshold")
    sigma = 1e3 * minimum_device_sigma()
    axes.axhspan(-sigma, sigma, color=style.GREY, alpha=0.2, lw=0, label=f"±σ(V_th), minimum device: {sigma:.0f} mV")
    axes.axhline(0, color=style.BLACK, lw=1)
    axes.axvline(v_read, color=style.GREY, ls="--", lw=1)
    axes.set(
        title="noise margin of each decision", ylabel="margin (mV)", xlabel="read voltage V_READ (V)", ylim=(-110, 170)
    )
    style.legend_below(axes, 1)


def draw(context: RunContext) -> Plot:
    """Levels above, margins below."""
    operation = context.operation(CIRCUIT)
    neuron, v_read = operation.cycle.neuron, operation.cycle.conditions.v_read
    divider = neuron.halves[0].divider
    measured = (operation.cycle.levels[(False,)][0], operation.cycle.levels[(True,)][0])
    figure, axes = style.panels(2, 8.2, sharex=True)
    _levels(axes[0], divider, operation.threshold_V, v_read, measured)
    _margins(axes[1], divider, operation.threshold_V, v_read)
    flat = divider.level_antiparallel_low_bias(v_read) - divider.level_parallel(v_read)
    window = measured[1] - measured[0]
    return Plot(
        "window",
        "Divider levels and comparator window",
        f"Top: output of the divider (reference {divider.reference_ohm:.0f} Ω) against the read voltage. Lines: "
        "computed from the device declaration; circles and the threshold: the circuit "
        f"({setting(context, [CIRCUIT])}); no compact model. With the bias dependence of TMR the levels are "
        f"{1e3 * window:.1f} mV apart at {v_read:g} V, with a constant R_AP they would be {1e3 * flat:.1f} mV. "
        "Bottom: distance of each level to the threshold, beside one standard deviation of a minimum transistor's "
        "threshold voltage.",
        f"The P and AP levels diverge with the read voltage; the threshold lies between them only near {v_read:g} "
        f"V. Margins there are {1e3 * (operation.threshold_V - measured[0]):.0f} mV (P) and "
        f"{1e3 * (measured[1] - operation.threshold_V):.0f} mV (AP).",
        figure,
    )
