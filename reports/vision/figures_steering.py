"""Steering against history and place of the memory, and hardware in the loop (Liu et al., Figs. 5, 6); stored runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from network.experiments.runs import Estimate
from network.experiments.steering.experiment import SteeringResults, load_steering
from network.experiments.steering.hardware import FILE, HardwareResults, load_hardware
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Run
from reports.vision.marks import HOLLOW, draw

PROSE = Prose(__file__)

NETWORKS = {"ipnet_small": "IPNet", "lstm_small": "LSTM", "ablated_small": "memoryless"}
PLACES = {"input": "input", "stem": "behind the first\nconvolution", "features": "behind all\nfeatures"}
TITLES = {"features": "behind the features", "pixels": "at the pixels"}
CASES = {  # of those that were run, the ones of the figure
    "spread": "spread of the junctions",
    "spread, re-centred": "the same, re-centred",
    "-10 K": "10 K colder",
    "+10 K": "10 K warmer",
    "+10 K, both": "10 K, reference too",
    "+60 K": "60 K warmer",
    "no rest": "no rest between samples",
    "interleaved": "neurons by turns",
    "memory off": "heat left out",
    "trained without memory": "in training too",
    "lstm": "LSTM of 49 units",
}


@cache
def _steering(folder: Path | None) -> SteeringResults:
    mine = None if folder is None else folder / "steering"
    return load_steering(mine if mine is not None and mine.is_dir() else None)


@cache
def _hardware(folder: Path | None) -> HardwareResults:
    mine = None if folder is None else folder / "hardware"
    return load_hardware(mine if mine is not None and (mine / FILE).is_file() else None)


def _estimate(score: Mapping[str, Any], seeds: int = 0) -> Estimate:
    return Estimate(score["mean"], score["low"], score["high"], seeds)


def steering(run: Run) -> Plot:
    """Figs. 5e and 5c: error against frames of history, and by place of the memory."""
    results = _steering(run.runs)
    figure, (above, below) = style.panels(2, 6.4, ratios=[1.35, 1.0])
    history = _history(above, results.rows(["5e"]))
    places = [(str(row["model_options"].get("place", "input")), row) for row in results.rows(["5c"])]
    for y, (_, row) in enumerate(places):
        draw(below, 0, y, _estimate(row["scores"]["RMSE_deg"]), along="x", factor=1.0, fmt="o", color=style.BLUE)
    below.set_yticks(range(len(places)), [PLACES.get(place, place) for place, _ in places])
    below.set(title="place of the memory, four frames", xlabel="RMSE (°)", ylim=(len(places) - 0.5, -0.5))
    texts = ", ".join(f"{place} {row['scores']['RMSE_deg']['mean']:.2f}°" for place, row in places)
    return PROSE.plot("vision_steering", figure, origin=results.origin, reading=f"{history}; by place: {texts}")


def _history(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> str:
    """Error by network; a memoryless network answers from its last frame, so one run is a line."""
    texts = []
    for i, (model, label) in enumerate(NETWORKS.items()):
        own = [
            (row["task_options"]["steps"], _estimate(row["scores"]["RMSE_deg"]))
            for row in rows
            if row["model"] == model
        ]
        look: dict[str, Any] = {"color": style.CYCLE[i]}
        if model == "ablated_small":
            for _, value in own:
                axes.axhline(value.mean, ls=style.LINES[1], label=label, **look)
        else:
            axes.plot([n for n, _ in own], [value.mean for _, value in own], "-", **look)
            axes.plot([], [], style.MARKERS[i] + "-", label=label, **look)
            for n, value in own:
                draw(axes, n, 0, value, factor=1.0, fmt=style.MARKERS[i], **look)
        texts.append(f"{label} {', '.join(f'{value.mean:.2f}° with {n}' for n, value in own)}")
    limit = sorted({row["task_options"]["steps"]: row["limit_deg"] for row in rows}.items())
    axes.plot(
        [n for n, _ in limit],
        [value for _, value in limit],
        ls=style.LINES[3],
        color=style.GREY,
        label="limit, analytic",
    )
    axes.set_xscale("log", base=2)
    axes.set_xticks([n for n, _ in limit], [str(n) for n, _ in limit])
    axes.set(title="history", xlabel="frames before the answer", ylabel="RMSE (°)")
    style.legend_below(axes, 4, columnspacing=1.0, handlelength=1.6)
    return "; ".join(texts)


def hardware(run: Run) -> Plot:
    """Fig. 6: error on the simulated devices over that in software, by place of the memory."""
    results = _hardware(run.runs)
    rows = results.summary()
    places = list(dict.fromkeys(row["place"] for row in rows))
    stated = published("A21.hardware_rmse") / published("A21.software_rmse")
    figure, panels = style.panels(len(places), 3.6 * len(places) + 0.6, sharex=True)
    for axes, place in zip(panels, places, strict=True):
        own = [row for row in rows if row["place"] == place and row["case"] in CASES]
        for y, row in enumerate(own):
            draw(axes, 0, y, _estimate(row["ratio"]), along="x", factor=1.0, fmt="o", color=style.BLUE)
        axes.axvline(1, color=style.BLACK, lw=0.8)
        axes.plot(stated, -1, "D", label="published ratio, DDD20 and real devices", **HOLLOW)
        axes.set_yticks(range(-1, len(own)), ["published", *(CASES[row["case"]] for row in own)])
        axes.set(title=TITLES.get(place, place), ylim=(len(own) - 0.5, -1.6))
    panels[-1].set_xlabel("RMSE over that in software")
    style.legend_below(panels[-1], 1)
    cases = [row for row in rows if row["case"] in ("spread", "spread, re-centred")]
    reading = "; ".join(f"{row['place']}, {row['text']} {row['ratio']['mean']:.3f}" for row in cases)
    return PROSE.plot("vision_hardware", figure, origin=results.origin, reading=reading, stated=stated)
