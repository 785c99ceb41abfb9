"""Accuracy and energy of every family of networks, and the ratio to the device at equal accuracy."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from network.experiments.fronts.front import EqualAccuracy, Front, FrontPoint
from network.experiments.fronts.results import DEVICE, FrontResults, bench_tasks, load_fronts
from network.experiments.fronts.view import View
from network.experiments.runs import Estimate
from reports.break_even import explored
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.scores import in_words
from reports.section import Run
from reports.tables.table import Table

PROSE = Prose(__file__)
VIEW = View()  # the whole network in the circuit scope, int8
# Those that are eight apart share a colour: kin, or, but for two, families that meet on no task.
_ORDER = (
    *(DEVICE, "LSTM", "GRU", "LIF, both layers", "LIF, input layer", "digital circuit", "no memory", "RNN"),
    *("device at 0.5 ns", "video", "no plasticity", "LIF, one layer", "digital neurons"),
)
_COLUMNS = 2
_MARKERS = (*style.MARKERS, "<", ">", "h", "p")  # all filled: an open mark is a bound
_ARROW = 0.35  # end of a bound's arrow over the bound


@cache
def stored() -> FrontResults:
    """The fronts that come with the package."""
    return load_fronts()


@cache
def shown(task: str) -> Sequence[Front]:
    """All families on a task."""
    return [front for front in stored().fronts(task, VIEW) if front.points]


@cache
def compared(task: str, view: View = VIEW) -> Sequence[EqualAccuracy]:
    """The device against every other family on a task."""
    return stored().comparisons(task, view)


@cache
def families() -> Sequence[str]:
    """All families, the device first: each has one colour and marker in every panel."""
    found = dict.fromkeys([DEVICE, *(front.family for task in stored().tasks() for front in shown(task))])
    return sorted(found, key=[*_ORDER, *found].index)


def _look(family: str) -> dict[str, Any]:
    """Colour and marker; families that share a colour differ in the marker."""
    place = families().index(family)
    color = style.CYCLE[place % len(style.CYCLE)]
    return {"color": color, "marker": _MARKERS[place % len(_MARKERS)], "mfc": color}


def fronts(run: Run) -> Plot:
    """Score against energy on every task, a panel each."""
    tasks = stored().tasks()
    rows = math.ceil(len(tasks) / _COLUMNS)
    figure = Figure(figsize=(style.WIDTH, 2.15 * rows + 0.8), layout="constrained")
    FigureCanvasAgg(figure)
    panels = [*figure.subplots(rows, _COLUMNS, squeeze=False).flat]
    for axes, task in zip(panels, tasks, strict=False):
        _panel(axes, task, shown(task))
    for axes in panels[max(0, len(tasks) - _COLUMNS) : len(tasks)]:
        axes.set_xlabel("energy per sample", fontsize=8.5)
    for axes in panels[len(tasks) :]:
        axes.set_visible(False)
    handles = [_handle(family) for family in families()]
    handles.append(
        Line2D([], [], ls="none", marker="o", ms=4, color=style.GREY, alpha=0.35, label="beaten in its family")
    )
    handles.append(Line2D([], [], color=style.GREY, lw=0.8, ls=":", label="chance"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    points = [point for task in tasks for front in shown(task) for point in front.points]
    seeds = [len(point.scores) for point in points]
    seeds_each = " to ".join(dict.fromkeys((str(min(seeds)), str(max(seeds)))))
    values = {"points": len(points), "seeds": seeds_each, "origin": stored().origin}
    values |= {"scope": VIEW.scope, "precision": VIEW.precision, "families": ", ".join(families())}
    plot = PROSE.plot("break_even_fronts", figure, **values)
    return replace(plot, chart=explored.fronts(stored(), VIEW, families(), plot.alt))


def _handle(family: str) -> Any:
    """Entry of the legend."""
    return Line2D([], [], label=family, lw=1.2, ms=5, mec=style.BLACK, mew=0.4, **_look(family))


def _panel(axes: Axes, task: str, found: Sequence[Front]) -> None:
    for front in found:
        look = _look(front.family)
        beaten = [(p.energy.mean, 100 * p.score.mean) for p in front.points if p not in front.best]
        if beaten:
            axes.plot(*zip(*beaten, strict=True), ls="none", ms=4, mec=look["color"], mew=0.4, alpha=0.35, **look)
        if front.best:
            _line(axes, front.best, look)
    axes.axhline(100 * bench_tasks()[task].chance, color=style.GREY, lw=0.8, ls=":")
    axes.set(xscale="log")
    axes.set_title(textwrap.fill(bench_tasks()[task].title, 26), fontsize=9)
    score = in_words(bench_tasks()[task].score)
    axes.set_ylabel(textwrap.fill(f"{score} (%)", 20), fontsize=8.5)
    axes.tick_params(labelsize=8)
    low, high = axes.get_xlim()
    style.prefixed(axes.xaxis, "J")
    axes.xaxis.set_major_locator(LogLocator(subs=(1,), numticks=5) if high > 30 * low else LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())


def _line(axes: Axes, best: Sequence[FrontPoint], look: dict[str, Any]) -> None:
    """The front with its intervals on both axes."""
    scores, energies = [p.score for p in best], [p.energy for p in best]
    bars = {"yerr": [[100 * length for length in side] for side in _bars(scores)], "xerr": _bars(energies)}
    ends = [one.mean for one in energies], [100 * one.mean for one in scores]
    axes.errorbar(*ends, **bars, ls="-", lw=1.2, elinewidth=0.8, ms=4.5, mec=style.BLACK, mew=0.4, **look)


def _bars(estimates: Sequence[Estimate]) -> list[list[float]]:
    """Lengths of error bars down and up; none where there is no interval."""
    return [
        [0.0 if one.low is None else one.mean - one.low for one in estimates],
        [0.0 if one.high is None else one.high - one.mean for one in estimates],
    ]


def equal_accuracy(run: Run) -> Plot:
    """Energy of each family over the device's at equal accuracy, task by task."""
    tasks, known = stored().tasks(), set[str]()
    figure, (axes,) = style.panels(1, 0.5 * len(tasks) + 1.6)
    for place, task in enumerate(tasks):
        obtained = {one.other: one for one in compared(task) if one.factor is not None}
        found = [obtained[family] for family in families() if family in obtained]
        known |= obtained.keys()
        for rank, one in enumerate(found):
            _compared(axes, one, place + 0.6 * ((rank + 0.5) / len(found) - 0.5))
    axes.axvline(1.0, color=style.BLACK, lw=1.4)
    titles = [textwrap.fill(bench_tasks()[task].title, 21) for task in tasks]
    axes.set_yticks(range(len(tasks)), titles, fontsize=9)
    axes.set(xscale="log", ylim=(len(tasks) - 0.4, -0.6), xlabel="energy over the device's")
    handles = [_handle(family) for family in families() if family in known]
    handles.append(
        Line2D([], [], ls="none", marker="o", ms=5, color=style.GREY, mfc="white", label="bound of the ratio")
    )
    handles.append(Line2D([], [], color=style.BLACK, lw=1.4, label="as much as the device"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return PROSE.plot("break_even_equal_accuracy", figure, **_counts(), scope=VIEW.scope, precision=VIEW.precision)


def _compared(axes: Axes, one: EqualAccuracy, place: float) -> None:
    """A ratio with its interval; a bound as an open mark with an arrow to where the ratio lies."""
    look, factor = _look(one.other), math.inf if one.factor is None else one.factor
    if one.ratio is None:
        axes.plot([factor], [place], ms=5, mec=look["color"], **{**look, "mfc": "white"})
        end = factor * (_ARROW if factor < 1 else 1 / _ARROW)
        axes.update_datalim([(end, place)])  # an annotation does not widen the axis
        arrow = {"arrowstyle": "->", "color": look["color"], "lw": 1}
        axes.annotate("", (end, place), (factor, place), arrowprops=arrow)
        return
    if one.low is not None and one.high is not None:
        axes.plot([one.low, one.high], [place] * 2, color=look["color"], lw=1.2)
    axes.plot([one.ratio], [place], ms=5, mec=style.BLACK, mew=0.4, zorder=4, **look)


def _counts() -> dict[str, int]:
    """Families that take less and more than the device at equal accuracy, and those that cannot be compared."""
    found = [one for task in stored().tasks() for one in compared(task)]
    known = [one.factor for one in found if one.factor is not None]
    return {
        "all": len(found),
        "less": sum(factor < 1 for factor in known),
        "more": sum(factor > 1 for factor in known),
        "apart": len(found) - len(known),
    }


def ratios(run: Run) -> Table:
    """Every family against the device at equal accuracy."""
    rows = [
        {
            "task": bench_tasks()[task].title,
            "against": one.other,
            "measure": in_words(bench_tasks()[task].score),
            "score": one.score,
            "ratio": one.ratio,
            "low": one.low,
            "high": one.high,
            "bound": one.bound,
            "remark": one.reason,
        }
        for task in stored().tasks()
        for one in compared(task)
    ]
    return PROSE.table("break_even_equal_accuracy", rows, scope=VIEW.scope, precision=VIEW.precision)


def points(run: Run) -> Table:
    """Points of the fronts with the runs behind each."""
    rows = [
        {
            "task": bench_tasks()[task].title,
            "family": front.family,
            "network": point.label,
            "score": point.score.mean,
            "score_low": point.score.low,
            "score_high": point.score.high,
            "energy_J": point.energy.mean,
            "energy_low_J": point.energy.low,
            "energy_high_J": point.energy.high,
            "seeds": len(point.scores),
            "basis": point.basis,
            "runs": ", ".join(point.runs),
            "stored_in": point.source,
        }
        for task in stored().tasks()
        for front in shown(task)
        for point in front.best
    ]
    return PROSE.table("break_even_points", rows, scope=VIEW.scope, precision=VIEW.precision)
