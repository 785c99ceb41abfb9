"""The committed files of `netlists/` are what the code generates, and run as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import netlists
from circuits.regenerate import generated_files
from ipcircuit.spice.batch import run_batch

ROOT = Path(netlists.__file__).parent


def test_committed_files_are_current() -> None:
    generated = generated_files()
    committed = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for pattern in ("*.cir", "devices/*")
        for path in ROOT.glob(pattern)
    }
    assert set(committed) == set(generated), "run `make netlists`"
    for name, text in generated.items():
        assert committed[name] == text, f"netlists/{name} is out of date: run `make netlists`"


@pytest.mark.parametrize(
    "name",
    [
        "comparator.cir",
        "differential.cir",
        "delay_feedback_lif.cir",
        "delay_feedback_lif_ecram.cir",
        "axon_hillock_lif.cir",
        "differential_pair_lif.cir",
        "signed_mtj.cir",
    ],
)
def test_committed_deck_runs_in_plain_ngspice(name: str, tmp_path: Path) -> None:
    batch = run_batch(ROOT / name, cwd=tmp_path)
    assert batch.exit_code == 0
    energy = batch.measures["energy_per_operation_j"]
    assert energy is not None
    per_spike = {
        "signed_mtj.cir": (0.6e-12, 1.2e-12),
        "comparator.cir": (1e-10, 1e-8),
        "differential.cir": (1e-10, 1e-8),
    }
    low, high = per_spike.get(name, (1.2e-12, 3e-12))  # MTJ neurons of seed 1 per cycle, the others per spike
    assert low < energy < high
