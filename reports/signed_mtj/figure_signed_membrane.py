"""The signed neuron's membrane: one device with the fitted equation over it, and both designs at 300 K (B2, B3)."""

from __future__ import annotations

from matplotlib.axes import Axes

from ipcircuit.compact.signed_mtj.compare import Design
from reports.figures import style
from reports.figures.plot import Plot
from reports.page.context import RunContext
from reports.signed_mtj.signed_runs import SignedRuns


def _drive(axes: Axes, runs: SignedRuns) -> None:
    axes.plot(1e9 * runs.trace.time, 1e-12 * runs.trace.current_density, "-", color=style.GREY, lw=1.2)
    axes.set(title="current density", ylabel="J (TA/m²)", ylim=(-1.4, 1.4))


def _single(axes: Axes, runs: SignedRuns) -> None:
    time = 1e9 * runs.trace.time
    axes.plot(time, runs.trace.u, "-", color=style.SKY, lw=2.6, label="macrospin")
    for name, line, colour, label in (
        ("paper", ":", style.BLACK, "LIF, constants on paper"),
        ("fitted", "--", style.VERMILION, "LIF, fitted"),
    ):
        axes.plot(time, runs.fits[name].fitted, line, color=colour, lw=1.4, label=label)
    axes.set(
        title="orthogonal, one device, no agitation",
        ylabel="m along the pinned layer",
        xlabel="time (ns)",
        ylim=(-0.52, 0.75),
    )
    axes.legend(loc="upper right")


def _design(axes: Axes, design: Design, limits: tuple[float, float]) -> None:
    time, u = 1e9 * design.trace.time, design.trace.u
    axes.fill_between(time, u - design.spread, u + design.spread, color=style.SKY, alpha=0.35, lw=0, label="±σ")
    axes.plot(time, u, "-", color=style.BLUE, lw=1.8, label="mean of devices")
    axes.plot(time, design.free.fitted, "--", color=style.VERMILION, lw=1.4, label="LIF, fitted, free rest")
    axes.set(title=f"{design.name}, 300 K: fit error {100 * design.free.relative:.0f} %", ylabel="m · p", ylim=limits)
    axes.legend(loc="upper right", ncols=3, columnspacing=1.0, handlelength=1.6)


def draw(context: RunContext) -> Plot:
    """Drive, one device with its fits, and both designs at 300 K."""
    runs = context.signed_runs
    figure, axes = style.panels(4, 10.2, ratios=[0.55, 1.3, 1.1, 1.1])
    _drive(axes[0], runs)
    _single(axes[1], runs)
    orthogonal, parallel = runs.designs["orthogonal"], runs.designs["parallel"]
    _design(axes[2], orthogonal, (-0.85, 1.15))
    _design(axes[3], parallel, (-1.5, 0.6))
    axes[3].set_xlabel("time (ns)")
    fitted, paper = runs.fits["fitted"], runs.paper
    return Plot(
        "signed_membrane",
        "Magnetisation of both designs under pulses of both signs",
        "Macrospin in torch (ngspice follows it within 1e-3 on such pulses), elliptic cylinder 10 × 45 × 50 nm, pulses "
        "of ±1 TA/m², 0.5 ns. Top: one device without thermal agitation. τ du/dt = −u + g J fitted to it: "
        f"τ = {1e9 * fitted.neuron.tau_s:.2f} ns (on paper "
        f"{1e9 * paper.tau_s:.2f}), g = {1e12 * fitted.neuron.gain:.2f} per TA/m² ({1e12 * paper.gain:.2f}), error "
        f"{100 * fitted.relative:.0f} % of the trace's variation, most of it precession, which the equation leaves "
        "out. Below: the mean of 48 devices of each design at 300 K under ±2 TA/m², with the same equation fitted, "
        "its rest left free. The parallel design differs by the pinned layer's axis only.",
        "The orthogonal design's membrane rises under positive pulses, falls back to zero, and does the same below "
        "zero; the equation follows it. Some devices of the parallel design switch, and stay where they are.",
        figure,
    )
