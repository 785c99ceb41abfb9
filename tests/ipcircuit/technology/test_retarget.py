"""Retargeting: any circuit's transistors in any technology, by ratio of widths and lengths; nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.devices import CardDevice
from ipcircuit.spice.expressions import evaluate
from ipcircuit.spice.models import Card
from ipcircuit.spice.netlist import tokenize
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.record import UNIT_LENGTH, UNIT_WIDTH, Technology
from ipcircuit.technology.retarget import retargeted

OWN = technology()
DECK = [
    ".subckt cell in out vdd vss",
    "Mn out in vss vss NMOS28LP l={length} w={width}",
    "mp out in vdd vdd pmos28lp w={width}",
    "+ l={length} m=3",
    "Mother out in vdd vdd foundry_nch w=1u l=30n",
    "R1 out 0 100k",
    ".ends cell",
    "* Mn is a comment",
    "Xcell a b vdd 0 cell",
]


def _process(width: float, length: float) -> Technology:
    """lp28 with another minimum width and length, m."""
    return replace(OWN, width=OWN.width.with_value(width), length=OWN.length.with_value(length))


def _card(unit_m: float = 1.0, *, subcircuit: bool = False) -> Card:
    return Card("", CardDevice("nch", subcircuit), CardDevice("pch", subcircuit), unit_m)


def _deck(width: str, length: str) -> list[str]:
    return [line.format(width=width, length=length) for line in DECK]


@given(
    width=st.floats(100e-9, 4e-6),
    length=st.floats(28e-9, 400e-9),
    minimum=st.floats(50e-9, 1e-6),
    channel=st.floats(14e-9, 350e-9),
    unit=st.sampled_from([1.0, 1e-6, 1e-9]),
    subcircuit=st.booleans(),
)
def test_sizes_are_multiples_of_the_minimum_in_any_technology(
    width: float, length: float, minimum: float, channel: float, unit: float, subcircuit: bool
) -> None:
    card = _card(unit, subcircuit=subcircuit)
    lines = retargeted(_deck(repr(width), repr(length)), _process(minimum, channel), card)
    letter = "X" if subcircuit else ""
    for line, name, device in ((lines[1], "Mn", "nch"), (lines[2], "mp", "pch")):
        tokens, parameters = tokenize(line)
        assert (tokens[0], tokens[-1]) == (letter + name, device)
        assert tokens[1:3] == ["out", "in"]
        w, length_there = (evaluate(parameters[key], {}) or 0.0 for key in "wl")
        assert w * unit / minimum == pytest.approx(width / UNIT_WIDTH, rel=1e-9)
        assert length_there * unit / channel == pytest.approx(length / UNIT_LENGTH, rel=1e-9)
    assert tokenize(lines[2])[1]["m"] == "3"
    before = _deck(repr(width), repr(length))
    assert [lines[0], *lines[3:]] == [before[0], *before[4:]]


@pytest.mark.parametrize("unit", [1.0, 1e-6])
def test_a_size_that_is_an_expression_is_scaled_too(unit: float) -> None:
    line = retargeted(_deck("{2*wn}", "'ln'"), _process(200e-9, 56e-9), _card(unit))[1]
    w, length = (evaluate(tokenize(line)[1][key], {"wn": 100e-9, "ln": 28e-9}) or 0.0 for key in "wl")
    assert (w * unit, length * unit) == pytest.approx((400e-9, 56e-9))


def test_own_card_changes_nothing_and_another_in_its_place_only_names() -> None:
    deck = _deck("1e-07", "2.8e-08")
    assert retargeted(deck, OWN, OWN.models()) == deck
    lines = retargeted(deck, OWN, _card())
    assert lines[1] == "Mn out in vss vss nch l=2.8e-08 w=1e-07"
    assert lines[2] == "mp out in vdd vdd pch w=1e-07 l=2.8e-08 m=3"


@pytest.mark.parametrize(
    ("line", "process", "message"),
    [
        ("Mn d g s b nmos28lp w=0.1 l=28n", _process(100e-9, 56e-9), r"beyond reason; found '0.1 m'.*unit_m"),
        ("Mn d g s b nmos28lp w=100n l=28n", _process(0.36, 150e-9), r"Mn w: .*beyond reason; found '0.36 m'.*unit_m"),
        ("Mn d g s b nmos28lp w=100n l=28n", _process(100e-9, 1e-10), r"Mn l: .*beyond reason; found '1e-10 m'"),
        ("Mn d g s b nmos28lp w=100n l=28n as=1f", _process(360e-9, 150e-9), r"no rule scales this.*found 'as'"),
    ],
)
def test_refused(line: str, process: Technology, message: str) -> None:
    with pytest.raises(InputError, match=message):
        retargeted([line], process, _card())


@pytest.mark.parametrize("width", ["2e-07", "{2*wn}"])
def test_a_subcircuit_that_asks_for_its_junctions_gets_those_of_the_card(width: str) -> None:
    """Isolated diffusions, 90 nm long where L is 28 nm; in the unit of the library."""
    card = Card("", CardDevice("nch", True, True), CardDevice("pch", True, True), 1e-6)
    line = retargeted(_deck(width, "2.8e-08"), _process(420e-9, 150e-9), card)[1]
    values = {key: evaluate(text, {"wn": 100e-9}) or 0.0 for key, text in tokenize(line)[1].items()}
    length = 90e-9 * 150 / 28
    assert values["w"] == pytest.approx(0.84)
    assert values["ad"] == values["as"] == pytest.approx(0.84 * length * 1e6)
    assert values["pd"] == values["ps"] == pytest.approx(2 * (0.84 + length * 1e6))
