"""Figures of short-term plasticity: of the synapse, of the delay, and of one synapse before three neurons (C3-C5)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from circuits.ecram_lif.delay_feedback_testbench import delay_feedback_lif_testbench
from circuits.ecram_lif.plasticity import predicted_ratio
from circuits.ecram_lif.stages import switch_ohm
from circuits.ecram_lif.topologies import PAIRS, Plasticity
from reports.ecram_lif import simulations
from reports.ecram_lif.figures_circuit import setting
from reports.ecram_lif.simulations import INTERVALS, NAMES, TRAIN_COUNT
from reports.figures import style
from reports.figures.plot import Plot
from reports.section import Run

_ASSUMED = "Base resistance and time constants, and with them size and range of the effect, are assumed."
SHOWN = 4.6e-6  # s, of the topologies' membranes


def _analytic(axes: Axes, intervals: tuple[float, ...], label: str) -> None:
    """Paired-pulse ratio from the device's constants."""
    design = delay_feedback_lif_testbench().design
    fine = np.geomspace(intervals[0], intervals[-1], 200)
    ratio = predicted_ratio(design, fine, switch_ohm(design))
    axes.semilogx(1e6 * fine, ratio, "-", color=style.BLACK, lw=1.2, label=label)
    axes.set(title="two spikes", xlabel="interval (µs)", ylabel="second response / first")


def _pairs(axes: Axes, ratios: dict[str, np.ndarray]) -> None:
    _analytic(axes, INTERVALS, "analytic, device's constants")
    micro, off = 1e6 * np.array(INTERVALS), "circuit, volatile part off"
    axes.semilogx(micro, ratios["device"], "o", color=style.BLUE, label="circuit")
    axes.semilogx(micro, ratios["ablated"], "s", color=style.VERMILION, mfc="white", mew=1.5, label=off)
    axes.set_ylim(0.995, 1.05)
    axes.legend(loc="upper right")


def _trains(axes: Axes, trains: dict[str, dict[float, np.ndarray]]) -> None:
    number = np.arange(1, TRAIN_COUNT + 1)
    for index, (interval, response) in enumerate(trains["device"].items()):
        line, label = style.MARKERS[index] + "-", f"every {1e6 * interval:g} µs"
        axes.plot(number, response, line, color=style.CYCLE[index], label=label)
    for interval, response in trains["ablated"].items():
        label = f"every {1e6 * interval:g} µs, volatile part off"
        axes.plot(number, response, "D--", color=style.BLACK, mfc="white", ms=4.5, label=label)
    axes.set(title="a train", xlabel="spike number n", ylabel="n-th response / first", xticks=range(1, 21, 3))
    style.legend_below(axes, 2)


def facilitation(run: Run) -> Plot:
    """Mode 1: paired-pulse ratio against the interval, and response to the n-th spike of a train."""
    ratios, trains = simulations.pairs(run.jobs), simulations.trains()
    figure, axes = style.panels(2, 8.4)
    _pairs(axes[0], ratios)
    _trains(axes[1], trains)
    off = float(np.abs(ratios["ablated"] - 1).max())
    growth = ", ".join(f"{100 * (r[-1] - 1):.0f} % (every {1e6 * t:g} µs)" for t, r in trains["device"].items())
    return Plot(
        "ecram_facilitation",
        "Facilitation of the ECRAM synapse",
        "Charge that an input spike puts on a membrane held at 0 V (voltage clamp), over that of the first spike; "
        f"{setting()}. Markers: circuit; line: prediction from the device's constants, nothing fitted. With the "
        f"volatile part off no ratio of two spikes differs from 1 by more than {off:.1g}. {_ASSUMED}",
        f"The second of two spikes 0.5 µs apart gives {100 * (ratios['device'][0] - 1):.1f} % more charge than the "
        f"first; the surplus is gone after 0.6 ms. After {TRAIN_COUNT} spikes the response has grown by {growth}.",
        figure,
    )


