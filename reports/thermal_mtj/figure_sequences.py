"""Firing probability after each of the 16 four-step sequences (Fig. S3), both halves of the differential neuron."""

from __future__ import annotations

import numpy as np

from circuits.thermal_mtj.curves import SEQUENCE_AMPLITUDE
from ipcircuit.devices.thermal_mtj.measure import PROBE_AMPLITUDE
from reports.figures import style
from reports.figures.plot import Plot, curves_of, setting, worst_error
from reports.page.context import RunContext

CIRCUIT = "differential"


def draw(context: RunContext) -> Plot:
    """Bars: circuit; diamonds: compact model."""
    figure, axes = style.panels(2, 6.4, sharex=True, sharey=True)
    halves = curves_of(context, CIRCUIT, "sequence")
    for index, (panel, (half, check)) in enumerate(zip(axes, halves, strict=True)):
        x = np.arange(len(check.x))
        panel.bar(
            x,
            100 * check.circuit,
            width=0.7,
            color=(style.SKY, style.ORANGE)[index],
            edgecolor=style.BLACK,
            lw=0.6,
            label="circuit",
        )
        panel.plot(x, 100 * check.compact, "D", color=style.BLACK, ms=5, mfc="white", mew=1.3, label="compact model")
        panel.grid(False, axis="x")
        panel.set(
            title=f"{half} half, largest difference {100 * check.max_error:.2f} points",
            ylabel="firing probability (%)",
            ylim=(0, 100),
        )
        panel.set_xticks(x, check.labels, rotation=90, family="monospace")
    axes[0].legend(loc="upper left", ncols=2)
    axes[-1].set_xlabel("sequence, oldest step first (1: operation, 0: idle)")
    temporal = halves[0][1]
    low, high = 100 * temporal.circuit.min(), 100 * temporal.circuit.max()
    return Plot(
        "sequences",
        "Firing probability after 16 four-step sequences",
        f"Firing probability of a {PROBE_AMPLITUDE:g} V probe after four steps of 230 ns; 1 is an operation with a "
        f"{SEQUENCE_AMPLITUDE:g} V set pulse, read and reset, 0 an idle step. Bars: the differential neuron's "
        f"circuit ({setting(context, [CIRCUIT])}, mean-field junctions); diamonds: compact model. The temporal "
        "junction remembers order and number of operations, the reference junction does not. Largest difference "
        f"{100 * worst_error([check for _, check in halves]):.2g} percentage points.",
        f"Sixteen bars per half. The temporal half rises from {low:.0f} % after 0000 to {high:.0f} % after 1111, "
        "recent operations counting most; the reference half is flat. The compact model's diamonds sit on the bars.",
        figure,
    )
