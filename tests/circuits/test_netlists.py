"""The committed files of `netlists/` are what the code generates; plain ngspice prints from them what Python finds."""

from pathlib import Path
from typing import Any

import pytest

import netlists
from circuits.catalog import load
from circuits.cells.layout import shared
from circuits.cells.static import ThresholdComparator
from circuits.regenerate import generated_files
from circuits.thermal_mtj.testbench import ThermalMtjTestbench
from energy.characterize import characterize
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


def simulated(name: str) -> dict[str, Any]:
    """What the deck should print, and how closely, from the testbench's own simulation."""
    testbench = load(name)
    if isinstance(testbench, ThermalMtjTestbench):
        cycle = testbench.operation().cycle
        fired = {f"p_{half.label}": p for half, p in zip(cycle.neuron.halves, cycle.probabilities, strict=True)}
        expected = {"energy_per_operation_j": cycle.energy_per_operation_J, **fired}
        return {measure: pytest.approx(value, rel=1e-3) for measure, value in expected.items()}
    if name == "signed_mtj":
        energy = characterize(testbench).cost.scopes["circuit"].energy_per_operation_J
        return {"energy_per_operation_j": pytest.approx(energy, rel=1e-3)}
    (result,) = testbench.respond([testbench.stimulus])
    first, second = result.spikes_s[:2]  # the deck prints the energy of the first interval
    energy = -testbench.conditions.v_dd * result.run.integral("i(vdd)", first, second)
    return {"energy_per_operation_j": pytest.approx(energy, rel=5e-3), "first_spike_s": pytest.approx(first, rel=1e-3)}


MTJ, LIF, SIGNED = (1e-10, 1e-8), (1.2e-12, 3e-12), (0.6e-12, 1.2e-12)  # J per cycle, per spike and per spike


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("comparator", *MTJ),
        ("differential", *MTJ),
        ("delay_feedback_lif", *LIF),
        ("delay_feedback_lif_ecram", *LIF),
        ("axon_hillock_lif", *LIF),
        ("differential_pair_lif", *LIF),
        ("signed_mtj", *SIGNED),
    ],
)
def test_plain_ngspice_prints_what_the_testbench_simulates(name: str, low: float, high: float, tmp_path: Path) -> None:
    """The committed deck, run by ``ngspice -b`` from another folder without Python."""
    batch = run_batch(ROOT / f"{name}.cir", cwd=tmp_path)
    assert batch.exit_code == 0
    assert low < batch.measures["energy_per_operation_j"] < high
    expected = simulated(name)
    assert {measure: batch.measures[measure] for measure in expected} == expected


def test_a_shared_cell_is_built_once_and_reads_as_one_of_its_own() -> None:
    one = shared(ThresholdComparator, 200e-9, 100e-9)
    assert one is shared(ThresholdComparator, 200e-9, 100e-9)
    assert one is not shared(ThresholdComparator, 300e-9, 100e-9)
    assert str(one) == str(ThresholdComparator(200e-9, 100e-9)) != str(shared(ThresholdComparator, 300e-9, 100e-9))
