"""Thermal dynamics of the bare 200 nm junction: shift against amplitude, cooling, and temperature over five cycles."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.thermal_mtj import measure
from ipcircuit.spice.transient import Transient
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.thermal_mtj import junction

PROSE = Prose(__file__)

BAND = 0.05
_MARK: dict[str, Any] = {"color": style.VERMILION, "mfc": "white", "label": "junction in ngspice"}


def _shift(axes: Axes, shift: junction.MidpointShift) -> None:
    volts = shift.amplitudes_V
    fine = np.linspace(volts[0], volts[-1], 100)
    curve = 1e3 * measure.published_shift(fine)
    axes.fill_between(fine, (1 - BAND) * curve, (1 + BAND) * curve, color=style.SKY, alpha=0.35, lw=0, label="±5 %")
    axes.plot(fine, curve, "-", color=style.BLUE, label="published: 0.0082 V² + 0.0087 V")
    axes.plot(volts, 1e3 * shift.shifts_V, "o", mew=1.5, **_MARK)
    axes.set(title="midpoint shift after one pulse", xlabel="pulse amplitude (V)", ylabel="Δx₀ (mV)")
    axes.legend(loc="upper left")


def _cooling(axes: Axes, cooling: junction.Cooling) -> None:
    fine = np.linspace(0, cooling.delays_s[-1], 400)
    axes.semilogy(1e6 * cooling.delays_s, 1e3 * cooling.shifts_V, "o", ms=4.5, mew=1.2, **_MARK)
    taus = f"{1e9 * cooling.first_tau_s:.0f} ns, {1e9 * cooling.second_tau_s:.0f} ns"
    axes.semilogy(1e6 * fine, 1e3 * cooling.segments_V(fine), "-", color=style.BLUE, label=f"two segments: {taus}")
    knee = 1e6 * cooling.break_s
    axes.axvline(knee, color=style.GREY, ls="--")
    style.label(axes, f"break at {1e3 * knee:.0f} ns", (knee, 1e3 * float(cooling.shifts_V[0])), (6, 0), fontsize=11)
    axes.set(title="cooling after five pulses", xlabel="cooling time (µs)", ylabel="Δx₀ (mV)")
    axes.legend(loc="lower left")


def _temperature(axes: Axes, run: Transient) -> tuple[float, float]:
    """Draw both poles; returns their peaks, K (a node carries a scaled temperature)."""
    device = junction.device_200nm()
    fast, slow = (node_scale(device, "mean_field", s) * run[f"xmtj.{s}"] for s in ("t_fast", "t_slow"))
    time = 1e6 * run.time
    axes.plot(time, fast + slow, "-", color=style.BLACK, label="sum")
    axes.plot(time, fast, "--", color=style.VERMILION, label="fast pole")
    axes.plot(time, slow, "-.", color=style.BLUE, label="slow pole")
    end = 1e6 * junction.CYCLES * measure.CYCLE.period
    axes.axvspan(0, end, color=style.GREY, alpha=0.1, lw=0)
    axes.annotate("five cycles", (0.02 * end, 0.97), xycoords=("data", "axes fraction"), va="top", color=style.GREY)
    axes.set_title(f"temperature, {junction.CYCLES} cycles at {measure.SATURATING_AMPLITUDE:g} V")
    axes.set(xlabel="time (µs)", ylabel="rise (K)", xlim=(0, time[-1]), ylim=(-1, 1.15 * float((fast + slow).max())))
    axes.legend(loc="upper right")
    return float(fast.max()), float(slow.max())


def thermal(run: Run) -> Plot:
    """Three panels: A6, A7, and the poles' temperatures."""
    figure, axes = style.panels(3, 9.6)
    shift, cooling, cycles = junction.midpoint_shift(run.jobs), junction.cooling(run.jobs), junction.five_cycles()
    _shift(axes[0], shift)
    _cooling(axes[1], cooling)
    fast, slow = _temperature(axes[2], cycles)
    values = {"cycles": cycles, "measure": measure, "r_thermal": junction.device_200nm().values()["r_thermal"]}
    ends = 1e3 * shift.shifts_V[0], 1e3 * shift.shifts_V[-1]
    return PROSE.plot("thermal", figure, shift=shift, cooling=cooling, fast=fast, slow=slow, ends=ends, **values)
