"""The published memory energy from counted events, and its share of the whole network, on layers counted by hand."""

import pytest
import torch

from energy.compare import EventWorkload
from network.accounting.headline import counted_stream, generated_stream

SMALL = EventWorkload(width=16, height=16, frames=50)


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
