"""Trim of the signed neuron's comparators: what it costs, and which codes a copy gets."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from circuits.cells.layout import Cell, bare_netlist, subcircuits_of
from circuits.conditions import Fidelity
from circuits.signed_mtj.neuron import SignedMtjNeuron
from circuits.signed_mtj.response import signed_job
from circuits.signed_mtj.testbench import SignedMtjTestbench
from circuits.signed_mtj.trim import FOLD, trim_of
from energy.area import transistors_of
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample

PLAIN = SignedMtjTestbench().at_fidelity(Fidelity.SCREENING)
TRIMMED = PLAIN.configured(trim_legs=3, trim_share=0.1)


def _transistors(testbench: SignedMtjTestbench) -> tuple[int, dict[str, float]]:
    neuron = SignedMtjNeuron(testbench.design)
    cells = {str(c.name): c for c in subcircuits_of(neuron)}
    leaves = [name for name, c in cells.items() if not isinstance(c, Cell) and name.startswith("mtj_")]
    widths = {name: c.width_cpp for name, c in cells.items() if isinstance(c, Cell)}
    return len(transistors_of(bare_netlist(neuron), leaves=leaves)), widths


def test_what_legs_and_bits_cost_by_hand_and_lines_of_a_code() -> None:
    (plain, _), (trimmed, widths) = _transistors(PLAIN), _transistors(TRIMMED)
    assert trimmed == plain + 2 * 2 * 3 * (2 + 6)  # comparators, inputs, legs; two transistors and a bit of six each
    assert widths["trim_bit"] == 4
    assert widths["trim_leg_1"] > widths["trim_leg_0"]
    deck = signed_job(replace(TRIMMED.design, trim=(2, -1)), TRIMMED.conditions, TRIMMED.stimulus).deck
    on = re.findall(r"(?im)^vtrim_(\w+) \S+ 0 1\.1$", deck)
    # plus: the second leg at its first input (`a`); minus: the first leg at its second input (`b`)
    assert sorted(line for line in on if not line.endswith("_bar")) == ["minus_b0", "plus_a1"]
    assert sum(line.endswith("_bar") for line in on) == 10  # of twelve bits
    assert "trim" not in signed_job(PLAIN.design, PLAIN.conditions, PLAIN.stimulus).deck


def test_a_code_moves_the_threshold_and_a_copy_gets_codes_that_put_it_amid_its_levels() -> None:
    """Sample 0 decides wrongly without trim: minus fires in silence. By hand, the first leg is 55 mV ln 1.1 = 5.2 mV.

    Half of that is left of a threshold's deviation from the middle of levels that are 14 mV apart: 4.4 mV of margin.
    """
    copy = TRIMMED.sampled(Sample(0, 0))
    wanted = TRIMMED.stimulus.wanted

    def room(codes: tuple[int, int]) -> tuple[dict[str, tuple[float, float]], float]:
        (found,) = replace(copy, design=replace(copy.design, trim=codes)).respond([copy.stimulus])
        by_line, margin = found.rooms(wanted), found.margin_V(wanted)
        assert by_line is not None
        assert margin is not None
        assert (found.spikes == wanted).all() == (margin > 0)
        return by_line, margin

    codes = trim_of(copy.design, copy.conditions, copy.stimulus).codes
    rooms, margin = room(codes)
    before, plain = room((0, 0))
    assert codes[1] < 0  # less readily
    assert plain < 0
    assert margin > 3e-3
    assert rooms["minus"][1] - before["minus"][1] > 0.7 * FOLD * math.log1p(0.1 * -codes[1])


def test_sizes_that_are_none() -> None:
    for design, message in (
        (replace(TRIMMED.design, trim_legs=0.5), "trim_legs: size out"),
        (replace(TRIMMED.design, trim_share=1e-3), "smallest leg"),
    ):
        with pytest.raises(InputError, match=message):
            replace(TRIMMED, design=design).jobs()
