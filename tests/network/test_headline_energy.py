"""The published memory energy from counted events, and its share of the whole network, on layers counted by hand."""

import pytest
import torch

from energy.buffer import FrameBuffer, buffer_energy
from energy.compare import EventWorkload, published_cost
from energy.constants import PUBLISHED_JUNCTION, PUBLISHED_REFERENCE
from energy.digital import accumulation_energy
from network.accounting.headline import WholeSample, counted_stream, generated_stream, whole_sample

SMALL = EventWorkload(width=16, height=16, frames=50)
WIDTH = 4  # channels of the first stage


@pytest.fixture(scope="module")
def sample() -> WholeSample:
    return whole_sample(SMALL, counted_frames=2, options={"width": WIDTH / 64})


@pytest.mark.parametrize("seed", [0, 1])
def test_counted_events_of_the_published_stream_give_its_energy_and_ratios(seed: int) -> None:
    """2 x 128 x 128 inputs, 50 frames, 8.9 %: 145,818 set pulses of 0.6 nJ, whatever the places."""
    stream = counted_stream(seed=seed)
    assert (stream.operations, stream.slots) == (145_818, 1_638_400)
    assert stream.energy_J == pytest.approx(87e-6, rel=0.01)
    assert stream.ratios == pytest.approx({"RNN": 2414, "LSTM": 2874, "R(2+1)D": 90920}, rel=0.01)


def test_energy_follows_density_and_neurons() -> None:
    one = counted_stream(SMALL).operations
    assert one == round(0.089 * 2 * 16 * 16 * 50)
    assert counted_stream(EventWorkload(width=16, height=16, neurons=4)).operations == 4 * one
    double = counted_stream(EventWorkload(width=16, height=16, density=0.178))
    assert double.operations == round(0.178 * 2 * 16 * 16 * 50)
    places = [generated_stream(SMALL, seed) for seed in (0, 0, 1)]
    assert torch.equal(places[0], places[1])
    assert not torch.equal(places[0], places[2])


def test_every_static_neuron_works_in_every_frame(sample: WholeSample) -> None:
    """Stem and two blocks of two layers at 16 x 16, then with a shortcut's neurons at 8, 4 and 2."""
    layers = [(5, 1, 16), *((5, 2**i, 16 // 2**i) for i in (1, 2, 3))]
    assert sample.static_neurons == sum(number * WIDTH * times * side**2 for number, times, side in layers)
    assert all(e.operations == e.slots for e in sample.static)
    assert 0.05 < sample.firing_share < 0.95


def test_balance_adds_up_at_published_prices(sample: WholeSample) -> None:
    operations = 25 * round(0.089 * 2 * 16 * 16 * 2)
    buffer = buffer_energy(FrameBuffer(2 * 16 * 16, 50)).energy_28nm_J
    for static in (PUBLISHED_JUNCTION, PUBLISHED_REFERENCE):
        row = sample.published_balance(static)
        assert row["memory_J"] == pytest.approx(operations * 0.6e-9)
        assert row["neurons_J"] == pytest.approx(50 * sample.static_neurons * static.value)
        assert row["buffer_J"] == pytest.approx(buffer)
        total = sum(row[part] for part in ("memory_J", "neurons_J", "synapses_J", "buffer_J"))
        assert row["total_J"] == pytest.approx(total, rel=1e-12)
        assert row["memory_share"] == pytest.approx(row["memory_J"] / total)
    added = sum(e.additions if name != "stem" else e.operations for name, e in sample.events.items() if not e.billing)
    expected = accumulation_energy(25 * added, "int8", graded=False).energy_28nm_J
    assert sample.published_balance()["synapses_J"] == pytest.approx(expected)
    assert sample.published_balance(precision="fp32")["synapses_J"] > sample.published_balance()["synapses_J"]


def test_balance_by_cost_records_has_every_scope(sample: WholeSample) -> None:
    rows = sample.simulated_balance({"differential": published_cost(), "comparator": published_cost()})
    assert [row["scope"] for row in rows] == ["paper"] * 2 + ["circuit"] * 2 + ["system"] * 2
    assert rows[0]["neurons_J"] == pytest.approx(50 * sample.static_neurons * 0.6e-9)
    assert rows[2]["total_J"] is None
