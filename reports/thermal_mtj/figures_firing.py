"""Firing probability, circuit over compact model: against amplitude, pre-heating, cooling, sequences and pulses."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from circuits.testbench import CurveCheck
from circuits.thermal_mtj import check as mtj_check
from circuits.thermal_mtj.curves import PRE_HEAT_PROBE, SEQUENCE_AMPLITUDE
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE, logit
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.section import Run
from reports.thermal_mtj import circuit, junction
from reports.thermal_mtj.circuit import COMPARATOR, DIFFERENTIAL, curves_of, setting, worst_error


def _compact(name: str, half: int) -> ThermalNeuronParameters:
    """The compact model of a circuit's half."""
    bench = circuit.testbench(name)
    return mtj_check.compact_of(bench.neuron, bench.neuron.halves[half], bench.conditions)


def against_amplitude(run: Run) -> Plot:
    """Fig. 2e, in the circuits, with the difference to the compact model below."""
    figure, axes = style.panels(3, 8.6, sharex=True, ratios=[1.0, 1.0, 0.75])
    drawn: list[CurveCheck] = []
    for panel, name in zip(axes, circuit.NEURONS, strict=False):
        for index, (half, check) in enumerate(curves_of(name, "set amplitude", run.jobs)):
            series = len(drawn)
            colour, marker, line = style.CYCLE[series], style.MARKERS[series], style.LINES[index]
            fine = np.linspace(check.x[0], check.x[-1], 201)
            model = mtj_check.predict_histories(_compact(name, index), [[float(v)] for v in fine])
            junction_name, whole = half or "active junction", f"{name}{', ' + half if half else ''}"
            panel.plot(fine, 100 * model, line, color=colour, label=f"{junction_name}: compact model")
            points = {"color": colour, "mfc": "white", "mew": 1.4, "label": f"{junction_name}: circuit"}
            panel.plot(check.x, 100 * check.circuit, marker, **points)
            error = 100 * (check.circuit - check.compact)
            size = (9, 5, 5)[series]
            axes[2].plot(check.x, error, marker + line, color=colour, mfc="none", ms=size, lw=1, label=whole)
            drawn.append(check)
        panel.set(title=name, ylabel="firing probability (%)", ylim=(-4, 104))
        panel.legend(loc="upper left")
    tolerance, worst = 100 * drawn[0].tolerance, worst_error(drawn)
    axes[2].axhspan(-tolerance, tolerance, color=style.GREY, alpha=0.12, lw=0)
    axes[2].set(
        title="circuit minus compact model",
        xlabel="set amplitude across a P-state junction (V)",
        ylabel="percentage points",
        ylim=(-1.2 * tolerance, 1.9 * tolerance),
    )
    axes[2].legend(loc="upper left", ncols=1)
    return Plot(
        "firing_voltage",
        "Firing probability against set amplitude",
        "Firing probability of cold neurons after one set pulse (20 ns rise, 150 ns plateau, 20 ns fall). Markers: "
        f"the whole circuit, mean-field junctions, one transient per point ({setting(COMPARATOR, run.jobs)}). Lines: "
        "the compact model that a network trains with, reduced from the same device declaration. Shaded: the "
        f"tolerance of ±{tolerance:g} percentage points; the largest difference is {100 * worst:.2g} points.",
        f"Three sigmoid curves from 0 to 100 % between 0.7 and 0.95 V. Circuit points lie on the compact model's lines "
        f"within {100 * worst:.2g} percentage points.",
        figure,
    )


def _heating_curves(axes: Axes, curve: str, jobs: int | None) -> list[CurveCheck]:
    series = [(name, half, check) for name in circuit.NEURONS for half, check in curves_of(name, curve, jobs)]
    for index, (name, half, check) in enumerate(series):
        colour, label = style.CYCLE[index], f"{name}, {half}" if half else name
        line = "--" if half == "temporal" else "-"
        axes.plot(1e9 * check.x, 100 * check.compact, line, color=colour, lw=1.3, label=f"{label}: compact")
        size = 9 if name == COMPARATOR else 5.5  # the comparator's and the temporal half's points coincide
        open_mark = {"color": colour, "mfc": "none", "mew": 1.5, "ms": size, "label": f"{label}: circuit"}
        axes.plot(1e9 * check.x, 100 * check.circuit, style.MARKERS[index], **open_mark)
    return [check for _, _, check in series]


