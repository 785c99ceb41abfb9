"""Figure of the report: a drawing with its words, and the same as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from reports.figures.chart import Chart
from reports.figures.style import render, style


@dataclass(frozen=True)
class Plot:
    """One figure.

    Attributes:
        name: file name without ending.
        title: a few words, for headings.
        caption: what was simulated in what under which condition; what is circuit and what compact model.
        alt: what a reader who cannot see it should know.
        figure: the drawing.
        chart: the same rows as a chart that a reader explores on the page; None: the drawing is all.
    """

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure
    chart: Chart | None = None


@dataclass(frozen=True)
class Picture:
    """A plot's words, and its files by ending: ``svg``, ``png``, and ``csv`` where it is a chart too."""

    name: str
    title: str
    caption: str
    alt: str
    files: Mapping[str, bytes]
    chart: Chart | None = None

    @classmethod
    def of(cls, plot: Plot) -> Picture:
        """A plot as its files."""
        data = {"csv": plot.chart.csv.encode()} if plot.chart else {}
        return cls(plot.name, plot.title, plot.caption, plot.alt, {**render(plot.figure), **data}, plot.chart)


def pictures(draw: Callable[[], Iterable[Plot]]) -> list[Picture]:
    """The plots that `draw` makes, drawn in the project's style, as their files."""
    with style():
        return [Picture.of(plot) for plot in draw()]
