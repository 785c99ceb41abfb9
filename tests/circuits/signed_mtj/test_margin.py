"""Decision margin of the signed neuron: the distance by which its comparators' inputs can be moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circuits.conditions import Fidelity
from circuits.signed_mtj.margin import SLOPE, own_thresholds, rooms
from circuits.signed_mtj.testbench import SignedMtjTestbench

TESTBENCH = SignedMtjTestbench().at_fidelity(Fidelity.SCREENING)
WANTED = np.array([1.0, 0.0, -1.0, 0.0])


def test_own_thresholds_of_straight_and_saturated_leads() -> None:
    """A line through the nearest points of both signs; with one sign only, with a given slope."""
    levels = np.array([9e-3, -11e-3, -25e-3, -6e-3])
    lead = 14 * (levels - 2e-3)
    saturated = lead.copy()
    saturated[2] = -0.2
    assert own_thresholds([levels, -levels], [saturated, -14 * (levels - 1e-3)]) == pytest.approx([2e-3, -1e-3])
    silent = SLOPE * (levels - 10e-3)
    assert own_thresholds([levels, levels], [silent, silent])[0] == pytest.approx(10e-3)
    counts = np.array([True, True, False, True])
    found = rooms([levels, -levels], [lead, -lead], WANTED, counts)
    assert found[0] == pytest.approx((7e-3, 8e-3))
    assert found[1] == (np.inf, pytest.approx(-13e-3))  # -11 mV against 2 mV, and the spike's step is not looked at


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
        assert moved.margin_V(WANTED) == pytest.approx(left, abs=1e-3)  # straight lines, and half a millivolt of bias