def _mark(axes: Axes, ns: float, row: str, simulated: float, offset: tuple[float, float]) -> None:
    """The published number and the bare junction's at one abscissa; the number is written `offset` points away."""
    value = 100 * published(row)
    axes.plot(ns, value, "*", color=style.YELLOW, mec=style.BLACK, ms=16, label="published, Fig. 2f,g", zorder=4)
    axes.plot(ns, 100 * simulated, "x", color=style.BLACK, ms=6, mew=1.6, label="bare junction, ngspice", zorder=5)
    axes.annotate(f"{value:.1f} %", (ns, value), offset, textcoords="offset points", va="center", ha="center")


def heating(run: Run) -> Plot:
    """Fig. 2f,g: against the length of the pre-pulse, and against the delay after it."""
    figure, axes = style.panels(2, 8.4, ratios=[1, 1.35])
    checks = [
        check
        for panel, curve in zip(axes, ("pre-heating", "cooling"), strict=True)
        for check in _heating_curves(panel, curve, run.jobs)
    ]
    bare = junction.pre_pulse(run.jobs)
    _mark(axes[0], 1e9 * PRE_PULSE.plateau, "A5.heated", bare["p_heated"], (-32, 0))
    _mark(axes[1], 0.0, "A5.heated", bare["p_heated"], (46, 4))
    _mark(axes[1], 200.0, "A5.cooled", bare["p_cooled"], (0, -17))
    base, grey = 100 * published("A5.base"), style.GREY
    for panel, ns in zip(axes, (200.0, 1100.0), strict=True):
        panel.axhline(base, ls=":", lw=1.4, color=grey)
        panel.annotate(
            f"published, cold: {base:.1f} %", (ns, base), (0, -5), textcoords="offset points", va="top", color=grey
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
        f"there with {100 * bare['p_base']:.2f} %), right after a pre-pulse of 0.9 V and its reset, and after "
        f"cooling. Open markers: circuit ({setting(COMPARATOR, run.jobs)}); lines: compact model at the same points "
        f"(largest difference {100 * worst_error(checks):.2g} percentage points). Stars: published; crosses: the "
        "bare junction, driven without a divider, as it was measured. In the circuit a junction that has switched "
        "takes a larger share of the input voltage, so a pre-pulse heats it more than the bare junction: the "
        "circuit's points lie above the published ones.",
        "Firing probability rises with the pre-pulse's length and falls with cooling time. Published: 9.5 % cold, "
        f"27.4 % heated, 16.3 % cooled; the bare junction gives {100 * bare['p_base']:.1f}, "
        f"{100 * bare['p_heated']:.1f} and {100 * bare['p_cooled']:.1f} %. The reference junction stays flat.",
        figure,
    )


