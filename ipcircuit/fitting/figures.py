"""Figures of a fit: data and prediction of one set, with the residuals below."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ipcircuit.fitting.data import DataSet
from ipcircuit.fitting.observable import Quantity
from ipcircuit.fitting.result import Points
from ipcircuit.units import UNITS, si

_MOST_SERIES = 7  # told apart by colour; more are drawn without a legend
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444")
_DPI = 150
_CURVE = 61  # points of a fitted curve

#: Conditions by name, each of shape (n,), to the fitted device's prediction (n,), SI.
Prediction = Callable[[Mapping[str, np.ndarray]], np.ndarray]


def drawn(item: DataSet, points: Points, predict: Prediction) -> dict[str, bytes]:
    """Content of the figure's files by ending, ``svg`` and ``png``."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # rc_context would set the backend again; hashsalt makes the SVG the same each time
    with mpl.rc_context({"svg.hashsalt": "ipcircuit", "font.size": 9}):
        figure = Figure(figsize=(5.0, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure, item, points, predict)
        files = {}
        for ending, metadata in (("svg", {"Date": None}), ("png", {"Software": None})):
            stream = io.BytesIO()
            figure.savefig(stream, format=ending, dpi=_DPI, metadata=metadata)
            files[ending] = stream.getvalue()
    return files


def _draw(figure: Any, item: DataSet, points: Points, predict: Prediction) -> None:
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.2))
    axis, others = _axes(item)
    x = item.conditions[axis.name] if axis else np.arange(1, len(item) + 1)
    series = _series(item, others)
    scale = np.ones(len(item)) if points.sigma is None else points.sigma
    for number, (label, rows) in enumerate(series):
        colour = _COLOURS[number % len(_COLOURS)]
        order = rows[np.argsort(x[rows], kind="stable")]
        bars = None if points.sigma is None else points.sigma[order]
        above.errorbar(x[order], points.measured[order], yerr=bars, fmt="o", ms=3.5, lw=1, color=colour, label=label)
        if axis is not None:
            above.plot(*_curve(item, axis, order, predict), "-", lw=1.2, color=colour)
        else:
            above.plot(x[order], points.predicted[order], "_", ms=14, color=colour)
        below.plot(x[order], ((points.measured - points.predicted) / scale)[order], "o", ms=3.5, color=colour)
    below.axhline(0, color="0.6", lw=0.8, zorder=0)
    if _logarithmic(x):
        below.set_xscale("log")
    if _logarithmic(points.measured) and points.measured.max() > 30 * points.measured.min():
        above.set_yscale("log")
    _name(above.yaxis, item.observable.value)
    below.set_ylabel("residual / σ" if points.sigma is not None else "residual")
    if axis is not None:
        _name(below.xaxis, axis)
    else:
        below.set_xlabel("datum")
        below.set_xticks(x)
    above.set_title(f"{item.name}: points measured, lines fitted", fontsize=9)
    if others and len(series) <= _MOST_SERIES:
        above.legend(fontsize=7, frameon=False)


def _axes(item: DataSet) -> tuple[Quantity | None, list[Quantity]]:
    """The condition with the most values, for the axis, and the others that vary."""
    varying = [q for q in item.observable.conditions if len(np.unique(item.conditions[q.name])) > 1]
    if not varying:
        return None, []
    axis = max(varying, key=lambda q: len(np.unique(item.conditions[q.name])))
    return axis, [q for q in varying if q is not axis]


def _series(item: DataSet, others: list[Quantity]) -> list[tuple[str, np.ndarray]]:
    """Rows that share all conditions but the axis, with a label."""
    keys = list(zip(*(item.conditions[q.name].tolist() for q in others), strict=True)) if others else [()] * len(item)
    return [
        (
            ", ".join(f"{q.name.replace('_', ' ')} {si(v, q.unit)}" for q, v in zip(others, key, strict=True)),
            np.array([i for i, other in enumerate(keys) if other == key]),
        )
        for key in dict.fromkeys(keys)
    ]


def _logarithmic(values: np.ndarray) -> bool:
    """Whether positive values spread over more than two decades, more evenly so than on a line."""
    positive = values[values > 0]
    if len(positive) < len(values) or len(positive) < 3 or positive.max() < 100 * positive.min():
        return False
    return math.log10(float(np.median(positive)) / positive.min()) > 0.7


def _curve(item: DataSet, axis: Quantity, order: np.ndarray, predict: Prediction) -> tuple[np.ndarray, np.ndarray]:
    """The prediction between the first and last datum of a series (at the data where the axis has whole numbers)."""
    x = item.conditions[axis.name][order]
    if not axis.whole:
        spaced = np.geomspace if _logarithmic(item.conditions[axis.name]) else np.linspace
        x = spaced(x[0], x[-1], _CURVE)
    others = {name: np.full(len(x), column[order[0]]) for name, column in item.conditions.items()}
    return x, np.broadcast_to(predict({**others, axis.name: x}), x.shape)


def _name(axis: Any, quantity: Quantity) -> None:
    """Label of an axis; with SI prefixes at its ticks, where the unit has any."""
    from matplotlib.ticker import EngFormatter

    title, unit = quantity.name.replace("_", " "), UNITS.get(quantity.unit)
    if unit is not None and unit.prefixed and axis.get_scale() == "linear":
        axis.set_label_text(title)
        axis.set_major_formatter(EngFormatter(unit.symbol))
    else:
        symbol = quantity.unit.replace("ohm", "Ω")
        axis.set_label_text(f"{title} ({symbol})" if symbol else title)
