"""Charts of bars: histograms of a number, one kind over the other, and shares of a whole, one beside the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.figures.chart import (
    NAME,
    ROW,
    Axis,
    Chart,
    Choice,
    Rows,
    at,
    filtered,
    looks,
    named_rows,
    of,
    offered,
    picking,
    quantity,
    table,
    unchecked,
    worded,
)

_FILL = 0.25  # opacity


@unchecked()
def histogram(
    rows: Rows,
    x: Axis,
    y: Axis,
    description: str,
    *,
    kind: tuple[str, str],
    choices: Sequence[Choice] = (),
    about: Mapping[str, str] | None = None,
    marked: str | None = None,
    line: float | None = None,
) -> Chart:
    """A histogram for each kind, in outline and filled, so that one shows through the other.

    Args:
        rows: a bin each, from the column of `x` to ``COLUMN_high``, in the order of x; columns named here. A row
            without an upper end closes the outline.
        kind: column of a bin's colour, and its title; a click in the legend leaves one kind.
        choices: of which rows are drawn; the axes stay, so that histograms move.
        about: further columns that are shown when a bin is pointed at, with their titles.
        marked: column with a value of x, the same in all bins of a kind, which is marked.
        line: value of x that is marked for all kinds.

    Raises:
        ValueError: a choice's first value is none of its column's.
    """
    import altair as alt

    picked, shown = picking(kind)
    height = quantity(y, alt.Y)
    base = filtered(alt.Chart(), choices).encode(looks(alt.Color, rows, kind), opacity=shown)
    outline = base.mark_line(interpolate="step-after", strokeWidth=1.6, aria=False).encode(quantity(x, alt.X), height)
    words = {kind[0]: kind[1], f"said_{x.column}": x.title, **(about or {})}
    layers: list[Any] = [_bins(base, x, height, words).add_params(picked), outline]
    if marked is not None:
        layers.append(_marked(base, x, marked, kind[0]))
    if line is not None:
        layers.append(at(line, strokeWidth=1.4))
    unseen = alt.Chart().mark_point(opacity=0, aria=False)  # all rows: the axes hold them
    layers.insert(0, unseen.encode(quantity(x, alt.X), height))
    drawing: Any = alt.layer(*layers, data=table(rows))
    return Chart.of(offered(drawing, choices, rows), description)


def _bins(base: Any, x: Axis, height: Any, words: Mapping[str, str]) -> Any:
    """A bar for each bin, which says its words when it is pointed at, or read aloud."""
    import altair as alt

    low, high = of(x.column), of(f"{x.column}_high")
    bars = base.transform_filter(f"isValid({high})").mark_bar(fillOpacity=_FILL, binSpacing=0)
    bars = bars.transform_calculate(**{f"said_{x.column}": f"{x.written(low)} + ' to ' + {x.written(high)}"})
    return worded(bars.encode(quantity(x, alt.X), alt.X2(f"{x.column}_high"), height, alt.Y2Datum(0)), words)


def _marked(base: Any, x: Axis, column: str, kind: str) -> Any:
    """A dotted line for each kind at a value of x."""
    import altair as alt

    rule = base.mark_rule(strokeDash=[2, 3], strokeWidth=1.2, aria=False)
    rule = rule.transform_aggregate(**{x.column: f"min({column})"}, groupby=[kind])
    return rule.encode(quantity(x, alt.X))


@unchecked()
def shares(
    rows: Rows,
    x: Axis,
    place: tuple[str, str],
    description: str,
    *,
    kind: tuple[str, str],
    choices: Sequence[Choice] = (),
    about: Mapping[str, str] | None = None,
    whole: str | None = None,
) -> Chart:
    """A stacked bar for each place, its parts beside each other in the order of the data.

    Args:
        rows: a part each, with the columns of the axis, and those named here; a negative part lies left of 0.
        place: column of a bar's name, and its title; the bars stand in the order of the data.
        kind: column of a part's colour, and its title; a click in the legend leaves one kind.
        choices: of which rows are drawn.
        about: further columns that are shown when a part is pointed at, with their titles.
        whole: column with what the parts of a bar are together, in words; it stands above the bar's end.

    Raises:
        ValueError: a choice's first value is none of its column's.
    """
    import altair as alt

    picked, shown = picking(kind)
    said = f"said_{x.column}"
    words = {place[0]: place[1], **(about or {}), kind[0]: kind[1], said: x.title}
    bars: Any = alt.Chart().encode(named_rows(rows, place)).add_params(picked)
    bars = bars.mark_bar(size=ROW - NAME - 16, yOffset=NAME / 2 - 2, stroke="currentColor", strokeWidth=0.5).encode(
        quantity(x, alt.X).stack("zero"),
        looks(alt.Color, rows, kind),
        opacity=shown,
        order=alt.Order("part_number:Q"),
    )
    bars = worded(bars.transform_calculate(**{said: x.written(of(x.column))}), words)
    layers = [bars, *([] if whole is None else [_wholes(rows, place, whole)])]
    drawing: Any = alt.layer(*layers, data=table([{**row, "part_number": number} for number, row in enumerate(rows)]))
    drawing = offered(filtered(drawing, choices), choices, rows)
    return Chart.of(drawing, description, height=ROW * len({row[place[0]] for row in rows}))


def _wholes(rows: Rows, place: tuple[str, str], column: str) -> Any:
    """A text in each named row, on the right of its name."""
    import altair as alt

    texts: Any = alt.Chart().mark_text(align="right", dx=-3, dy=(NAME - ROW) / 2, color="currentColor", aria=False)
    texts = texts.transform_aggregate(parts="count()", groupby=[place[0], column])
    return texts.encode(named_rows(rows, place), x=alt.XValue("width"), text=f"{column}:N")
