"""One look for every figure: readable on a phone, in print, in grey and for colour-blind readers.

Figures are as wide as a phone shows them (so their text keeps its size there) and grow downwards, panel below panel.
Series differ in marker or line style as well as in colour.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation, blended_transform_factory
from PIL import Image  # comes with matplotlib

from ipcircuit.files import write_bytes_atomic
from ipcircuit.units import si

# Okabe & Ito, "Color Universal Design" (2008): distinguishable with every common colour vision deficiency.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#6B6B6B"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "+++", "---")

LABEL_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}  # behind numbers on a line

WIDTH = 5.4  # inch; a 360 pixel wide phone then shows 11 pt text at about 10 pixels
PNG_DPI = 200

_STYLE = mpl.rc_params_from_file(Path(__file__).with_name("report.mplstyle"), use_default_template=False)
_UNDATED: Any = {"Date": None, "Creator": None}  # metadata


@contextmanager
def style() -> Iterator[None]:
    """The project's settings while figures are drawn and saved; the user's own are left as they were."""
    with mpl.rc_context(_STYLE):
        yield


def panels(
    rows: int, height: float, *, ratios: list[float] | None = None, **keywords: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of `rows` panels, one below the other, `height` inch in all, and its axes from the top."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(h_pad=0.06, w_pad=0.06)  # type: ignore[union-attr]
    axes = figure.subplots(
        rows, 1, squeeze=False, gridspec_kw={"height_ratios": ratios} if ratios else None, **keywords
    )
    return figure, list(axes[:, 0])


def grid(rows: int, columns: int, height: float, **keywords: Any) -> tuple[Figure, list[list[Axes]]]:
    """A figure of `rows` times `columns` panels, `height` inch in all, and its axes by row."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(h_pad=0.06, w_pad=0.04)  # type: ignore[union-attr]
    axes = figure.subplots(rows, columns, squeeze=False, **keywords)
    return figure, [list(row) for row in axes]


def legend_below(axes: Axes, columns: int = 2, *, points: float = 42.0, **keywords: Any) -> None:
    """The legend in the middle of the figure, its upper edge `points` below the axes: under tick labels and x label."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    below = ScaledTranslation(0, -points / 72, figure.dpi_scale_trans)
    place = blended_transform_factory(figure.transFigure, axes.transAxes) + below
    look = {"frameon": False, "borderpad": 0.0, "borderaxespad": 0.0, "columnspacing": 1.4, **keywords}
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=place, ncols=columns, **look)


def prefixed(axis: Axis, unit: str) -> None:
    """Write the ticks of a logarithmic axis with their unit and its prefix, as 1 nJ, at most six of them."""
    axis.set_major_locator(LogLocator(numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: si(value, unit, 3)))
    axis.set_minor_formatter(NullFormatter())


def label(
    axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float] = (5, 0), **keywords: Any
) -> Annotation:
    """Write a value beside its mark, `offset` points away, on a box that keeps it readable over lines."""
    defaults = {"va": "center", "fontsize": 9.5, "bbox": LABEL_BOX, "zorder": 5}
    return axes.annotate(text, at, offset, textcoords="offset points", **{**defaults, **keywords})


def render(figure: Figure) -> dict[str, bytes]:
    """The figure as the bytes of its files, by ending, without a date in them; in the project's style wherever it runs.

    The layout is worked out once, and each file drawn once: `savefig` draws twice, the first time for the layout.
    """
    svg, png = io.BytesIO(), io.BytesIO()
    with style():
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
        figure.set_layout_engine("none")
        FigureCanvasSVG(figure).print_svg(svg, metadata=_UNDATED)
        figure.set_dpi(PNG_DPI)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # nothing is transparent
        pixels.save(png, "png", compress_level=3, dpi=(PNG_DPI, PNG_DPI))
    return {"svg": svg.getvalue(), "png": png.getvalue()}


def write(figure: Figure, path: Path) -> None:
    """The figure's files beside each other, `path` without their endings."""
    for kind, data in render(figure).items():
        write_bytes_atomic(path.with_name(f"{path.name}.{kind}"), data)
