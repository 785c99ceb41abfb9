"""The opening chapter: its sentences follow the numbers, and its tables say what the analysis says."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex
from collections.abc import Callable, Iterator

import pytest

from energy.break_even.costing import Costing, others
from energy.break_even.scenario import Scenario
from ipcircuit.cli.explanation import show_explanation
from ipcircuit.cli.main import main
from reports.break_even import results, summary, tables
from reports.break_even.section import SECTION
from reports.figures import style
from reports.ledger.evaluate import evaluate
from reports.ledger.record import Compared, ledgers
from reports.ratio import command, explain_ratio, scenario_of
from reports.section import Run
from tests.reports.break_even.made_up import task

CLAIMED = "big"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Puts a task in the place of the claim's, and returns the page's summary of it."""
    cached = (results.against, results.analysed, results.comparisons)

    def show(made: Costing, *more: Costing) -> str:
        for function in cached:
            function.cache_clear()
        known = {one.name: one for one in (made, *more)}
        monkeypatch.setattr(results, "headline_task", lambda: made)
        monkeypatch.setattr(results, "headline_system", lambda: CLAIMED)
        monkeypatch.setattr(results, "costing", lambda name: known[name])
        monkeypatch.setattr(results, "tasks", lambda: tuple(known))
        return SECTION.summary(Run(jobs=1)) if SECTION.summary else ""

    yield show
    for function in cached:
        function.cache_clear()


def test_the_summary_is_two_sentences_that_change_with_the_numbers(shown) -> None:
    text = shown(task({CLAIMED: 1000.0, "small": 0.1}))
    assert len(re.findall(r"[.!?](?: |$)", text)) == 2
    first, second = text.split(". ", 1)
    # log-uniform: the device's factor has 25 times the variance of the other's
    assert first.startswith(
        "Against big the device takes 1,000 times less energy (circuit scope, N = 1; 95 % of the draws: "
    )
    assert "the ratio hangs on own (96 %)" in first
    assert first.endswith("and even all of them at their worst ends do not bring it to 1")
    assert second.startswith("The strongest alternative is small, at a ratio of 0.1 (")
    assert "and 0.000781 with batch = 128" in second
    assert "beside it the device takes more energy, and less in only 0 % of the draws" in second


def test_the_summary_says_when_the_device_wins_even_so_or_nobody_knows(shown) -> None:
    text = shown(task({CLAIMED: 1000.0, "small": 30.0}))
    assert "small, at a ratio of 30 (" in text
    assert "but 0.234 with batch = 128: the device takes less in 100 % of the draws even so." in text
    text = shown(task({CLAIMED: 1000.0, "small": 1.0}))
    share = re.search(r"which of the two takes less is open, the device in (\d+) % of the draws", text)
    assert share is not None
    assert 48 <= int(share[1]) <= 52  # stated in the middle of its range
    assert shown(task({CLAIMED: 1000.0})).endswith("No other system of this task lowers that ratio.")


def test_the_summary_names_what_brings_the_claimed_ratio_to_1(shown) -> None:
    text = shown(task({CLAIMED: 1.5}))
    assert "own of 1.5 J in place of 1 J would bring it to 1 alone" in text
    text = shown(task({CLAIMED: 2.2}))  # 2 by the one, 2 ** 0.2 = 1.15 by the other
    assert "none of them alone brings it to 1, 2 together do" in text
    text = shown(task({CLAIMED: 0.25}))
    assert "the device takes 4 times more energy" in text


