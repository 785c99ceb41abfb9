"""The circuits at work: waveforms of one operation, and the divider's levels against the read voltage."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from circuits.thermal_mtj.cycle import MEAN, CycleResult, tag
from circuits.thermal_mtj.neuron import States
from circuits.thermal_mtj.reading.decision_yield import minimum_device_sigma
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.thermal_mtj.circuit import COMPARATOR, DIFFERENTIAL, Window, operation, setting, windows

PROSE = Prose(__file__)

READS = np.linspace(0.5, 1.0, 51)
_ROW = 1.25  # rows of a timing diagram, in units of the supply


def state_text(states: States) -> str:
    """``P``, ``AP``, or for two junctions ``P/AP`` (in the order of the halves)."""
    return "/".join("AP" if s else "P" for s in states)


def _divider(axes: Axes, cycle: CycleResult, threshold: float) -> None:
    """Divider voltages of the replicas whose junctions start alike, with the comparator's threshold."""
    time, neuron = 1e9 * cycle.run.time, cycle.neuron
    series = [(half, state) for half in neuron.halves for state in (False, True)]
    for (half, state), line, colour in zip(series, style.LINES, style.CYCLE, strict=False):
        name = f"x{tag((state,) * len(neuron.halves))}.divider{half.suffix}"
        label = f"{half.label}, {state_text((state,))}" if half.suffix else state_text((state,))
        axes.plot(time, cycle.run[name], line, color=colour, label=label)
    axes.axhline(threshold, color=style.GREY, ls=":", lw=1.3)
    below: dict[str, Any] = {"textcoords": "offset points", "va": "top", "color": style.GREY}
    axes.annotate("comparator threshold", (60, threshold), (0, -4), **below)
    axes.set(title="divider output = voltage across the junction", ylabel="V_OUT (V)", ylim=(-1.15, 2.2))
    axes.legend(loc="upper left", ncols=2)


def _switching(axes: Axes, cycle: CycleResult) -> None:
    for half, line, colour in zip(cycle.neuron.halves, style.LINES, style.CYCLE, strict=False):
        probability = 100 * cycle.run[f"x{MEAN}.xmtj{half.suffix}.ap"]
        label = half.label if half.suffix else "active junction"
        axes.plot(1e9 * cycle.run.time, probability, line, color=colour, label=label)
    axes.set(title="probability of the AP state", ylabel="AP (%)", ylim=(-2, 29))
    axes.legend(loc="upper left")


def _outputs(axes: Axes, cycle: CycleResult, output: str) -> None:
    """A timing diagram: one row per combination of states, each from 0 V to the supply."""
    time, v_dd = 1e9 * cycle.run.time, cycle.conditions.v_dd
    rows = list(cycle.neuron.outcomes())[::-1]
    for row, states in enumerate(rows):
        base = _ROW * v_dd * row
        axes.axhline(base, color="#BBBBBB", lw=0.7)
        colour = style.CYCLE[(len(rows) - 1 - row) % len(style.CYCLE)]
        axes.plot(time, base + cycle.run[f"{output}_{tag(states)}"], color=colour)
    names = [state_text(states) for states in rows]
    axes.set_yticks([_ROW * v_dd * row + v_dd / 2 for row in range(len(rows))], names)
    axes.grid(False, axis="y")
    title = "output" if output == "output" else f"output “{output}”"
    axes.set(title=title, ylim=(-0.15 * v_dd, _ROW * v_dd * len(rows)))


def _currents(axes: Axes, cycle: CycleResult) -> None:
    time = 1e9 * cycle.run.time
    axes.plot(time, -1e6 * cycle.run[f"i(vset_{MEAN})"], "-", color=style.BLACK, label="input source")
    rows = list(cycle.neuron.outcomes())
    for states, line, colour in zip((rows[0], rows[-1]), style.LINES[1:], style.CYCLE, strict=False):
        supply = -1e6 * cycle.run[f"i(vdd_{tag(states)})"]
        axes.plot(time, supply, line, color=colour, label=f"supply, {state_text(states)}")
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set_yticks([-1e3, -10, -0.1, 0.1, 10, 1e3], ["−1 mA", "−10 µA", "−0.1 µA", "0.1 µA", "10 µA", "1 mA"])
    axes.set(title="currents (logarithmic beyond ±0.1 µA)", ylabel="current", xlabel="time (ns)", ylim=(-2e4, 2e4))
    axes.legend(loc="lower left", bbox_to_anchor=(0.05, 0.0))


