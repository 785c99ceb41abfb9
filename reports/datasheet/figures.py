"""Figures of a datasheet, whatever the circuit: schematic, transfer curves, waveforms, energy and area by component."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from circuits.measurement import CurveCheck, Measurement
from energy.cost import SCOPES, NeuronCost
from ipcircuit.spice.netlist import command, read, tokenize
from ipcircuit.spice.transient import Transient
from ipcircuit.units import UNITS, prefixed
from reports.datasheet.schematic.cells import Cell, cells
from reports.datasheet.schematic.draw import figure, page
from reports.figures import style
from reports.figures.curves import CIRCUIT, model_of, thinned, transfer_curves, waveforms
from reports.figures.plot import Plot
from reports.prose import Prose

PROSE = Prose(__file__)

MOST_WAVEFORMS, MOST_SERIES = 14, 8
CHART_POINTS, ALL_POINTS = 120, 1600  # of a curve, and of all waveforms of a chart, so that the pages stay small
_PANEL_in = 2.0  # height of a panel of curves without its legend
LINE_FROM = 60  # points from which on a circuit's curve is drawn as a line
SCOPE_LOOK = {"paper": (style.BLUE, ""), "circuit": (style.SKY, "///"), "system": (style.GREY, "...")}
_QUANTITY = {"V": "voltage", "s": "time", "A": "current"}


def schematics(name: str, measurement: Measurement) -> list[Plot]:
    """The circuit as blocks and branches, and the cells that hold only elements."""
    deck = read(measurement.neuron_netlist, title=True)
    (instance,) = (statement for statement in deck.statements if command(statement).startswith("x"))
    body = deck.used_by(instance)[1]
    assert body is not None, "the netlist of a measurement has its circuit"
    top, *others = cells(body, measurement.device_subcircuits)
    blocks = [cell for cell in others if _has_blocks(cell)]
    plots = [PROSE.plot("schematic", figure(page([top, *blocks])), circuit=name, parts=len(top.parts))]
    leaves = [cell for cell in others if cell not in blocks]
    if leaves:
        words = ", ".join(cell.name for cell in leaves)
        plots.append(PROSE.plot("cells", figure(page(leaves)), circuit=name, cells=words))
    return plots


def _has_blocks(cell: Cell) -> bool:
    return any(part.symbol == "block" for part in cell.parts)


def curves(name: str, compared: Sequence[CurveCheck]) -> Plot:
    """Every transfer curve: the circuit's points, the model, its tolerance; like curves share a panel."""
    groups: dict[tuple[str, str, str], list[CurveCheck]] = {}
    for curve in compared:
        groups.setdefault((_kind(curve), curve.x_unit, curve.unit), []).append(curve)
    heights = [_PANEL_in + _legend_in(min(len(members), MOST_SERIES)) for members in groups.values()]
    drawing, axes = style.panels(len(groups), sum(heights) + 0.5, ratios=heights)
    for panel, (key, members) in zip(axes, groups.items(), strict=True):
        _curves(panel, key, members[:MOST_SERIES])
    model = " or ".join(sorted(set(map(model_of, compared))))
    handles = [
        Line2D([], [], color=style.BLACK, ls="none", marker="o", mfc="none", label=CIRCUIT),
        Line2D([], [], color=style.BLACK, label=model),
        Patch(color=style.GREY, alpha=0.25, label="tolerance"),
    ]
    drawing.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    passed = sum(curve.passed for curve in compared)
    plot = PROSE.plot("curves", drawing, circuit=name, passed=passed, count=len(compared), model=model)
    return replace(plot, chart=transfer_curves([_thinned(curve) for curve in compared], plot.alt))


def _thinned(curve: CurveCheck) -> CurveCheck:
    """The curve with few enough points for a chart."""
    kept = thinned(curve.circuit, CHART_POINTS)
    x, circuit, compact = (np.ravel(part)[kept] for part in (curve.x, curve.circuit, curve.compact))
    return replace(curve, x=x, circuit=circuit, compact=compact, labels=())


