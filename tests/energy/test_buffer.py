"""The frame buffer by hand: words, accesses, standby, and where a list of addresses is the smaller store."""

import pytest

from energy.buffer import INTERVAL, LEAKAGE, FrameBuffer, buffer_energy
from energy.constants import NODE_SCALE
from ipcircuit.errors import InputError

INPUTS = 2 * 128 * 128


def test_bitmap_of_dvs_gesture() -> None:
    """32,768 bits are 512 words: 51,200 accesses of 20 pJ in 50 frames, 1.02 µJ at 45 nm; 1.6 Mbit stay powered 5 s."""
    one = buffer_energy(FrameBuffer(INPUTS, 50))
    assert one.buffer.words == 512
    assert one.accesses == 2 * 512 * 50
    assert one.access_45nm_J == pytest.approx(51_200 * 20e-12)
    assert one.access_28nm_J == pytest.approx(one.access_45nm_J * 28 / 45)
    assert one.standby_J == pytest.approx(50 * INPUTS * LEAKAGE.value * 50 * INTERVAL.value)
    assert one.energy_28nm_J == one.access_28nm_J + one.standby_J
    assert one.parameters[1] is NODE_SCALE
    assert FrameBuffer(65, 1).words == 2


def test_addresses_are_smaller_below_one_sixteenth() -> None:
    """15 bits are an address of 32,768, four to a word: a word per four events against one per 64 bits."""
    sparse, equal, dense = (FrameBuffer(INPUTS, 50, "addresses", density) for density in (0.03, 1 / 16, 0.089))
    assert dense.words == pytest.approx(INPUTS * 0.089 / 4)
    assert sparse.words < equal.words == FrameBuffer(INPUTS, 50).words < dense.words
    energies = [buffer_energy(one).energy_28nm_J for one in (sparse, dense)]
    assert energies[1] == pytest.approx(energies[0] * 0.089 / 0.03)
    assert buffer_energy(FrameBuffer(INPUTS, 50, "addresses", 0.0)).energy_28nm_J == 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"inputs": 0}, "inputs"),
        ({"frames": 0}, "frames"),
        ({"storage": "tape"}, "storage"),
        ({"storage": "addresses"}, "density"),
        ({"density": 1.5}, "density"),
    ],
)
def test_bad_buffers_are_named(options: dict, field: str) -> None:
    with pytest.raises(InputError, match=field):
        FrameBuffer(**{"inputs": 8, "frames": 1, **options})
