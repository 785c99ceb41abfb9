"""Files of `ipcircuit break-even -o DIR`: the result, a table of factors and one of the scenario, and a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from energy.break_even.analysis import BreakEven
from energy.variation.copies.outcome import csv_text
from reports.break_even import charts, results
from reports.break_even.results import Named
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.study import write_study

PROSE = Prose(__file__)


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
    title, bars = found.title, charts.long_bars(found)
    one = Named("", results.label(title["other"]), title["scenario"]["scope"], found)
    tall = charts.height(bars)
    figure, axes = style.panels(2, 3.0 + tall, ratios=[2.4, tall])
    charts.histograms(axes[0], [one])
    charts.tornado(axes[1], one, bars)
    axes[1].set_xlabel("energy over that of the device")
    ratio, confidence = results.with_interval(found), 100 * found.confidence
    return PROSE.plot("break_even", figure, title=title, ratio=ratio, confidence=confidence, samples=found.samples)
