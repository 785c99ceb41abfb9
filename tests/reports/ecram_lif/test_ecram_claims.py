"""Claims about plasticity need the effect, its decay and its absence in the ablation: verdicts of made-up runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from reports.ecram_lif import claims, simulations
from reports.ecram_lif.simulations import INTERVALS
from reports.ledger.evaluate import evaluate

PLASTIC = {
    "step": 1544.0,
    "ratios": (1.043, 1.015, 1.0001),
    "ratio_ablated": 0.9999,
    "gains": (1.036, 1.0),
    "gain_ablated": 1.0,
}
TOPOLOGY = {
    "circuit": "x",
    "energy_per_spike_circuit_J": 2e-12,
    "rate_gain": 1.6,
    "drift_ablated": 1.0,
    "paired_pulse_ratio": 1.04,
    "paired_pulse_ratio_ablated": 1.0,
    "train_growth": 1.27,
    "train_growth_ablated": 1.0,
}


def verdict(row: str) -> str:
    (result,) = evaluate(ids=[row])
    return result.verdict


@pytest.mark.parametrize(
    ("changed", "row", "expected"),
    [
        ({}, "C1", "reproduced"),
        ({}, "C3", "reproduced"),
        ({}, "C4", "reproduced"),
        ({"step": 1600.0}, "C1", "differs"),
        ({"ratios": (1.043, 1.05, 1.0001)}, "C3", "differs"),
        ({"ratio_ablated": 1.01}, "C3", "differs"),
        ({"ratios": (1.043, 1.015, 1.02)}, "C3", "differs"),
        ({"gain_ablated": 1.01}, "C4", "differs"),
        ({"gains": (1.0, 1.0)}, "C4", "differs"),
    ],
)
def test_plasticity(monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], row: str, expected: str) -> None:
    numbers = {**PLASTIC, **changed}
    device = np.interp(INTERVALS, (claims.NEAR, claims.MIDDLE, claims.LATE), numbers["ratios"])
    pairs = {"device": device, "ablated": np.full(len(INTERVALS), numbers["ratio_ablated"])}
    pauses = {"device": numbers["gains"], "ablated": [numbers["gain_ablated"]]}
    shifts = {name: [SimpleNamespace(rate_gain=gain) for gain in gains] for name, gains in pauses.items()}
    monkeypatch.setattr(claims, "first_step", lambda design: -numbers["step"])
    monkeypatch.setattr(simulations, "pairs", lambda jobs: pairs)
    monkeypatch.setattr(simulations, "pauses", lambda jobs: shifts)
    assert verdict(row) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "reproduced"),
        ({"paired_pulse_ratio": 1.0}, "differs"),
        ({"paired_pulse_ratio_ablated": 1.02}, "differs"),
        ({"rate_gain": None}, "differs"),
        ({"rate_gain": 1.0}, "differs"),
        ({"drift_ablated": 1.1}, "differs"),
        ({"energy_per_spike_circuit_J": None}, "differs"),
    ],
)
def test_topologies_each_need_the_effect(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, float | None], expected: str
) -> None:
    monkeypatch.setattr(claims, "topology_rows", lambda run: [TOPOLOGY, TOPOLOGY, {**TOPOLOGY, **change}])
    assert verdict("C5") == expected