def _waveforms(circuit: str, run: Run) -> Plot:
    """One operation of a circuit at its default conditions."""
    result = operation(circuit, run.jobs)
    cycle, outputs = result.cycle, result.cycle.neuron.outputs
    row_height = 0.55 + 0.32 * len(list(cycle.neuron.outcomes()))
    heights = [1.35, 2.1, 1.35, *[row_height] * len(outputs), 2.3]
    figure, axes = style.panels(len(heights), sum(heights) + 0.7, ratios=heights, sharex=True)
    axes[0].plot(1e9 * cycle.run.time, cycle.run[f"drive_{MEAN}"], color=style.BLACK)
    axes[0].set(title="input", ylabel="V_IN (V)")
    _divider(axes[1], cycle, result.threshold_V)
    _switching(axes[2], cycle)
    for panel, output in zip(axes[3:], outputs, strict=False):
        _outputs(panel, cycle, output)
    _currents(axes[-1], cycle)
    low, high = (1e9 * t for t in cycle.neuron.cycle.read_window)
    for panel in axes:
        panel.axvspan(low, high, color=style.YELLOW, alpha=0.45, lw=0)
        panel.set_xlim(0, 1e9 * cycle.neuron.cycle.period)
    labels = [half.label for half in cycle.neuron.halves]
    order = f" (in the order {'/'.join(labels)})" if len(labels) > 1 else ""
    chances = " and ".join(f"{100 * p:.1f} %" for p in cycle.probabilities)
    values = {"circuit": circuit, "setting": setting(circuit, run.jobs), "chances": chances, "order": order}
    return PROSE.plot("waveforms", figure, cycle=cycle, **values)


def comparator(run: Run) -> Plot:
    """Waveforms of the comparator neuron."""
    return _waveforms(COMPARATOR, run)


def differential(run: Run) -> Plot:
    """Waveforms of the differential neuron."""
    return _waveforms(DIFFERENTIAL, run)


def _levels(axes: Axes, window: Window, v_read: float) -> None:
    divider = window.half.divider
    low = [divider.level_parallel(v) for v in READS]
    high = [divider.level_antiparallel(v) for v in READS]
    flat = [divider.level_antiparallel_low_bias(v) for v in READS]
    axes.plot(READS, flat, "--", color=style.VERMILION, label="AP, constant R_AP (Eq. 2)")
    axes.plot(READS, high, "-", color=style.VERMILION, label="AP, TMR falls with bias")
    axes.plot(READS, low, "-.", color=style.BLUE, label="P")
    axes.fill_between(READS, low, high, color=style.SKY, alpha=0.2, lw=0)
    threshold = f"comparator threshold, {1e3 * window.threshold_V:.0f} mV"
    axes.axhline(window.threshold_V, color=style.BLACK, ls=":", label=threshold)
    levels, look = (window.parallel_V, window.antiparallel_V), {"color": style.BLACK, "mfc": "white", "mew": 1.5}
    axes.plot([v_read, v_read], levels, "o", label="whole circuit, ngspice", **look)
    axes.set(title="divider levels", ylabel="V_OUT (V)")
    axes.legend(loc="upper left")


def _margins(axes: Axes, window: Window, v_read: float) -> None:
    divider, threshold = window.half.divider, window.threshold_V
    high = np.array([divider.level_antiparallel(v) for v in READS]) - threshold
    low = threshold - np.array([divider.level_parallel(v) for v in READS])
    axes.plot(READS, 1e3 * high, "-", color=style.VERMILION, label="AP above the threshold")
    axes.plot(READS, 1e3 * low, "-.", color=style.BLUE, label="P below the threshold")
    sigma = 1e3 * minimum_device_sigma()
    axes.axhspan(-sigma, sigma, color=style.GREY, alpha=0.2, lw=0, label=f"±σ(V_th), minimum device: {sigma:.0f} mV")
    axes.axhline(0, color=style.BLACK, lw=1)
    axes.axvline(v_read, color=style.GREY, ls="--", lw=1)
    axes.set(title="noise margin of each decision", ylabel="margin (mV)", xlabel="read voltage V_READ (V)")
    axes.set_ylim(-110, 170)
    style.legend_below(axes, 1)


def window(run: Run) -> Plot:
    """The divider's levels against the read voltage above, noise margins below."""
    (window,) = windows(COMPARATOR, run.jobs)
    v_read = operation(COMPARATOR, run.jobs).cycle.conditions.v_read
    figure, axes = style.panels(2, 8.2, sharex=True)
    _levels(axes[0], window, v_read)
    _margins(axes[1], window, v_read)
    return PROSE.plot("window", figure, window=window, setting=setting(COMPARATOR, run.jobs), v_read=v_read)
