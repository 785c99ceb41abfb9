"""Charts that a reader explores in the page: a Vega-Lite specification, made by altair, with its data.

A chart stands beside the drawing of the same rows, never in its place: who has no script, or prints, sees the drawing.
Colours, shapes and fonts are the page's (``chart.js``), so that a chart follows its dark mode; a specification names
none of them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ipcircuit.units import UNITS

if TYPE_CHECKING:
    import altair as alt

Rows = Sequence[Mapping[str, Any]]
DIGITS = 6  # of numbers in a chart's data
HEIGHT = 280  # pixels; the width is the page's
HIDDEN = 0.08  # opacity of what the legend has not picked
ROW, NAME = 60, 18  # pixels of a named row, and of its name above what is drawn in it
FEW = 3  # values of a choice that are shown beside each other
# Ticks of logarithmic axes that are labelled: powers of ten, and twice and five times them within two decades.
_MANTISSA = "abs(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)) - {}) < 1e-6"
_POWER = _MANTISSA.format("1")
_NARROW = "domain('SCALE')[1] < 100 * domain('SCALE')[0]"


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        spec: Vega-Lite specification as JSON values, without colours; its data are CSV text.
        description: what is drawn, for readers who cannot see it.
    """

    spec: Mapping[str, Any]
    description: str

    @classmethod
    def of(cls, drawing: alt.Chart | alt.LayerChart, description: str, height: int = HEIGHT) -> Chart:
        """A drawing of altair, `height` pixels high; its data are a `table`."""
        drawn = drawing.properties(width="container", height=height, description=description).to_dict(validate=False)
        (values,) = drawn.pop("datasets").values()  # altair names the data, and loses their format so
        spec = {key: drawn[key] for key in drawn if key not in ("$schema", "config")}
        return cls({**spec, "data": {"values": values, "format": drawn["data"]["format"]}}, description)

    @property
    def csv(self) -> str:
        """The data, one line per row below the names of the columns."""
        return self.spec["data"]["values"]


@contextmanager
def unchecked() -> Iterator[None]:
    """A chart is put together without altair's check of each of its pieces, which takes longer than all else.

    The tests check whole charts against the schema of Vega-Lite.
    """
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):
        yield


@dataclass(frozen=True)
class Axis:
    """Column of the rows along an axis.

    Attributes:
        column: holds numbers in SI units; the ends of their intervals, if any, are in ``COLUMN_low``, ``COLUMN_high``.
        title: in words, without the unit; empty where a choice says it.
        unit: a key of `UNITS`, or any other text.
        log: logarithmic; the numbers are positive.
        top: highest value that the axis shows; an interval that goes beyond is cut off there. None: all.
        units: column of a choice, and the unit for each of its values, where they have different ones.
    """

    column: str
    title: str
    unit: str = ""
    log: bool = False
    top: float | None = None
    units: tuple[str, Mapping[str, str]] | None = None

    def end(self, name: str) -> Axis:
        """The same axis for one end of the interval, ``low`` or ``high``."""
        return replace(self, column=f"{self.column}_{name}")

    def written(self, value: str) -> str:
        """Vega expression of a number in words, as `ipcircuit.units.with_unit` writes it: ``450 pJ``, ``1.2 µm²``."""
        if self.units is None:
            return _written(value, self.unit)
        column, units = self.units
        cases = [f"chosen_{column} === {json.dumps(name)} ? {_written(value, unit)}" for name, unit in units.items()]
        return " : ".join([*cases, "''"])


def _written(value: str, unit: str) -> str:
    known = UNITS.get(unit)
    if known is not None and known.prefixed:
        return f"replace(format({value}, '.3~s'), /([^0-9.]*)$/, ' $1') + {json.dumps(known.symbol)}"
    symbol = json.dumps(f" {known.symbol if known else unit}".rstrip())
    return f"format({value}, ',.4~r') + {symbol}"


@dataclass(frozen=True)
class Choice:
    """Column whose value the reader chooses; the rows of the others are not drawn.

    Attributes:
        title: in words, before the choices.
        first: value at first; None: the first one.
        steady: the axes stay when another value is chosen, so that marks move.
        values: in the order in which they are offered; empty: in that of the rows.
    """

    column: str
    title: str
    first: str | None = None
    steady: bool = False
    values: Sequence[str] = ()


def table(rows: Rows) -> alt.InlineData:
    """Rows as the data of a chart; what is not known is left empty."""
    import altair as alt

    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = io.StringIO()
    writer = csv.DictWriter(lines, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _text(value) for name, value in row.items()} for row in rows)
    kinds = {name: "number" if _is_number(rows, name) else "string" for name in columns}
    return alt.InlineData(values=lines.getvalue(), format=alt.CsvDataFormat(type="csv", parse=kinds))


def _is_number(rows: Rows, column: str) -> bool:
    known = [row[column] for row in rows if row.get(column) is not None]
    return bool(known) and all(isinstance(value, int | float) for value in known)


