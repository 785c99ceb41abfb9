"""Waveforms of one operation: input, divider, switching, outputs with the read window, and currents."""

from __future__ import annotations

from matplotlib.axes import Axes

from circuits.thermal_mtj.cycle import MEAN, CycleResult, tag
from circuits.thermal_mtj.neuron import States
from reports.figures import style
from reports.figures.plot import Plot, setting
from reports.page.context import RunContext

_ROW = 1.25  # rows of a timing diagram, in units of the supply


def state_text(states: States) -> str:
    """``P``, ``AP``, or for two junctions ``P/AP`` (in the order of the halves)."""
    return "/".join("AP" if s else "P" for s in states)


def _drive(axes: Axes, cycle: CycleResult) -> None:
    axes.plot(1e9 * cycle.run.time, cycle.run[f"drive_{MEAN}"], color=style.BLACK)
    axes.set(title="input", ylabel="V_IN (V)")


def _divider(axes: Axes, cycle: CycleResult, threshold: float) -> None:
    """Divider voltages of the replicas whose junctions start alike, with the comparator's threshold."""
    time, neuron = 1e9 * cycle.run.time, cycle.neuron
    series = 0
    for half in neuron.halves:
        for state in (False, True):
            name = f"x{tag(tuple(state for _ in neuron.halves))}.divider{half.suffix}"
            label = f"{half.label}, {state_text((state,))}" if half.suffix else state_text((state,))
            axes.plot(time, cycle.run[name], style.LINES[series], color=style.CYCLE[series], label=label)
            series += 1
    axes.axhline(threshold, color=style.GREY, ls=":", lw=1.3)
    axes.annotate(
        "comparator threshold", (60, threshold), (0, -4), textcoords="offset points", va="top", color=style.GREY
    )
    axes.set(title="divider output = voltage across the junction", ylabel="V_OUT (V)", ylim=(-1.15, 2.2))
    axes.legend(loc="upper left", ncols=2)


def _switching(axes: Axes, cycle: CycleResult) -> None:
    for index, half in enumerate(cycle.neuron.halves):
        values = 100 * cycle.run[f"x{MEAN}.xmtj{half.suffix}.ap"]
        axes.plot(
            1e9 * cycle.run.time,
            values,
            style.LINES[index],
            color=style.CYCLE[index],
            label=half.label if half.suffix else "active junction",
        )
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
    axes.set(
        title="output" if output == "output" else f"output “{output}”", ylim=(-0.15 * v_dd, _ROW * v_dd * len(rows))
    )


def _currents(axes: Axes, cycle: CycleResult) -> None:
    time = 1e9 * cycle.run.time
    axes.plot(time, -1e6 * cycle.run[f"i(vset_{MEAN})"], "-", color=style.BLACK, label="input source")
    rows = list(cycle.neuron.outcomes())
    for index, states in enumerate((rows[0], rows[-1])):
        label = f"supply, {state_text(states)}"
        axes.plot(
            time,
            -1e6 * cycle.run[f"i(vdd_{tag(states)})"],
            style.LINES[index + 1],
            color=style.CYCLE[index],
            label=label,
        )
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set_yticks([-1e3, -10, -0.1, 0.1, 10, 1e3], ["−1 mA", "−10 µA", "−0.1 µA", "0.1 µA", "10 µA", "1 mA"])
    axes.set(title="currents (logarithmic beyond ±0.1 µA)", ylabel="current", xlabel="time (ns)", ylim=(-2e4, 2e4))
    axes.legend(loc="lower left", bbox_to_anchor=(0.05, 0.0))


def draw(context: RunContext, circuit: str) -> Plot:
    """One operation of `circuit` at its default conditions."""
    operation = context.operation(circuit)
    cycle = operation.cycle
    outputs = cycle.neuron.outputs
    row_height = 0.55 + 0.32 * len(list(cycle.neuron.outcomes()))
    heights = [1.35, 2.1, 1.35, *[row_height] * len(outputs), 2.3]
    figure, axes = style.panels(len(heights), sum(heights) + 0.7, ratios=heights, sharex=True)
    _drive(axes[0], cycle)
    _divider(axes[1], cycle, operation.threshold_V)
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
    return Plot(
        f"waveforms_{circuit}",
        f"One operation of the {circuit} neuron",
        f"One 230 ns operation of the {circuit} neuron in one ngspice run ({setting(context, [circuit])}, "
        f"{cycle.conditions.amplitude:.2f} V set pulse across a P-state junction): set, read (window shaded), "
        "reset. All circuit, no compact model. The AP probability and the input current come from the replica with "
        f"mean-field junctions (firing probability {chances}); dividers, outputs and supplies from replicas with "
        f"sampled junctions, held in the named states until the reset{order}. Each output row spans 0 to "
        f"{cycle.conditions.v_dd:g} V. Comparators decide during the whole operation; only the read window counts.",
        f"Input pulse of {cycle.peak_voltage_V:.2f} V, a short read at {cycle.conditions.v_read:g} V and a negative "
        "reset. In the shaded read window each output is at the level that its row's states call for.",
        figure,
    )


def comparator(context: RunContext) -> Plot:
    """The comparator neuron."""
    return draw(context, "comparator")


def differential(context: RunContext) -> Plot:
    """The differential neuron."""
    return draw(context, "differential")
