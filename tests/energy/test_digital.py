"""The digital estimate: operation counts against PyTorch's layers and hand-computed energies."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.digital import NODE_SCALE, RecurrentCell, digital_energy, published_cell
from ipcircuit.errors import InputError


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_weights_are_those_of_the_torch_layer(kind: str) -> None:
    import torch  # slow to load; only this test needs it

    layer = getattr(torch.nn, kind)(7, 5)
    assert RecurrentCell(kind, 7, 5, 1).weights == sum(p.numel() for p in layer.parameters())


def test_one_unit_lstm_by_hand() -> None:
    # 1 input, 1 hidden: 4*1*2 = 8 products + 3 pointwise; 8 bias additions; 16 weights, 1 input, 4 state values.
    cell = RecurrentCell("LSTM", 1, 1, 1)
    assert (cell.macs, cell.adds, cell.values_moved) == (11, 8, 21)
    expected = 11 * 4.6e-12 + 8 * 0.9e-12 + 21 * 4 / 8 * 20e-12
    assert digital_energy(cell).energy_per_sample_45nm_J == pytest.approx(expected, rel=1e-12)


def test_published_lstm_and_its_parts() -> None:
    estimate = digital_energy(published_cell())
    assert estimate.cell.macs == 4 * 1024 * (512 + 1024) + 3 * 1024
    assert estimate.weight_bytes == pytest.approx(25.2e6, rel=1e-3)
    assert estimate.energy_per_sample_45nm_J == pytest.approx(4.60e-3, rel=1e-3)
    assert estimate.energy_per_sample_28nm_J == pytest.approx(2.86e-3, rel=1e-3)
    assert digital_energy(published_cell(), "int8").energy_per_sample_28nm_J == pytest.approx(0.535e-3, rel=1e-3)
    estimate = digital_energy(published_cell("RNN"), "int8", replace(NODE_SCALE, value=1.0))
    assert sum(estimate.energy_breakdown_45nm_J.values()) == estimate.energy_per_sample_45nm_J
    assert estimate.energy_per_sample_28nm_J == estimate.energy_per_sample_45nm_J


@given(st.integers(1, 200), st.sampled_from(["LSTM", "RNN"]), st.sampled_from(["fp32", "int8"]))
def test_energy_is_linear_in_frames(frames: int, kind: str, precision: str) -> None:
    one, many = (digital_energy(RecurrentCell(kind, 8, 16, f), precision) for f in (1, frames))
    assert many.energy_per_sample_45nm_J == pytest.approx(frames * one.energy_per_sample_45nm_J, rel=1e-12)


def test_bad_cells_and_precisions_are_named() -> None:
    for changes, field in [({"kind": "MLP"}, "kind"), ({"inputs": 0}, "inputs"), ({"hidden": 1.0}, "hidden")]:
        with pytest.raises(InputError, match=field):
            replace(published_cell(), **changes)
    with pytest.raises(InputError, match="precision"):
        digital_energy(published_cell(), "fp16")
