"""One ECRAM synapse before three neurons: its plasticity in each, without it, and the claim that rests on it (C5)."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from circuits.ecram_lif.topologies import (
    COUNT,
    NEAR,
    TOPOLOGIES,
    Plasticity,
    Response,
    ecram_testbench,
    late_interval,
    measure_plasticity,
)
from energy.characterize import characterize
from ipcircuit.errors import InputError
from reports.ecram_lif import tables
from reports.ecram_lif.tables import topology_row

FAR = 600e-6  # s
DOCUMENTATION = Path(__file__).parents[3] / "docs" / "physics" / "ecram_lif.md"


@pytest.fixture(scope="module")
def measured() -> list[Plasticity]:
    return measure_plasticity([ecram_testbench(name) for name in TOPOLOGIES], pairs=(NEAR, FAR))


def test_synapse_facilitates_alike_in_every_topology(measured: list[Plasticity]) -> None:
    """The stage is one and the same, so the ratio must not know what neuron follows; within 0.005 of paper."""
    assert [p.name for p in measured] == list(TOPOLOGIES)
    near = np.array([p.pairs[NEAR] for p in measured])
    assert np.ptp(near) < 2e-4
    assert near == pytest.approx(measured[0].predicted[NEAR], abs=0.005)
    assert all(p.pairs[FAR] == pytest.approx(1.0, abs=5e-4) for p in measured)
    for p in measured:
        assert p.train.shape == (COUNT,)
        assert (np.diff(p.train) > 0).all()
        assert p.train[-1] > 1.2


def test_every_neuron_fires_faster_and_only_with_the_volatile_part(measured: list[Plasticity]) -> None:
    for p in measured:
        assert p.rate_gain is not None
        assert p.rate_gain > 1.3
        assert p.drift_ablated == pytest.approx(1.0, abs=0.01)
        assert p.pairs_ablated[NEAR] == pytest.approx(1.0, abs=2e-4)
        assert p.train_ablated == pytest.approx(1.0, abs=2e-4)
        assert p.plastic.spikes_s.size > p.fixed.spikes_s.size


def test_common_table(measured: list[Plasticity]) -> None:
    rows: list[dict[str, Any]] = []
    for p, name in zip(measured, TOPOLOGIES, strict=True):
        rows.append(topology_row(p, characterize(ecram_testbench(name))))
    assert [row["transistors"] for row in rows] == [21, 14, 24]
    energy = [row["energy_per_spike_circuit_J"] for row in rows]
    assert energy == pytest.approx([2.2e-12, 2.0e-12, 1.6e-12], rel=0.05)
    said = DOCUMENTATION.read_text(encoding="utf-8")
    for column in ("energy_per_spike_circuit_J", "on_paper_J", "energy_per_spike_system_J"):
        assert " | ".join(f"{1e12 * row[column]:.2f} pJ" for row in rows) in said
    assert " | ".join(f"{row['paired_pulse_ratio']:.3f}; 1.000" for row in rows) in said
    assert " | ".join(f"{row['train_growth']:.2f}; 1.00" for row in rows) in said
    assert " | ".join(f"{row['rate_gain']:.2f}" for row in rows) in said


def test_command_prints_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"circuit": name, "energy_J": 2.2e-12, "rate_gain": gain} for name, gain in (("a", 1.5), ("b", None))]
    monkeypatch.setattr(tables, "topology_rows", lambda run: rows)
    tables.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines[:1]] == [["a", "b"]]
    assert lines[1].split() == ["energy", "2.2", "pJ", "2.2", "pJ"]
    assert lines[2].endswith("1.5  not obtained")


def test_late_interval_by_hand() -> None:
    run = SimpleNamespace(time=np.array([0.0, 10.0]))
    result: Any = SimpleNamespace(run=run, spikes_s=np.array([1.0, 5.5, 7.0, 9.5]))
    assert late_interval(result) == pytest.approx(2.0)
    result.spikes_s = np.array([1.0, 9.5])
    assert late_interval(result) is None


def test_other_circuits_are_refused() -> None:
    with pytest.raises(InputError, match=r"not a neuron with an ECRAM synapse; found 'comparator'"):
        ecram_testbench("comparator")
    assert not Response(ecram_testbench("axon_hillock_lif"), None, "refused").fires
