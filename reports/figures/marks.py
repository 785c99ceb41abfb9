"""Charts of estimates: a mark for each row, with the intervals of both its numbers, chosen and pointed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.figures.chart import (
    HIDDEN,
    NAME,
    ROW,
    Axis,
    Chart,
    Choice,
    Rows,
    at,
    domain,
    filtered,
    looks,
    named_rows,
    of,
    offered,
    picking,
    quantity,
    table,
    titled,
    unchecked,
    worded,
)

_BEATEN = 0.35  # opacity


@unchecked()
def estimates(
    rows: Rows,
    x: Axis,
    y: Axis,
    description: str,
    *,
    kind: tuple[str, str],
    shape: tuple[str, str] | None = None,
    choices: Sequence[Choice] = (),
    about: Mapping[str, str] | None = None,
    joined: str | None = None,
    title: tuple[str, Mapping[str, str]] | None = None,
    level: Axis | None = None,
) -> Chart:
    """Marks with their intervals.

    Args:
        rows: with the columns of both axes, and those named here.
        kind: column of a mark's colour, and its title; a click in the legend leaves one kind.
        shape: column of a mark's shape, and its title; None: that of the colour.
        choices: of which rows are drawn.
        about: further columns that are shown when a mark is pointed at, with their titles.
        joined: column that is true of the rows which a line joins, kind by kind; the others are paler.
        title: column of a choice, and what stands above the chart for each of its values.
        level: column whose value, the same in all rows drawn, is marked across y, in the same unit.

    Raises:
        ValueError: a choice's first value is none of its column's.
    """
    import altair as alt

    picked, _ = picking(kind)
    opacity = alt.when(~picked).then(alt.value(HIDDEN))
    if joined:
        opacity = opacity.when(f"{of(joined)} === 0").then(alt.value(_BEATEN))
    axes = quantity(x, alt.X), quantity(y, alt.Y)
    base = alt.Chart().encode(*axes, looks(alt.Color, rows, kind), opacity=opacity.otherwise(alt.value(1)))
    by, words = shape or kind, {kind[0]: kind[1], **dict([shape or kind]), **(about or {})}
    lines = [base.mark_line(strokeWidth=1.5, aria=False).transform_filter(f"{of(joined)} === 1")] if joined else []
    marks = _marks(base, rows, by, words, (x, y)).add_params(picked)
    layers: list[Any] = [*lines, *_bars(base, rows, x, y), marks]
    steady = [choice for choice in choices if choice.steady]
    layers = [filtered(layer, steady) for layer in layers]
    if steady:  # all rows, unseen: the axes hold them too
        layers.insert(0, alt.Chart().mark_point(opacity=0, aria=False).encode(*axes))
    if level is not None:
        layers.append(_level(level))
    drawing = filtered(alt.layer(*layers, data=table(rows)), (choice for choice in choices if not choice.steady))
    return Chart.of(offered(titled(drawing, title), choices, rows), description)


def _level(level: Axis) -> Any:
    """A dotted line across the chart, which says what it is when it is pointed at."""
    import altair as alt

    drawn: Any = alt.Chart()
    drawn = drawn.transform_aggregate(**{level.column: f"min({level.column})"}, groupby=[])
    drawn = drawn.transform_calculate(said=level.written(of(level.column)))
    rule = drawn.mark_rule(stroke="currentColor", strokeDash=[2, 3], strokeOpacity=0.7, aria=False)
    return rule.encode(y=f"{level.column}:Q", tooltip=alt.Tooltip("said:N", title=level.title))


def _marks(base: Any, rows: Rows, by: tuple[str, str], words: Mapping[str, str], axes: Sequence[Axis]) -> Any:
    """A mark for each row, which says its words and numbers when it is pointed at, or read aloud."""
    import altair as alt

    numbers = {f"said_{axis.column}": axis for axis in axes}
    shown = {**words, **{name: axis.title or "value" for name, axis in numbers.items()}}
    marks = base.mark_point(filled=True, size=70, stroke="currentColor", strokeWidth=0.6)
    marks = marks.encode(looks(alt.Shape, rows, by))
    marks = marks.transform_calculate(**{name: _said(axis, rows) for name, axis in numbers.items()})
    return worded(marks, shown)


def _has_interval(rows: Rows, axis: Axis) -> bool:
    return any(row.get(f"{axis.column}_low") is not None for row in rows)


def _bars(base: Any, rows: Rows, x: Axis, y: Axis | None = None) -> Iterator[Any]:
    """Intervals along each axis that has any; below 0 there is none on a logarithmic one."""
    import altair as alt

    for axis, start, end in ((x, alt.X, alt.X2), (y, alt.Y, alt.Y2)):
        if axis is not None and _has_interval(rows, axis):
            low = of(f"{axis.column}_low")
            known = f"isValid({low})" + (f" && {low} > 0" if axis.log else "")
            ends = quantity(axis.end("low"), start), end(f"{axis.column}_high")
            yield base.mark_rule(aria=False, clip=True).encode(*ends).transform_filter(known)


def _said(axis: Axis, rows: Rows) -> str:
    """The number in words, with its interval."""
    said = axis.written(of(axis.column))
    if not _has_interval(rows, axis):
        return said
    low, high = (of(f"{axis.column}_{end}") for end in ("low", "high"))
    return f"{said} + (isValid({low}) ? ' (' + {axis.written(low)} + ' to ' + {axis.written(high)} + ')' : '')"


@unchecked()
def dots(
    rows: Rows,
    x: Axis,
    place: tuple[str, str],
    description: str,
    *,
    kind: tuple[str, str],
    choices: Sequence[Choice] = (),
    about: Mapping[str, str] | None = None,
    line: float | None = None,
    dashed: float | None = None,
) -> Chart:
    """A row for each place, and in it a mark with its interval for each kind.

    Args:
        rows: with the columns of the axis, and those named here.
        place: column of a row's name, and its title; the rows stand in the order of the data.
        kind: column of a mark's colour and shape, and its title; a click in the legend leaves one kind.
        choices: of which rows are drawn.
        about: further columns that are shown when a mark is pointed at, with their titles.
        line, dashed: values of x that are marked.

    Raises:
        ValueError: a choice's first value is none of its column's.
    """
    import altair as alt

    picked, opacity = picking(kind)
    within = alt.Scale(domain=domain(rows, kind[0]).domain, range=[NAME + 6, ROW - 10])
    across = alt.YOffset(f"{kind[0]}:N", scale=within)
    colour = looks(alt.Color, rows, kind)
    base = alt.Chart().encode(quantity(x, alt.X), named_rows(rows, place), across, colour, opacity=opacity)
    marks = _marks(base, rows, kind, {place[0]: place[1], kind[0]: kind[1], **(about or {})}, (x,)).add_params(picked)
    layers: list[Any] = [*_bars(base, rows, x), marks]
    if line is not None:
        layers.append(at(line, strokeWidth=1.4))
    if dashed is not None:
        layers.append(at(dashed, strokeDash=[5, 4]))
    drawing = offered(filtered(alt.layer(*layers, data=table(rows)), choices), choices, rows)
    return Chart.of(drawing, description, height=ROW * len({row[place[0]] for row in rows}))
