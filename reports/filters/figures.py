"""Temporal filters: response against rate, contrast against resistance, and what models make of it (C6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from circuits.ecram_lif.temporal_filter import temporal_filter
from ipcircuit.devices.ecram.device import declare
from ipcircuit.units import si
from network.experiments.filters import prediction, rates
from network.experiments.filters.comparison import FilterRow
from network.experiments.filters.experiment import COUNTER, GPU, FilterResult, ModelRow
from reports.figures import style
from reports.figures.plot import Plot
from reports.filters import results
from reports.filters.results import SCOPE
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)

OHMS = np.geomspace(19.5e3, 200e3, 24)


def response(run: Run, filters: Sequence[FilterRow] | None = None) -> Plot:
    """A filter beside its channels, the bank (of the report's own run or as passed), contrast against resistance."""
    rows = filters or results.rates(run.jobs)
    figure, axes = style.panels(3, 10.6)
    _one_filter(axes[0])
    _bank(axes[1], rows)
    _contrast(axes[2])
    worst = max(abs(r.deviation) for r in rows if r.deviation is not None)
    checked = [r for r in rows if r.circuit_deviation is not None]
    circuit = ", ".join(f"{100 * (r.circuit_deviation or 0):+.1f} %" for r in checked)
    top = [r.predicted_rate_Hz for r in rows if r.predicted_rate_Hz is not None]
    heights = [r.measured_contrast for r in rows if r.measured_contrast is not None]
    return PROSE.plot(
        "filter_response",
        figure,
        worst=worst,
        from_circuit=f", from ngspice {circuit}" if checked else "",
        limit_kohm=declare().values()["r_volatile_max"] / 1e3,
        count=len(rows),
        rates=(min(top), max(top)),
        contrast=float(np.mean(heights)),
    )


def _one_filter(axes: Axes) -> None:
    design, neuron = temporal_filter(), rates.neuron_parameters()
    grid = np.geomspace(2e3, 5e7, 120)
    slow, fast = rates.pair_parameters(neuron, design)
    for parts, label, line, colour in (
        ([slow], "facilitating channel alone", "--", style.GREEN),
        ([fast], "depressing channel alone", "-.", style.VERMILION),
        ([slow, fast], "filter", "-", style.BLUE),
        (rates.pair_parameters(neuron, design.ablated), "volatile part off", ":", style.BLACK),
    ):
        axes.semilogx(grid, rates.gain_against_rate(parts, grid), line, color=colour, label=label)
    corners = (("facilitating", design.facilitating, style.GREEN), ("depressing", design.depressing, style.VERMILION))
    for name, device, colour in corners:
        corner = prediction.corner_rate(device)
        assert corner is not None  # the volatile part is on
        axes.axvline(corner, color=colour, lw=1, alpha=0.6, label=f"corner, {name} channel")
    axes.set(title="one filter and its channels", ylabel="charge / charge from rest", xlabel="input rate")
    style.prefixed(axes.xaxis, "Hz")
    style.legend_below(axes, 2)


def _bank(axes: Axes, rows: Sequence[FilterRow]) -> None:
    neuron, grid = rates.neuron_parameters(), np.geomspace(1e4, 5e7, 120)
    gains = rates.gains_against_rates([rates.pair_parameters(neuron, temporal_filter(r.scale)) for r in rows], grid)
    for i, row in enumerate(rows):
        colour = style.CYCLE[i % len(style.CYCLE)]
        label = f"{1e6 * row.tau_facilitating_s:.3g} / {1e6 * row.tau_depressing_s:.2g} µs"
        axes.semilogx(grid, gains[i], style.LINES[i % 4], color=colour, label=label)
        if row.predicted_rate_Hz is not None:
            axes.axvline(row.predicted_rate_Hz, color=colour, lw=1, ls="--", alpha=0.7)
        if row.measured_rate_Hz is not None and row.measured_contrast is not None:
            axes.plot(row.measured_rate_Hz, 1 + row.measured_contrast, "o", color=colour)
        if row.circuit_rate_Hz is not None and row.circuit_contrast is not None:
            axes.plot(row.circuit_rate_Hz, 1 + row.circuit_contrast, "*", color=style.BLACK, ms=12, mfc="white")
    axes.plot([], [], "o", color=style.GREY, label="peak, by events")
    axes.plot([], [], "*", color=style.BLACK, ms=12, mfc="white", ls="none", label="peak, in ngspice")
    axes.plot([], [], "--", color=style.GREY, lw=1, label="predicted rate")
    title = "the bank, by mean time constants of both channels"
    axes.set(title=title, ylabel="charge / charge from rest", xlabel="input rate")
    style.prefixed(axes.xaxis, "Hz")
    style.legend_below(axes, 3)


def _contrast(axes: Axes) -> None:
    series = rates.neuron_parameters().series_ohm
    for ratio, line, colour in ((1 / 64, "--", style.GREEN), (1 / 16, "-", style.BLUE), (1 / 9, "-.", style.VERMILION)):
        contrasts = [prediction.contrast(temporal_filter(1.0, ratio, float(ohms)), series) for ohms in OHMS]
        shown = [np.nan if c is None else 100 * c for c in contrasts]
        axes.semilogx(OHMS / 1e3, shown, line, color=colour, label=f"time constants 1 : {1 / ratio:.0f}")
    axes.axvline(30, color=style.GREY, lw=1, ls=":", label="default, 30 kΩ")
    axes.set_xticks([20, 30, 50, 100, 200], ["20", "30", "50", "100", "200"])
    axes.minorticks_off()
    axes.set(title="what a filter adds at its preferred rate", ylabel="contrast (%)", ylim=(0, None))
    axes.set_xlabel("resistance of the facilitating channel at rest (kΩ)")
    axes.legend(loc="upper right")


def models(run: Run, study: FilterResult | None = None) -> Plot:
    """Accuracy with its interval against energy per sample, of the report's own run or as passed."""
    study = study or results.models(run.jobs)
    figure, (axes,) = style.panels(1, 5.2)
    shown = [row for row in study.rows if row.accuracy is not None and row.energy_J[SCOPE] is not None]
    for i, row in enumerate(shown):
        accuracy, energy, interval = row.accuracy, row.energy_J[SCOPE], row.interval
        assert accuracy is not None
        assert energy is not None
        low, high = interval or (accuracy, accuracy)
        bar = [[100 * (accuracy - low)], [100 * (high - accuracy)]]
        look = {"fmt": style.MARKERS[i], "color": style.CYCLE[i], "mec": style.BLACK, "mew": 0.6, "ms": 8}
        axes.errorbar(energy, 100 * accuracy, yerr=bar, capsize=4, label=row.model, **look)
    chance = 100 * study.options.task.chance
    axes.axhline(chance, color=style.GREY, lw=1, ls="--", label="chance")
    axes.set(title="four interval patterns of equal spike count", xlabel="energy per sample", xscale="log")
    style.prefixed(axes.xaxis, "J")
    axes.set(ylabel="accuracy (%)", ylim=(0, 105))
    style.legend_below(axes, 2)
    options, task = study.options, study.options.task
    lists = ", ".join(f"{1e6 * t:g}" for t in task.intervals_s)
    gpu, models = study.row(GPU), "; ".join(_said(row) for row in shown)
    values = {"options": options, "neurons": len(options.scales), "scope": SCOPE, "gpu": gpu}
    return PROSE.plot("filter_models", figure, task=task, lists=lists, models=models, chance=chance, **values)


def _said(row: ModelRow) -> str:
    count = " (it sees only how many)" if row.model == COUNTER else ""
    return f"{row.model}{count}: {100 * (row.accuracy or 0):.0f} % at {si(row.energy_J[SCOPE], 'J', 3)}"
