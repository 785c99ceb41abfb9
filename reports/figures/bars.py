"""Charts of bars: histograms of a number, one kind over the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.figures.chart import HIDDEN, Axis, Chart, Choice, Rows, at, chooser, chosen, domain, of, quantity, table

_FILL = 0.25  # opacity


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

    picked = alt.selection_point(fields=[kind[0]], bind="legend", name="picked")
    shown = alt.when(picked).then(alt.value(1)).otherwise(alt.value(HIDDEN))
    colour = alt.Color(f"{kind[0]}:N", scale=domain(rows, kind[0]), legend=alt.Legend(title=kind[1], symbolLimit=0))
    height = quantity(y, alt.Y)
    base: Any = alt.Chart()
    for choice in choices:
        base = base.transform_filter(chosen(choice))
    base = base.encode(colour, opacity=shown)
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
    return Chart.of(drawing.add_params(*(chooser(choice, rows) for choice in choices)), description)


def _bins(base: Any, x: Axis, height: Any, words: Mapping[str, str]) -> Any:
    """A bar for each bin, which says its words when it is pointed at, or read aloud."""
    import altair as alt

    low, high = of(x.column), of(f"{x.column}_high")
    bars = base.transform_filter(f"isValid({high})").mark_bar(fillOpacity=_FILL, binSpacing=0)
    bars = bars.transform_calculate(**{f"said_{x.column}": f"{x.written(low)} + ' to ' + {x.written(high)}"})
    bars = bars.transform_calculate(said=" + ', ' + ".join(map(of, words)))
    tooltip = [alt.Tooltip(f"{column}:N", title=title) for column, title in words.items()]
    ends = quantity(x, alt.X), alt.X2(f"{x.column}_high"), height, alt.Y2Datum(0)
    return bars.encode(*ends, tooltip=tooltip, description="said:N")


def _marked(base: Any, x: Axis, column: str, kind: str) -> Any:
    """A dotted line for each kind at a value of x."""
    import altair as alt

    rule = base.mark_rule(strokeDash=[2, 3], strokeWidth=1.2, aria=False)
    rule = rule.transform_aggregate(**{x.column: f"min({column})"}, groupby=[kind])
    return rule.encode(quantity(x, alt.X))
