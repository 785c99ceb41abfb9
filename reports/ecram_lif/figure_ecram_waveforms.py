"""The delay-feedback LIF neuron at work: input spikes, membrane, synapse, output, delay node; one spike enlarged."""

from __future__ import annotations

from matplotlib.axes import Axes

from circuits.ecram_lif.bench import LifResult
from ipcircuit.devices.ecram.device import resistance
from reports.figures import style
from reports.figures.plot import Plot, lif_setting
from reports.page.context import RunContext

BEFORE, AFTER = 25e-9, 55e-9  # s around the enlarged spike


def _train(axes: list[Axes], found: LifResult) -> None:
    run, v_dd = found.run, found.conditions.v_dd
    time = 1e6 * run.time
    axes[0].plot(time, run["input"], color=style.BLACK, lw=1.1)
    axes[0].set(title="input spikes", ylabel="V")
    axes[1].plot(time, run["membrane"], color=style.BLUE)
    axes[1].axhline(0.475 * v_dd, color=style.GREY, ls=":", lw=1.4)
    axes[1].annotate(
        "threshold on paper", (0.02, 0.475 * v_dd), (0, 3), textcoords="offset points", color=style.GREY, fontsize=9.5
    )
    axes[1].set(title="membrane", ylabel="V")
    axes[2].plot(time, 1e-3 * resistance(run, "xneuron.xsynapse"), color=style.GREEN)
    axes[2].set(title="ECRAM synapse", ylabel="kΩ")
    axes[3].plot(time, run["output"], color=style.VERMILION, lw=1.1)
    axes[3].set(title="output", ylabel="V", xlabel="time (µs)")
    for panel in axes:
        panel.set_xlim(0, time[-1])
    for panel in (axes[0], axes[1], axes[3]):
        panel.set_ylim(-0.08 * v_dd, 1.12 * v_dd)


def _spike(axes: Axes, found: LifResult) -> None:
    run, start = found.run, float(found.spikes_s[0])
    inside = (run.time > start - BEFORE) & (run.time < start + AFTER)
    series = (
        ("membrane", "membrane", style.BLUE),
        ("output", "output", style.VERMILION),
        ("xneuron.delayed_bar", "delay node", style.PURPLE),
        ("xneuron.reset", "reset", style.BLACK),
    )
    for (signal, label, colour), line in zip(series, ("-", "--", "-.", ":"), strict=True):
        axes.plot(1e9 * (run.time[inside] - start), run[signal][inside], line, color=colour, label=label)
    axes.set(title="the first output spike, enlarged", xlabel="time after the output rose (ns)", ylabel="V")
    style.legend_below(axes, 4)


def draw(context: RunContext) -> Plot:
    """Five panels; the last one is one spike on its own time axis."""
    found = context.ecram.waveforms
    assert found.width_s is not None and found.refractory_s is not None  # noqa: PT018 - types: it fires by default
    figure, axes = style.panels(5, 10.2, ratios=[0.9, 1.3, 1.0, 0.9, 1.7])
    _train(axes[:4], found)
    _spike(axes[4], found)
    return Plot(
        "ecram_waveforms",
        "The delay-feedback LIF neuron at work",
        f"One neuron, delay set by a bias, under 14 input spikes 200 ns apart; {lif_setting(context)}. All circuit, no "
        "compact model. Each input spike opens the ECRAM channel onto the membrane and lowers its resistance; "
        f"when the threshold stage tips, the pull-up completes the swing, the delay node falls within the delay, and "
        f"the reset ends the spike after {1e9 * found.width_s:.1f} ns and lets go after "
        f"{1e9 * found.refractory_s:.1f} ns.",
        f"The membrane climbs by one step per input spike, and the output fires {found.spikes_s.size} times. Enlarged: "
        "output rises, delay node falls, reset rises, membrane and output fall.",
        figure,
    )
