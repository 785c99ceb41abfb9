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
from network.experiments.filters.study import COUNTER, GPU, ModelRow, StudyResult
from reports.figures import style
from reports.figures.plot import Plot
from reports.filters import results
from reports.filters.results import SCOPE
from reports.section import Run

OHMS = np.geomspace(19.5e3, 200e3, 24)


def response(run: Run) -> Plot:
    """Response against rate, of the report's own run."""
    return draw_response(results.rates(run.jobs))


def models(run: Run) -> Plot:
    """Accuracy against energy, of the report's own run."""
    return draw_models(results.models(run.jobs))


def draw_response(rows: Sequence[FilterRow]) -> Plot:
    """Three panels: a filter beside its two channels, the bank, and contrast against resistance."""
    figure, axes = style.panels(3, 10.6)
    _one_filter(axes[0])
    _bank(axes[1], rows)
    _contrast(axes[2])
    worst = max(abs(r.deviation) for r in rows if r.deviation is not None)
    checked = [r for r in rows if r.circuit_deviation is not None]
    circuit = ", ".join(f"{100 * (r.circuit_deviation or 0):+.1f} %" for r in checked)
    top = [r.predicted_rate_Hz for r in rows if r.predicted_rate_Hz is not None]
    heights = [r.measured_contrast for r in rows if r.measured_contrast is not None]
    return Plot(
        "filter_response",
        "Temporal filters: charge of a spike against input rate",
        "Steady state of a regular train, over a spike from rest. Lines: compact model by events, held at 0 V; dashed "
        "verticals: preferred rate predicted in closed form from the device's constants; stars: the circuit in ngspice "
        f"(28 nm card at TT, 27 °C, 1.0 V). Largest difference of prediction from events {100 * worst:.1f} %"
        + (f", from ngspice {circuit}" if checked else "")
        + ". Time constants of each filter and the opposite sign of the second channel are assumed. Bottom: what the "
        "choice of resistance buys, analytic; the change's limit stays at "
        f"{declare().values()['r_volatile_max'] / 1e3:g} kΩ.",
        f"{len(rows)} filters prefer rates from {si(min(top), 'Hz', 3)} to {si(max(top), 'Hz', 3)}, each with "
        f"{100 * float(np.mean(heights)):.0f} % more charge there; with the volatile part off the response is flat.",
        figure,
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
    for device, colour in ((design.facilitating, style.GREEN), (design.depressing, style.VERMILION)):
        corner = prediction.corner_rate(device)
        assert corner is not None  # the volatile part is on
        axes.axvline(corner, color=colour, lw=1, alpha=0.6)
    axes.set(title="one filter, corners of its channels", ylabel="charge over rest", xlabel="input rate (Hz)")
    axes.legend(loc="upper left")


def _bank(axes: Axes, rows: Sequence[FilterRow]) -> None:
    neuron, grid = rates.neuron_parameters(), np.geomspace(1e4, 5e7, 120)
    gains = rates.gains_against_rates([rates.pair_parameters(neuron, temporal_filter(r.scale)) for r in rows], grid)
    for i, row in enumerate(rows):
        colour = style.CYCLE[i % len(style.CYCLE)]
        axes.semilogx(grid, gains[i], style.LINES[i % 4], color=colour)
        if row.predicted_rate_Hz is not None:
            axes.axvline(row.predicted_rate_Hz, color=colour, lw=1, ls="--", alpha=0.7)
        if row.measured_rate_Hz is not None and row.measured_contrast is not None:
            axes.plot(
                row.measured_rate_Hz,
                1 + row.measured_contrast,
                style.MARKERS[i % 7],
                color=colour,
                label=f"{1e6 * row.tau_facilitating_s:.3g} / {1e6 * row.tau_depressing_s:.2g} µs",
            )
        if row.circuit_rate_Hz is not None and row.circuit_contrast is not None:
            axes.plot(row.circuit_rate_Hz, 1 + row.circuit_contrast, "*", color=style.BLACK, ms=12, mfc="white")
    axes.plot([], [], "*", color=style.BLACK, ms=12, mfc="white", ls="none", label="ngspice")
    axes.set(title="the bank, by mean time constants", ylabel="charge over rest", xlabel="input rate (Hz)")
    style.legend_below(axes, 3)


def _contrast(axes: Axes) -> None:
    series = rates.neuron_parameters().series_ohm
    for ratio, line, colour in ((1 / 64, "--", style.GREEN), (1 / 16, "-", style.BLUE), (1 / 9, "-.", style.VERMILION)):
        contrasts = [prediction.contrast(temporal_filter(1.0, ratio, float(ohms)), series) for ohms in OHMS]
        shown = [np.nan if c is None else 100 * c for c in contrasts]
        axes.semilogx(OHMS / 1e3, shown, line, color=colour, label=f"constants 1 : {1 / ratio:.0f}")
    axes.axvline(30, color=style.GREY, lw=1, ls=":", label="default")
    axes.set_xticks([20, 30, 50, 100, 200], ["20", "30", "50", "100", "200"])
    axes.minorticks_off()
    axes.set(
        title="contrast of a filter",
        ylabel="contrast (%)",
        ylim=(0, None),
        xlabel="resistance of the facilitating channel at rest (kΩ)",
    )
    axes.legend(loc="upper right")


def draw_models(study: StudyResult) -> Plot:
    """Accuracy with its interval against energy per sample."""
    figure, (axes,) = style.panels(1, 5.2)
    shown = [row for row in study.rows if row.accuracy is not None and row.energy_J[SCOPE] is not None]
    for i, row in enumerate(shown):
        accuracy, energy, interval = row.accuracy, row.energy_J[SCOPE], row.interval
        assert accuracy is not None
        assert energy is not None
        low, high = interval or (accuracy, accuracy)
        axes.errorbar(
            energy,
            100 * accuracy,
            yerr=[[100 * (accuracy - low)], [100 * (high - accuracy)]],
            capsize=4,
            fmt=style.MARKERS[i],
            color=style.CYCLE[i],
            mec=style.BLACK,
            mew=0.6,
            ms=8,
            label=row.model,
        )
    chance = 100 * study.options.task.chance
    axes.axhline(chance, color=style.GREY, lw=1, ls="--", label="chance")
    axes.set_xscale("log")
    axes.set(
        title="four interval patterns of equal spike count",
        xlabel="energy per sample (J)",
        ylabel="accuracy (%)",
        ylim=(0, 105),
    )
    style.legend_below(axes, 2, anchor=(0.45, -0.17))
    options, task = study.options, study.options.task
    lists = ", ".join(f"{1e6 * t:g}" for t in task.intervals_s)
    return Plot(
        "filter_models",
        "Accuracy against energy: filters beside non-plastic neurons and digital systems",
        f"{task.bursts} bursts of {task.spikes_per_burst} spikes, the class is their interval ({lists} µs, "
        f"{100 * task.jitter:g} % jitter); count and mean rate are equal. Mean and Student's 95 % interval over "
        f"{options.repetitions} draws of {options.train} training and {options.test} test samples, seed "
        f"{options.seed}. Banks: {len(options.scales)} neurons in the compact model, only the readout trained; events "
        f"times the neuron's cost as simulated in ngspice, {SCOPE} scope, and a digital readout. "
        "Digital: operations times tabled "
        f"energies at 28 nm (scale assumed), lower bounds. {GPU}: {study.row(GPU).note}.",
        "; ".join(_said(row) for row in shown) + f"; chance is {chance:g} %.",
        figure,
    )


def _said(row: ModelRow) -> str:
    count = " (it sees only how many)" if row.model == COUNTER else ""
    return f"{row.model}{count}: {100 * (row.accuracy or 0):.0f} % at {si(row.energy_J[SCOPE], 'J', 3)}"
