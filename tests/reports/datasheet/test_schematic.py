"""Schematics: every element of a netlist once, every net, nothing on top of another."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from ipcircuit.declaration.spice import subcircuit_name
from ipcircuit.families import BUILT_IN, CIRCUITS, DEVICES
from ipcircuit.spice.netlist import Subcircuit, read, tokenize
from reports.datasheet.schematic.cells import cells
from reports.datasheet.schematic.columns import columns
from reports.datasheet.schematic.draw import figure, page
from reports.datasheet.schematic.drawing import Drawing
from reports.datasheet.schematic.place import placed

CIRCUIT_NAMES = [entry.name for entry in CIRCUITS.entries() if entry.source == BUILT_IN]
MIXED = """
.subckt odd a b vdd vss
M1 a b vss vss nmos28lp w=1e-07 l=2.8e-08
Q1 a b vss npn
D1 a vss diode
E1 c 0 a b 2
L1 c b 1e-9
Bx b 0 i=v(a)*1e-6
Xfet a b vdd vdd sky130_fd_pr__pfet_01v8 w=1 l=0.15
Xother a c nothing
K1 L1 L1 0.5
.ends odd
"""


def devices() -> dict[str, str]:
    known = [DEVICES.load(name) for name in DEVICES.names()]
    return {subcircuit_name(device, mode): device.name for device in known for mode in device.modes}


def neuron(circuit: str) -> Subcircuit:
    """The first subcircuit of a committed deck that the deck itself uses."""
    deck = read(files("netlists").joinpath(f"{circuit}.cir").read_text(encoding="utf-8"), title=True)
    body = next(deck.used_by(statement)[1] for statement in deck.statements if statement.startswith("X"))
    assert body is not None
    return body


def bodies(body: Subcircuit) -> list[Subcircuit]:
    return [body, *(below for inner in body.inner.values() for below in bodies(inner))]


def elements(body: Subcircuit) -> dict[str, set[str]]:
    """Nets by element, from the words of the statements alone."""
    found = {}
    for statement in body.statements:
        if not statement.startswith("."):
            words = tokenize(statement)[0]
            count = {"X": len(words) - 2, "M": 4, "K": 0, "Q": 3, "E": 4}.get(words[0][0].upper(), 2)
            found[words[0]] = set(words[1 : 1 + count])
    return found


def check_complete(drawing: Drawing, body: Subcircuit) -> None:
    expected = elements(body)
    assert sorted(symbol.part.path.partition(".")[0] for symbol in drawing.symbols) == sorted(expected)
    # The bulk of a transistor is on the rail of its kind unless it is named.
    assert set().union(*expected.values()) - {"vdd", "vss"} <= drawing.nets
    for symbol in drawing.symbols:
        assert symbol.part.nets <= expected[symbol.part.path.partition(".")[0]] & drawing.nets


def check_apart(drawing: Drawing) -> None:
    boxes = [symbol.box for symbol in drawing.symbols]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.overlaps(b)]
    texts = [text.box for text in drawing.texts if text.text]
    assert not [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :] if a.overlaps(b, 0.1)]
    for symbol in drawing.symbols:
        assert symbol.part.symbol == "block" or not [text for text in texts if text.overlaps(symbol.box, 0.1)]


@pytest.mark.parametrize("circuit", CIRCUIT_NAMES)
def test_every_element_is_drawn_once_and_nothing_overlaps(circuit: str):
    top = neuron(circuit)
    known = {(body.name, frozenset(elements(body))): body for body in bodies(top)}
    drawn = cells(top, devices())
    for cell in drawn:
        paths = frozenset(part.path.partition(".")[0] for part in cell.parts)
        drawing = placed(cell)
        check_complete(drawing, known[cell.name, paths])
        check_apart(drawing)
    transistors = sum(part.symbol in "np" for cell in drawn for part in cell.parts)
    assert transistors >= len({name for name, _ in known if re.search("inverter|switch|stage|driver", name)})


def test_any_element_of_a_users_netlist_is_drawn():
    body = read(MIXED).inner["odd"]
    (cell,) = cells(body, {})
    check_complete(placed(cell), body)
    check_apart(placed(cell))
    assert {part.path: part.symbol for part in cell.parts}["Xfet"] == "p"


def test_an_inverter_is_one_branch_from_supply_to_ground():
    inverter = next(cell for cell in cells(neuron("comparator"), devices()) if cell.name == "inverter")
    (branch,) = columns(inverter.parts, inverter.ports)
    assert [part.path for part in branch.parts] == ["Mp", "Mn"]
    assert branch.nets == ("vdd", "output", "vss")
    assert branch.levels(3) == [0, 2]  # the p transistor at the supply, the n transistor at ground


def test_neighbours_are_wired_and_not_only_named():
    comparator = next(c for c in cells(neuron("comparator"), devices()) if c.name == "threshold_comparator")
    drawing = placed(comparator)
    spans = [wire.points[-1][0] - wire.points[0][0] for wire in drawing.wires if wire.net == "bar"]
    assert max(spans) > 1.0


def test_a_page_is_as_wide_as_every_figure():
    drawing = page(cells(neuron("axon_hillock_lif"), devices()))
    made = figure(drawing)
    axes = made.axes[0]
    right = max(text.box.right for text in drawing.texts)
    assert made.get_size_inches()[0] == pytest.approx(5.4)
    assert right < axes.get_xlim()[1]
    assert min(symbol.box.bottom for symbol in drawing.symbols) > axes.get_ylim()[0]