def excitability(run: Run) -> Plot:
    """Mode 2: firing rate and spike width after activity, against the recovery time."""
    figure, axes = style.panels(2, 7.2)
    pauses = simulations.pauses(run.jobs)
    shown = (("device", "circuit", "o-", style.BLUE), ("ablated", "circuit, volatile part off", "s--", style.VERMILION))
    for name, label, form, colour in shown:
        micro = [1e6 * p.pause_s for p in pauses[name]]
        look = {"color": colour, "mfc": colour if name == "device" else "white", "label": label}
        axes[0].semilogx(micro, [100 * (p.rate_gain - 1) for p in pauses[name]], form, **look)
        shift = [100 * (p.tested_width_s / p.rested_width_s - 1) for p in pauses[name]]
        axes[1].semilogx(micro, shift, form, **look)
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
        f"the second burst against those of the first; {setting()}, ECRAM in the delay path. All circuit, no compact "
        f"model. With the volatile part off the rate changes by {100 * off:.1g} % at most. {_ASSUMED}",
        f"{1e6 * first.pause_s:g} µs after activity the neuron fires {100 * (first.rate_gain - 1):.1f} % faster than "
        f"at rest, {1e6 * last.pause_s:.0f} µs after it {abs(100 * (last.rate_gain - 1)):.2f} %; without the volatile "
        "part nothing changes.",
        figure,
    )


def _membrane(axes: Axes, plasticity: Plasticity, colour: str) -> None:
    for result, form, shade, label in (
        (plasticity.fixed, "--", style.GREY, "volatile part off"),
        (plasticity.plastic, "-", colour, "volatile part on"),
    ):
        shown = result.run.time < SHOWN
        axes.plot(1e6 * result.run.time[shown], result.run["membrane"][shown], form, color=shade, lw=1.3, label=label)
    spikes = plasticity.plastic.spikes_s[plasticity.plastic.spikes_s < SHOWN]
    axes.plot(1e6 * spikes, np.full(spikes.size, 1.13), "v", color=colour, ms=6)
    axes.set(title=NAMES[plasticity.name], ylabel="membrane (V)", ylim=(-0.1, 1.65), xlim=(0, 1e6 * SHOWN))
    axes.legend(loc="upper right", ncols=2)


def _topology_pairs(axes: Axes, plasticities: list[Plasticity]) -> None:
    _analytic(axes, PAIRS, "analytic")
    for index, plasticity in enumerate(plasticities):
        look = {"marker": style.MARKERS[index], "ms": 11 - 3.5 * index, "mfc": "none", "color": style.CYCLE[index]}
        for pairs, extra in (  # the topologies' ratios coincide: their markers nest
            (plasticity.pairs, {"ls": "none", "mew": 1.5, "label": NAMES[plasticity.name]}),
            (plasticity.pairs_ablated, {"ls": "--"}),
        ):
            axes.semilogx([1e6 * t for t in pairs], list(pairs.values()), **look, **extra)
    axes.annotate("volatile part off", (1e6 * PAIRS[1], 1.0), (14, 5), textcoords="offset points", fontsize=9.5)
    axes.set_ylim(0.994, 1.05)
    axes.legend(loc="upper right")


def topologies(run: Run) -> Plot:
    """Membranes of three neurons under the same spike train, each with its ablation, and the paired-pulse ratio."""
    figure, axes = style.panels(4, 10.2, ratios=[1, 1, 1, 1.5])
    plasticities = list(simulations.topology_plasticity(run.jobs).values())
    for index, (panel, plasticity) in enumerate(zip(axes[:3], plasticities, strict=True)):
        _membrane(panel, plasticity, style.CYCLE[index])
    axes[2].set_xlabel("time (µs)")
    _topology_pairs(axes[3], plasticities)
    first, bench = plasticities[0], delay_feedback_lif_testbench()
    c = first.plastic.conditions
    gains = ", ".join(f"{NAMES[p.name]} {p.rate_gain:.2f}" for p in plasticities if p.rate_gain is not None)
    return Plot(
        "ecram_topologies",
        "One ECRAM synapse, three neurons",
        f"The same synapse under input spikes every {1e9 * bench.input_interval_s:g} ns, before three threshold "
        f"circuits; {first.plastic.run.simulator}, 28 nm card at {c.corner.upper()}, {c.temperature_C:g} °C, V_DD = "
        f"{c.v_dd:g} V. All circuit, no compact model. Triangles: output spikes. Below: charge of the second of two "
        "input spikes into a membrane held at 0 V over that of the first; open markers nest because the values agree.",
        "In every neuron the steps of the membrane grow with the spikes, and it fires more often than with the "
        f"volatile part off: late firing rate over that of the ablation: {gains}. The paired-pulse ratio falls from "
        f"{first.pairs[PAIRS[0]]:.3f} at {1e6 * PAIRS[0]:g} µs to {first.pairs[PAIRS[-1]]:.4f} at "
        f"{1e6 * PAIRS[-1]:g} µs in all of them, and is 1 without the volatile part.",
        figure,
    )
