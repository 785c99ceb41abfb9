"""Heat of the bare junction; firing probability in circuit and compact model against amplitude, heating, sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from circuits.measurement import CurveCheck
from circuits.thermal_mtj import check as mtj_check
from circuits.thermal_mtj.curves import PRE_HEAT_PROBE, SEQUENCE_AMPLITUDE
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.thermal_mtj import measure
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE, logit
from ipcircuit.spice.transient import Transient
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Run
from reports.thermal_mtj import circuit, junction
from reports.thermal_mtj.circuit import COMPARATOR, DIFFERENTIAL, curves_of, setting, worst_error

PROSE = Prose(__file__)
BAND = 0.05
_JUNCTION: dict[str, Any] = {"color": style.VERMILION, "mfc": "white", "label": "junction in ngspice"}


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
            every = (index, 2) if half else None  # the halves' points coincide: taken in turn, both are seen
            panel.plot(check.x, 100 * check.circuit, marker, markevery=every, **points)
            error = 100 * (check.circuit - check.compact)
            size = (9, 5, 5)[series]
            axes[2].plot(check.x, error, marker + line, color=colour, mfc="none", ms=size, lw=1, label=whole)
            drawn.append(check)
        panel.set(title=name, ylabel="firing probability (%)", ylim=(-4, 104))
        panel.legend(loc="upper left")
    tolerance, worst = 100 * drawn[0].tolerance, worst_error(drawn)
    band = {"color": style.GREY, "alpha": 0.12, "lw": 0, "label": f"tolerance, ±{tolerance:g} points"}
    axes[2].axhspan(-tolerance, tolerance, **band)
    axes[2].set(title="circuit minus compact model", xlabel="set amplitude across a P-state junction (V)")
    axes[2].set(ylabel="difference (points)", ylim=(-1.2 * tolerance, 1.2 * tolerance))
    style.legend_below(axes[2], 2)
    return PROSE.plot(
        "firing_voltage", figure, setting=setting(COMPARATOR, run.jobs), tolerance=tolerance, points=100 * worst
    )


def _heating_curves(axes: Axes, name: str, curve: str, jobs: int | None) -> list[CurveCheck]:
    """Both halves of one circuit: compact model as a line, circuit as open marks."""
    drawn, unit = curves_of(name, curve, jobs), 1e6 if curve == "cooling" else 1e9
    for half, check in drawn:
        colour, marker, line = (style.GREEN, "^", "--") if half == "reference" else (style.BLUE, "o", "-")
        which = "reference junction" if half == "reference" else "active junction"
        axes.plot(unit * check.x, 100 * check.compact, line, color=colour, lw=1.3, label=f"{which}: compact model")
        look = {"color": colour, "mfc": "none", "mew": 1.5, "ms": 6, "label": f"{which}: circuit"}
        axes.plot(unit * check.x, 100 * check.circuit, marker, **look)
    return [check for _, check in drawn]


def _mark(axes: Axes, x: float, row: str, simulated: float) -> None:
    """The published number and the bare junction's at one abscissa."""
    star = {"color": style.YELLOW, "mec": style.BLACK, "ms": 14, "zorder": 4, "label": "published"}
    axes.plot(x, 100 * published(row), "*", **star)
    axes.plot(x, 100 * simulated, "x", color=style.BLACK, ms=5, mew=1.5, label="bare junction", zorder=5)


