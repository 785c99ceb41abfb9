"""Figures of the memory tasks (Figs. 3b, 3e, 3g, S5 and S7 of Liu et al.), from stored runs of the networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ipcircuit.kept import kept
from ipcircuit.statistics import mean_interval
from network.experiments.memory.memory import NETWORKS, MemoryResults, interference_cell
from network.experiments.memory.prediction import predict_interference
from network.experiments.runs import Cell, Estimate
from network.neurons.thermal_mtj.device import load_device
from network.tasks.memory import Interference
from network.training.store import part_of
from reports.figures import style
from reports.figures.plot import Plot
from reports.memory.results import results
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)

LABELS = {"ipnet": "IPNet", "lstm": "LSTM", "lif": "LIF", "ablated": "IPNet without plasticity"}
DELAYS = (0, 3, 10)
CHANCE_RECALL = 30.0  # %, 15 of 50
NEURONS = 32  # of the input layer, where nothing else is said
OBSERVED = 3000  # trials that the ideal observer decides for a figure


def _basis(stored: MemoryResults) -> str:
    return (
        f"{stored.origin}; not trained anew for this page. Bars: 95 % interval over seeds, where there are several. "
        "The neurons are the compact model that `ipcircuit check` holds against ngspice, 32 per input unless said "
        "otherwise"
    )


def _errors(values: Sequence[Estimate | None], factor: float = 100.0) -> np.ndarray | None:
    """Lengths of error bars, times `factor`, shape (2, values); None where no value has an interval."""
    ends = [
        (0.0, 0.0) if v is None or v.low is None or v.high is None else (v.mean - v.low, v.high - v.mean)
        for v in values
    ]
    lengths = factor * np.array(ends).T
    return lengths if lengths.any() else None


def _curve(axes: Axes, curve: Mapping[int, Estimate], index: int, label: str, factor: float = 100.0, **line: Any):
    """Estimates times `factor` with intervals, as series `index`; nothing for a curve that was not run."""
    if curve:
        values, kind = list(curve.values()), style.MARKERS[index] + style.LINES[index % len(style.LINES)]
        look = {"fmt": kind, "color": style.CYCLE[index], "label": label, **line}
        axes.errorbar(list(curve), [factor * v.mean for v in values], _errors(values, factor), capsize=3, **look)


def _no_run(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no stored run", transform=axes.transAxes, ha="center", color=style.GREY)


def n_back(run: Run) -> Plot:
    """Fig. 3b, and below it the placement of Fig. S7."""
    stored = results(run)
    figure, (above, below) = style.panels(2, 7.0, ratios=[1.3, 1.0], sharex=True)
    for i, model in enumerate(NETWORKS):
        look = {"mfc": "white", "ms": 9} if model == "lif" else {}  # it lies under the ablated network
        _curve(above, stored.n_back(model), i, LABELS[model], **look)
    _curve(above, stored.n_back("lif", leaky_hidden=True), 4, "LIF in both layers")
    for i, placement in enumerate(("input", "hidden", "both")):
        options = {} if placement == "input" else {"placement": placement}
        _curve(below, stored.n_back("ipnet", **options), i, placement)
    for panel in (above, below):
        panel.set(ylabel="performance PR (%)", ylim=(-8, 108))
    above.set(title="networks")
    below.set(title="IPNet by layer of the plastic neurons", xlabel="n, items back", xticks=[1, 2, 3, 4])
    below.legend(loc="upper right", ncols=3)
    above.plot([], [], ls="", label="PR: true less false positives")
    style.legend_below(above, points=10)
    text = ", ".join(f"{100 * v.mean:.0f} % at n = {n}" for n, v in stored.n_back("ipnet").items())
    return PROSE.plot("memory_n_back", figure, basis=_basis(stored), text=text, ranges=_ranges(stored))


def _ranges(stored: MemoryResults) -> str:
    curves = {model: [100 * v.mean for v in stored.n_back(model).values()] for model in NETWORKS[1:]}
    texts = [f"{LABELS[m]} {min(c):.0f} to {max(c):.0f} %" for m, c in curves.items() if c]
    return "; ".join(texts) or "No other stored run"


def _positions(axes: Axes, stored: MemoryResults, model: str) -> None:
    cell = Cell("", "recall", model)
    for i, delay in enumerate(DELAYS):
        rows = [part_of(r, "scores", f"position_delay{delay}") for r in stored.records if cell.holds(r)]
        if not rows:
            _no_run(axes)
            break
        values = [Estimate(*mean_interval(list(position)), len(rows)) for position in zip(*rows, strict=True)]
        _curve(axes, dict(enumerate(values, 1)), i, f"{delay} steps")
    axes.axhline(CHANCE_RECALL, color=style.GREY, lw=1, ls=":", label="chance")
    axes.set(title=LABELS[model], ylabel="items recalled (%)", ylim=(15, 105), xticks=[1, 3, 5, 7, 9, 11, 13, 15])


def _recency_panel(axes: Axes, stored: MemoryResults) -> None:
    for i, model in enumerate(("ipnet", "lstm")):
        values = {delay: stored.recall(model, f"recency_delay{delay}") for delay in DELAYS}
        _curve(axes, {delay: value for delay, value in values.items() if value is not None}, i, LABELS[model])
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right")
    axes.axhline(0, color=style.GREY, lw=1, ls=":")
    axes.set(title="recency: last three less middle five positions")
    axes.set(xlabel="delay (idle steps)", ylabel="difference (points)", xticks=DELAYS)


def _recency(stored: MemoryResults, model: str) -> str:
    values = [stored.recall(model, f"recency_delay{delay}") for delay in DELAYS]
    known = [
        f"{100 * v.mean:+.0f} points after {d} steps" for v, d in zip(values, DELAYS, strict=True) if v is not None
    ]
    return f"the last three items are recalled {', '.join(known)} against the middle ones" if known else "no stored run"


def _losses(stored: MemoryResults) -> str:
    parts = []
    for similarity in ("low", "high"):
        pi, ri = (stored.interference(similarity, name) for name in ("PI_points", "RI_points"))
        if pi is not None and ri is not None:
            parts.append(
                f"{similarity} similarity loses {pi.mean:.0f} points proactively and {ri.mean:.0f} retroactively"
            )
    return "; ".join(parts) or "No stored run"


def recall(run: Run) -> Plot:
    """Figs. 3g and 3h: recall by position, and below it the recency effect against the delay."""
    stored = results(run)
    figure, axes = style.panels(3, 8.6, ratios=[1.0, 1.0, 0.8])
    for panel, model in zip(axes[:2], ("ipnet", "lstm"), strict=True):
        _positions(panel, stored, model)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(loc="upper left" if model == "ipnet" else "center", ncols=4, title="delay", columnspacing=1.0)
    axes[1].set_xlabel("position of the item")
    _recency_panel(axes[2], stored)
    ipnet, lstm = (_recency(stored, model) for model in ("ipnet", "lstm"))
    return PROSE.plot("memory_recall", figure, basis=_basis(stored), ipnet=ipnet, lstm=lstm)


# by label: task and N
GROUPS = {
    "low similarity": (Interference("low"), NEURONS),
    "low, cued": (Interference("low", cued=True), NEURONS),
    "high": (Interference("high"), NEURONS),
    "high, N = 8": (Interference("high"), 8),
}


def _cell(task: Interference, neurons: int) -> Cell:
    return interference_cell(task.similarity, cued=task.cued, **({} if neurons == NEURONS else {"neurons": neurons}))


def _losses_in_training(axes: Axes, stored: MemoryResults) -> None:
    """Points lost to a distractor against training steps; a note where the runs hold no course."""
    for i, (label, group) in enumerate(GROUPS.items()):
        for kind, line in (("PI", "--"), ("RI", "-")):
            course = stored.course(_cell(*group), f"{kind}_points")
            if not group[0].cued:
                words = f"{'proactive' if kind == 'PI' else 'retroactive'}, {label}"
                fill = "white" if kind == "PI" else None
                _curve(axes, course, 3 + i, words, 1.0, fmt=style.MARKERS[i] + line, mfc=fill)
    if axes.get_legend_handles_labels()[0]:
        style.legend_below(axes)
    else:
        _no_run(axes)
    axes.set(title="what a distractor costs", xlabel="batches of training", ylabel="lost (points)")


def _ideal_observer() -> list[dict[str, float]]:
    """Scores of the ideal observer by group."""
    device = load_device("circuit")
    return [predict_interference(device, task, neurons, trials=OBSERVED) for task, neurons in GROUPS.values()]


def interference(run: Run) -> Plot:
    """Fig. 3e with S5: accuracy of the target by condition; below, the losses in the course of training."""
    stored = results(run)
    figure, (axes, below) = style.panels(2, 7.8, ratios=[1.2, 1.0])
    _losses_in_training(below, stored)
    ideal = kept("memory ideal observer", _ideal_observer)
    for i, condition in enumerate(("control", "proactive", "retroactive")):
        values = [stored.estimate(_cell(*group), f"accuracy_{condition}") for group in GROUPS.values()]
        heights = [np.nan if v is None else 100 * v.mean for v in values]
        places = np.arange(len(GROUPS)) + 0.27 * (i - 1)
        look = {"color": style.CYCLE[i], "hatch": style.HATCHES[i], "edgecolor": "white", "capsize": 3}
        label = "no interference" if condition == "control" else condition
        bars = axes.bar(places, heights, 0.25, yerr=_errors(values), label=label, **look)
        written = ["" if v is None else f"{100 * v.mean:.0f}" for v in values]
        axes.bar_label(bars, written, fontsize=9.5, label_type="center", bbox=style.LABEL_BOX)
        best, label = [100 * scores[f"accuracy_{condition}"] for scores in ideal], "ideal observer" if i == 2 else None
        axes.plot(places, best, "_", color=style.BLACK, ms=13, mew=1.6, label=label)
    axes.set(xticks=range(len(GROUPS)), xticklabels=list(GROUPS), ylabel="target recalled (%)", ylim=(0, 109))
    axes.set_title("by similarity of the items")
    style.legend_below(axes, points=27)
    return PROSE.plot("memory_interference", figure, basis=_basis(stored), losses=_losses(stored))
