"""Figures of the memory tasks (Figs. 3b, 3e, 3g, S5 and S7 of Liu et al.), from stored runs of the networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ipcircuit.kept import kept
from ipcircuit.statistics import mean_interval
from network.experiments.memory.memory import NETWORKS, Cell, Estimate, MemoryResults, interference_cell
from network.experiments.memory.prediction import predict_interference
from network.neurons.thermal_mtj.device import load_device
from network.tasks.memory import Interference
from reports.figures import style
from reports.figures.plot import Plot
from reports.memory.results import results
from reports.section import Run

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


def _curve(axes: Axes, curve: Mapping[int, Estimate], index: int, label: str, **line: Any) -> None:
    """PR in % against n with intervals; nothing for a curve that was not run."""
    if curve:
        values, kind = list(curve.values()), style.MARKERS[index] + style.LINES[index % len(style.LINES)]
        axes.errorbar(
            list(curve),
            [100 * v.mean for v in values],
            _errors(values),
            capsize=3,
            color=style.CYCLE[index],
            fmt=kind,
            label=label,
            **line,
        )


def n_back(run: Run) -> Plot:
    """Fig. 3b, and below it the placement of Fig. S7."""
    stored = results(run)
    figure, (above, below) = style.panels(2, 7.0, ratios=[1.3, 1.0], sharex=True)
    for i, model in enumerate(NETWORKS):
        _curve(above, stored.n_back(model), i, LABELS[model], mfc="white" if model == "lif" else None)
    _curve(above, stored.n_back("lif", leaky_hidden=True), 4, "LIF in both layers")
    for i, placement in enumerate(("input", "hidden", "both")):
        options = {} if placement == "input" else {"placement": placement}
        _curve(below, stored.n_back("ipnet", **options), i, placement)
    above.set(title="networks", ylabel="PR (%)", ylim=(-8, 108))
    below.set(
        title="IPNet by layer of the plastic neurons", ylabel="PR (%)", xlabel="n", ylim=(-8, 108), xticks=[1, 2, 3, 4]
    )
    above.legend(loc="upper center", bbox_to_anchor=(0.5, -0.05), ncols=2, frameon=False)
    below.legend(loc="upper right", ncols=3)
    ipnet = stored.n_back("ipnet")
    text = ", ".join(f"{100 * v.mean:.0f} % at n = {n}" for n, v in ipnet.items())
    return Plot(
        "memory_n_back",
        "n-back",
        "Performance PR (true less false positive rate) against n (Figs. 3b, S7); 8 letters, sequences of 20. "
        f"{_basis(stored)}.",
        f"Performance of IPNet: {text}. {_ranges(stored)}.",
        figure,
    )


def _ranges(stored: MemoryResults) -> str:
    curves = {model: [100 * v.mean for v in stored.n_back(model).values()] for model in NETWORKS[1:]}
    return (
        "; ".join(f"{LABELS[m]} {min(c):.0f} to {max(c):.0f} %" for m, c in curves.items() if c)
        or "No other stored run"
    )


def _positions(axes: Axes, stored: MemoryResults, model: str) -> None:
    cell = Cell("", "recall", model)
    for i, delay in enumerate(DELAYS):
        rows = [r["scores"][f"position_delay{delay}"] for r in stored.records if cell.holds(r)]
        if rows:
            values = [Estimate(*mean_interval(list(position)), len(rows)) for position in zip(*rows, strict=True)]
            line: dict[str, Any] = {
                "fmt": style.MARKERS[i] + style.LINES[i],
                "color": style.CYCLE[i],
                "label": f"delay {delay}",
            }
            axes.errorbar(range(1, len(values) + 1), [100 * v.mean for v in values], _errors(values), capsize=3, **line)
        else:
            axes.text(0.5, 0.5, "no stored run", transform=axes.transAxes, ha="center", color=style.GREY)
            break
    axes.axhline(CHANCE_RECALL, color=style.GREY, lw=1, ls=":")
    axes.set(title=LABELS[model], ylabel="recalled (%)", ylim=(15, 105), xticks=[1, 3, 5, 7, 9, 11, 13, 15])


def _recency_panel(axes: Axes, stored: MemoryResults) -> None:
    for i, model in enumerate(("ipnet", "lstm")):
        values = {delay: stored.recall(model, f"recency_delay{delay}") for delay in DELAYS}
        known = {delay: value for delay, value in values.items() if value is not None}
        if known:
            shares = list(known.values())
            axes.errorbar(
                list(known),
                [100 * v.mean for v in shares],
                _errors(shares),
                capsize=3,
                label=LABELS[model],
                fmt=style.MARKERS[i] + style.LINES[i],
                color=style.CYCLE[i],
            )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right")
    axes.axhline(0, color=style.GREY, lw=1, ls=":")
    axes.set(xlabel="delay (idle steps)", ylabel="recency (points)", xticks=DELAYS)


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
            panel.legend(loc="upper left" if model == "ipnet" else "center", ncols=3)
    axes[1].set_xlabel("serial position")
    _recency_panel(axes[2], stored)
    return Plot(
        "memory_recall",
        "Free recall",
        "Share of items recalled by serial position after a delay of 0, 3 or 10 idle steps (Fig. 3g); 15 of 50 items, "
        "dotted: chance. Below: the recency effect, last three less middle five positions, against the delay "
        f"(Fig. 3h). {_basis(stored)}.",
        f"Recall by position and delay: {_recency(stored, 'ipnet')} for IPNet; "
        f"{_recency(stored, 'lstm')} for the LSTM.",
        figure,
    )


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
            if course and not group[0].cued:
                values = list(course.values())
                axes.errorbar(
                    list(course),
                    [v.mean for v in values],
                    _errors(values, 1.0),
                    fmt=style.MARKERS[i] + line,
                    color=style.CYCLE[3 + i],
                    mfc="white" if kind == "PI" else None,
                    capsize=3,
                    label=f"{'proactive' if kind == 'PI' else 'retroactive'}, {label}",
                )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=2, frameon=False)
    else:
        axes.text(0.5, 0.5, "no stored run", transform=axes.transAxes, ha="center", color=style.GREY)
    axes.set(xlabel="batches of training", ylabel="lost (points)")


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
        bars = axes.bar(
            places,
            heights,
            0.25,
            yerr=_errors(values),
            capsize=3,
            color=style.CYCLE[i],
            edgecolor="white",
            hatch=style.HATCHES[i],
            label="no interference" if i == 0 else condition,
        )
        axes.bar_label(
            bars,
            ["" if v is None else f"{100 * v.mean:.0f}" for v in values],
            fontsize=9.5,
            label_type="center",
            bbox=style.LABEL_BOX,
        )
        axes.plot(
            places,
            [100 * scores[f"accuracy_{condition}"] for scores in ideal],
            "_",
            color=style.BLACK,
            ms=13,
            mew=1.6,
            label="ideal observer" if i == 2 else None,
        )
    axes.set(xticks=range(len(GROUPS)), xticklabels=list(GROUPS), ylabel="target recalled (%)", ylim=(0, 109))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, frameon=False)
    return Plot(
        "memory_interference",
        "Interference and cue",
        "Target recalled with no distractor, one before (proactive) and one after it (retroactive), with one-hot "
        "(low) and overlapping items (high), with a cue, and with 8 neurons per input (Figs. 3e, S5). Ideal observer: "
        "what the read-out spikes of the same device hold, without any training. Below: what the distractor costs in "
        "the course of training. "
        f"{_basis(stored)}.",
        f"Bars of target accuracy by condition and kind of items. {_losses(stored)}.",
        figure,
    )
