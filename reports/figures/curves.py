"""Charts of curves: lines, marks and bands over an axis, which a reader chooses, moves and stretches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.measurement import CurveCheck
from ipcircuit.units import UNITS
from reports.figures.chart import (
    Axis,
    Chart,
    Choice,
    Rows,
    filtered,
    of,
    offered,
    picking,
    quantity,
    table,
    titled,
    unchecked,
)

POINTS = 400  # of a waveform, at most
CIRCUIT, COMPACT, BY_HAND = "circuit, ngspice", "compact model", "hand formula"
_ZOOM = "wheel![event.ctrlKey]"


@unchecked()
def lines(
    rows: Rows,
    x: Axis,
    y: Axis,
    description: str,
    *,
    kind: tuple[str, str],
    marked: Sequence[str] = (),
    choices: Sequence[Choice] = (),
    title: tuple[str, Mapping[str, str]] | None = None,
) -> Chart:
    """A line for each kind, with a band where a row has an interval along y.

    Args:
        rows: with the columns of both axes, and those named here.
        kind: column that tells the lines apart, and its title; a click in the legend leaves one.
        marked: kinds that are drawn as marks without a line.
        choices: of which rows are drawn.
        title: column of a choice, and what stands above the chart for each of its values.

    Raises:
        ValueError: a choice's first value is none of its column's.
    """
    import altair as alt

    picked, opacity = picking(kind)
    moved = alt.selection_interval(bind="scales", name="moved", zoom=_ZOOM)
    legend = alt.Legend(title=kind[1], symbolLimit=0, symbolOpacity=1)
    colour = alt.Color(f"{kind[0]}:N", sort=None, legend=legend)  # of those that are chosen, in the order of the data
    base = alt.Chart().encode(quantity(x, alt.X), quantity(y, alt.Y), colour, opacity=opacity)
    is_mark = f"indexof({json.dumps([*marked])}, {of(kind[0])}) >= 0"
    shown = [alt.Tooltip(f"{kind[0]}:N", title=kind[1])]
    shown += [alt.Tooltip(f"said_{axis.column}:N", title=axis.title) for axis in (x, y)]
    seen = alt.when(is_mark).then(alt.value(1)).otherwise(alt.value(0))  # of a line the marks can be pointed at alone
    layers = [
        *_bands(base, rows, y),
        base.mark_line(strokeWidth=1.8, aria=False, clip=True).transform_filter(f"!({is_mark})"),
        base.mark_point(filled=True, size=60, aria=False, clip=True)
        .encode(tooltip=shown, fillOpacity=seen)
        .add_params(picked, moved),
    ]
    drawing: Any = alt.layer(*layers, data=table(rows))
    for axis in (x, y):
        drawing = drawing.transform_calculate(**{f"said_{axis.column}": axis.written(of(axis.column))})
    drawing = titled(filtered(drawing, choices), title)
    return Chart.of(offered(drawing, choices, rows), description)


def _bands(base: Any, rows: Rows, y: Axis) -> Iterator[Any]:
    import altair as alt

    low, high = (f"{y.column}_{end}" for end in ("low", "high"))
    if any(row.get(low) is not None for row in rows):
        ends = quantity(y.end("low"), alt.Y), alt.Y2(high)
        yield (
            base.mark_area(aria=False, clip=True)
            .encode(*ends, opacity=alt.value(0.2))
            .transform_filter(f"isValid({of(low)})")
        )


def transfer_curves(curves: Sequence[CurveCheck], description: str) -> Chart:
    """Transfer curves of a circuit, one at a time: the circuit's points, and the model with its tolerance."""
    rows = [row for curve in curves for row in _points(curve)]
    titles = {c.curve: _numbers(c) for c in curves}
    x = Axis("x", "input", units=("curve", {c.curve: c.x_unit if c.x_unit in UNITS else "" for c in curves}))
    y = Axis("value", "output", units=("curve", {c.curve: c.unit if c.unit in UNITS else "" for c in curves}))
    choice, kind = Choice("curve", "curve"), ("source", "source")
    return lines(rows, x, y, description, kind=kind, marked=[CIRCUIT], choices=[choice], title=("curve", titles))


def _numbers(curve: CurveCheck) -> str:
    """What a curve's numbers are where their axes have no unit that says so; short, for a phone shows no more."""
    said = {"input": curve.x_unit, "output": curve.unit}
    return ", ".join(f"{name}: {unit}" for name, unit in said.items() if unit not in (*UNITS, "1", ""))


def model_of(curve: CurveCheck) -> str:
    """What a circuit's curve is compared with, in words."""
    return BY_HAND if curve.by_hand else COMPACT


def _points(curve: CurveCheck) -> Iterator[dict[str, Any]]:
    """Rows of one curve."""
    for x, circuit, compact in zip(*map(np.ravel, (curve.x, curve.circuit, curve.compact)), strict=True):
        head = {"curve": curve.curve, "x": float(x)}
        ends = {"value_low": compact - curve.tolerance, "value_high": compact + curve.tolerance}
        yield {**head, "source": model_of(curve), "value": float(compact), **{k: float(v) for k, v in ends.items()}}
        yield {**head, "source": CIRCUIT, "value": float(circuit)}


def waveforms(
    time: ArrayLike,
    panels: Mapping[str, tuple[str, Mapping[str, ArrayLike]]],
    description: str,
    points: int = POINTS,
) -> Chart:
    """Waveforms over time, one panel at a time.

    Args:
        time: s, shape (n,).
        panels: unit and waveforms by name, each of shape (n,), for each panel.
        points: of a waveform, at most.
    """
    seconds = np.asarray(time, dtype=float)
    rows = [
        {"panel": panel, "waveform": name, "time_s": float(seconds[i]), "value": float(np.asarray(values)[i])}
        for panel, (_, named) in panels.items()
        for name, values in named.items()
        for i in thinned(values, points)
    ]
    y = Axis("value", "value", units=("panel", {panel: unit for panel, (unit, _) in panels.items()}))
    kind, choices = ("waveform", "waveform"), [Choice("panel", "show")]
    return lines(rows, Axis("time_s", "time", "s"), y, description, kind=kind, choices=choices)


def thinned(values: ArrayLike, points: int = POINTS) -> NDArray[np.int_]:
    """Indices of at most `points` samples that keep the first and last and every stretch's lowest and highest."""
    waveform = np.asarray(values, dtype=float).ravel()
    if len(waveform) <= points:
        return np.arange(len(waveform))
    parts = np.array_split(np.arange(len(waveform)), (points - 2) // 2)
    ends = [int(part[pick(waveform[part])]) for part in parts for pick in (np.argmin, np.argmax)]
    return np.unique([0, *ends, len(waveform) - 1])
