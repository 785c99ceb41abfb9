"""Thermal dynamics of the bare 200 nm junction: shift against amplitude, cooling, and temperature over five cycles."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.thermal_mtj import measure as mtj_measure
from ipcircuit.pulses import Idle
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.transient import Transient
from reports.figures import style
from reports.figures.plot import Plot
from reports.page.context import RunContext
from reports.thermal_mtj.device_figures import device_200nm, device_job

BAND = 0.05
CYCLES, AFTER_s = 5, 1.5e-6


def five_cycles() -> Transient:
    """Five set/reset cycles at the saturating amplitude, then cooling; ngspice, mean-field mode."""
    train = mtj_measure.CYCLE.train([mtj_measure.SATURATING_AMPLITUDE] * CYCLES)
    run = simulate(device_job(device_200nm(), [*train, Idle(AFTER_s)], "temperature over five cycles"))
    assert isinstance(run, Transient)
    return run


def two_segments(context: RunContext, delays: np.ndarray) -> np.ndarray:
    """The fitted two-segment exponential of the cooling curve at `delays` s, in V."""
    device = context.device

    def shape(t: np.ndarray) -> np.ndarray:
        knee = device["a7_break_s"]
        return np.exp(
            -np.minimum(t, knee) / device["a7_first_tau_s"] - np.maximum(t - knee, 0) / device["a7_second_tau_s"]
        )

    at_points = shape(device["cooling_delays_s"])  # the amplitude is the fit's linear parameter: least squares gives it
    return shape(delays) * float(at_points @ device["cooling_shifts_V"] / (at_points @ at_points))


def _shift(axes: Axes, context: RunContext) -> None:
    volts, shifts = context.device["shift_amplitudes_V"], context.device["shifts_V"]
    fine = np.linspace(volts[0], volts[-1], 100)
    curve = 1e3 * mtj_measure.published_shift(fine)
    axes.fill_between(fine, (1 - BAND) * curve, (1 + BAND) * curve, color=style.SKY, alpha=0.35, lw=0, label="±5 %")
    axes.plot(fine, curve, "-", color=style.BLUE, label="published: 0.0082 V² + 0.0087 V")
    axes.plot(volts, 1e3 * shifts, "o", color=style.VERMILION, mfc="white", mew=1.5, label="junction in ngspice")
    axes.set(title="midpoint shift after one pulse", xlabel="pulse amplitude (V)", ylabel="Δx₀ (mV)")
    axes.legend(loc="upper left")


def _cooling(axes: Axes, context: RunContext) -> None:
    device = context.device
    delays = device["cooling_delays_s"]
    fine = np.linspace(0, delays[-1], 400)
    axes.semilogy(
        1e6 * delays,
        1e3 * device["cooling_shifts_V"],
        "o",
        color=style.VERMILION,
        ms=4.5,
        mfc="white",
        mew=1.2,
        label="junction in ngspice",
    )
    taus = f"{1e9 * device['a7_first_tau_s']:.0f} ns, {1e9 * device['a7_second_tau_s']:.0f} ns"
    axes.semilogy(1e6 * fine, 1e3 * two_segments(context, fine), "-", color=style.BLUE, label=f"two segments: {taus}")
    knee = device["a7_break_s"]
    axes.axvline(1e6 * knee, color=style.GREY, ls="--")
    top = 1e3 * float(device["cooling_shifts_V"][0])
    axes.annotate(f"break at {1e9 * knee:.0f} ns", (1e6 * knee, top), (6, 0), textcoords="offset points", va="center")
    axes.set(title="cooling after five pulses", xlabel="cooling time (µs)", ylabel="Δx₀ (mV)")
    axes.legend(loc="lower left")


def _temperature(axes: Axes, run: Transient) -> tuple[float, float]:
    """Draw both poles; returns their peaks, K (a node carries a scaled temperature)."""
    fast, slow = (node_scale(device_200nm(), "mean_field", s) * run[f"xmtj.{s}"] for s in ("t_fast", "t_slow"))
    time = 1e6 * run.time
    axes.plot(time, fast + slow, "-", color=style.BLACK, label="sum")
    axes.plot(time, fast, "--", color=style.VERMILION, label="fast pole")
    axes.plot(time, slow, "-.", color=style.BLUE, label="slow pole")
    end = 1e6 * CYCLES * mtj_measure.CYCLE.period
    axes.axvspan(0, end, color=style.GREY, alpha=0.1, lw=0)
    axes.annotate("five cycles", (0.02 * end, 0.97), xycoords=("data", "axes fraction"), va="top", color=style.GREY)
    axes.set(
        title=f"temperature, {CYCLES} cycles at {mtj_measure.SATURATING_AMPLITUDE:g} V",
        xlabel="time (µs)",
        ylabel="rise (K)",
        xlim=(0, time[-1]),
        ylim=(-1, 1.15 * float((fast + slow).max())),
    )
    axes.legend(loc="upper right")
    return float(fast.max()), float(slow.max())


def draw(context: RunContext) -> Plot:
    """Three panels: A6, A7, and the poles' temperatures."""
    figure, axes = style.panels(3, 9.6)
    run = five_cycles()
    _shift(axes[0], context)
    _cooling(axes[1], context)
    fast, slow = _temperature(axes[2], run)
    device = context.device
    values = device_200nm().values()
    return Plot(
        "thermal",
        "Thermal dynamics of the 200 nm junction",
        f"The bare junction, voltage-driven without a divider and without CMOS, mean-field mode, {run.simulator}; "
        f"no compact model here. Top: shift of the firing midpoint that a {mtj_measure.PROBE_AMPLITUDE:g} V probe "
        "sees after one cycle, against the published polynomial (Fig. S1); largest deviation "
        f"{100 * device['a6_max_rel_error']:.1f} %. Middle: the same after five cycles at "
        f"{mtj_measure.SATURATING_AMPLITUDE:g} V and a delay (Fig. S2), with a fitted continuous two-segment "
        "exponential. Bottom: temperature rise of both poles; its scale rests on an assumed thermal resistance of "
        f"{values['r_thermal']:g} K/W, only its product with the midpoint's sensitivity is fitted.",
        f"The shift grows with amplitude from {1e3 * device['shifts_V'][0]:.1f} to "
        f"{1e3 * device['shifts_V'][-1]:.1f} mV and follows the published curve. Cooling has two slopes with a "
        f"break near {1e9 * device['a7_break_s']:.0f} ns. The fast pole peaks at {fast:.0f} K, the slow one at "
        f"{slow:.0f} K.",
        figure,
    )