def test_the_finding_about_other_tasks_counts_who_takes_less_and_does_as_well(shown) -> None:
    headline, run = task({CLAIMED: 1000.0}), Run(jobs=1)
    shown(headline)
    assert summary.elsewhere(run).title == "No other task has costs"
    scores = {"device": 0.9, "good": 0.95, "bad": 0.5}
    shown(headline, task({"good": 0.5, "bad": 1e-4, "unknown": 0.2, "large": 30.0}, scores, "other"))
    found = summary.elsewhere(run)
    assert found.title == "On one task of this project the device takes more energy than 3 of 4 other systems"
    assert "ratio 1 : 10,000 against the bad system (other); ratio 30 against the large system (other)" in found.text
    assert (
        "Of the 2 that take less and whose score is known, as good as the device or better: 1 (the good" in found.text
    )
    row = next(row for row in tables.tasks(run).rows if row["against"] == "good")
    assert (row["score"], row["device_score"], row["other_score"]) == ("accuracy", 0.9, 0.95)
    shown(headline, task({"large": 30.0, "larger": 300.0}, scores, "other"))
    found = summary.elsewhere(run)
    assert found.title == "On one task of this project the device takes less energy than 2 of 2 other systems"
    assert found.text.endswith("No score is known of a system that takes less.")


def test_tables_say_what_is_reached_and_what_was_not_obtained(shown) -> None:
    shown(task({CLAIMED: 1000.0, "middle": 150.0, "small": 0.8, "absent": None}))
    run = Run(jobs=1)
    rows = {(row["against"], row["scope"]): row for row in tables.systems(run).rows}
    assert rows["big", "circuit"]["ratio"] == pytest.approx(1000.0)
    assert rows["big", "circuit"]["above_1"] == 1.0
    assert "not in this scope" in rows["big", "system"]["remark"]
    assert "not measured" in rows["absent", "paper"]["remark"]
    own = next(row for row in tables.factors(run).rows if (row["against"], row["factor"]) == ("small", "own"))
    assert (own["stated"], own["range"], own["is_1_at"]) == ("1 J", "500 mJ to 2 J", "800 mJ")
    assert (own["at_low"], own["at_high"]) == pytest.approx((1.6, 0.4))
    must = [row for row in tables.target(run).rows if row["against"] == "middle"]
    assert must[0]["reachable"]
    limit = next(row for row in must if row["factor"] == "own")
    assert limit["must_be"].startswith("at most ")
    assert limit["met"]
    assert next(row["must_be"] for row in must if row["factor"].startswith("parallel neurons")) == "1"
    (no,) = (row for row in tables.target(run).rows if row["against"] == "small")
    assert not no["reachable"]
    scenario = {(row["choice"][:8], row["value"]): row for row in tables.scenarios(run).rows}
    assert scenario["parallel", "8"]["ratio"] == pytest.approx(125.0)
    assert scenario["parallel", "8"]["rival"] == pytest.approx(0.1)
    assert "not in this scope" in scenario["what is ", "system"]["remark"]
    (made,) = (row for row in tables.tasks(run).rows if row["against"] == "big")
    assert (made["paper_ratio"], made["system_ratio"]) == (pytest.approx(1000.0), None)


def test_figures_name_both_ratios_and_what_is_missing(shown) -> None:
    shown(task({CLAIMED: 1000.0, "small": 0.1, "absent": None}))
    with style.style():
        distribution, systems, tornado = (draw(Run(jobs=1)) for draw in SECTION.figures[:3])
    for words in (distribution.caption, distribution.alt):
        assert "big 1,000 (" in words
        assert "small 0.1 (" in words
    assert distribution.chart is not None
    bins = [*csv.DictReader(io.StringIO(distribution.chart.csv))]
    assert {(row["system"], row["counted"]) for row in bins} == {
        *(("big", "paper"), ("big", "circuit"), ("small", "paper"), ("small", "circuit"))
    }
    mine = [row for row in bins if (row["system"], row["counted"]) == ("big", "circuit") and row["ratio_high"]]
    widths = [math.log10(float(row["ratio_high"]) / float(row["ratio"])) for row in mine]
    assert math.fsum(float(row["density"]) * width for row, width in zip(mine, widths, strict=True)) == pytest.approx(1)
    assert "not measured" in systems.caption
    assert systems.chart is not None
    charted = [row.split(",")[:2] for row in systems.chart.csv.splitlines()[1:]]
    assert charted[:3] == [["big", "paper"], ["big", "circuit"], ["small", "paper"]]  # “system” was not obtained
    assert "big own, 500 to 2,000" in tornado.alt
    (label, value, beside) = summary.numbers(Run(jobs=1))
    assert (label, value) == ("Energy of small over the device's", "0.1")
    assert beside.endswith("against big 1,000")


