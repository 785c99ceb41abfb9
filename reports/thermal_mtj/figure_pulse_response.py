"""Response to up to three operations (Fig. S4) at several amplitudes: firing probability and midpoint shift."""

from __future__ import annotations

import numpy as np

from circuits.thermal_mtj import check as mtj_check
from ipcircuit.devices.thermal_mtj.measure import PROBE_AMPLITUDE, logit
from reports.figures import style
from reports.figures.plot import Plot, curves_of, mtj_conditions, setting, worst_error
from reports.page.context import RunContext

CIRCUIT = "differential"


def draw(context: RunContext) -> Plot:
    """Panels: temporal half, reference half, and the temporal half's midpoint shift."""
    figure, axes = style.panels(3, 9.0, ratios=[1, 0.6, 1.15])
    neuron = context.mtj_testbench(CIRCUIT).neuron
    slope = mtj_check.compact_of(neuron, neuron.halves[0], mtj_conditions(context, CIRCUIT)).slope
    checks = []
    for index, volts in enumerate(mtj_check.PULSE_AMPLITUDES):
        halves = curves_of(context, CIRCUIT, f"pulses at {volts:g} V")
        colour, marker, line = style.CYCLE[index], style.MARKERS[index], style.LINES[index]
        for panel, (_, check) in zip(axes, halves, strict=False):
            panel.plot(check.x, 100 * check.compact, line, color=colour)
            panel.plot(check.x, 100 * check.circuit, marker, color=colour, mfc="white", mew=1.4)
            checks.append(check)
        temporal = halves[0][1]
        for values, text in ((temporal.compact, line), (temporal.circuit, marker)):
            shift = 1e3 * (logit(values) - logit(values[0])) / slope
            label = f"{volts:.2f} V" if text == marker else None
            axes[2].plot(temporal.x, shift, text, color=colour, mfc="white", mew=1.4, label=label)
    axes[0].set(title="temporal half", ylabel="firing probability (%)")
    axes[1].set(title="reference half", ylabel="firing prob. (%)", ylim=(40, 70))
    axes[2].set(
        title="temporal half, shift of the midpoint", ylabel="shift Δ (mV)", xlabel="operations before the probe"
    )
    for panel in axes:
        panel.set_xticks(range(4))
    axes[2].legend(loc="upper left", title="set amplitude", ncols=2)
    rms = np.sqrt(np.mean([c.rms_error**2 for c in checks]))
    return Plot(
        "pulse_response",
        "Response to three pulses",
        f"Firing probability of a {PROBE_AMPLITUDE:g} V probe right after 0 to 3 operations of 230 ns, and the "
        f"shift Δ of the firing midpoint that it stands for (difference of the logit over the slope of {slope:.1f} "
        f"V⁻¹). Markers: circuit ({setting(context, [CIRCUIT])}); lines: compact model (largest difference "
        f"{100 * worst_error(checks):.2g}, RMS {100 * rms:.2g} percentage points). RMS error of Δ in the comparator "
        f"neuron: {1e3 * context.device['a8_rmse_V']:.3f} mV.",
        "Firing probability and midpoint shift grow with each operation and with its amplitude, each step less "
        "than the one before; the reference half stays flat.",
        figure,
    )
