"""Charts of the opening chapter: fronts of every task in all scopes, and ratios of every system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from energy.cost import SCOPES
from network.experiments.fronts.results import FrontResults, bench_tasks
from network.experiments.fronts.view import View
from network.experiments.runs import Estimate
from reports.break_even.results import Named
from reports.figures.bars import histogram
from reports.figures.chart import Axis, Chart, Choice
from reports.figures.marks import dots, estimates
from reports.scores import in_words

COUNTED = "counted of circuits"
RATIO = Axis("ratio", "energy over that of the device", log=True)


def fronts(stored: FrontResults, view: View, families: Sequence[str], description: str) -> Chart:
    """Score against energy on one task at a time, in one scope at a time."""
    rows = [row for task in stored.tasks() for row in _points(stored, task, view)]
    place = {family: i for i, family in enumerate(families)}  # colours are those of the drawing
    rows.sort(key=lambda row: place.get(row["family"], len(place)))
    known = [bench_tasks()[task] for task in stored.tasks()]
    titles = {task.title: f"score: {in_words(task.score)}" for task in known}  # short: a phone shows no more
    return estimates(
        rows,
        Axis("energy_J", "energy per sample", "J", log=True),
        Axis("score", "score", "%", top=100.0),
        description,
        kind=("family", "family"),
        choices=[
            Choice(
                "task",
                "task",
                max(titles, key=lambda title: len({row["family"] for row in rows if row["task"] == title})),
                values=tuple(titles),
            ),
            Choice("counted", COUNTED, view.scope, steady=True, values=SCOPES),
        ],
        about={"network": "network", "seeds": "seeds"},
        joined="on_front",
        title=("task", titles),
        level=Axis("chance", "chance", "%"),
    )


def _points(stored: FrontResults, task: str, view: View) -> Iterator[dict[str, Any]]:
    for scope in SCOPES:
        for front in stored.fronts(task, replace(view, scope=scope)):
            for point in front.points:
                yield {
                    "task": bench_tasks()[task].title,
                    "counted": str(scope),
                    "family": front.family,
                    "network": point.label,
                    **_ends("energy_J", point.energy),
                    **_ends("score", point.score, 100.0),
                    "chance": 100 * bench_tasks()[task].chance,
                    "on_front": point in front.best,
                    "seeds": len(point.scores),
                }


def _ends(column: str, one: Estimate, times: float = 1.0) -> dict[str, float | None]:
    ends = {column: one.mean, f"{column}_low": one.low, f"{column}_high": one.high}
    return {name: None if value is None else times * value for name, value in ends.items()}


def histograms(found: Sequence[Named], scope: str, description: str) -> Chart:
    """Distribution of each ratio in one scope at a time."""
    rows = [row for one in found for row in _bins(one)]
    return histogram(
        rows,
        RATIO,
        Axis("density", "probability per decade"),
        description,
        kind=("system", "system"),
        choices=[Choice("counted", COUNTED, scope, values=[s for s in SCOPES if s in {one.scope for one in found}])],
        about={"share": "share of the draws"},
        marked="as_stated",
        line=1.0,
    )


def _bins(one: Named) -> Iterator[dict[str, Any]]:
    edges, counts = one.result.histogram_edges, one.result.histogram
    head = {"system": one.label, "counted": one.scope, "as_stated": one.result.nominal}
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        share = count / sum(counts)
        ends = {"ratio": 10.0**low, "ratio_high": 10.0**high}
        yield {**head, **ends, "density": share / (high - low), "share": f"{100 * share:.2g} %"}
    yield {**head, "ratio": 10.0 ** edges[-1], "density": 0.0}


def ratios(found: Sequence[Named], stated: float, description: str) -> Chart:
    """Median ratio of every system with its central 95 %, by scope, and the published ratio."""
    rows = [
        {
            "system": one.label,
            "counted": one.scope,
            "ratio": one.result.quantiles[0.5],
            "ratio_low": one.result.quantiles[0.025],
            "ratio_high": one.result.quantiles[0.975],
            "as_stated": one.result.nominal,
            "device_takes_less": f"{100 * one.result.above_1.value:.1f} % of the draws",
        }
        for one in found
    ]
    about = {"as_stated": "every parameter as stated", "device_takes_less": "device takes less in"}
    kind = ("counted", COUNTED)
    return dots(rows, RATIO, ("system", "system"), description, kind=kind, about=about, line=1.0, dashed=stated)
