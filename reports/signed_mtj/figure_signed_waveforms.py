"""The signed neuron at work: drive of both signs, membrane, divider, spike lines; the reads enlarged."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from circuits.signed_mtj.bench import SignedResult
from circuits.signed_mtj.check import predict
from circuits.signed_mtj.stimulus import START
from reports.figures import style
from reports.figures.plot import Plot
from reports.page.context import RunContext

_STEPS = (
    ("positive drive", style.VERMILION, "-"),
    ("rest after positive", style.ORANGE, ":"),
    ("negative drive", style.BLUE, "--"),
    ("rest after negative", style.SKY, "-."),
)


def _input(axes: Axes, found: SignedResult) -> None:
    run = found.run
    axes.plot(1e9 * run.time, run["positive"], "-", color=style.VERMILION, label="positive")
    axes.plot(1e9 * run.time, run["negative"], "--", color=style.BLUE, label="negative")
    axes.plot(1e9 * run.time, 0.5 * run["read"], ":", color=style.GREY, label="read (half scale)")
    axes.set(title="input lines and read", ylabel="V", ylim=(-0.1, 1.9))
    axes.legend(loc="upper center", ncols=3)


def _junction(axes: Axes, found: SignedResult) -> None:
    run = found.run
    axes.plot(1e9 * run.time, run["xneuron.top"] - run["xneuron.bottom"], "-", color=style.BLACK, lw=1.2)
    axes.set(title="across the junction", ylabel="V", ylim=(-1.3, 1.3))


def _membrane(axes: Axes, found: SignedResult) -> None:
    run, paper = found.run, predict(found.design, found.conditions, found.stimulus)
    axes.plot(1e9 * run.time, run["xneuron.xmtj.projection"], "-", color=style.SKY, lw=2.6, label="circuit")
    axes.plot(1e9 * paper.time, paper.u, ":", color=style.BLACK, lw=1.6, label="compact model, on paper")
    for sign in (1, -1):
        axes.axhline(sign * found.design.threshold, color=style.GREY, ls="--", lw=1.0)
    timing = found.conditions.timing
    strobes = START + timing.strobe + timing.period_s * np.arange(len(found.spikes))
    axes.plot(1e9 * strobes, found.membrane, "o", color=style.VERMILION, label="at the strobe")
    axes.set(title="membrane u and thresholds", ylabel="m · p", ylim=(-0.55, 0.75))
    axes.legend(loc="upper center", ncols=3, columnspacing=1.0, handlelength=1.6)


def _output(axes: Axes, found: SignedResult) -> None:
    run = found.run
    axes.plot(1e9 * run.time, run["plus"], "-", color=style.VERMILION, label="plus")
    axes.plot(1e9 * run.time, run["minus"], "--", color=style.BLUE, label="minus")
    axes.set(title="spike lines", ylabel="V", xlabel="time (ns)", ylim=(-0.1, 1.9))
    axes.legend(loc="upper center", ncols=2)


def _reads(axes: Axes, found: SignedResult) -> None:
    """Divider's output over the middle of both taps, from the start of each read to the strobe and a little on."""
    run, timing = found.run, found.conditions.timing
    middle = (run["xneuron.level_plus"] + run["xneuron.level_minus"]) / 2
    away = 1e3 * (run["xneuron.top"] - middle)
    half = 0.5e3 * (run["xneuron.level_minus"] - run["xneuron.level_plus"])
    for i, (label, colour, line) in enumerate(_STEPS):
        start = START + i * timing.period_s + timing.read_start
        inside = (run.time > start + 0.06e-9) & (run.time < start + timing.strobe_s + 0.02e-9)
        time = 1e12 * (run.time[inside] - start)
        axes.plot(time, away[inside], line, color=colour, label=label)
        if i == 1:
            axes.plot(time, half[inside], color=style.GREY, lw=1.2, ls=(0, (1, 1)), label="taps")
            axes.plot(time, -half[inside], color=style.GREY, lw=1.2, ls=(0, (1, 1)))
    axes.axvline(1e12 * timing.strobe_s, color=style.BLACK, lw=0.8)
    axes.text(1e12 * timing.strobe_s - 1, -12.5, "strobe", ha="right", va="center", fontsize=9.5)
    axes.set(title="divider over the middle of the taps", ylabel="mV", xlabel="time after the start of the read (ps)")
    style.legend_below(axes, 3)


def draw(context: RunContext) -> Plot:
    """Five panels; the last one is the four reads on their own time axis."""
    found, _ = context.signed_operation
    figure, axes = style.panels(5, 11.2, ratios=[0.8, 0.8, 1.3, 0.8, 1.4])
    for panel, maker in zip(axes, (_input, _junction, _membrane, _output, _reads), strict=True):
        maker(panel, found)
    for panel in axes[:4]:
        panel.set_xlim(0, 1e9 * found.run.time[-1])
    c = found.conditions
    spikes = ", ".join(f"{s:+g}".replace("-", "−") for s in found.spikes if s)
    return Plot(
        "signed_waveforms",
        "The signed neuron's circuit at work",
        f"{found.run.simulator}, 28 nm card at {c.corner.upper()}, {c.temperature_C:g} °C, V_DD = {c.v_dd:g} V, no "
        "thermal agitation. A drive of 1.5 ns with each sign, each with a step to rest; the bridge takes 0.1 V. All "
        "circuit but for the dotted membrane: the compact signed LIF model with constants and current on paper. A "
        "spike stays on its line until the next strobe and blocks the bridge so long. Below, what the "
        "comparators see: they compare against the taps, some 8 mV either side.",
        "The membrane rises to +0.4 under the positive drive and falls to −0.4 under the negative one; spikes "
        f"{spikes} on their own lines. During the reads the divider leaves the band between the taps downwards after "
        "the positive and upwards after the negative drive, and stays within it at rest.",
        figure,
    )
