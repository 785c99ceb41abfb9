"""Figures of short-term plasticity: of the synapse, of the delay, and of one synapse before three neurons (C3-C5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from circuits.ecram_lif.plasticity import predicted_ratio
from circuits.ecram_lif.stages import switch_ohm
from circuits.ecram_lif.testbench import delay_feedback_lif_testbench
from circuits.ecram_lif.topologies import PAIRS, Plasticity
from reports import simulated
from reports.ecram_lif import simulations
from reports.ecram_lif.figures_circuit import setting
from reports.ecram_lif.simulations import INTERVALS, NAMES, TRAIN_COUNT
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)

SHOWN = 4.6e-6  # s, of the topologies' membranes


def _analytic(axes: Axes, intervals: tuple[float, ...], label: str) -> None:
    """Paired-pulse ratio from the device's constants."""
    design = delay_feedback_lif_testbench().design
    fine = np.geomspace(intervals[0], intervals[-1], 200)
    ratio = predicted_ratio(design, fine, switch_ohm(design))
    axes.semilogx(1e6 * fine, ratio, "-", color=style.BLACK, lw=1.2, label=label)
    axes.set(title="two spikes", xlabel="interval (µs)", ylabel="second charge / first")
    ticks = [t for t in (1, 10, 100) if t <= 1e6 * intervals[-1]]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])


def _pairs(axes: Axes, ratios: dict[str, np.ndarray]) -> None:
    _analytic(axes, INTERVALS, "analytic, device's constants")
    micro, off = 1e6 * np.array(INTERVALS), "circuit, volatile part off"
    axes.plot(micro, ratios["device"], "o", color=style.BLUE, label="circuit")
    axes.plot(micro, ratios["ablated"], "s", color=style.VERMILION, mfc="white", mew=1.5, label=off)
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
    axes.set(title="a train", xlabel="number n of the spike", ylabel="n-th charge / first", xticks=range(1, 21, 3))
    style.legend_below(axes, 2)


def facilitation(run: Run) -> Plot:
    """Mode 1: paired-pulse ratio against the interval, and response to the n-th spike of a train."""
    ratios, trains = simulations.pairs(run.jobs), simulations.trains()
    figure, axes = style.panels(2, 8.4)
    _pairs(axes[0], ratios)
    _trains(axes[1], trains)
    off = float(np.abs(ratios["ablated"] - 1).max())
    growth = ", ".join(f"{100 * (r[-1] - 1):.0f} % (every {1e6 * t:g} µs)" for t, r in trains["device"].items())
    values = {"off": off, "surplus": ratios["device"][0] - 1, "train_count": TRAIN_COUNT, "growth": growth}
    return PROSE.plot("ecram_facilitation", figure, setting=setting(), **values)


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
    axes[0].set(title="firing rate", xlabel="pause (µs)", ylabel="change (%)")
    axes[1].set(title="width of the first spike", xlabel="pause (µs)", ylabel="change (%)")
    axes[0].legend(loc="upper right")
    axes[1].legend(loc="lower right")
    for panel in axes:
        panel.set_xticks([1, 10, 100], ["1", "10", "100"])
    first, last = pauses["device"][0], pauses["device"][-1]
    off = max(abs(p.rate_gain - 1) for p in pauses["ablated"])
    changes = {"faster": first.rate_gain - 1, "late_percent": abs(100 * (last.rate_gain - 1)), "off": off}
    return PROSE.plot("ecram_excitability", figure, setting=setting(), first=first, last=last, **changes)


def _membrane(axes: Axes, plasticity: Plasticity, colour: str) -> None:
    for result, form, shade, label in (
        (plasticity.fixed, "--", style.GREY, "volatile part off"),
        (plasticity.plastic, "-", colour, "volatile part on"),
    ):
        shown = result.run.time < SHOWN
        axes.plot(1e6 * result.run.time[shown], result.run["membrane"][shown], form, color=shade, lw=1.3, label=label)
    spikes = plasticity.plastic.spikes_s[plasticity.plastic.spikes_s < SHOWN]
    axes.plot(1e6 * spikes, np.full(spikes.size, 1.13), "v", color=colour, ms=6, label="output spike")
    axes.set(
        title=f"{NAMES[plasticity.name]}: membrane", ylabel="voltage (V)", ylim=(-0.1, 1.75), xlim=(0, 1e6 * SHOWN)
    )
    axes.legend(loc="upper right", ncols=3, fontsize=8.5, columnspacing=1.0, handlelength=1.6)


def _topology_pairs(axes: Axes, plasticities: list[Plasticity]) -> None:
    _analytic(axes, PAIRS, "analytic")
    for index, plasticity in enumerate(plasticities):
        look: dict[str, Any] = {
            "marker": style.MARKERS[index],
            "ms": 11 - 3.5 * index,
            "mfc": "none",
            "color": style.CYCLE[index],
        }
        for pairs, extra in (  # the topologies' ratios coincide: their markers nest
            (plasticity.pairs, {"ls": "none", "mew": 1.5, "label": NAMES[plasticity.name]}),
            (plasticity.pairs_ablated, {"ls": "--"}),
        ):
            axes.plot([1e6 * t for t in pairs], list(pairs.values()), **{**look, **extra})
    axes.plot([], [], "--", color=style.BLACK, marker="o", mfc="none", label="the same, volatile part off")
    axes.set_ylim(0.994, 1.05)
    axes.legend(loc="upper right")


def topologies(run: Run) -> Plot:
    """Membranes of three neurons under the same spike train, each with its ablation, and the paired-pulse ratio."""
    figure, axes = style.panels(4, 10.2, ratios=[1, 1, 1, 1.5])
    plasticities = list(simulations.topology_plasticity(run.jobs).values())
    for index, (panel, plasticity) in enumerate(zip(axes[:3], plasticities, strict=True)):
        _membrane(panel, plasticity, style.CYCLE[index])
    axes[2].set_xlabel("time (µs)")
    for panel in axes[:2]:
        panel.tick_params(labelbottom=False)
    _topology_pairs(axes[3], plasticities)
    first, bench = plasticities[0], delay_feedback_lif_testbench()
    gains = ", ".join(f"{NAMES[p.name]} {p.rate_gain:.2f}" for p in plasticities if p.rate_gain is not None)
    ends = {"intervals": (PAIRS[0], PAIRS[-1]), "ratios": (first.pairs[PAIRS[0]], first.pairs[PAIRS[-1]])}
    return PROSE.plot(
        "ecram_topologies",
        figure,
        input_interval_s=bench.input_interval_s,
        setting=simulated.setting(first.plastic.run.simulator, first.plastic.conditions),
        gains=gains,
        **ends,
    )
