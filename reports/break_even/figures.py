"""Figures of the opening chapter: distributions of the ratios, and what each hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from energy.break_even.effects import Bar
from energy.cost import SCOPES
from ipcircuit.errors import InputError
from ipcircuit.units import in_full
from reports.break_even import charts, explored, results
from reports.break_even.results import Named
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)

COLOURS = dict(zip(map(str, SCOPES), (style.SKY, style.BLUE, style.VERMILION), strict=True))
MARKERS = dict(zip(map(str, SCOPES), ("o", "s", "D"), strict=True))


def distribution(run: Run) -> Plot:
    """The claim's ratio and the rival's as histograms."""
    both = [one for one in (results.headline(), results.rival()) if one is not None]
    figure, (axes,) = style.panels(1, 3.6)
    charts.histograms(axes, both)
    axes.set_xlabel("energy over that of the device")
    plot = PROSE.plot(
        "break_even_distribution",
        figure,
        both="; ".join(f"{one.label} {results.with_interval(one.result)}" for one in both),
        samples=both[0].result.samples,
        scope=both[0].scope,
    )
    in_scopes = [results.systems()[one.other][scope] for one in both for scope in SCOPES]
    known = [one for one in in_scopes if isinstance(one, Named)]
    return replace(plot, chart=explored.histograms(known, both[0].scope, plot.alt))


def systems(run: Run) -> Plot:
    """Every system's ratio in all scopes."""
    obtained = [one for by_scope in results.systems().values() for one in by_scope.values()]
    found = [one for one in obtained if isinstance(one, Named)]
    scope = results.headline().scope
    names = [one.other for one in sorted(found, key=lambda one: -one.result.nominal) if one.scope == scope]
    figure, (axes,) = style.panels(1, 0.46 * len(names) + 1.5)
    _forest(axes, [one for one in found if one.other in names], names)
    stated = results.claim().published
    assert isinstance(stated, float)
    axes.axvline(stated, color=style.GREY, lw=1.2, ls="--", label="published")
    axes.plot([], [], color=style.GREY, lw=1.2, label="central 95 %")
    axes.plot([], [], color=style.GREY, lw=4, label="central half")
    style.legend_below(axes, 3, fontsize=9)
    missing = dict.fromkeys(str(one) for one in obtained if isinstance(one, InputError))
    plot = PROSE.plot(
        "break_even_systems",
        figure,
        samples=results.headline().result.samples,
        stated=stated,
        systems=len(names),
        not_obtained=f" Not obtained: {'; '.join(missing)}." if missing else "",
    )
    charted = sorted((one for one in found if one.other in names), key=lambda one: names.index(one.other))
    return replace(plot, chart=explored.ratios(charted, stated, plot.alt))


def _forest(axes: Axes, found: Sequence[Named], names: Sequence[str]) -> None:
    """Median, central half and central 95 % of every system in every scope."""
    for one in found:
        place = names.index(one.other) + 0.24 * ([*COLOURS].index(one.scope) - 1)
        quantiles, colour = one.result.quantiles, COLOURS[one.scope]
        axes.plot([quantiles[0.025], quantiles[0.975]], [place] * 2, color=colour, lw=1.2)
        axes.plot([quantiles[0.25], quantiles[0.75]], [place] * 2, color=colour, lw=4, solid_capstyle="butt")
        label = f"{one.scope} scope" if one.other == names[0] else None
        look = {"marker": MARKERS[one.scope], "color": colour, "mec": style.BLACK, "mew": 0.5, "ls": "none"}
        axes.plot([quantiles[0.5]], [place], label=label, zorder=4, **look)
    axes.axvline(1.0, color=style.BLACK, lw=1.4, label="as much as the device")
    labels = {one.other: charts.broken(one.label) for one in found}
    axes.set_yticks(range(len(names)), [labels[name] for name in names], fontsize=9)
    axes.set(xscale="log", ylim=(len(names) - 0.4, -0.6))
    axes.set_xlabel("energy over that of the device")


def tornado(run: Run) -> Plot:
    """Each factor alone at the ends of its range, for the claim's ratio and the rival's."""
    both = [one for one in (results.headline(), results.rival()) if one is not None]
    shown = [charts.long_bars(one.result) for one in both]
    heights = [*map(charts.height, shown)]
    figure, axes = style.panels(len(both), 0.9 + sum(heights), ratios=heights)
    for one, bars, panel in zip(both, shown, axes, strict=True):
        charts.tornado(panel, one, bars)
    axes[-1].set_xlabel("energy over that of the device")
    ends = (("lower end of its range", style.SKY), ("upper end of its range", style.ORANGE))
    handles: list[Any] = [Patch(fc=colour, ec=style.BLACK, lw=0.5, label=label) for label, colour in ends]
    handles.append(Line2D([], [], color=style.GREY, lw=1.2, label="nominal values"))
    handles.append(Line2D([], [], color=style.BLACK, lw=1.4, label="as much as the device"))
    style.legend_below(axes[-1], 2, handles=handles)
    return PROSE.plot(
        "break_even_tornado",
        figure,
        scope=both[0].scope,
        said="; ".join(f"{one.label} {in_full(one.result.nominal)}" for one in both),
        longest="; ".join(_longest(one, bars) for one, bars in zip(both, shown, strict=True)),
    )


def _longest(one: Named, bars: Sequence[Bar]) -> str:
    """The longest bar in words."""
    if not bars:
        return f"against {one.label} none"
    first = bars[0]
    ends = " to ".join(in_full(ratio) for ratio in sorted((first.at_low, first.at_high)))
    return f"against {one.label} {one.result.label(first.factor)}, {ends}"
