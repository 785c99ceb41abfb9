"""Ideal against device neurons in a network: accuracy by variant, gap against fit error and against noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from ipcircuit.statistics import share_interval
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.signed_network.stored import STORED, one_decimal, stored_study, task_of

PROSE = Prose(__file__)

KINDS = {"swapped": (style.BLUE, "o", "swapped in"), "tuned": (style.VERMILION, "s", "fine-tuned")}


def digits(run: Run) -> Plot:
    """Stored result of the digits."""
    return draw_task(stored_study(), "digits", STORED)


def gestures(run: Run) -> Plot:
    """Stored result of the gestures."""
    return draw_task(stored_study(), "gestures", STORED)


def draw_task(study: Mapping[str, Any], task: str, origin: str = "") -> Plot:
    """Three panels of one task of a study.

    Args:
        study: of `network.experiments.signed.experiment.run_signed`.
        task: name.
        origin: sentence for the caption: where the numbers come from.

    Raises:
        InputError: no such task in the study.
    """
    result, settings = task_of(study, task), study["settings"]
    figure, axes = style.panels(3, 9.6, ratios=[1.25, 1, 1])
    _accuracy(axes[0], result["variants"])
    _gap(axes[1], result["fit_sweep"], "fit_error", ("swapped", "tuned"))
    axes[1].set(title="gap against the error of one step", xlabel="device less ideal membrane, RMS (thresholds)")
    here = min(result["fit_sweep"], key=lambda row: abs(row["well"] - 1))
    axes[1].axvline(here["fit_error"], color=style.GREY, lw=1, ls=":", label="the junction as declared")
    _gap(axes[2], result["noise_sweep"], "noise", ("swapped",))
    axes[2].set(title="gap against noise", xlabel="noise of the membrane, σ (thresholds)")
    axes[2].axvline(settings["thermal_noise"], color=style.GREY, lw=1, ls=":", label=f"{settings['temperature_K']:g} K")
    for panel in axes[1:]:
        panel.set_ylabel("accuracy lost (points)")
        panel.legend(loc="best")
    device = next(row for row in result["variants"] if row["variant"] == "device")
    seeds = settings["seeds"]
    many = "" if seeds == 1 else f", mean of {seeds} trainings with 95 % interval"
    gaps = {kind: _words(device[f"{kind}_gap"]) for kind in KINDS}
    return PROSE.plot("task", figure, task=task, result=result, settings=settings, many=many, origin=origin, **gaps)


def _accuracy(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    for shift, (kind, (color, marker, label)) in zip((-0.14, 0.14), KINDS.items(), strict=True):
        means = [row[f"{kind}_accuracy"] for row in rows]
        look = {"fmt": marker, "color": color, "label": label, "capsize": 3, "lw": 1.2}
        axes.errorbar(
            [m["mean"] for m in means], [i + shift for i in range(len(rows))], xerr=_share_bars(means), **look
        )
    axes.set_yticks(range(len(rows)), [row["variant"].replace(", 5 %", ",\n5 %") for row in rows])
    axes.invert_yaxis()
    axes.set(title="accuracy on unseen samples", xlabel="accuracy (%)")
    style.legend_below(axes)


def _gap(axes: Axes, rows: Sequence[Mapping[str, Any]], x: str, kinds: Sequence[str]) -> None:
    axes.axhline(0, color=style.BLACK, lw=0.8)
    for kind in kinds:
        color, marker, label = KINDS[kind]
        shown = [row for row in rows if row[f"{kind}_gap"] is not None]
        if shown:
            means = [row[f"{kind}_gap"] for row in shown]
            look = {"fmt": f"{marker}-", "color": color, "label": label, "capsize": 3, "lw": 1.2}
            axes.errorbar([row[x] for row in shown], [m["mean"] for m in means], yerr=_bars(means), **look)


def _bars(means: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    """Distances from the means to their intervals' ends; 0 without an interval."""
    ends = [(m["low"], m["high"]) for m in means]
    below = [0.0 if low is None else m["mean"] - low for m, (low, _) in zip(means, ends, strict=True)]
    above = [0.0 if high is None else high - m["mean"] for m, (_, high) in zip(means, ends, strict=True)]
    return [below, above]


def _share_bars(means: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    """The same of accuracies (%), whose ends stay below 100 %."""
    below, above = [], []
    for mean in means:
        share, low, high = (
            0.01 * (mean["mean"] if mean[key] is None else mean[key]) for key in ("mean", "low", "high")
        )
        low, high = share_interval(share, low, high)
        below.append(100 * (share - low))
        above.append(100 * (high - share))
    return [below, above]


def _words(mean: Mapping[str, Any]) -> str:
    text = one_decimal(mean["mean"])
    return text if mean["low"] is None else f"{text} ({one_decimal(mean['low'])} to {one_decimal(mean['high'])})"