def sequences(run: Run) -> Plot:
    """Fig. S3, both halves of the differential neuron. Bars: circuit; diamonds: compact model."""
    figure, axes = style.panels(2, 6.4, sharex=True, sharey=True)
    halves = curves_of(DIFFERENTIAL, "sequence", run.jobs)
    for panel, (half, check), colour in zip(axes, halves, (style.SKY, style.ORANGE), strict=True):
        x, diamond = np.arange(len(check.x)), {"color": style.BLACK, "ms": 5, "mfc": "white", "mew": 1.3}
        panel.bar(x, 100 * check.circuit, width=0.7, color=colour, edgecolor=style.BLACK, lw=0.6, label="circuit")
        panel.plot(x, 100 * check.compact, "D", label="compact model", **diamond)
        panel.grid(False, axis="x")
        title = f"{half} half, largest difference {100 * check.max_error:.2f} points"
        panel.set(title=title, ylabel="firing probability (%)", ylim=(0, 100))
        panel.set_xticks(x, check.labels, rotation=90, family="monospace")
    axes[0].legend(loc="upper left", ncols=2)
    axes[-1].set_xlabel("sequence, oldest step first (1: operation, 0: idle)")
    temporal = 100 * halves[0][1].circuit
    return Plot(
        "sequences",
        "Firing probability after 16 four-step sequences",
        f"Firing probability of a {PROBE_AMPLITUDE:g} V probe after four steps of 230 ns; 1 is an operation with a "
        f"{SEQUENCE_AMPLITUDE:g} V set pulse, read and reset, 0 an idle step. Bars: the differential neuron's "
        f"circuit ({setting(DIFFERENTIAL, run.jobs)}, mean-field junctions); diamonds: compact model. The temporal "
        "junction remembers order and number of operations, the reference junction does not. Largest difference "
        f"{100 * worst_error([check for _, check in halves]):.2g} percentage points.",
        f"Sixteen bars per half. The temporal half rises from {temporal.min():.0f} % after 0000 to "
        f"{temporal.max():.0f} % after 1111, recent operations counting most; the reference half is flat. The compact "
        "model's diamonds sit on the bars.",
        figure,
    )


def pulse_response(run: Run) -> Plot:
    """Fig. S4 at several amplitudes: temporal half, reference half, and the temporal half's midpoint shift."""
    figure, axes = style.panels(3, 9.0, ratios=[1, 0.6, 1.15])
    slope = _compact(DIFFERENTIAL, 0).slope
    checks = []
    for index, volts in enumerate(mtj_check.PULSE_AMPLITUDES):
        halves = curves_of(DIFFERENTIAL, f"pulses at {volts:g} V", run.jobs)
        line, marker = style.LINES[index], style.MARKERS[index]
        look: dict[str, Any] = {"color": style.CYCLE[index], "mfc": "white", "mew": 1.4}
        for panel, (_, check) in zip(axes, halves, strict=False):
            panel.plot(check.x, 100 * check.compact, line, **look)
            panel.plot(check.x, 100 * check.circuit, marker, **look)
            checks.append(check)
        temporal = halves[0][1]
        for values, form, label in ((temporal.compact, line, None), (temporal.circuit, marker, f"{volts:.2f} V")):
            shift = 1e3 * (logit(values) - logit(values[0])) / slope
            axes[2].plot(temporal.x, shift, form, label=label, **look)
    axes[0].set(title="temporal half", ylabel="firing probability (%)")
    axes[1].set(title="reference half", ylabel="firing prob. (%)", ylim=(40, 70))
    axes[2].set(title="temporal half, shift of the midpoint", ylabel="shift Δ (mV)")
    axes[2].set_xlabel("operations before the probe")
    for panel in axes:
        panel.set_xticks(range(4))
    axes[2].legend(loc="upper left", title="set amplitude", ncols=2)
    rms = np.sqrt(np.mean([c.rms_error**2 for c in checks]))
    return Plot(
        "pulse_response",
        "Response to three pulses",
        f"Firing probability of a {PROBE_AMPLITUDE:g} V probe right after 0 to 3 operations of 230 ns, and the "
        f"shift Δ of the firing midpoint that it stands for (difference of the logit over the slope of {slope:.1f} "
        f"V⁻¹). Markers: circuit ({setting(DIFFERENTIAL, run.jobs)}); lines: compact model (largest difference "
        f"{100 * worst_error(checks):.2g}, RMS {100 * rms:.2g} percentage points). RMS error of Δ in the comparator "
        f"neuron: {1e3 * circuit.pulse_rmse_V(run.jobs):.3f} mV.",
        "Firing probability and midpoint shift grow with each operation and with its amplitude, each step less "
        "than the one before; the reference half stays flat.",
        figure,
    )
