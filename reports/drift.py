"""Files of `ipcircuit study drift`: numbers and figure of ambient drift against the memory of the thermal neurons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from energy.variation.drift import COMPARATOR, INSENSITIVE, PAIR, Drift
from reports.figures import style
from reports.figures.plot import Plot
from reports.study import write_study

_LABELS = {
    COMPARATOR: "comparator",
    PAIR: "pair, reference feels the room",
    INSENSITIVE: "pair, reference does not",
}


def write_drift(output: Path | str, result: Drift) -> Path:
    """``drift.csv``, ``drift.json`` and the figure into a folder; returns it.

    Raises:
        InputError: the folder cannot be written; nothing is left behind then.
    """
    texts = {"drift.csv": result.csv(), "drift.json": result.to_json()}
    write_study(output, texts, (), lambda: [draw_drift(result)])
    return Path(output)


def draw_drift(result: Drift) -> Plot:
    """Midpoint against drift beside the memory of an operation; mean output with and without that memory."""
    figure, (midpoints, outputs) = style.panels(2, 6.6, sharex=True)
    _draw_midpoints(midpoints, result)
    _draw_outputs(outputs, result)
    outputs.set_xlabel("ambient temperature less 27 °C (K)")
    single, pair = (result.reading(name) for name in (COMPARATOR, PAIR))
    memory = result.signals_V[0]
    caption = (
        f"Midpoint and mean output of the thermal neurons in ngspice, set amplitude {result.amplitude_V:g} V, drive "
        f"and references of 27 °C. An operation leaves {1e3 * memory:.1f} mV for the next cycle (band): worth "
        f"{single.kelvin(memory):.1f} K for one junction, {pair.kelvin(memory):.0f} K for a pair whose reference feels "
        f"the room as the other junction does. The pair's memory still changes by {100 * pair.signal_per_K:.1f} % per "
        "kelvin. Kelvins are those of an assumed thermal resistance."
    )
    alt = "Fall of the firing midpoint and mean output over ambient drift, for one junction and a differential pair."
    return Plot("drift", "Ambient drift against the memory", caption, alt, figure)


def _draw_midpoints(axes: Axes, result: Drift) -> None:
    zero = result.offsets_K.index(0.0)
    memory = 1e3 * result.signals_V[0]
    axes.axhspan(-memory, memory, color=style.YELLOW, alpha=0.35, linewidth=0, label="memory of an operation")
    for index, reading in enumerate(result.readings):
        moved = 1e3 * (reading.midpoint[zero] - reading.midpoint)
        look: dict[str, Any] = {
            "color": style.CYCLE[index],
            "marker": style.MARKERS[index],
            "linestyle": style.LINES[index],
        }
        if reading.name == INSENSITIVE:  # lies on the comparator's
            look |= {"markerfacecolor": "none", "markersize": 11}
        axes.plot(result.offsets_K, moved, label=_LABELS[reading.name], **look)
    axes.set_ylabel("fall of the midpoint (mV)")
    axes.legend(loc="upper left", frameon=False)


def _draw_outputs(axes: Axes, result: Drift) -> None:
    for index, reading in enumerate(result.readings[:2]):
        colour, marker = style.CYCLE[index], style.MARKERS[index]
        name = _LABELS[reading.name].partition(",")[0]
        cold, warm = np.asarray(reading.output), np.asarray(reading.output + reading.signal)
        axes.plot(result.offsets_K, cold, color=colour, marker=marker, linestyle="-", label=f"{name}, cold")
        axes.plot(
            result.offsets_K, warm, color=colour, marker=marker, linestyle="--", label=f"{name}, after an operation"
        )
    axes.set_ylabel("mean output (spikes per operation)")
    axes.legend(loc="upper left", frameon=False)