def _kind(curve: CurveCheck) -> str:
    """What several curves of a circuit have in common: the words before a comma or a value."""
    return re.split(r", (?!\d)| at [\d.]+ ", curve.curve)[0]


def _curves(axes: Axes, key: tuple[str, str, str], members: Sequence[CurveCheck]) -> None:
    kind, x_unit, unit = key
    scale, symbol = _scale(max((float(np.abs(c.x).max()) for c in members), default=1.0), x_unit)
    for i, curve in enumerate(members):
        order = np.argsort(np.ravel(curve.x), kind="stable")
        x, circuit, compact = (np.ravel(part)[order] for part in (curve.x, curve.circuit, curve.compact))
        colour = style.CYCLE[i % len(style.CYCLE)]
        _model(axes, x / scale, compact, curve, colour)
        label = curve.curve.removeprefix(kind).strip(" ,") or None
        dots: dict[str, Any] = {"marker": style.MARKERS[i % len(style.MARKERS)], "ls": "none", "mfc": "none"}
        look = dots if len(x) < LINE_FROM else {"ls": ":", "lw": 2.2}
        axes.plot(x / scale, circuit, color=style.BLACK if len(members) == 1 else colour, label=label, **look)
        if curve.labels:
            axes.set_xticks(x / scale, [curve.labels[place] for place in order], rotation=90, fontsize=8.5)
    name = _QUANTITY.get(x_unit, "")
    title = textwrap.fill(kind, 50)
    axes.set(title=title, xlabel=f"{name} ({symbol})" if name else x_unit or "case", ylabel=unit or "value")
    if not name and not any(curve.labels for curve in members):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(members) > 1:
        low, high = axes.get_ylim()
        share = min(0.7, _legend_in(len(members)) / (_PANEL_in - 0.7 + _legend_in(len(members))))
        axes.set_ylim(low, low + (high - low) / (1 - share))  # the legend hides no curve
        axes.legend(fontsize=8, ncols=2, loc="upper left", framealpha=1.0)


def _legend_in(series: int) -> float:
    """Height of a panel's legend, inch."""
    return 0.1 + 0.17 * math.ceil(series / 2) if series > 1 else 0.0


def _model(axes: Axes, x: np.ndarray, compact: np.ndarray, curve: CurveCheck, colour: str) -> None:
    """Compact model with its tolerance; of separate cases a mark each, for there is nothing between them."""
    if curve.labels:
        axes.errorbar(x, compact, curve.tolerance, fmt="_", color=colour, elinewidth=4, alpha=0.3, markersize=0)
        axes.plot(x, compact, ls="none", marker="_", color=colour, markersize=10)
        return
    axes.fill_between(x, compact - curve.tolerance, compact + curve.tolerance, color=colour, alpha=0.2, lw=0)
    axes.plot(x, compact, color=colour, lw=1.2)


def _scale(largest: float, unit: str) -> tuple[float, str]:
    """What an axis is divided by, and its unit with the prefix that suits."""
    if not (unit in UNITS and UNITS[unit].prefixed) or not largest:
        return 1.0, UNITS[unit].symbol if unit in UNITS else unit
    return prefixed(largest, UNITS[unit].symbol)


