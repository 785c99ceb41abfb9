"""Claims about temporal filters need preferred rates as predicted and a task: verdicts of made-up results."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from network.experiments.filters.experiment import BANKS, LSTM, TIMER, FilterOptions, FilterResult, ModelRow
from reports.filters import results
from reports.filters.results import Selectivity
from reports.ledger.evaluate import evaluate

BANK = Selectivity(0.045, 0.057, 4e5, 7e6, 0.125, 0.123, 0.0)
ACCURACIES = {
    BANKS[0]: (0.87, 0.89, 0.91),
    BANKS[1]: (0.25, 0.25, 0.25),
    BANKS[2]: (0.48, 0.5, 0.52),
    TIMER: (1.0, 1.0, 1.0),
    LSTM: (0.99, 0.99, 0.99),
}


@pytest.mark.parametrize(
    ("changed", "row", "verdict"),
    [
        ({}, "C6", "reproduced"),
        ({}, "C6.rate", "reproduced"),
        ({}, "C6.rate.circuit", "reproduced"),
        ({"contrast_ablated": 0.01}, "C6", "differs"),
        ({"highest_Hz": 5e5}, "C6", "differs"),
        ({"contrast": 0.001}, "C6", "differs"),
        ({"deviation_events": 0.12}, "C6.rate", "differs"),
        ({"deviation_circuit": 0.12}, "C6.rate.circuit", "differs"),
    ],
)
def test_preferred_rates(monkeypatch: pytest.MonkeyPatch, changed: dict[str, float], row: str, verdict: str) -> None:
    monkeypatch.setattr(results, "rates", lambda jobs: [])
    monkeypatch.setattr(results, "selectivity", lambda rows: replace(BANK, **changed))
    assert {r.id: r.verdict for r in evaluate(ids=["C6"])}[row] == verdict


def test_a_filter_without_a_preferred_rate_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    row: Any = SimpleNamespace(deviation=None, circuit_deviation=0.01)
    monkeypatch.setattr(results, "rates", lambda jobs: [row])
    rows = {r.id: r.verdict for r in evaluate(ids=["C6.rate", "C6.rate.circuit"])}
    assert rows == {"C6.rate": "not yet", "C6.rate.circuit": "not yet"}


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "reproduced"),
        ({BANKS[2]: (0.7, 0.75, 0.8)}, "differs"),  # its interval reaches 0.87
        ({BANKS[0]: (0.89,)}, "differs"),  # one repetition has no interval
    ],
)
def test_task(monkeypatch: pytest.MonkeyPatch, changed: dict[str, tuple[float, ...]], verdict: str) -> None:
    rows = [
        ModelRow(model, "simulated", scores, {"system": 4e-10}, None, None, None, "")
        for model, scores in {**ACCURACIES, **changed}.items()
    ]
    monkeypatch.setattr(results, "models", lambda jobs: FilterResult(FilterOptions.quick(), tuple(rows)))
    (row,) = evaluate(ids=["C6.task"])
    assert row.verdict == verdict
    assert "400 pJ" in row.note
