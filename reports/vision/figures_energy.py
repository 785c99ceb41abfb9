"""Accuracy in both orders against the energy of the memory (Liu et al., Fig. 4e); bubbles are parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from energy.cost import SCOPES
from ipcircuit.units import si
from network.experiments.vision.cells import IPNET, LSTM, VIDEO
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.vision.energy import VisionPoint, published_points, vision_points
from reports.vision.marks import draw_share, no_run
from reports.vision.results import LABELS, PUBLISHED_SET, VisionSet, origins, vision_sets

PROSE = Prose(__file__)

MARKERS = {
    **{IPNET: "o", "ablated18": "X", "lif18": "D", "resnet18_rnn": "^", LSTM: "s", VIDEO: "P"},
}
COLOURS = {
    **dict(zip(SCOPES, (style.SKY, style.BLUE, style.GREEN), strict=True)),
    **{"fp32": style.ORANGE, "int8": style.YELLOW, "published": "white"},
}
WORDS = {
    **{scope: f"{scope} scope" for scope in SCOPES},
    **{"fp32": "digital, fp32", "int8": "digital, int8", "published": "published"},
}
SMALLEST, LARGEST = 24.0, 260.0  # area of a mark without further parameters, and of the largest, points²


def energy(run: Run) -> Plot:
    """A panel for each set; the published points in a panel of their own, for they are of another size."""
    sets = vision_sets(run)
    figure, panels = style.panels(len(sets) + 1, 2.5 * (len(sets) + 1) + 1.6, sharex=True)
    drawn: list[tuple[str, list[VisionPoint]]] = []
    for axes, chosen in zip(panels, sets, strict=False):
        points = vision_points(run, chosen)
        _bubbles(axes, points)
        _part(axes, chosen)
        axes.set(title=f"{chosen.title}, N = {chosen.neurons}", ylabel="accuracy (%)")
        drawn.append((chosen.title, points))
    stated = published_points()
    _bubbles(panels[-1], stated)
    panels[-1].set(title=f"published, {PUBLISHED_SET}, N = 1", ylabel="accuracy (%)", xscale="log")
    panels[-1].set_xlabel("memory energy per sample")
    style.prefixed(panels[-1].xaxis, "J")
    _legend(panels[-1])
    texts = "; ".join(f"{title}: {_reading(points)}" for title, points in [*drawn, ("published", stated)])
    return PROSE.plot("vision_energy", figure, origins=origins(sets), reading=texts)


def _bubbles(axes: Axes, points: Sequence[VisionPoint]) -> None:
    known = [p for p in points if p.accuracy is not None and p.energy_J is not None]
    most = max((p.parameters for p in known), default=1) or 1
    for p in sorted(known, key=lambda p: -p.parameters):  # small marks last, above the large ones
        assert p.accuracy is not None  # `known`
        assert p.energy_J is not None
        area = SMALLEST + (LARGEST - SMALLEST) * max(0, p.parameters) / most
        look = {"marker": MARKERS[p.network], "facecolor": COLOURS[p.basis], "edgecolor": style.BLACK, "lw": 0.8}
        axes.scatter(p.energy_J.mean, 100 * p.accuracy.mean, area, zorder=3, alpha=0.85, **look)
        draw_share(axes, p.energy_J.mean, 0, p.accuracy, fmt="none", ecolor=style.BLACK, zorder=2.5)
    if not known:
        no_run(axes)
    axes.margins(x=0.08, y=0.16)


def _part(axes: Axes, chosen: VisionSet) -> None:
    """IPNet18 trained with the first part of the frames, as a line of accuracy: its energy is the same."""
    value = chosen.accuracy(chosen.part(IPNET))
    if value is not None:
        label = f"IPNet18 trained with the first {100 * chosen.preset.first:.0f} %"
        axes.axhline(100 * value.mean, color=style.GREY, ls=":", lw=1.4, label=label)
        axes.legend(loc="center right", fontsize=8.5)


def _legend(axes: Axes) -> None:
    networks = [
        Line2D([], [], marker=marker, ls="none", mfc=style.GREY, mec=style.BLACK, mew=0.8, ms=7.5, label=LABELS[name])
        for name, marker in MARKERS.items()
    ]
    bases = [Line2D([], [], lw=5, color=COLOURS[name], label=WORDS[name]) for name in (*SCOPES, "fp32", "int8")]
    bases.append(Line2D([], [], marker="o", ls="none", mfc="white", mec=style.BLACK, label=WORDS["published"]))
    bases.append(Line2D([], [], ls="", label="area: parameters"))
    style.legend_below(axes, 3, handles=[*networks, *bases], fontsize=9, columnspacing=1.0)


def _reading(points: Sequence[VisionPoint]) -> str:
    known = [p for p in points if p.energy_J is not None and math.isfinite(p.energy_J.mean)]
    ordered = sorted(known, key=lambda p: p.energy_J.mean if p.energy_J else 0.0)
    texts = [f"{LABELS[p.network]} ({p.basis}) {si(p.energy_J.mean, 'J', 3)}" for p in ordered if p.energy_J]
    return ", ".join(texts) or "no stored run"
