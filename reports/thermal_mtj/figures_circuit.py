"""The circuits at work: waveforms of one operation, and the divider's levels against the read voltage."""

from __future__ import annotations

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
_ROW = 1.3  # rows of a timing diagram, in units of the supply
_OUTPUTS = (style.BLUE, style.VERMILION, style.GREEN)


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
    axes.axhline(threshold, color=style.GREY, ls=":", lw=1.3, label="comparator threshold")
    axes.set(title="divider output = voltage across the junction", ylabel="voltage (V)", ylim=(-0.95, 1.05))
    style.legend_below(axes, 3, points=9, fontsize=9)


def _switching(axes: Axes, cycle: CycleResult) -> None:
    for half, line, colour in zip(cycle.neuron.halves, style.LINES, style.CYCLE, strict=False):
        probability = 100 * cycle.run[f"x{MEAN}.xmtj{half.suffix}.ap"]
        label = half.label if half.suffix else "active junction"
        axes.plot(1e9 * cycle.run.time, probability, line, color=colour, label=label)
    axes.set(title="probability of the AP state", ylabel="probability (%)", ylim=(-2, 27))
    axes.legend(loc="upper left")


def _outputs(axes: Axes, cycle: CycleResult) -> None:
    """A timing diagram: a row per combination of states and output, each from 0 V to the supply."""
    time, v_dd, outputs = 1e9 * cycle.run.time, cycle.conditions.v_dd, cycle.neuron.outputs
    combinations = list(cycle.neuron.outcomes())[::-1]
    for group, states in enumerate(combinations):
        for i, output in enumerate(outputs):
            base = _ROW * v_dd * (group * len(outputs) + len(outputs) - 1 - i)
            label = None if len(outputs) == 1 or group else output
            axes.plot(time, base + cycle.run[f"{output}_{tag(states)}"], color=_OUTPUTS[i], lw=1.2, label=label)
        if group:
            axes.axhline(_ROW * v_dd * group * len(outputs) - 0.15 * v_dd, color="#BBBBBB", lw=0.7)
    middles = _ROW * v_dd * len(outputs) * (np.arange(len(combinations)) + 0.5) - 0.15 * v_dd
    axes.set_yticks(middles, [state_text(states) for states in combinations])
    axes.grid(False, axis="y")
    order = " / ".join(half.label for half in cycle.neuron.halves)
    title = f"outputs, by state of {order}" if len(cycle.neuron.halves) > 1 else "output, by state of the junction"
    axes.set(title=title, ylim=(-0.2 * v_dd, _ROW * v_dd * len(outputs) * len(combinations)))
    if len(outputs) > 1:
        style.legend_below(axes, len(outputs), points=8)


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
    axes.legend(loc="lower left", ncols=1)


def _waveforms(circuit: str, run: Run) -> Plot:
    """One operation of a circuit at its default conditions."""
    result = operation(circuit, run.jobs)
    cycle = result.cycle
    rows = len(cycle.neuron.outputs) * len(list(cycle.neuron.outcomes()))
    heights = [1.2, 2.1, 1.2, 0.5 + 0.19 * rows, 2.0]
    figure, axes = style.panels(len(heights), sum(heights) + 0.9, ratios=heights, sharex=True)
    axes[0].plot(1e9 * cycle.run.time, cycle.run[f"drive_{MEAN}"], color=style.BLACK)
    axes[0].set(title="input", ylabel="voltage (V)")
    _divider(axes[1], cycle, result.threshold_V)
    _switching(axes[2], cycle)
    _outputs(axes[3], cycle)
    _currents(axes[4], cycle)
    low, high = (1e9 * t for t in cycle.neuron.cycle.read_window)
    for panel in axes:
        shaded = panel.axvspan(low, high, color=style.YELLOW, alpha=0.45, lw=0)
        panel.set_xlim(0, 1e9 * cycle.neuron.cycle.period)
    axes[0].legend([shaded], ["read window"], loc="lower left")
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
    levels = (divider.level_parallel, divider.level_antiparallel, divider.level_antiparallel_low_bias)
    low, high, flat = (1e3 * np.array([level(v) for v in READS]) for level in levels)
    axes.plot(READS, flat, "--", color=style.VERMILION, label="AP, constant R_AP (Eq. 2)")
    axes.plot(READS, high, "-", color=style.VERMILION, label="AP (antiparallel)")
    axes.plot(READS, low, "-.", color=style.BLUE, label="P (parallel)")
    axes.fill_between(READS, low, high, color=style.SKY, alpha=0.2, lw=0, label="window between P and AP")
    threshold = f"comparator threshold, {1e3 * window.threshold_V:.0f} mV"
    axes.axhline(1e3 * window.threshold_V, color=style.BLACK, ls=":", label=threshold)
    points, look = (
        (1e3 * window.parallel_V, 1e3 * window.antiparallel_V),
        {"color": style.BLACK, "mfc": "white", "mew": 1.5},
    )
    axes.plot([v_read, v_read], points, "o", label="whole circuit, ngspice", **look)
    axes.set(title="divider levels", ylabel="divider output (mV)")
    style.legend_below(axes, 2, points=10, fontsize=9, columnspacing=1.0, handlelength=1.6)


def _margins(axes: Axes, window: Window, v_read: float) -> None:
    divider, threshold = window.half.divider, window.threshold_V
    high = np.array([divider.level_antiparallel(v) for v in READS]) - threshold
    low = threshold - np.array([divider.level_parallel(v) for v in READS])
    axes.plot(READS, 1e3 * high, "-", color=style.VERMILION, label="AP level above threshold")
    axes.plot(READS, 1e3 * low, "-.", color=style.BLUE, label="P level below threshold")
    sigma = 1e3 * minimum_device_sigma()
    axes.axhspan(-sigma, sigma, color=style.GREY, alpha=0.2, lw=0, label=f"±{sigma:.0f} mV, σ of a minimum transistor")
    axes.axhline(0, color=style.BLACK, lw=1)
    axes.axvline(v_read, color=style.GREY, ls="--", lw=1, label=f"read voltage, {v_read:g} V")
    axes.set(title="noise margin of each decision", ylabel="margin (mV)", xlabel="read voltage (V)")
    axes.set_ylim(-110, 170)
    style.legend_below(axes, 2, fontsize=9, columnspacing=1.0, handlelength=1.6)


def window(run: Run) -> Plot:
    """The divider's levels against the read voltage above, noise margins below."""
    (window,) = windows(COMPARATOR, run.jobs)
    v_read = operation(COMPARATOR, run.jobs).cycle.conditions.v_read
    figure, axes = style.panels(2, 7.4, sharex=True)
    _levels(axes[0], window, v_read)
    _margins(axes[1], window, v_read)
    return PROSE.plot("window", figure, window=window, setting=setting(COMPARATOR, run.jobs), v_read=v_read)