def waveforms_of(name: str, deck: str, run: Transient, condition: str) -> Plot:
    """Saved voltages of the first simulated deck, the ports before the nets inside."""
    shown = _voltages(deck, run)
    drawn = shown[:MOST_WAVEFORMS]
    drawing, axes = style.panels(len(drawn), 0.62 * len(drawn) + 0.8, sharex=True)
    scale, symbol = _scale(float(run.time[-1]), "s")
    for panel, signal in zip(axes, drawn, strict=True):
        values = np.asarray(run[signal])
        kept = thinned(values, 800)
        panel.plot(run.time[kept] / scale, values[kept], color=style.BLUE, lw=1.2)
        panel.set_ylabel(signal, rotation=0, ha="right", va="center", fontsize=9)
        panel.tick_params(labelsize=8.5)
        panel.margins(x=0, y=0.12)
    axes[-1].set_xlabel(f"time ({symbol})")
    drawing.suptitle("voltages (V)", fontsize=11, x=0.02, ha="left")
    left = len(shown) - len(drawn)
    more = f" {left} more were saved." if left else ""
    plot = PROSE.plot("waveforms", drawing, circuit=name, condition=condition, count=len(drawn), more=more)
    panels = {signal: ("V", {signal: run[signal]}) for signal in drawn}
    return replace(
        plot, chart=waveforms(run.time, panels, plot.alt, min(400, max(CHART_POINTS, ALL_POINTS // len(drawn))))
    )


def _voltages(deck: str, run: Transient) -> list[str]:
    """Names of the run's node voltages: nets of the deck itself in its order, then those one level inside."""
    body = read(deck, title=True)
    words = [tokenize(statement)[0] for statement in body.statements if not statement.startswith(".")]
    order = {net.lower(): place for place, net in enumerate(net for line in words for net in line[1:])}
    outer = [name for name in run.signals if name in order]
    instances = {line[0].lower() for line in words if line[0].lower().startswith("x")}
    inner = [name for name in run.signals if name.partition(".")[0] in instances and name.count(".") == 1]
    return [*sorted(outer, key=order.__getitem__), *sorted(inner)]


def breakdown(name: str, cost: NeuronCost) -> Plot:
    """Energy and area by component; the look says from which scope on each is counted."""
    scopes = cost.scopes
    energy = _counted({scope: scopes[scope].energy_breakdown_J for scope in SCOPES})
    area = _counted({scope: scopes[scope].area_breakdown_um2 for scope in SCOPES if scope != "paper"})
    heights = [0.34 * len(part) + 0.9 for part in (energy, area)]
    drawing, axes = style.panels(2, sum(heights) + 0.7, ratios=heights)
    largest = max((abs(value) for _, value, _ in energy), default=1.0)
    scale, symbol = _scale(largest, "J")
    _bars(axes[0], energy, scale)
    axes[0].set(title="energy of one operation", xlabel=f"energy ({symbol})")
    _bars(axes[1], area, 1.0)
    axes[1].set(title="area", xlabel="area (µm²)")
    used = [scope for scope in SCOPES if any(scope == first for _, _, first in (*energy, *area))]
    words = {"paper": "paper scope", "circuit": "circuit adds", "system": "system adds"}
    handles = [Patch(label=words[one], edgecolor="white") for one in used]
    for handle, (colour, hatch) in zip(handles, (SCOPE_LOOK[one] for one in used), strict=True):
        handle.set(facecolor=colour, hatch=hatch)
    drawing.legend(handles=handles, loc="outside upper center", ncols=len(used), frameon=False)
    return PROSE.plot("breakdown", drawing, circuit=name)


def _counted(parts: Mapping[str, Mapping[str, float]]) -> list[tuple[str, float, str]]:
    """Components with their value and the first scope that counts them, the largest first; none that has nothing."""
    first: dict[str, tuple[float, str]] = {}
    for scope, components in parts.items():
        for component, value in components.items():
            first.setdefault(component, (value, scope))
    counted = [(name, value, scope) for name, (value, scope) in first.items() if value]
    return sorted(counted, key=lambda part: -abs(part[1]))


def _bars(axes: Axes, parts: Sequence[tuple[str, float, str]], scale: float) -> None:
    for place, (_, value, scope) in enumerate(parts):
        colour, hatch = SCOPE_LOOK[scope]
        axes.barh(place, value / scale, color=colour, hatch=hatch, edgecolor="white", height=0.7)
        style.label(axes, f"{value / scale:.3g}", (max(value, 0.0) / scale, place), (4, 0), fontsize=9)
    axes.set_yticks(range(len(parts)), [name.replace("_", " ") for name, _, _ in parts])
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.grid(False, axis="y")
