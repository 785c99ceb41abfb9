"""Marks that the figures of event vision share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes

from ipcircuit.statistics import share_interval
from network.experiments.runs import Estimate
from reports.figures import style

HOLLOW: dict[str, Any] = {  # of published values, which are of another set
    **{"mfc": "white", "mec": style.GREY, "color": style.GREY},
    **{"ms": 6.5, "mew": 1.4, "ls": "none"},
}


def draw_share(axes: Axes, x: float, y: float, value: Estimate, **look: Any):
    """An accuracy as a mark in per cent, with its interval on the logit scale: it ends below 100 %."""
    if value.low is not None and value.high is not None:
        low, high = share_interval(value.mean, value.low, value.high)
        value = replace(value, low=low, high=high)
    draw(axes, x, y, value, **look)


def draw(axes: Axes, x: float, y: float, value: Estimate, *, along: str = "y", factor: float = 100.0, **look: Any):
    """One estimate as a mark with its interval along an axis."""
    mean = factor * value.mean
    bar = None
    if value.low is not None and value.high is not None:
        bar = [[mean - factor * value.low], [factor * value.high - mean]]
    place = (mean, y) if along == "x" else (x, mean)
    axes.errorbar(*place, **{f"{along}err": bar}, capsize=3, elinewidth=1.2, **look)


def no_run(axes: Axes) -> None:
    """Words in place of marks."""
    axes.text(0.5, 0.5, "no stored run", transform=axes.transAxes, ha="center", color=style.GREY)
