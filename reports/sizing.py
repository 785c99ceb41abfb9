"""Files of `ipcircuit size`: designs, numbers, and the front with the circuit as it is and as it was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from energy.variation.sizing.evaluation import Evaluation
from energy.variation.sizing.sizing import Sizing
from energy.variation.sizing.space import OBJECTIVES
from reports.figures import style
from reports.figures.plot import Plot
from reports.study import write_study

_LABELS = {"energy": "energy per operation (J)", "area": "area (µm²)", "latency": "latency (s)"}


def write_sizing(output: Path | str, sizing: Sizing) -> Path:
    """``sizing.csv``, ``sizing.json`` and the figure into a folder; returns it.

    Raises:
        InputError: the folder cannot be written; nothing is left behind then.
    """
    texts = {"sizing.csv": sizing.csv(), "sizing.json": sizing.to_json()}
    write_study(output, texts, (), lambda: [draw_sizing(sizing)])
    return Path(output)


def draw_sizing(sizing: Sizing) -> Plot:
    """Every design by its first two objectives, and the yield of each against the first."""
    first, *others = sizing.aim.objectives
    second = others[0] if others else next(name for name in _LABELS if name != first)
    figure, axes = style.panels(2, 7.0)
    for panel, (x, y) in zip(axes, ((second, first), (second, None)), strict=True):
        _points(panel, sizing, x, y)
    handles: dict[str, Any] = {}
    for panel in axes:
        handles |= {label: line for line, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    look: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.45, -0.24), "ncols": 2, "frameon": False}
    axes[1].legend(list(handles.values()), list(handles), **look)
    reached = f"{len(sizing.front)} designs" if sizing.front else "No design"
    caption = (
        f"{sizing.circuit}: {len(sizing.evaluations)} designs of a search over "
        f"{', '.join(v.name for v in sizing.variables)}. {reached} reach a yield of {100 * sizing.aim.share:g} %; "
        f"those of the front and today's are confirmed by {sizing.effort.front_copies} other copies (95 % interval). "
        f"Energy and area in the scope `{sizing.aim.scope}`, simulated in ngspice."
    )
    alt = f"Cost and yield of designs of {sizing.circuit}."
    return Plot("sizing", f"Sizing of {sizing.circuit}", caption, alt, figure)


def _points(axes: Axes, sizing: Sizing, x: str, y: str | None) -> None:
    """Designs by two objectives, or by one and the share of copies that fail."""

    def values(group: tuple[Evaluation, ...]) -> list[tuple[float, float]]:
        pairs = [(e.costs.get(OBJECTIVES[x]), _failing(e) if y is None else e.costs.get(OBJECTIVES[y])) for e in group]
        return [(a, b) for a, b in pairs if a is not None and b is not None]

    reaching = tuple(e for e in sizing.evaluations if e.share is not None and e.share >= sizing.aim.share)
    failing = tuple(e for e in sizing.evaluations if e not in reaching)
    groups: tuple[tuple[tuple[Evaluation, ...], str, dict[str, Any]], ...] = (
        (failing, "below the target", {"marker": "x", "color": style.GREY}),
        (reaching, "target reached, search's estimate", {"marker": "o", "color": style.SKY}),
        (sizing.front, "front, confirmed", {"marker": "s", "color": style.BLUE}),
        ((sizing.today,), "today", {"marker": "^", "color": style.VERMILION, "markersize": 9}),
    )
    for group, label, look in groups:
        if pairs := values(group):
            axes.plot(*zip(*pairs, strict=True), linestyle="none", label=label, **look)
    published = [sizing.published.get(OBJECTIVES[name], 0.0) for name in (x, y) if name is not None]
    if y is not None and all(published):
        look: dict[str, Any] = {"marker": "*", "color": style.ORANGE, "markersize": 13, "markeredgecolor": style.BLACK}
        axes.plot([published[0]], [published[1]], linestyle="none", label="published", **look)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(_LABELS[x])
    axes.set_ylabel("share of copies that fail, from 1e-6" if y is None else _LABELS[y])
    if y is not None:
        return
    axes.set_yscale("log")
    axes.axhline(1 - sizing.aim.share, color=style.BLACK, linestyle="--", linewidth=1)
    for e in (*sizing.front, sizing.today):
        cost = e.costs.get(OBJECTIVES[x])
        if cost is not None and e.low is not None and e.high is not None:
            axes.plot([cost, cost], [1 - e.high, 1 - e.low], color=style.BLUE, linewidth=1)


def _failing(evaluation: Evaluation) -> float | None:
    return None if evaluation.share is None else max(1 - evaluation.share, 1e-6)
