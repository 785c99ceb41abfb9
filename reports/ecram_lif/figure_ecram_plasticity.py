"""Short-term plasticity of the ECRAM neuron in both modes, each beside its ablation (C3, C4)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from circuits.ecram_lif.plasticity import predicted_ratio
from circuits.ecram_lif.stages import switch_ohm
from reports.ecram_lif.ecram_runs import INTERVALS, TRAIN_COUNT
from reports.figures import style
from reports.figures.plot import Plot, lif_setting
from reports.page.context import RunContext


def _pairs(axes: Axes, context: RunContext) -> None:
    runs = context.ecram
    fine = np.geomspace(INTERVALS[0], INTERVALS[-1], 200)
    micro = 1e6 * np.array(INTERVALS)
    paper = predicted_ratio(runs.testbench.design, fine, switch_ohm(runs.testbench.design))
    axes.semilogx(1e6 * fine, paper, "-", color=style.BLACK, lw=1.2, label="on paper, device's constants")
    axes.semilogx(micro, runs.pairs["device"], "o", color=style.BLUE, label="circuit")
    axes.semilogx(
        micro,
        runs.pairs["ablated"],
        "s",
        color=style.VERMILION,
        mfc="white",
        mew=1.5,
        label="circuit, volatile part off",
    )
    axes.set(title="two spikes", xlabel="interval (µs)", ylabel="second response / first", ylim=(0.995, 1.05))
    axes.legend(loc="upper right")


def _trains(axes: Axes, context: RunContext) -> None:
    number = np.arange(1, TRAIN_COUNT + 1)
    for index, (interval, response) in enumerate(context.ecram.trains["device"].items()):
        axes.plot(
            number, response, style.MARKERS[index] + "-", color=style.CYCLE[index], label=f"every {1e6 * interval:g} µs"
        )
    for interval, response in context.ecram.trains["ablated"].items():
        axes.plot(
            number,
            response,
            "D--",
            color=style.BLACK,
            mfc="white",
            ms=4.5,
            label=f"every {1e6 * interval:g} µs, volatile part off",
        )
    axes.set(title="a train", xlabel="spike number n", ylabel="n-th response / first", xticks=range(1, 21, 3))
    style.legend_below(axes, 2)


def synapse(context: RunContext) -> Plot:
    """Mode 1: paired-pulse ratio against the interval, and response to the n-th spike of a train."""
    figure, axes = style.panels(2, 8.4)
    _pairs(axes[0], context)
    _trains(axes[1], context)
    pairs, trains = context.ecram.pairs, context.ecram.trains
    last = {t: float(r[-1]) for t, r in trains["device"].items()}
    off = float(np.abs(pairs["ablated"] - 1).max())
    return Plot(
        "ecram_facilitation",
        "Facilitation of the ECRAM synapse",
        "Charge that an input spike puts on a membrane held at 0 V (voltage clamp), over that of the first spike; "
        f"{lif_setting(context)}. Markers: circuit; line: prediction from the device's constants, nothing fitted. "
        f"With the volatile part off no ratio of two spikes differs from 1 by more than {off:.1g}. Base resistance and "
        "time constants, and with them size and range of the effect, are assumed.",
        f"The second of two spikes 0.5 µs apart gives {100 * (pairs['device'][0] - 1):.1f} % more charge than the "
        "first; "
        f"the surplus is gone after 0.6 ms. After {TRAIN_COUNT} spikes the response has grown by "
        + ", ".join(f"{100 * (r - 1):.0f} % (every {1e6 * t:g} µs)" for t, r in last.items())
        + ".",
        figure,
    )


def delay(context: RunContext) -> Plot:
    """Mode 2: firing rate and spike width after activity, against the recovery time."""
    figure, axes = style.panels(2, 7.2)
    pauses = context.ecram.pauses
    shown = (("device", "circuit", "o-", style.BLUE), ("ablated", "circuit, volatile part off", "s--", style.VERMILION))
    for name, label, form, colour in shown:
        found = pauses[name]
        micro = [1e6 * p.pause_s for p in found]
        face = colour if name == "device" else "white"
        axes[0].semilogx(micro, [100 * (p.rate_gain - 1) for p in found], form, color=colour, mfc=face, label=label)
        shift = [100 * (p.tested_width_s / p.rested_width_s - 1) for p in found]
        axes[1].semilogx(micro, shift, form, color=colour, mfc=face, label=label)
    axes[0].set(title="firing rate", xlabel="recovery time (µs)", ylabel="change (%)")
    axes[1].set(title="width of the first spike", xlabel="recovery time (µs)", ylabel="change (%)")
    axes[0].legend(loc="upper right")
    axes[1].legend(loc="lower right")
    first, last = pauses["device"][0], pauses["device"][-1]
    off = max(abs(p.rate_gain - 1) for p in pauses["ablated"])
    return Plot(
        "ecram_excitability",
        "Excitability of the neuron with an ECRAM in its delay path",
        "A 2 µs burst of 10 µA into the membrane, a pause, and a second burst: first interval and first spike width of "
        f"the second burst against those of the first; {lif_setting(context)}, ECRAM in the delay path. All circuit, "
        "no "
        f"compact model. With the volatile part off the rate changes by {100 * off:.1g} % at most. Base resistance and "
        "time constants, and with them size and range of the effect, are assumed.",
        f"{1e6 * first.pause_s:g} µs after activity the neuron fires {100 * (first.rate_gain - 1):.1f} % faster than "
        "at "
        f"rest, {1e6 * last.pause_s:.0f} µs after it {abs(100 * (last.rate_gain - 1)):.2f} %; without the volatile "
        "part "
        "nothing changes.",
        figure,
    )
