"""All circuits in one figure: energy per operation, energy per spike and area, by what is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from energy.cost import SCOPES
from ipcircuit.units import with_unit
from reports.figures import style
from reports.figures.chart import Axis, Chart, Choice
from reports.figures.marks import dots
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.site.circuits import Costs

PROSE = Prose(__file__)

QUANTITIES = {  # column of a scope's cost: in words, unit
    "energy_per_operation_J": ("energy per operation", "J"),
    "energy_per_spike_J": ("energy per spike", "J"),
    "area_um2": ("area", "um2"),
}
_LOOKS: dict[str, dict[str, str]] = {
    str(scope): {"color": colour, "marker": marker}
    for scope, colour, marker in zip(SCOPES, (style.SKY, style.BLUE, style.VERMILION), ("o", "s", "D"), strict=True)
}


def rows_of(costs: Costs) -> list[dict[str, Any]]:
    """A row for each quantity, circuit and scope that has a value above 0, which a logarithmic axis needs."""
    return [
        {"quantity": words, "circuit": name, "counted": str(scope), "value": value}
        for column, (words, _) in QUANTITIES.items()
        for name, record in costs.items()
        for scope in SCOPES
        if (value := getattr(record.cost.scopes[scope], column)) is not None and value > 0
    ]


def all_circuits(rows: Sequence[Mapping[str, Any]]) -> Plot:
    """A panel for each quantity of which something is known, a row in it for each circuit."""
    known = {row["quantity"] for row in rows}
    shown = [(words, unit) for words, unit in QUANTITIES.values() if words in known]
    names = list(dict.fromkeys(row["circuit"] for row in rows))
    height = 0.4 * len(names) + 0.75
    figure, panels = style.panels(len(shown), len(shown) * height + 0.4)
    for axes, (words, unit) in zip(panels, shown, strict=True):
        _panel(axes, [row for row in rows if row["quantity"] == words], names)
        axes.set(title=words, ylim=(len(names) - 0.4, -0.6))
        axes.xaxis.set_major_formatter(lambda value, _, unit=unit: with_unit(value, unit, 4))
    style.legend_below(panels[-1], len(SCOPES))
    plot = PROSE.plot("all_circuits", figure, circuits=len(names), ends="; ".join(_ends(rows)))
    return replace(plot, chart=_chart(rows, plot.alt))


def _panel(axes: Axes, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    for shift, (scope, look) in zip((-0.2, 0.0, 0.2), _LOOKS.items(), strict=True):
        mine = [row for row in rows if row["counted"] == scope]
        places = [names.index(row["circuit"]) + shift for row in mine]
        marks: Any = {"ls": "none", "ms": 7, "mec": style.BLACK, "mew": 0.5, "label": f"{scope} scope", **look}
        axes.plot([row["value"] for row in mine], places, **marks)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=5))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _ends(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Smallest and largest value of each quantity in the circuit scope, in words."""
    for words, unit in QUANTITIES.values():
        known = [
            (row["value"], row["circuit"]) for row in rows if (row["quantity"], row["counted"]) == (words, "circuit")
        ]
        if known:
            (low, least), (high, most) = min(known), max(known)
            yield f"{words} from {with_unit(low, unit, 3)} ({least}) to {with_unit(high, unit, 3)} ({most})"


def _chart(rows: Sequence[Mapping[str, Any]], description: str) -> Chart:
    units = {words: unit for words, unit in QUANTITIES.values()}
    value = Axis("value", "", log=True, units=("quantity", units))
    choices = [Choice("quantity", "show")]
    return dots(rows, value, ("circuit", "circuit"), description, kind=("counted", "counted"), choices=choices)
