"""Decision margin of the signed neuron: the distance by which its comparators' inputs can be moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circuits.cells.lead import RISEN
from circuits.conditions import Fidelity
from circuits.signed_mtj.margin import REGENERATION, SATURATED, SLOPE, distances, rooms, time_left
from circuits.signed_mtj.stimulus import EDGE
from circuits.signed_mtj.testbench import SignedMtjTestbench
from ipcircuit.sampling import Sample

TESTBENCH = SignedMtjTestbench().at_fidelity(Fidelity.SCREENING)
WANTED = np.array([1.0, 0.0, -1.0, 0.0])


def test_distances_from_leads_and_rooms_from_distances() -> None:
    """L tanh(slope d / L) back to d; a level 1/e as far leaves a latch 12 ps less, so 12 ps are worth 1 - 1/e of it."""
    most, volts = SATURATED * RISEN * 1.1, np.array([5e-3, -11e-3, -14e-3, -2e-3])
    assert distances(most * np.tanh(SLOPE * volts / most), 1.1) == pytest.approx(volts)
    assert distances(np.array([1.0, -1.0]), 1.1) == pytest.approx([24.1e-3, -24.1e-3], rel=1e-2)
    counts, enough = np.array([True, True, False, True]), np.full(4, np.inf)
    late = np.array([REGENERATION, np.inf, np.inf, -REGENERATION])
    plus, minus = rooms([volts, -volts], [enough, enough], WANTED, counts)
    assert plus == pytest.approx((5e-3, 2e-3))
    assert minus == (np.inf, pytest.approx(-11e-3))  # the spike's step is not looked at
    (spike, silent), _ = rooms([volts, -volts], [late, enough], WANTED, counts)
    assert spike == pytest.approx(5e-3 * (1 - 1 / np.e))
    assert silent == pytest.approx(2e-3 * (1 - np.e))  # too late: wrong although the lead is right


def test_margin_is_how_far_an_input_can_be_moved() -> None:
    """An offset 2 mV below the room for a spike leaves the spike and 2 mV, one 2 mV above it neither."""
    (plain,) = TESTBENCH.respond([TESTBENCH.stimulus])
    found, margin = plain.rooms(WANTED), plain.margin_V(WANTED)
    assert found is not None
    assert margin is not None
    assert margin == min(min(both) for both in found.values())
    assert margin > 4e-3
    for left in (2e-3, -2e-3):
        design = replace(TESTBENCH.design, offset_plus=found["plus"][0] - left)
        (moved,) = replace(TESTBENCH, design=design).respond([TESTBENCH.stimulus])
        assert (moved.spikes == WANTED).all() == (left > 0)
        assert moved.margin_V(WANTED) == pytest.approx(left, abs=1e-3)  # the length of the solver's steps


def test_a_copy_whose_latch_is_too_slow_has_no_margin_and_a_held_strobe_mends_it() -> None:
    """Sample 15 with trim: its comparators lead rightly, but the latch of `minus` has 1 ps left; here 20 ps less.

    A longer hold leaves the comparators as they are, and the latch the more time.
    """
    sizes = {"trim_legs": 4, "trim_share": 0.075, "reference_rows": 4, "read_s": 0.38e-9}
    trimmed = TESTBENCH.configured(**sizes).sampled(Sample(0, 15))
    margins, left = [], []
    for hold_s in (EDGE, 0.1e-9):
        copy = trimmed.with_settings(hold_s=hold_s)
        (found,) = copy.respond([copy.stimulus])
        assert (found.spikes == WANTED).all() == (hold_s > EDGE)
        assert found.lead_minus_V[3] < -0.05
        strobes = copy.conditions.timing.strobes(4)
        left.append(time_left(found.run, "minus", WANTED == -1, strobes, 1.1)[3])
        margins.append(found.margin_V(WANTED))
    assert left[0] < 0 < left[1]
    assert margins[0] < 0 < margins[1]