def test_a_claims_ratio_is_explained_by_scope_with_its_counter_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    made = task({CLAIMED: 1000.0, "small": 0.5})
    monkeypatch.setattr("reports.ratio.costing", lambda name: made)
    found = explain_ratio(Compared("made_up", CLAIMED, scenario={"neurons": 4}), samples=512).to_json()
    scopes = {row["scope"]: row for row in found["scopes"]}
    assert [scopes[scope]["ratio"] for scope in ("paper", "circuit", "system")] == [250.0, 250.0, None]
    assert "not in this scope" in scopes["system"]["reason"]
    assert scopes["circuit"]["low"] < 250 < scopes["circuit"]["high"]
    assert [(row["factor"], row["at_low"], row["at_high"]) for row in found["hangs_on"][:1]] == [("own", 500.0, 125.0)]
    assert (found["rival"]["other"], found["rival"]["ratio"]) == ("small", 0.125)
    assert (found["choice"]["axis"], found["choice"]["value"]) == ("batch", 128)
    assert (found["both"]["other"], found["both"]["value"]) == ("small", 128)
    assert found["commands"] == {
        "scopes": "ipcircuit break-even --task made_up --against big -N 4 --scope SCOPE",
        "rival": "ipcircuit break-even --task made_up --against small -N 4",
        "choice": "ipcircuit break-even --task made_up --against big -N 4 --batch 128",
        "both": "ipcircuit break-even --task made_up --against small -N 4 --batch 128",
    }


def test_surrogates_are_shown_with_what_they_miss() -> None:
    rows = tables.surrogates(Run(jobs=1)).rows
    assert {row["circuit"] for row in rows if row["largest"] <= 0.01} >= {"differential", "comparator"}
    assert all(row["rms"] <= 0.01 and row["rms"] <= row["largest"] and row["held_out"] >= 200 for row in rows)
    assert all(re.search(r"temperature T -?\d+ °C to \d+ °C", row["over"]) for row in rows)


def test_every_row_of_the_ledgers_that_states_a_ratio_has_its_systems() -> None:
    compared = [row.compared for ledger in ledgers() for row in ledger.claims if row.compared is not None]
    assert len(compared) >= 8
    for one in compared:
        assert one.against in others(one.task)
        scenario_of(one)


def test_the_published_ratio_is_explained_with_the_ledgers_own_numbers(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["claims", "--explain", "A13.lstm", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["scope"]: row["ratio"] for row in found["break_even"]["scopes"]}
    ledger = {row.id.rpartition(".")[2]: row.reproduced for row in evaluate(ids=[f"A13.lstm.{s}" for s in rows])}
    assert rows == {scope: pytest.approx(value, rel=1e-9) for scope, value in ledger.items()}
    assert found["break_even"]["rival"]["ratio"] < 1 < rows["system"]
    show_explanation(found)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) <= 24
    assert max(map(len, shown)) <= 80
    assert "           ipcircuit break-even --against lstm_a800 --scope SCOPE" in shown


def test_the_commands_of_an_explanation_compute_its_scenario(capsys) -> None:
    scenario = Scenario(
        scope="system",
        neurons=4,
        frame_s=0.033,
        buffer="addresses",
        standby="off",
        neurons_per_driver=16,
        sram_bytes=8192.0,
        precision="fp32",
        batch=8,
        technology="45 nm",
    )
    assert all(getattr(scenario, name) != value for name, value in Scenario().to_json().items())
    words = shlex.split(command("memory", "lstm_digital", scenario, "differential"))
    assert "--task" not in words  # the default
    assert main([*words[1:], "--samples", "512", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["task"], found["scenario"]) == ("memory", scenario.to_json())
