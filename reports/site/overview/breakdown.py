"""Where energy and area of each circuit go: shares of their parts, in one figure over all circuits."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Annotation

from circuits.measurement import Kind
from energy.compare import IDLE_LEAKAGE
from energy.cost import SCOPES
from ipcircuit.units import in_full, with_unit
from reports.figures import style
from reports.figures.bars import shares
from reports.figures.chart import Axis, Chart, Choice
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.site.circuits import CircuitCost, Costs

PROSE = Prose(__file__)

CMOS, DRIVER, LEAKAGE, BEYOND = "CMOS", "write driver", "idle leakage", "devices and capacitors beyond the logic"
GROUPS = {Kind.DEVICE: "emerging device", Kind.DIVIDER: "in series with the device", Kind.CMOS: CMOS}
LOOKS = {  # of a group: colour, hatch
    GROUPS[Kind.DEVICE]: (style.BLUE, ""),
    GROUPS[Kind.DIVIDER]: (style.SKY, "//"),
    CMOS: (style.ORANGE, ""),
    DRIVER: (style.GREY, "xx"),
    LEAKAGE: (style.VERMILION, ".."),
    BEYOND: (style.GREEN, "\\\\"),
}
QUANTITIES = {"energy of one operation": "J", "area": "um2"}
SCOPE = "system"  # of the drawing: it counts all parts


def rows_of(costs: Costs) -> list[dict[str, Any]]:
    """A row for each part of each circuit in each scope, in the order in which they are stacked."""
    return [
        {"show": quantity, "counted": str(scope), "circuit": name, **row}
        for quantity, unit in QUANTITIES.items()
        for name, record in costs.items()
        for scope in SCOPES
        for row in _parts(record, scope, unit)
    ]


def _parts(record: CircuitCost, scope: str, unit: str) -> Iterator[dict[str, Any]]:
    """Group by group, the largest first; none of what has no total that they are shares of."""
    cost = record.cost.scopes[scope]
    values = cost.energy_breakdown_J if unit == "J" else cost.area_breakdown_um2
    total = sum(values.values())
    if total <= 0:
        return
    group = {name: _group_of_energy(record, name) if unit == "J" else _group_of_area(name) for name in values}
    order = [*LOOKS]
    for name in sorted(values, key=lambda name: (order.index(group[name]), -values[name])):
        if values[name]:
            share = 100 * values[name] / total
            said = {"value": _said(values[name], unit), "total": _said(total, unit)}
            yield {"part": name.replace("_", " "), "group": group[name], "share": share, **said}


def _said(value: float, unit: str) -> str:
    """In words, with three digits; large areas in full."""
    return f"{in_full(value)} µm²" if unit == "um2" else with_unit(value, unit, 3)


def _group_of_energy(record: CircuitCost, component: str) -> str:
    """By the kind of a circuit's own component; the system scope adds driver and leakage."""
    if component == IDLE_LEAKAGE:
        return LEAKAGE
    kind = record.kinds.get(component)
    return DRIVER if kind is None else GROUPS[Kind(kind)]


def _group_of_area(component: str) -> str:
    if "overhang" in component:
        return BEYOND
    return DRIVER if component == "write_driver" else CMOS


def breakdown(rows: Sequence[Mapping[str, Any]]) -> Plot:
    """A panel for energy and one for area, a stacked bar in it for each circuit."""
    drawn = [row for row in rows if row["counted"] == SCOPE]
    names = {show: list(dict.fromkeys(row["circuit"] for row in drawn if row["show"] == show)) for show in QUANTITIES}
    names = {show: circuits for show, circuits in names.items() if circuits}
    heights = [0.42 * len(circuits) + 0.6 for circuits in names.values()]
    figure, panels = style.panels(len(names), sum(heights) + 0.9, ratios=heights)
    named: list[tuple[Annotation, Rectangle]] = []
    for axes, (show, circuits) in zip(panels, names.items(), strict=True):
        named += _panel(axes, [row for row in drawn if row["show"] == show], circuits)
        axes.set(title=show)
    panels[-1].set_xlabel("share (%)")
    groups = [group for group in LOOKS if any(row["group"] == group for row in drawn)]
    handles = [Patch(fc=LOOKS[group][0], hatch=LOOKS[group][1], ec="white", label=group) for group in groups]
    style.legend_below(panels[-1], 2, handles=handles)
    _fit(figure, named)
    largest = "; ".join(_largest(drawn))
    plot = PROSE.plot("breakdown", figure, circuits=len(names[next(iter(names))]), largest=largest)
    return replace(plot, chart=_chart(rows, plot.alt))


def _panel(
    axes: Axes, rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Iterator[tuple[Annotation, Rectangle]]:
    """Bars with their totals on the right, what is returned left of 0; yields the name of each part with its bar."""
    ends = {name: [0.0, 0.0] for name in names}  # of what is drawn so far, to the left and right
    for row in rows:
        place, share = names.index(row["circuit"]), row["share"]
        colour, hatch = LOOKS[row["group"]]
        start = ends[row["circuit"]][share > 0]
        (bar,) = axes.barh(place, share, left=start, height=0.68, color=colour, hatch=hatch, edgecolor="white", lw=0.7)
        ends[row["circuit"]][share > 0] += share
        look = {"ha": "center", "fontsize": 7.5, "linespacing": 0.9, "in_layout": False}
        yield style.label(axes, row["part"], (start + share / 2, place), (0, 0), **look), bar
    for name, (_, end) in ends.items():
        total = next(row["total"] for row in rows if row["circuit"] == name)
        style.label(axes, total, (end, names.index(name)), (4, 0), fontsize=9)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set(ylim=(len(names) - 0.45, -0.55), xlim=(None, 1.2 * max(end for _, end in ends.values())))
    axes.set_xticks(range(0, 101, 20))
    axes.grid(False, axis="y")


def _fit(figure: Figure, named: Iterable[tuple[Annotation, Rectangle]]) -> None:
    """Break names that are wider than their bars into two lines, and remove those that do not fit even so."""
    figure.draw_without_rendering()
    for name, bar in named:
        text, room = name.get_text(), bar.get_window_extent()
        for lines in (text, textwrap.fill(text, max(len(text) // 2 + 2, *map(len, text.split())))):
            name.set_text(lines)
            box = name.get_window_extent()
            if box.width <= room.width and box.height <= room.height:
                break
        else:
            name.remove()


def _largest(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Largest part of each circuit's energy, in words."""
    energies = [row for row in rows if row["show"] == next(iter(QUANTITIES))]
    for name in dict.fromkeys(row["circuit"] for row in energies):
        most = max((row for row in energies if row["circuit"] == name), key=lambda row: row["share"])
        yield f"{name}: {most['part']} {most['share']:.0f} % of {most['total']}"


def _chart(rows: Sequence[Mapping[str, Any]], description: str) -> Chart:
    choices = [Choice("show", "show"), Choice("counted", "counted", SCOPE, values=SCOPES)]
    about = {"part": "part", "value": "value"}
    share = Axis("share", "share", "%", top=None if any(row["share"] < 0 for row in rows) else 100.0)
    place, kind = ("circuit", "circuit"), ("group", "group")
    return shares(rows, share, place, description, kind=kind, choices=choices, about=about, whole="total")
