"""Memory energy per sample: the seed's arithmetic, scaling laws and the comparison rows."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.compare import (
    EventWorkload,
    compare,
    operation_energy,
    published_comparison,
    published_cost,
    published_ratio_range,
)
from energy.cost import NeuronCost, ScopeCost
from energy.digital import digital_energy, published_cell, published_estimates
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter

TRANSPORT = Parameter("event transport", 5e-12, "J", "", "assumed: test", "assumed")


def device_energy(workload: EventWorkload, scope: str = "paper") -> float:
    energy = compare(published_cost(), workload, (), scopes=(scope,))[0].energy_per_sample_J
    return energy


def test_published_numbers_of_the_papers_scope() -> None:
    published = published_comparison()
    assert published.memory_energy_J[1] == pytest.approx(87e-6, rel=0.01)
    assert published.memory_energy_J[4] == pytest.approx(348e-6, rel=0.01)
    assert published.memory_energy_J[16] == pytest.approx(1392e-6, rel=0.01)
    for ratios, tolerance in ((published.ratios, 0.01), (published.ratios_as_rounded, 1e-3)):
        assert ratios == pytest.approx({"RNN": 2414, "LSTM": 2874, "R(2+1)D": 90920}, rel=tolerance)
    assert published_ratio_range() == pytest.approx((151, 2874), rel=0.01)
    cost = published_cost()
    assert cost.scopes["paper"].energy_per_operation_J == 0.6e-9
    assert cost.scopes["paper"].area_um2 == pytest.approx(1.505, abs=5e-4)
    assert cost.scopes["circuit"] == cost.scopes["system"] == ScopeCost()


scale = st.floats(0.01, 1.0)


@given(st.integers(1, 64), st.integers(1, 500), st.integers(1, 512), scale)
def test_energy_is_linear_in_neurons_frames_size_and_density(n: int, frames: int, width: int, density: float) -> None:
    unit = device_energy(EventWorkload(width=1, height=1, channels=1, density=1.0, frames=1))
    workload = EventWorkload(width=width, height=1, channels=1, density=density, frames=frames, neurons=n)
    assert device_energy(workload) == pytest.approx(n * frames * width * density * unit, rel=1e-12)


@given(st.floats(1e-13, 1e-6), st.integers(1, 64))
def test_ratio_is_the_inverse_of_the_device_energy(energy: float, n: int) -> None:
    cost = replace(
        published_cost(), scopes={**published_cost().scopes, "paper": ScopeCost(energy, None, None, {"all": energy})}
    )
    device, *gpu = compare(cost, EventWorkload(neurons=n), load_gpu_baselines(), scopes=("paper",))
    for row in gpu:
        assert row.ratio_to_device * device.energy_per_sample_J == pytest.approx(row.energy_per_sample_J, rel=1e-12)


def test_rows_have_the_contract_keys_and_none_for_what_was_not_obtained() -> None:
    rows = compare(published_cost(), EventWorkload(), load_gpu_baselines(), digital=[digital_energy(published_cell())])
    keys = ["system", "basis", "scope", "energy_per_sample_J", "ratio_to_device", "conditions", "intervals"]
    assert all(list(row.to_json()) == keys for row in rows)
    assert [row.scope for row in rows] == ["paper"] * 6 + ["circuit"] * 6 + ["system"] * 6
    assert {row.basis for row in rows[1:4]} == {"published"}
    assert [row.basis for row in rows[4:6]] == ["assumed", "published"]  # scaled, and its unscaled number beside it
    device, gpu = compare(published_cost(), EventWorkload(), load_gpu_baselines()[:1], scopes=("circuit",))
    assert device.energy_per_sample_J is None
    assert device.ratio_to_device is None
    assert gpu.energy_per_sample_J == 0.21
    assert gpu.ratio_to_device is None


def test_digital_rows_come_in_both_precisions() -> None:
    """RNN-1024 in 8 bits by hand, per frame: 1,577,472 bytes from SRAM at 2.5 pJ (3.944 µJ), 1,572,864 MAC at 0.23 pJ
    (0.362 µJ), 2,048 biases at 0.03 pJ; times 50, times 28/45: 134 µJ, 1.54 times the 87.4 µJ of the device."""
    rows = compare(published_cost(), EventWorkload(), (), digital=published_estimates(), scopes=("paper",))
    device, *digital = [row.to_json() for row in rows]
    assert [row["system"] for row in digital] == [
        f"{kind} digital {precision}, {node}"
        for kind in ("RNN", "LSTM")
        for precision in ("fp32", "int8")
        for node in ("28 nm", "45 nm as tabled")
    ]
    rnn = next(row for row in digital if row["system"] == "RNN digital int8, 28 nm")
    assert rnn["energy_per_sample_J"] == pytest.approx(133.95e-6, rel=1e-4)
    assert rnn["ratio_to_device"] == pytest.approx(133.95e-6 / (2 * 128 * 128 * 0.089 * 50 * 0.6e-9), rel=1e-4)
    assert device["ratio_to_device"] == 1.0


def system_cost(leakage: float, density: float) -> NeuronCost:
    parts = {"write": 1e-9, "idle_leakage": leakage}
    system = ScopeCost(math.fsum(parts.values()), None, None, parts)
    cost = published_cost()
    return replace(cost, conditions={"density": density}, scopes={**cost.scopes, "system": system})


def test_idle_leakage_and_event_transport_of_the_system_scope() -> None:
    cost = system_cost(9e-12, 0.1)  # 9 idle cycles per operation: 1 pJ each
    assert operation_energy(cost, "system", 0.1) == pytest.approx(1e-9 + 9e-12)
    assert operation_energy(cost, "system", 0.01) == pytest.approx(1e-9 + 99e-12)
    assert operation_energy(cost, "system", 1.0) == pytest.approx(1e-9)
    cost = system_cost(0.0, 0.1)
    assert operation_energy(cost, "system", 0.1, TRANSPORT) == pytest.approx(1.005e-9)
    assert operation_energy(cost, "paper", 0.1, TRANSPORT) == 0.6e-9
    row = compare(cost, EventWorkload(), (), scopes=("system",))[0]
    assert row.conditions["event_transport_J"] == "not counted"
    row = compare(cost, EventWorkload(), (), scopes=("system",), event_transport=TRANSPORT)[0]
    assert row.conditions["event_transport_J"] == 5e-12
    with pytest.raises(InputError, match="event_transport"):
        operation_energy(cost, "system", 0.1, replace(TRANSPORT, unit="pJ"))


def test_bad_workloads_and_scopes_are_named() -> None:
    for field, value in [
        ("width", 0),
        ("height", -1),
        ("channels", 1.5),
        ("frames", True),
        ("neurons", 0),
        ("density", 0.0),
        ("density", 1.01),
        ("density", math.nan),
        ("density", "dense"),
    ]:
        with pytest.raises(InputError, match=field):
            EventWorkload(**{field: value})  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="unknown scope"):
        compare(published_cost(), EventWorkload(), (), scopes=("chip",))