def _text(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else f"{value:.{DIGITS}g}" if isinstance(value, float) else value


def quantity(axis: Axis, channel: Any) -> Any:
    """An axis as altair's `X` or `Y`."""
    import altair as alt

    text = axis.written("datum.value")
    if axis.log:
        grid = alt.condition(_POWER, alt.value(1), alt.value(0.3))
        text = f"{_POWER} || ({_MANTISSA.format('2')} || {_MANTISSA.format('5')}) && {_NARROW} ? {text} : ''"
        name = "x" if channel in (alt.X, alt.X2) else "y"
        look = alt.Axis(labelExpr=text.replace("SCALE", name), labelOverlap=True, gridOpacity=grid)
        return channel(f"{axis.column}:Q", title=axis.title or None, scale=alt.Scale(type="log"), axis=look)
    look = alt.Axis(labelExpr=text, labelOverlap=True, tickCount=6)
    scale = alt.Scale(zero=False) if axis.top is None else alt.Scale(zero=False, domainMax=axis.top, nice=False)
    return channel(f"{axis.column}:Q", title=axis.title or None, scale=scale, axis=look)


def domain(rows: Rows, column: str) -> alt.Scale:
    """All values of a column in the order of the rows, so that a value looks the same whatever is chosen."""
    import altair as alt

    return alt.Scale(domain=list(dict.fromkeys(str(row[column]) for row in rows)))


def picking(kind: tuple[str, str]) -> tuple[Any, Any]:
    """Selection of a kind (its column and title) by a click in the legend, and the opacity that leaves it alone."""
    import altair as alt

    picked = alt.selection_point(fields=[kind[0]], bind="legend", name="picked")
    return picked, alt.when(picked).then(alt.value(1)).otherwise(alt.value(HIDDEN))


def looks(channel: Any, rows: Rows, kind: tuple[str, str]) -> Any:
    """A kind as altair's `Color` or `Shape`, with its legend."""
    import altair as alt

    legend = alt.Legend(title=kind[1], symbolLimit=0)
    return channel(f"{kind[0]}:N", scale=domain(rows, kind[0]), legend=legend)


def worded(drawn: Any, words: Mapping[str, str]) -> Any:
    """Marks that say columns, with their titles, when they are pointed at or read aloud."""
    import altair as alt

    tooltip = [alt.Tooltip(f"{column}:N", title=title) for column, title in words.items()]
    drawn = drawn.encode(tooltip=tooltip, description="said:N")
    return drawn.transform_calculate(said=" + ', ' + ".join(map(of, words)))


def named_rows(rows: Rows, place: tuple[str, str]) -> Any:
    """Vertical axis of named rows in the order of the data, each name above what is drawn."""
    import altair as alt

    look = {"labelAlign": "left", "labelPadding": -3, "labelOffset": (NAME - ROW) / 2, "labelLimit": 0}
    axis = alt.Axis(**look, domain=False, ticks=False, title=None, grid=True, tickBand="extent")
    return alt.Y(f"{place[0]}:N", scale=alt.Scale(domain=domain(rows, place[0]).domain, padding=0), axis=axis)


def of(column: str) -> str:
    """A row's value in Vega's expressions."""
    return f"datum[{json.dumps(column)}]"


def chooser(choice: Choice, rows: Rows) -> alt.Parameter:
    """What the reader chooses with: a list, or the few values beside each other."""
    import altair as alt

    values = [*map(str, choice.values)] or list(dict.fromkeys(str(row[choice.column]) for row in rows))
    if choice.first is not None and choice.first not in values:
        raise ValueError(f"{choice.column}: {choice.first} is none of {values}")
    bind = alt.binding_radio if len(values) <= FEW else alt.binding_select
    label = f"{choice.title}: "
    return alt.param(f"chosen_{choice.column}", value=choice.first or values[0], bind=bind(options=values, name=label))


def offered(drawing: Any, choices: Sequence[Choice], rows: Rows) -> Any:
    """A drawing with what its reader chooses with."""
    return drawing.add_params(*(chooser(choice, rows) for choice in choices))


def at(value: float, **look: Any) -> Any:
    """A line up and down at a value of x."""
    import altair as alt

    rule = alt.Chart().mark_rule(stroke="currentColor", strokeOpacity=0.5, aria=False, **look)
    return rule.encode(x=alt.XDatum(value))


def titled(drawing: Any, title: tuple[str, Mapping[str, str]] | None) -> Any:
    """A drawing below what stands there for each value of a choice (its column, and the texts)."""
    import altair as alt

    if title is None:
        return drawing
    words = alt.expr(f"{json.dumps(dict(title[1]))}[chosen_{title[0]}]")
    return drawing.properties(title=alt.TitleParams(words, anchor="start"))


def chosen(choice: Choice) -> str:
    """Vega expression: whether a row is chosen."""
    return f"{of(choice.column)} === chosen_{choice.column}"


def filtered(drawing: Any, choices: Iterable[Choice]) -> Any:
    """A drawing of the chosen rows."""
    for choice in choices:
        drawing = drawing.transform_filter(chosen(choice))
    return drawing
