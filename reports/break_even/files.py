"""Files of `ipcircuit break-even -o DIR`: the result, a table of factors and one of the scenario, and a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from energy.break_even.analysis import BreakEven
from energy.variation.copies.outcome import csv_text
from ipcircuit.units import with_unit
from reports.figures import style
from reports.figures.plot import Plot
from reports.study import write_study

_BARS = 12


def write_break_even(output: Path | str, found: BreakEven) -> Path:
    """``break_even.json``, ``factors.csv``, ``scenario.csv`` and the figure into a folder; returns it.

    Raises:
        InputError: the folder cannot be written; nothing is left behind then.
    """
    result = found.to_json()
    texts = {
        "break_even.json": result,
        "factors.csv": csv_text(list(factor_rows(result))),
        "scenario.csv": csv_text(result["scenario_table"]),
    }
    write_study(output, texts, (), lambda: [draw(found)])
    return Path(output)


def factor_rows(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row per factor with its range, the ratio at its ends, its indices, and where the ratio crosses 1."""
    bars = {row["factor"]: row for row in result["tornado"]}
    indices = {row["factor"]: row for row in result["sobol"]["factors"]}
    crossings = {row["factor"]: row["value"] for row in result["crossings"]}
    names = ("first", "first_low", "first_high", "total", "total_low", "total_high")
    for row in result["factors"]:
        name, bar = row["factor"], bars[row["factor"]]
        yield {
            "factor": name,
            "unit": row["unit"],
            "nominal": row["nominal"],
            **{key: row["range"][key] for key in ("low", "high", "law")},
            "ratio_at_low": bar["at_low"],
            "ratio_at_high": bar["at_high"],
            **{key: indices.get(name, {}).get(key) for key in names},
            "crosses_1_at": crossings.get(name),
            "range_source": row["range"]["source"],
        }


def draw(found: BreakEven) -> Plot:
    """Distribution of the ratio, and the tornado chart below it."""
    bars = [bar for bar in found.tornado if bar.decades > 0][:_BARS]
    figure, axes = style.panels(2, 3.6 + 0.34 * max(len(bars), 3), ratios=[2.2, 0.34 * max(len(bars), 3) + 0.6])
    _histogram(axes[0], found)
    _tornado(axes[1], found, bars)
    title = found.title
    low, high = found.interval
    caption = (
        f"{title.get('task', 'ratio')}: energy of {title.get('other', 'the other system')} over that of "
        f"{title.get('device', 'the device')}, {found.nominal:.3g} as stated, {low:.3g} to {high:.3g} in "
        f"{100 * found.confidence:g} % of {found.samples:,} samples. Below: each factor at the ends of its range, all "
        "others as stated."
    )
    return Plot(
        "break_even", "What the ratio hangs on", caption, "Distribution of a ratio and its tornado chart.", figure
    )


def _histogram(axes: Axes, found: BreakEven) -> None:
    edges = 10.0 ** np.array(found.histogram_edges)
    axes.stairs(np.array(found.histogram) / found.samples, edges, fill=True, color=style.SKY)
    _marks(axes, found)
    axes.set_ylabel("share of samples")
    axes.legend(loc="upper right")


def _tornado(axes: Axes, found: BreakEven, bars: list[Any]) -> None:
    for place, bar in enumerate(reversed(bars)):
        axes.plot([bar.at_low, bar.at_high], [place, place], color=style.BLUE, linewidth=7, solid_capstyle="butt")
    labels = [f"{b.factor}\n{with_unit(b.low, b.unit)} to {with_unit(b.high, b.unit)}" for b in reversed(bars)]
    axes.set_yticks(range(len(bars)), labels, fontsize=7)
    _marks(axes, found)
    axes.set_xlabel("energy of the other system over that of the device")


def _marks(axes: Axes, found: BreakEven) -> None:
    axes.axvline(found.nominal, color=style.GREY, linestyle=":", linewidth=1.2, label="as stated")
    axes.axvline(1.0, color=style.VERMILION, linestyle="--", linewidth=1.2, label="break-even")
    axes.set_xscale("log")
