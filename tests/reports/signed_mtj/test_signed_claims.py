"""Claims about the signed junction judge what they are about: verdicts of made-up simulations."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ipcircuit.devices.orthogonal_mtj.design_window import Plane, Regime
from reports.ledger.evaluate import evaluate
from reports.signed_mtj import claims, simulations

AXES = {"n_w": 0.724, "n_l": 0.140, "n_t": 0.136, "pinned_w": 1.0, "pinned_l": 0.0, "pinned_t": 0.0}
NUMBERS = {
    **AXES,
    "works": True,
    "tau_s": 0.79e-9,
    "lowest": -0.38,
    "parallel": 0.51,
    "cannot_relax": 0.06,
    "r2": 0.992,
    "edges": 2,
}
READOUT = {
    "steps_decided_wrongly": 0.0,
    "drive_current_density_A_m2": 0.95e12,
    "largest_RA_at_1_V_ohm_m2": 0.91e-12,
    "largest_RA_in_the_bridge_ohm_m2": 0.89e-12,
    "largest_RA_through_a_divider_ohm_m2": 0.46e-12,
}


def made_up(monkeypatch: pytest.MonkeyPatch, numbers: dict[str, Any]) -> None:
    """Put `numbers` in the place of what is simulated."""
    regime = Regime.REACHES_AND_RELAXES if numbers["works"] else Regime.CANNOT_REACH
    shares = {Regime.CANNOT_REACH: 0.9, Regime.REACHES_AND_RELAXES: 0.2, Regime.CANNOT_RELAX: numbers["cannot_relax"]}
    window = SimpleNamespace(
        plane=Plane(points=4), regime=np.full((3, 4, 4), regime), share=lambda regime: np.full(3, shares[regime])
    )
    neuron = SimpleNamespace(tau_s=numbers["tau_s"], gain=5.2e-13)
    fits = {name: SimpleNamespace(neuron=neuron, relative=0.12) for name in ("fitted", "analytic")}
    designs = {
        name: SimpleNamespace(fit=SimpleNamespace(relative=fit), free=SimpleNamespace(relative=free))
        for name, fit, free in (("orthogonal", 0.06, 0.06), ("parallel", 0.53, numbers["parallel"]))
    }
    edge = SimpleNamespace(kind="lower", r2=numbers["r2"], rms=0.8e-9)
    for name, value in {
        "window": window,
        "window_edges": [edge] * numbers["edges"],
        "trace": SimpleNamespace(u=np.array([numbers["lowest"], 0.0, 0.38])),
        "fits": fits,
        "designs": designs,
    }.items():
        monkeypatch.setattr(simulations, name, lambda value=value: value)
    monkeypatch.setattr(claims, "declare", lambda: SimpleNamespace(values=lambda: numbers))
    monkeypatch.setattr(claims, "analytic", lambda device: SimpleNamespace(tau_s=0.77e-9, gain=5.4e-13))


@pytest.mark.parametrize(
    ("row", "changed", "verdict"),
    [
        *((row, {}, "reproduced") for row in ("B1.dimensions", "B1.axes", "B2", "B3", "B4.regimes", "B4.window")),
        ("B1.dimensions", {"works": False}, "differs"),
        ("B1.axes", {"n_t": 0.15}, "differs"),
        ("B1.axes", {"pinned_w": 0.0, "pinned_t": 1.0}, "differs"),
        ("B2", {"tau_s": 1.5e-9}, "differs"),
        ("B2", {"lowest": 0.0}, "differs"),
        ("B3", {"parallel": 0.1}, "differs"),
        ("B4.regimes", {"cannot_relax": 0.0}, "differs"),
        ("B4.window", {"r2": 0.9}, "differs"),
        ("B4.window", {"edges": 0}, "not yet"),
    ],
)
def test_junction(monkeypatch: pytest.MonkeyPatch, row: str, changed: dict[str, Any], verdict: str) -> None:
    made_up(monkeypatch, {**NUMBERS, **changed})
    assert [result.verdict for result in evaluate(ids=[row])] == [verdict]


@pytest.mark.parametrize(("wrong", "verdict"), [(0.0, "reproduced"), (1.0, "differs")])
def test_readout_judges_every_step_and_states_the_barrier(
    monkeypatch: pytest.MonkeyPatch, wrong: float, verdict: str
) -> None:
    record = SimpleNamespace(measurement=SimpleNamespace(details={**READOUT, "steps_decided_wrongly": wrong}))
    monkeypatch.setattr(claims, "characterization", lambda circuit, jobs: record)
    (row,) = evaluate(ids=["B6"])
    assert row.verdict == verdict
    assert "0.91 Ω·µm² with 1 V" in row.note
