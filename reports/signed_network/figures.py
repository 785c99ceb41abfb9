"""Ideal against device neurons in a network: accuracy by variant, gap against fit error and against noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from reports.figures import style
from reports.figures.plot import Plot
from reports.section import Run
from reports.signed_network.stored import STORED, one_decimal, stored_study, task_of

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
        study: of `network.experiments.signed.study.run_signed_study`.
        task: name.
        origin: sentence for the caption: where the numbers come from.

    Raises:
        InputError: no such task in the study.
    """
    result, settings = task_of(study, task), study["settings"]
    figure, axes = style.panels(3, 9.6, ratios=[1.25, 1, 1])
    _accuracy(axes[0], result["variants"])
    _gap(axes[1], result["fit_sweep"], "fit_error", ("swapped", "tuned"))
    axes[1].set(title="gap against the error of one step", xlabel="device − ideal, RMS (thresholds)")
    here = min(result["fit_sweep"], key=lambda row: abs(row["well"] - 1))
    axes[1].axvline(here["fit_error"], color=style.GREY, lw=1, ls=":", label="this junction")
    _gap(axes[2], result["noise_sweep"], "noise", ("swapped",))
    axes[2].set(title="gap against noise", xlabel="standard deviation of the membrane (thresholds)")
    axes[2].axvline(settings["thermal_noise"], color=style.GREY, lw=1, ls=":", label=f"{settings['temperature_K']:g} K")
    for panel in axes[1:]:
        panel.set_ylabel("gap (points)")
        panel.legend(loc="upper left")
    device = next(row for row in result["variants"] if row["variant"] == "device")
    seeds = settings["seeds"]
    many = "" if seeds == 1 else f", mean of {seeds} trainings with 95 % interval"
    return Plot(
        f"signed_{task}",
        f"Ideal against device neurons: {task}",
        f"{result['what']}; {result['steps']} steps of {1e9 * settings['dt_s']:g} ns, threshold "
        f"{settings['threshold']:g}, reset to rest{many}. The network is trained with ideal neurons; others are "
        "swapped in with the same weights, or the network is trained on with them (fine-tuned; the ideal one as "
        f"long). The middle panel varies the anisotropy that holds the magnetisation at rest. {origin}",
        f"With the device's neurons swapped in, the accuracy is {_words(device['swapped_gap'])} percentage points "
        f"below the ideal one, after fine-tuning {_words(device['tuned_gap'])}.",
        figure,
    )


def _accuracy(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    for shift, (kind, (color, marker, label)) in zip((-0.14, 0.14), KINDS.items(), strict=True):
        means = [row[f"{kind}_accuracy"] for row in rows]
        places = [i + shift for i in range(len(rows))]
        axes.errorbar(
            [m["mean"] for m in means],
            places,
            xerr=_bars(means),
            fmt=marker,
            color=color,
            capsize=3,
            lw=1.2,
            label=label,
        )
    axes.set_yticks(range(len(rows)), [row["variant"].replace(", 5 %", ",\n5 %") for row in rows])
    axes.invert_yaxis()
    axes.set(title="accuracy on unseen samples", xlabel="correct (%)")
    style.legend_below(axes, anchor=(0.45, -0.17))


def _gap(axes: Axes, rows: Sequence[Mapping[str, Any]], x: str, kinds: Sequence[str]) -> None:
    axes.axhline(0, color=style.BLACK, lw=0.8)
    for kind in kinds:
        color, marker, label = KINDS[kind]
        shown = [row for row in rows if row[f"{kind}_gap"] is not None]
        if shown:
            means = [row[f"{kind}_gap"] for row in shown]
            axes.errorbar(
                [row[x] for row in shown],
                [m["mean"] for m in means],
                yerr=_bars(means),
                fmt=f"{marker}-",
                color=color,
                capsize=3,
                lw=1.2,
                label=label,
            )


def _bars(means: Sequence[Mapping[str, Any]]) -> list[list[float]]:
    """Distances from the means to their intervals' ends; 0 without an interval."""
    ends = [(m["low"], m["high"]) for m in means]
    below = [0.0 if low is None else m["mean"] - low for m, (low, _) in zip(means, ends, strict=True)]
    above = [0.0 if high is None else high - m["mean"] for m, (_, high) in zip(means, ends, strict=True)]
    return [below, above]


def _words(mean: Mapping[str, Any]) -> str:
    text = one_decimal(mean["mean"])
    return text if mean["low"] is None else f"{text} ({one_decimal(mean['low'])} to {one_decimal(mean['high'])})"
