"""Datasheet pages: spans, limits and corners from made-up runs, which no simulation has to give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from circuits.measurement import CurveCheck
from energy.area import AreaEstimate
from energy.compare import published_cost
from energy.cost import SCOPES, ScopeCost
from energy.variation.copies.outcome import Outcome, Status
from energy.variation.corners import CornerRun, Corners
from ipcircuit.families import CIRCUITS
from reports.attempt import Failure
from reports.datasheet import figures, tables
from reports.datasheet.grid import ENERGY, Grid, causes, grid_of, rows
from reports.datasheet.overview import circuits_table
from reports.datasheet.pages import datasheets, path_of
from reports.datasheet.sheet import Sheet
from reports.ledger.evaluate import ClaimResult, Evaluation
from reports.ledger.record import ledgers
from reports.site.circuits import CircuitCost

NAME = "differential"
CURVES = [
    CurveCheck(
        "pulses at 0.8 V", np.array([1.0, 0.0]), "", np.array([0.2, 0.1]), np.array([0.2, 0.1]), unit="", tolerance=0.1
    ),
    CurveCheck(
        "pulses at 0.9 V", np.array([0.0, 1.0]), "", np.array([0.5, 0.1]), np.array([0.2, 0.1]), unit="", tolerance=0.1
    ),
]


def run(corner: str, celsius: float, volts: float | None, energy: float | None, cause: str | None = None) -> CornerRun:
    status = Status.WORKS if cause is None else Status.WRONG
    values: Mapping[str, float | None] = {ENERGY: energy, "margin_V": 0.0125, "latency_s": None}
    return CornerRun(corner, celsius, volts, Outcome(NAME, corner, status, values, cause))


def grid(volts: float | None = 1.0) -> Grid:
    nominal = [run("tt", 27.0, volts, 2e-12), run("ff", -40.0, volts, 1e-12), run("ff", 125.0, volts, 9e-12, "slow")]
    others = [] if volts is None else [run("tt", 27.0, 1.1, 3e-12), run("tt", 27.0, 0.9, None, "slow")]
    return Grid(Corners(NAME, tuple(nominal), ("a note",)), Corners(NAME, tuple(others)))


@pytest.fixture
def cost() -> CircuitCost:
    areas = {scope: AreaEstimate(scope, {"cell": 1.5}, 1.0, 2.0, 0.0, ()) for scope in SCOPES}
    scopes = dict.fromkeys(SCOPES, ScopeCost(2e-12, 4e-12, 1.5, {"cell": 2e-12}, {"cell": 1.5}))
    return CircuitCost(replace(published_cost(), scopes=scopes), areas, ())


def sheet(**changes: Any) -> Sheet:
    known = Sheet(NAME, "a circuit", {}, grid(), None, {"energy_per_operation_J": 6e-10})
    return replace(known, **changes)


def by(rows: Any, column: str) -> dict[str, Mapping[str, Any]]:
    return {row[column]: row for row in rows}


def test_a_span_is_of_the_points_that_work() -> None:
    assert grid().span(ENERGY) == (1e-12, 3e-12)
    assert grid().span("latency_s") is None


def test_grid_has_a_row_per_corner_and_supply_and_says_what_is_not_simulated() -> None:
    found = rows(grid())
    assert [(row["corner"], row["supply_V"]) for row in found] == [("tt", 1.0), ("ff", 1.0), ("tt", 1.1), ("tt", 0.9)]
    assert found[1]["at_-40_C"] == "1 pJ, margin 12 mV"
    assert found[1]["at_125_C"] == "wrong"
    assert found[0]["at_125_C"] is None
    assert causes(grid()) == [{"points": "ff, 125 °C, 1 V; tt, 27 °C, 0.9 V", "cause": "slow"}]
    assert rows(grid(None))[0]["supply_V"] is None


def test_results_hold_the_typical_value_within_minimum_and_maximum(cost: CircuitCost) -> None:
    found = by(tables.results(sheet(), cost).rows, "quantity")
    assert found["energy per operation, paper"]["published"] == "600 pJ"
    for row in found.values():
        numbers = [row[f"{name}_SI"] for name in ("low", "typical", "high")]
        if None not in numbers:
            assert numbers == sorted(numbers)
    area = found["area, circuit"]
    assert (area["low_SI"], area["high_SI"]) == pytest.approx((1.0, 2.0))
    assert all(row["copies"] is None for row in found.values())


def test_copies_are_named_with_their_number_and_yield(cost: CircuitCost) -> None:
    stem = "circuit_energy_per_operation"
    spread = {
        "runs": 400.0,
        "yield": 0.8,
        "yield_low": 0.7,
        "yield_high": 0.9,
        f"{stem}_mean_J": 1e-9,
        f"{stem}_sigma_J": 1e-10,
    }
    table = tables.results(sheet(spread=spread), cost)
    assert by(table.rows, "quantity")["energy per operation, circuit"]["copies"] == "804 pJ to 1.2 nJ"
    assert "400 random copies, yield 80 %" in table.caption
    (row,) = circuits_table({NAME: sheet(spread=spread)}, {NAME: cost}, {NAME: CURVES}).rows
    assert (row["yield"], row["check"], row["corners"]) == ("80 %", "1 of 2", "3 of 5")


def test_limits_pass_and_fail(cost: CircuitCost) -> None:
    warned = replace(cost, cost=replace(cost.cost, warnings=("no spike",), details={"noise_margin_V": -0.001}))
    found = by(tables.checks(sheet(), warned, CURVES).rows, "what")
    assert {what: row["pass"] for what, row in found.items()} == {
        "the simulated operation": False,
        "noise margin": False,
        "corners": False,
        "curve: pulses at 0.8 V": True,
        "curve: pulses at 0.9 V": False,
    }


def test_claims_are_of_the_family_s_circuits_only() -> None:
    result = ClaimResult("A1.r_p", 1, "resistance", "ohm", 1.0, 1.0, 1.0, "reproduced", "input", "")
    papers = ledgers()
    everything = Evaluation(replace(result, id=claim.id) for ledger in papers for claim in ledger.claims)
    found = [row["id"] for row in tables.claims(sheet(), everything, papers).rows]
    assert found
    assert {name[0] for name in found} == {"A"}
    assert len(found) < sum(claim.id.startswith("A") for ledger in papers for claim in ledger.claims)
    assert not tables.claims(sheet(circuit="own.py:X"), everything, papers).rows


def test_a_part_that_failed_is_told_on_its_page_and_leaves_the_others(cost: CircuitCost) -> None:
    broken = sheet(
        circuit="<b>.py:X", pictures={"schematic": Failure("schematic", "no netlist")}, grid=Failure("corners", "no")
    )
    (page,) = datasheets({"x": broken}, {"x": cost}, {}, Evaluation(), ())
    assert page.path == path_of("<b>.py:X")
    assert re.fullmatch(r"circuits/_b_py_x-\w{8}\.html", page.path)
    assert [failure.part for failure in page.failures] == ["schematic", "corners"]
    names = [table.name for chapter in page.chapters for table in chapter.tables]
    assert names == [f"<b>.py:X_{kind}" for kind in ("conditions", "results", "checks")]
    assert datasheets({"x": broken}, {}, {}, Evaluation(), ()) == []


def test_like_curves_share_a_panel_with_a_mark_each() -> None:
    plot = figures.curves(NAME, CURVES)
    (axes,) = plot.figure.axes
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["at 0.8 V", "at 0.9 V"]
    assert "1 of 2 curves" in plot.caption


def test_legend_says_what_the_circuit_is_compared_with() -> None:
    """Drawing and chart in the same words: a formula by hand is no compact model."""
    by_hand = replace(CURVES[0], by_hand=True)
    for compared, words in (
        (CURVES, "compact model"),
        ([by_hand], "hand formula"),
        ([by_hand, CURVES[1]], "compact model or hand formula"),
    ):
        plot = figures.curves(NAME, compared)
        (legend,) = plot.figure.legends
        assert legend.get_texts()[1].get_text() == words
        assert plot.title.endswith(f"against its {words}")
        assert plot.chart is not None
        assert all(f",{word}," in plot.chart.csv for word in words.split(" or "))


def test_grid_is_of_the_process_s_corners(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], list[float], list[float]]] = []

    def corner_runs(bench: Any, *, corners: Any, temperatures: Any, supplies: Any, n_jobs: Any) -> Corners:
        asked.append((list(corners), list(temperatures), list(supplies)))
        return Corners(NAME, (run(corners[0], temperatures[0], 1.0, 1e-12),))

    monkeypatch.setattr("reports.datasheet.grid.corner_runs", corner_runs)
    bench = CIRCUITS.load("axon_hillock_lif")
    assert [job.deck for job in bench.configured().jobs()] == [
        job.deck for job in bench.jobs()
    ]  # typical: simulated once
    grid_of(bench)
    assert [len(corners) * len(at) * len(supplies) for corners, at, supplies in asked] == [1, 8, 2]
    assert asked[1][0] == ["ff", "ss", "fs", "sf"]