def heating(run: Run) -> Plot:
    """Fig. 2f,g: a column per circuit; against the length of the pre-pulse, and against the delay after it."""
    figure, panels = style.grid(2, 2, 7.0, sharey=True, sharex="row")
    bare, checks = junction.pre_pulse(run.jobs), []
    for column, name in enumerate(circuit.NEURONS):
        above, below = panels[0][column], panels[1][column]
        checks += _heating_curves(above, name, "pre-heating", run.jobs)
        checks += _heating_curves(below, name, "cooling", run.jobs)
        _mark(above, 1e9 * PRE_PULSE.plateau, "A5.heated", bare["p_heated"])
        _mark(below, 0.0, "A5.heated", bare["p_heated"])
        _mark(below, 0.2, "A5.cooled", bare["p_cooled"])
        for panel in (above, below):
            panel.axhline(100 * published("A5.base"), ls=":", lw=1.4, color=style.GREY, label="published, cold")
        above.set(title=f"{name},\nheated by 0.9 V", xlabel="pre-pulse (ns)", xlim=(0, 550), ylim=(5, 36))
        below.set(title=f"{name},\ncooling", xlabel="cooling time (µs)", xlim=(-0.15, 2.1))
    for row in panels:
        row[0].set_ylabel("firing probability (%)")
    handles, labels = panels[0][1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    percent = {name: 100 * probability for name, probability in bare.items()}
    values = {"probe": PRE_HEAT_PROBE, "setting": setting(COMPARATOR, run.jobs), "points": 100 * worst_error(checks)}
    return PROSE.plot("firing_heating", figure, percent=percent, **values)


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
    values = {"probe": PROBE_AMPLITUDE, "step": SEQUENCE_AMPLITUDE, "setting": setting(DIFFERENTIAL, run.jobs)}
    values |= {"points": 100 * worst_error([check for _, check in halves])}
    return PROSE.plot("sequences", figure, lowest=temporal.min(), highest=temporal.max(), **values)


def pulse_response(run: Run) -> Plot:
    """Fig. S4 at several amplitudes: temporal half, reference half, and the temporal half's midpoint shift."""
    figure, axes = style.panels(3, 9.0)
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
    for panel, half in zip(axes, ("temporal", "reference"), strict=False):
        panel.set(title=f"{half} half", ylabel="firing probability (%)", ylim=(45, 85))
    axes[2].set(title="temporal half, shift of the midpoint", ylabel="midpoint shift Δx₀ (mV)")
    axes[1].annotate("the same at every amplitude", (1.5, 55), ha="center", color=style.GREY)
    axes[2].set_xlabel("operations before the probe")
    for panel in axes:
        panel.set_xticks(range(4))
    axes[2].plot([], [], "-", color=style.GREY, label="line: compact model")
    axes[2].plot([], [], "o", color=style.GREY, mfc="white", mew=1.4, label="mark: circuit")
    style.legend_below(axes[2], 3, title="set amplitude")
    rms = np.sqrt(np.mean([c.rms_error**2 for c in checks]))
    values = {"probe": PROBE_AMPLITUDE, "setting": setting(DIFFERENTIAL, run.jobs), "slope": slope, "rms": 100 * rms}
    values |= {"points": 100 * worst_error(checks), "rmse_V": circuit.pulse_rmse_V(run.jobs)}
    return PROSE.plot("pulse_response", figure, **values)


def _shift(axes: Axes, shift: junction.MidpointShift) -> None:
    volts = shift.amplitudes_V
    fine = np.linspace(volts[0], volts[-1], 100)
    curve = 1e3 * measure.published_shift(fine)
    axes.fill_between(fine, (1 - BAND) * curve, (1 + BAND) * curve, color=style.SKY, alpha=0.35, lw=0, label="±5 %")
    axes.plot(fine, curve, "-", color=style.BLUE, label="published: 8.2 V² + 8.7 V, in mV")
    axes.plot(volts, 1e3 * shift.shifts_V, "o", mew=1.5, **_JUNCTION)
    axes.set(title="midpoint shift after one pulse", xlabel="pulse amplitude (V)", ylabel="midpoint shift Δx₀ (mV)")
    axes.legend(loc="upper left")


def _cooling(axes: Axes, cooling: junction.Cooling) -> None:
    fine = np.linspace(0, cooling.delays_s[-1], 400)
    axes.semilogy(1e6 * cooling.delays_s, 1e3 * cooling.shifts_V, "o", ms=4.5, mew=1.2, **_JUNCTION)
    fast, slow = cooling.poles_s
    poles = f"two poles: {1e9 * fast:.0f} ns and {1e9 * slow:.0f} ns, sizes fitted"
    axes.semilogy(1e6 * fine, 1e3 * cooling.poles_V(fine), "-", color=style.BLACK, lw=1.2, label=poles)
    taus = f"two segments: {1e9 * cooling.first_tau_s:.0f} ns, then {1e9 * cooling.second_tau_s:.0f} ns"
    axes.semilogy(1e6 * fine, 1e3 * cooling.segments_V(fine), "--", color=style.BLUE, label=taus)
    knee = 1e6 * cooling.break_s
    axes.axvline(knee, color=style.GREY, ls=":", label=f"break between them: {1e3 * knee:.0f} ns")
    axes.set(title="cooling after five pulses", xlabel="cooling time (µs)", ylabel="midpoint shift Δx₀ (mV)")
    axes.set_yticks([0.3, 1, 3, 10, 30], ["0.3", "1", "3", "10", "30"])
    axes.minorticks_off()
    axes.legend(loc="upper right")


def _temperature(axes: Axes, run: Transient) -> tuple[float, float]:
    """Draw both poles; returns their peaks, K (a node carries a scaled temperature)."""
    device = junction.device_200nm()
    fast, slow = (node_scale(device, "mean_field", s) * run[f"xmtj.{s}"] for s in ("t_fast", "t_slow"))
    time = 1e6 * run.time
    axes.plot(time, fast + slow, "-", color=style.BLACK, label="sum")
    axes.plot(time, fast, "--", color=style.VERMILION, label="fast pole")
    axes.plot(time, slow, "-.", color=style.BLUE, label="slow pole")
    end = 1e6 * junction.CYCLES * measure.CYCLE.period
    axes.axvspan(0, end, color=style.GREY, alpha=0.1, lw=0, label="five cycles")
    axes.set_title(f"temperature, {junction.CYCLES} cycles at {measure.SATURATING_AMPLITUDE:g} V")
    axes.set(
        xlabel="time (µs)",
        ylabel="temperature rise (K)",
        xlim=(0, time[-1]),
        ylim=(-1, 1.15 * float((fast + slow).max())),
    )
    axes.legend(loc="upper right")
    return float(fast.max()), float(slow.max())


def thermal(run: Run) -> Plot:
    """Three panels: A6, A7, and the poles' temperatures."""
    figure, axes = style.panels(3, 9.6)
    shift, cooling, cycles = junction.midpoint_shift(run.jobs), junction.cooling(run.jobs), junction.five_cycles()
    _shift(axes[0], shift)
    _cooling(axes[1], cooling)
    fast, slow = _temperature(axes[2], cycles)
    values = {"cycles": cycles, "measure": measure, "r_thermal": junction.device_200nm().values()["r_thermal"]}
    late = {"late_us": 1e6 * cooling.delays_s[-1], "late": abs(cooling.late_error)}
    ends = 1e3 * shift.shifts_V[0], 1e3 * shift.shifts_V[-1]
    return PROSE.plot(
        "thermal", figure, shift=shift, cooling=cooling, fast=fast, slow=slow, ends=ends, **values, **late
    )
