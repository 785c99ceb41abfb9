"""f-I curve of the delay-feedback LIF neuron, circuit beside the hand formula."""

from __future__ import annotations

import numpy as np

from circuits.ecram_lif.delay_feedback_testbench import CURRENTS, FI_TOLERANCE
from reports.figures import style
from reports.figures.plot import Plot, lif_setting
from reports.page.context import RunContext


def draw(context: RunContext) -> Plot:
    """Two panels: firing rate, and the circuit's rate over the formula's."""
    testbench, found = context.ecram.testbench, context.ecram.frequencies
    current = np.array(CURRENTS)
    dead = np.array([r.refractory_s if r.refractory_s is not None else np.nan for r in found])
    rate = 1 / np.array([r.interval_s if r.interval_s is not None else np.nan for r in found])
    charge = testbench.design.membrane_F * testbench.conditions.v_dd / 2
    paper = 1 / (charge / (current - testbench.design.leak_A) + dead)
    figure, axes = style.panels(2, 6.6, ratios=[1.5, 1])
    micro, error = 1e6 * current, 100 * (rate / paper - 1)
    axes[0].loglog(micro, 1e-6 * paper, "-", color=style.BLACK, lw=1.3, label="hand formula")
    axes[0].loglog(micro, 1e-6 * rate, "o", color=style.BLUE, label="circuit")
    axes[0].set(title="firing rate", xlabel="current into the membrane (µA)", ylabel="rate (MHz)")
    axes[0].legend(loc="upper left")
    axes[1].axhspan(-100 * FI_TOLERANCE, 100 * FI_TOLERANCE, color=style.SKY, alpha=0.35, lw=0, label="tolerance")
    axes[1].semilogx(micro, error, "o-", color=style.BLUE)
    axes[1].set(
        title="circuit against formula",
        xlabel="current into the membrane (µA)",
        ylabel="difference (%)",
        ylim=(-14, 14),
    )
    axes[1].legend(loc="lower right")
    for panel in axes:
        panel.set_xticks(micro, [f"{m:g}" for m in micro])
        panel.minorticks_off()
    axes[0].set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    worst = float(np.abs(error).max())
    return Plot(
        "ecram_frequency",
        "Firing rate against current",
        f"Constant current into the membrane, no input spikes; {lif_setting(context)}. Markers: circuit; line: rate on "
        "paper, 1/(C V_DD/2 / (I − I_leak) + refractory time), with the refractory time of the circuit and a leak of "
        f"{1e9 * testbench.design.leak_A:g} nA; nothing fitted. Largest difference {worst:.1f} %.",
        f"The rate rises from {1e-6 * rate[0]:.2f} MHz at {micro[0]:g} µA to {1e-6 * rate[-1]:.2f} MHz at "
        f"{micro[-1]:g} µA; the formula is within {worst:.1f} % of it.",
        figure,
    )
