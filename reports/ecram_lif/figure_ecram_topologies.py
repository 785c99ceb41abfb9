"""One ECRAM synapse before three neurons: membranes under the same spike train, and the paired-pulse ratio (C5)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from circuits.ecram_lif.plasticity import predicted_ratio
from circuits.ecram_lif.stages import switch_ohm
from circuits.ecram_lif.topologies import PAIRS, Plasticity
from reports.ecram_lif.topology_runs import NAMES
from reports.figures import style
from reports.figures.plot import Plot
from reports.page.context import RunContext

SHOWN = 4.6e-6  # s


def _membrane(axes: Axes, found: Plasticity, colour: str) -> None:
    for result, form, shade, label in (
        (found.fixed, "--", style.GREY, "volatile part off"),
        (found.plastic, "-", colour, "as it is"),
    ):
        seen = result.run.time < SHOWN
        axes.plot(1e6 * result.run.time[seen], result.run["membrane"][seen], form, color=shade, lw=1.3, label=label)
    spikes = found.plastic.spikes_s[found.plastic.spikes_s < SHOWN]
    axes.plot(1e6 * spikes, np.full(spikes.size, 1.13), "v", color=colour, ms=6)
    axes.set(title=NAMES[found.name], ylabel="membrane (V)", ylim=(-0.1, 1.65), xlim=(0, 1e6 * SHOWN))


def _pairs(axes: Axes, context: RunContext) -> None:
    runs = context.topology_runs
    design = next(iter(runs.testbenches.values())).design
    fine = np.geomspace(PAIRS[0], PAIRS[-1], 200)
    paper = predicted_ratio(design, fine, switch_ohm(design))
    axes.semilogx(1e6 * fine, paper, "-", color=style.BLACK, lw=1.1, label="on paper")
    for index, (name, found) in enumerate(runs.plasticity.items()):
        size = 11 - 3.5 * index  # they coincide: the markers nest
        axes.semilogx(
            [1e6 * t for t in found.pairs],
            list(found.pairs.values()),
            style.MARKERS[index],
            ms=size,
            mfc="none",
            mew=1.5,
            color=style.CYCLE[index],
            label=NAMES[name],
        )
        axes.semilogx(
            [1e6 * t for t in found.pairs_ablated],
            list(found.pairs_ablated.values()),
            "--",
            marker=style.MARKERS[index],
            ms=size,
            mfc="none",
            color=style.CYCLE[index],
        )
    axes.annotate("volatile part off", (1e6 * PAIRS[1], 1.0), (14, 5), textcoords="offset points", fontsize=9.5)
    axes.set(title="two spikes", xlabel="interval (µs)", ylabel="second response / first", ylim=(0.994, 1.05))
    axes.legend(loc="upper right")


def draw(context: RunContext) -> Plot:
    """Three membranes, each with its ablation, and the paired-pulse ratio in all three."""
    figure, axes = style.panels(4, 10.2, ratios=[1, 1, 1, 1.5])
    found = context.topology_runs.plasticity
    for index, (panel, each) in enumerate(zip(axes[:3], found.values(), strict=True)):
        _membrane(panel, each, style.CYCLE[index])
        panel.legend(loc="upper right", ncols=2)
    axes[2].set_xlabel("time (µs)")
    _pairs(axes[3], context)
    first = next(iter(found.values()))
    c, testbench = first.plastic.conditions, next(iter(context.topology_runs.testbenches.values()))
    gains = ", ".join(f"{NAMES[n]} {p.rate_gain:.2f}" for n, p in found.items() if p.rate_gain is not None)
    return Plot(
        "ecram_topologies",
        "One ECRAM synapse, three neurons",
        f"The same synapse under input spikes every {1e9 * testbench.input_interval_s:g} ns, before three threshold "
        f"circuits; {first.plastic.run.simulator}, 28 nm card at {c.corner.upper()}, {c.temperature_C:g} °C, V_DD = "
        f"{c.v_dd:g} V. All circuit, no compact model. Triangles: output spikes. Below: charge of the second of two "
        "input spikes into a membrane held at 0 V over that of the first; open markers nest because the values agree.",
        "In every neuron the steps of the membrane grow with the spikes, and it fires more often than with the "
        f"volatile part off: late firing rate over that of the ablation: {gains}. The paired-pulse ratio falls from "
        f"{first.pairs[PAIRS[0]]:.3f} at {1e6 * PAIRS[0]:g} µs to {first.pairs[PAIRS[-1]]:.4f} at "
        f"{1e6 * PAIRS[-1]:g} µs in all of them, and is 1 without the volatile part.",
        figure,
    )
