"""Accuracy forwards and in both orders of time by network (Liu et al., Figs. 4c, 4d)."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from network.experiments.vision.cells import FRAME_WISE, IPNET, LSTM, NETWORKS, VIDEO
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Run
from reports.vision.marks import HOLLOW, draw, draw_share, no_run
from reports.vision.results import LABELS, PUBLISHED_SET, VisionSet, origins, vision_sets

PROSE = Prose(__file__)

# rows of the ledger by network: forwards, in both orders; the source has no more
PUBLISHED: dict[str, tuple[str | None, str | None]] = {
    IPNET: ("A14.ipnet18", "A15.ipnet18"),
    "lif18": ("A14.lif", None),
    FRAME_WISE: ("A14.resnet18", "A15.resnet18"),
    "resnet18_rnn": (None, "A15.rnn"),
    LSTM: ("A14.lstm", "A15.lstm"),
    VIDEO: ("A14.r2plus1d", "A15.r2plus1d"),
}
_HALF = {"color": style.GREY, "ls": "--", "lw": 1.3}


def accuracy(run: Run) -> Plot:
    """Fig. 4c: every network forwards and in both orders, a panel for each set."""
    sets = vision_sets(run)
    figure, panels = style.panels(max(1, len(sets)), 3.3 * max(1, len(sets)) + 0.9)
    for axes, chosen in zip(panels, sets, strict=False):
        _networks(axes, chosen)
    if not sets:
        no_run(panels[0])
    panels[-1].set_xlabel("accuracy (%)")
    _order_legend(panels[-1])
    return PROSE.plot("vision_accuracy", figure, origins=origins(sets), reading=_reading(sets), real=PUBLISHED_SET)


def _networks(axes: Axes, chosen: VisionSet) -> None:
    for row, model in enumerate(NETWORKS):
        for shift, cell, colour, marker in (
            (-0.13, chosen.forwards(model), style.BLUE, "o"),
            (0.13, chosen.both(model), style.VERMILION, "s"),
        ):
            value = chosen.accuracy(cell)
            if value is not None:
                draw_share(axes, 0, row + shift, value, along="x", fmt=marker, color=colour)
        for shift, marker, name in zip((-0.13, 0.13), ("o", "s"), PUBLISHED.get(model, (None, None)), strict=True):
            if name is not None:
                axes.plot(published(name), row + shift, marker, zorder=1.5, **HOLLOW)
    forwards = chosen.accuracy(chosen.forwards(FRAME_WISE))
    if forwards is not None:
        axes.axvline(50 * forwards.mean, **_HALF)
    axes.set_yticks(range(len(NETWORKS)), [LABELS[model] for model in NETWORKS])
    axes.invert_yaxis()
    axes.set(title=chosen.title, xlim=(38, 102))


def _order_legend(axes: Axes) -> None:
    handles = [
        Line2D([], [], marker="o", ls="none", color=style.BLUE, label="forwards"),
        Line2D([], [], marker="s", ls="none", color=style.VERMILION, label="both orders, twice the classes"),
        Line2D([], [], marker="o", label="published, forwards", **HOLLOW),
        Line2D([], [], marker="s", label="published, both orders", **HOLLOW),
        Line2D([], [], label="half of ResNet18 forwards", **_HALF),
    ]
    style.legend_below(axes, 2, handles=handles, columnspacing=1.2)


def _reading(sets: Sequence[VisionSet]) -> str:
    """Accuracies in words, set by set."""
    parts = []
    for chosen in sets:
        pairs = [(LABELS[m], chosen.accuracy(chosen.forwards(m)), chosen.accuracy(chosen.both(m))) for m in NETWORKS]
        texts = [f"{label} {100 * a.mean:.1f} and {100 * b.mean:.1f} %" for label, a, b in pairs if a and b]
        if texts:
            parts.append(f"{chosen.title}, forwards and in both orders: {', '.join(texts)}")
    return "; ".join(parts) or "No stored run"


def loss(run: Run) -> Plot:
    """Fig. 4d: points lost from forwards to both orders."""
    sets = vision_sets(run)
    figure, (axes,) = style.panels(1, 4.4)
    step = 0.8 / (len(sets) + 1)
    for i, chosen in enumerate(sets):
        for row, model in enumerate(NETWORKS):
            value = chosen.paired(chosen.forwards(model), chosen.both(model))
            if value is not None:
                at = row - 0.4 + step * (i + 0.5)
                axes.barh(at, 100 * value.mean, 0.9 * step, color=style.CYCLE[i], hatch=style.HATCHES[i], ec="white")
                draw(axes, 0, at, value, along="x", fmt="none", ecolor=style.BLACK)
        axes.barh(0, 0, color=style.CYCLE[i], hatch=style.HATCHES[i], ec="white", label=chosen.title)
    label = f"published, {PUBLISHED_SET}"
    for row, model in enumerate(NETWORKS):
        forwards, both = PUBLISHED.get(model, (None, None))
        if forwards and both:
            look = {
                "fc": "white",
                "ec": style.GREY,
                "lw": 1.2,
                "label": label if row == 0 else None,
            }
            axes.barh(row + 0.4 - step / 2, published(forwards) - published(both), 0.9 * step, **look)
    if not sets:
        no_run(axes)
    axes.axvline(0, color=style.BLACK, lw=0.8)
    axes.set_yticks(range(len(NETWORKS)), [LABELS[model] for model in NETWORKS])
    axes.invert_yaxis()
    axes.set_xlabel("lost from forwards to both orders (points)")
    style.legend_below(axes, 3)
    return PROSE.plot("vision_loss", figure, origins=origins(sets), reading=_losses(sets))


def _losses(sets: Sequence[VisionSet]) -> str:
    parts = []
    for chosen in sets:
        values = [(LABELS[m], chosen.paired(chosen.forwards(m), chosen.both(m))) for m in NETWORKS]
        if texts := [f"{label} {v.text(100, 1)}" for label, v in values if v]:
            parts.append(f"{chosen.title}: {', '.join(texts)} points")
    return "; ".join(parts) or "No stored run"
