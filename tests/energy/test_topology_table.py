"""One ECRAM synapse before three neurons: its plasticity in each, without it, and the claim that rests on it (C5)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from circuits.ecram_lif.testbench import QUIET
from circuits.ecram_lif.topologies import (
    COUNT,
    NEAR,
    TOPOLOGIES,
    CornerPoint,
    Plasticity,
    ecram_testbench,
    late_interval,
    measure_plasticity,
)
from energy.characterize import account
from ipcircuit.errors import InputError
from reports.ecram_lif import topology_rows as topologies
from reports.ecram_lif.reproduce_ecram import c5_topologies
from reports.ecram_lif.topology_rows import printed, topology_row
from reports.ledger.evaluate import evaluate

FAR = 600e-6  # s
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "ecram_lif.md"


@pytest.fixture(scope="module")
def found() -> list[Plasticity]:
    return measure_plasticity([ecram_testbench(name) for name in TOPOLOGIES], pairs=(NEAR, FAR))


def test_synapse_facilitates_alike_in_every_topology(found: list[Plasticity]) -> None:
    """The stage is one and the same, so the ratio must not know what neuron follows; within 0.005 of paper."""
    assert [p.name for p in found] == list(TOPOLOGIES)
    near = np.array([p.pairs[NEAR] for p in found])
    assert np.ptp(near) < 2e-4
    assert near == pytest.approx(found[0].predicted[NEAR], abs=0.005)
    assert all(p.pairs[FAR] == pytest.approx(1.0, abs=5e-4) for p in found)
    for p in found:
        assert p.train.shape == (COUNT,)
        assert (np.diff(p.train) > 0).all()
        assert p.train[-1] > 1.2


def test_every_neuron_fires_faster_and_only_with_the_volatile_part(found: list[Plasticity]) -> None:
    for p in found:
        assert p.rate_gain is not None
        assert p.rate_gain > 1.3
        assert p.drift_ablated == pytest.approx(1.0, abs=0.01)
        assert p.pairs_ablated[NEAR] == pytest.approx(1.0, abs=2e-4)
        assert p.train_ablated == pytest.approx(1.0, abs=2e-4)
        assert p.plastic.spikes_s.size > p.fixed.spikes_s.size


def test_common_table(found: list[Plasticity]) -> None:
    rows: list[dict[str, Any]] = []
    for p, name in zip(found, TOPOLOGIES, strict=True):
        testbench = ecram_testbench(name)
        (quiet,) = testbench.respond([QUIET])
        rows.append(topology_row(p, account(testbench.measurement(p.plastic, quiet))))
    assert [row["transistors"] for row in rows] == [21, 14, 24]
    energy = [row["energy_per_spike_circuit_J"] for row in rows]
    assert energy == pytest.approx([2.2e-12, 2.0e-12, 1.6e-12], rel=0.05)
    text = printed(rows)
    assert "2.2 pJ" in text
    assert text.splitlines()[0].split() == ["circuit", *TOPOLOGIES]
    assert "not obtained" in printed([{**rows[0], "rate_gain": None}])
    said = DOCUMENTATION.read_text(encoding="utf-8")
    for column in ("energy_per_spike_circuit_J", "on_paper_J", "energy_per_spike_system_J"):
        assert " | ".join(f"{1e12 * row[column]:.2f} pJ" for row in rows) in said
    assert " | ".join(f"{row['paired_pulse_ratio']:.3f}; 1.000" for row in rows) in said
    assert " | ".join(f"{row['train_growth']:.2f}; 1.00" for row in rows) in said
    assert " | ".join(f"{row['rate_gain']:.2f}" for row in rows) in said


def test_command_prints_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"circuit": name, "energy_J": 2e-12, "area_um2": 3.5} for name in ("a", "b")]
    monkeypatch.setattr(topologies, "topology_table", lambda: rows)
    topologies.main()
    assert capsys.readouterr().out == "circuit  a        b\nenergy   2 pJ     2 pJ\narea     3.5 µm²  3.5 µm²\n"


def test_late_interval_by_hand() -> None:
    run = SimpleNamespace(time=np.array([0.0, 10.0]))
    result: Any = SimpleNamespace(run=run, spikes_s=np.array([1.0, 5.5, 7.0, 9.5]))
    assert late_interval(result) == pytest.approx(2.0)
    result.spikes_s = np.array([1.0, 9.5])
    assert late_interval(result) is None


def test_other_circuits_are_refused() -> None:
    with pytest.raises(InputError, match=r"not a neuron with an ECRAM synapse; found 'comparator'"):
        ecram_testbench("comparator")
    assert not CornerPoint(ecram_testbench("axon_hillock_lif"), None, "refused").fires


ROW = {
    "circuit": "x",
    "energy_per_spike_circuit_J": 2e-12,
    "rate_gain": 1.6,
    "drift_ablated": 1.0,
    "paired_pulse_ratio": 1.04,
    "paired_pulse_ratio_ablated": 1.0,
    "train_growth": 1.27,
    "train_growth_ablated": 1.0,
}


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, True),
        ({"paired_pulse_ratio": 1.0}, False),
        ({"paired_pulse_ratio_ablated": 1.02}, False),
        ({"rate_gain": None}, False),
        ({"rate_gain": 1.0}, False),
        ({"drift_ablated": 1.1}, False),
        ({"energy_per_spike_circuit_J": None}, False),
    ],
)
def test_verdict_is_computed_from_every_topology(change: dict[str, float | None], holds: bool) -> None:
    context: Any = SimpleNamespace(topologies=[ROW, ROW, {**ROW, **change}])
    assert c5_topologies(context).value is holds
    (row,) = evaluate(context, ids=["C5"])
    assert row.verdict == ("reproduced" if holds else "differs")


def test_without_runs_the_claim_is_not_obtained() -> None:
    context: Any = SimpleNamespace(topologies=[])
    assert c5_topologies(context).value is None
    assert replace(ecram_testbench(TOPOLOGIES[0]), input_count=2).name == TOPOLOGIES[0]
