"""Fronts on the opening chapter: who takes less at equal accuracy is counted, not written."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from energy.cost import SCOPES
from network.experiments.fronts.front import Front, FrontPoint, ratio_at_equal_accuracy
from network.experiments.fronts.results import DEVICE, bench_tasks
from reports.break_even import fronts, leads
from reports.figures import style
from reports.section import Run

Points = Mapping[str, list[tuple[float, float]]]  # (energy, score) by family


class MadeUp:
    """Fronts of single points with five equal seeds, by task."""

    origin = "5 runs"

    def __init__(self, points: Mapping[str, Points]) -> None:
        self._fronts = {
            task: [
                Front(
                    task,
                    family,
                    tuple(
                        FrontPoint(task, family, f"{e:g} J", (s,) * 5, (e,) * 5, runs=("a", "b"), source="made up")
                        for e, s in found
                    ),
                )
                for family, found in families.items()
            ]
            for task, families in points.items()
        }

    def tasks(self) -> list[str]:
        return list(self._fronts)

    def fronts(self, task: str, view: object) -> list[Front]:
        return self._fronts[task]

    def comparisons(self, task: str, view: object) -> list:
        mine, *others = sorted(self._fronts[task], key=lambda front: front.family != DEVICE)
        return [ratio_at_equal_accuracy(mine, other) for other in others]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Mapping[str, Points]], None]]:
    """Puts made-up fronts in the place of the stored ones."""
    cached = (fronts.shown, fronts.compared, fronts.families)

    def put(points: Mapping[str, Points]) -> None:
        for function in cached:
            function.cache_clear()
        monkeypatch.setattr(fronts, "stored", lambda: MadeUp(points))

    yield put
    for function in cached:
        function.cache_clear()


def test_findings_say_where_the_device_wins_and_what_beats_it(show) -> None:
    device, run = [(1.0, 0.5), (10.0, 0.9)], Run(jobs=1)
    lost = {DEVICE: device, "LSTM": [(0.1, 0.5), (1.0, 0.9)], "LIF": [(1e-5, 0.95)], "RNN": [(0.1, 0.4)]}
    show({"nback2": lost})
    found = leads.where_it_wins(run)
    assert found.title == "At equal accuracy the device is the cheapest family on none of 1 tasks"
    assert "n-back, n = 2: LIF takes at most 1/1,000,000 of it" in found.text  # more accurate at 1e-5 of 10 J
    assert leads.memory_alone(run).title == "Nor is its memory alone the cheapest on any of 1 tasks"
    assert "0 in energy at equal accuracy, 1 in accuracy" in leads.ahead(run).title
    assert leads.ahead(run).text.endswith("RNN (n-back, n = 2).")
    won = {DEVICE: device, "LSTM": [(3.0, 0.5), (30.0, 0.9)]}
    show({"nback2": lost, "nback3": won})
    found = leads.where_it_wins(run)
    assert found.title == "At equal accuracy the device is the cheapest family on 1 of 2 tasks: n-back, n = 3"
    assert "LSTM (n-back, n = 3) 3 times" in leads.ahead(run).text
    alone = leads.memory_alone(run)  # the made-up energies are those of the memory, too
    assert alone.title.endswith("at equal accuracy on 1 of 2 tasks: n-back, n = 3")
    assert "over the device's: n-back, n = 3, LSTM: 3 (95 %: 3 to 3)." in alone.text
    assert alone.text.endswith(
        "less is taken on these tasks by: no family. Without any memory a network does as well on: no task."
    )
    show({"nback3": won})
    assert leads.where_it_wins(run).title == "At equal accuracy the device is the cheapest family on each of 1 tasks"


def test_tables_and_figures_name_ratios_bounds_and_runs(show) -> None:
    show({"nback2": {DEVICE: [(1.0, 0.5), (10.0, 0.9)], "LSTM": [(0.1, 0.5), (1.0, 0.9)], "LIF": [(1e-5, 0.95)]}})
    run = Run(jobs=1)
    rows = {row["against"]: row for row in fronts.ratios(run).rows}
    assert rows["LSTM"]["ratio"] == pytest.approx(0.1)
    assert rows["LSTM"]["score"] == 0.9
    assert (rows["LIF"]["ratio"], rows["LIF"]["bound"]) == (None, pytest.approx(1e-6))
    points = fronts.points(run).rows
    assert [row["energy_J"] for row in points if row["family"] == DEVICE] == [1.0, 10.0]
    assert {row["runs"] for row in points} == {"a, b"}
    with style.style():
        plots = [draw(run) for draw in (fronts.fronts, fronts.equal_accuracy)]
    assert "5 networks, 5 seeds each" in plots[0].caption
    assert plots[0].chart is not None
    charted = [*csv.DictReader(io.StringIO(plots[0].chart.csv))]
    assert len(charted) == 5 * len(SCOPES)
    first = [(row["family"], float(row["energy_J"]), row["on_front"]) for row in charted if row["counted"] == "paper"]
    assert first == [
        *((DEVICE, 1.0, "1"), (DEVICE, 10.0, "1")),
        *(("LSTM", 0.1, "1"), ("LSTM", 1.0, "1"), ("LIF", 1e-5, "1")),
    ]
    assert "Of 2 comparisons 2 take less than the device, 0 more, and 0 cannot be made" in plots[1].caption


def test_chart_and_drawing_name_the_score_in_the_same_words(show) -> None:
    """Of every task, and none as an abbreviation."""
    points = {DEVICE: [(1.0, 0.5), (10.0, 0.9)]}
    show(dict.fromkeys(bench_tasks(), points))
    with style.style():
        plot = fronts.fronts(Run(jobs=1))
    axes = [panel.get_ylabel().replace("\n", " ").removesuffix(" (%)") for panel in plot.figure.axes if panel.lines]
    assert plot.chart is not None
    titles = json.loads(re.sub(r"\[chosen_task\]$", "", plot.chart.spec["title"]["text"]["expr"]))
    assert [title.removeprefix("score: ") for title in titles.values()] == axes
    assert max(map(len, titles.values())) < 45  # a phone shows all of it
    assert not any(word.isupper() for words in axes for word in words.split())
