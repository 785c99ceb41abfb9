"""Firing probability after pre-heating, and after cooling from it (Fig. 2f,g), with the seed's figures marked."""

from __future__ import annotations

from matplotlib.axes import Axes

from circuits.testbench import CurveCheck
from circuits.thermal_mtj.curves import PRE_HEAT_PROBE
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE
from reports.figures import style
from reports.figures.plot import Plot, curves_of, setting, worst_error
from reports.ledger.record import published
from reports.page.context import RunContext

CIRCUITS = ("comparator", "differential")


def _curves(axes: Axes, context: RunContext, curve: str) -> list[CurveCheck]:
    found: list[CurveCheck] = []
    series = [(c, half, check) for c in CIRCUITS for half, check in curves_of(context, c, curve)]
    for index, (circuit, half, check) in enumerate(series):
        colour, name = style.CYCLE[index], f"{circuit}, {half}" if half else circuit
        line = "--" if half == "temporal" else "-"
        axes.plot(1e9 * check.x, 100 * check.compact, line, color=colour, lw=1.3, label=f"{name}: compact")
        size = 9 if circuit == "comparator" else 5.5  # the comparator's and the temporal half's points coincide
        axes.plot(
            1e9 * check.x,
            100 * check.circuit,
            style.MARKERS[index],
            color=colour,
            mfc="none",
            mew=1.5,
            ms=size,
            label=f"{name}: circuit",
        )
        found.append(check)
    return found


def _mark(axes: Axes, ns: float, row: str, simulated: float, text: tuple[float, float]) -> None:
    """The seed's number and the bare junction's at one abscissa; the number is written `text` points away."""
    value = 100 * published(row)
    axes.plot(ns, value, "*", color=style.YELLOW, mec=style.BLACK, ms=16, label="published, Fig. 2f,g", zorder=4)
    axes.plot(ns, 100 * simulated, "x", color=style.BLACK, ms=6, mew=1.6, label="bare junction, ngspice", zorder=5)
    axes.annotate(f"{value:.1f} %", (ns, value), text, textcoords="offset points", va="center", ha="center")


def draw(context: RunContext) -> Plot:
    """Two panels: against the length of the pre-pulse, and against the delay after it."""
    figure, axes = style.panels(2, 8.4, ratios=[1, 1.35])
    checks = _curves(axes[0], context, "pre-heating") + _curves(axes[1], context, "cooling")
    device = context.device
    _mark(axes[0], 1e9 * PRE_PULSE.plateau, "A5.heated", device["p_heated"], (-32, 0))
    _mark(axes[1], 0.0, "A5.heated", device["p_heated"], (46, 4))
    _mark(axes[1], 200.0, "A5.cooled", device["p_cooled"], (0, -17))
    base = 100 * published("A5.base")
    for panel, note in zip(axes, (200.0, 1100.0), strict=True):
        panel.axhline(base, color=style.GREY, ls=":", lw=1.4)
        panel.annotate(
            f"published, cold: {base:.1f} %",
            (note, base),
            (0, -5),
            textcoords="offset points",
            va="top",
            color=style.GREY,
        )
        panel.set(ylabel="firing probability (%)", ylim=(5, 36))
    axes[0].set(title="right after a 0.9 V pre-pulse", xlabel="plateau of the pre-pulse (ns)", xlim=(30, 560))
    axes[1].set(title="after a 0.9 V, 500 ns pre-pulse", xlabel="cooling time (ns)", xlim=(-80, 2080))
    handles, labels = axes[0].get_legend_handles_labels()
    style.legend_below(axes[1], 2, handles=handles, labels=labels)
    return Plot(
        "firing_heating",
        "Firing probability after heating and cooling",
        f"Firing probability of a {PRE_HEAT_PROBE:g} V probe (the amplitude is not published; a cold junction fires "
        f"there with {100 * device['p_base']:.2f} %), right after a pre-pulse of 0.9 V and its reset, and after "
        f"cooling. Open markers: circuit ({setting(context, CIRCUITS)}); lines: compact model at the same points "
        f"(largest difference {100 * worst_error(checks):.2g} percentage points). Stars: published; crosses: the "
        "bare junction, driven without a divider, as it was measured. In the circuit a junction that has switched "
        "takes a larger share of the input voltage, so a pre-pulse heats it more than the bare junction: the "
        "circuit's points lie above the published ones.",
        "Firing probability rises with the pre-pulse's length and falls with cooling time. Published: 9.5 % cold, "
        f"27.4 % heated, 16.3 % cooled; the bare junction gives {100 * device['p_base']:.1f}, "
        f"{100 * device['p_heated']:.1f} and {100 * device['p_cooled']:.1f} %. The reference junction stays flat.",
        figure,
    )
