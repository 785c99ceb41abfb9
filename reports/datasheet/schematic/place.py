"""Placement of a cell: its branches as columns, its blocks beside them, in rows that are not wider than a page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from reports.datasheet.schematic.cells import Cell, Part, Side, rail
from reports.datasheet.schematic.columns import Column, columns
from reports.datasheet.schematic.drawing import NET, NOTE, Box, Drawing, Symbol, Text, Wire, height_of, width_of

PITCH, SYMBOL = 2.3, 1.5  # distance of levels, height of a transistor
GATE, STUB, GAP = 1.37, 0.25, 0.35
PIN, PAGE = 0.75, 19.2  # distance of pins; widest row
_LINE = height_of(NOTE)

Points = dict[str, tuple[float, float]]


@dataclass
class Item:
    """A column or block before it is placed, around its own origin.

    Attributes:
        entries, exits: points by net at which a neighbour on the left or right can be wired to it.
        labels: names that stand there without a wire, by net and side.
    """

    drawing: Drawing
    entries: Points = field(default_factory=dict)
    exits: Points = field(default_factory=dict)
    labels: dict[tuple[str, Side], Text] = field(default_factory=dict)

    def left(self, wired: Collection[str] = ()) -> float:
        """Extent to the left, without the names of nets that are wired there."""
        labels = [text for (net, side), text in self.labels.items() if side == "right" or net not in wired]
        boxes = [s.box.left for s in self.drawing.symbols]
        return -min(*boxes, *(text.box.left for text in (*self.drawing.texts, *labels)), -0.3)

    @property
    def right(self) -> float:
        """Extent to the right."""
        texts = (*self.drawing.texts, *self.labels.values())
        return max(*(s.box.right for s in self.drawing.symbols), *(text.box.right for text in texts), 0.3)


def placed(cell: Cell) -> Drawing:
    """A cell's drawing. Every part stands in it once; every net is a wire or a name at each of its ends."""
    branches = columns(cell.parts, cell.ports)
    meters = [branch for branch in branches if branch.parts[0].symbol == "a"]
    blocks = [part for part in cell.parts if part.symbol == "block"]
    order = _in_flow([branch for branch in branches if branch not in meters], blocks, cell.ports)
    drawing, y = Drawing(), 0.0
    for row in _rows([*order, *meters], cell.ports):
        part = _row(_items(row, cell.ports))
        drawing.add(part, 0.0, y)
        y -= part.height + 0.4
    return drawing


def _items(row: Sequence[Column | Part], ports: Sequence[str]) -> list[Item]:
    levels = max((len(item.parts) for item in row if isinstance(item, Column)), default=0)
    return [_item(item, levels, ports) if isinstance(item, Column) else _block(item, ports) for item in row]


def _rows(order: Sequence[Column | Part], ports: Sequence[str]) -> list[list[Column | Part]]:
    """Items by row; a row is at most `PAGE` wide, if it holds more than one."""
    rows: list[list[Column | Part]] = []
    items: list[Item] = []  # of the last row, as wide as they will be
    for one in order:
        (item,) = _items([one], ports)
        if items and _width([*items, item]) <= PAGE:
            rows[-1].append(one)
            items.append(item)
        else:
            rows.append([one])
            items = [item]
    return rows


def _width(items: Sequence[Item]) -> float:
    return _origins(items)[-1] + items[-1].right


def _origins(items: Sequence[Item]) -> list[float]:
    """Where the origins of a row's items stand."""
    places = [items[0].left()]
    for before, after in pairwise(items):
        shared = _shared(before, after)
        places.append(places[-1] + before.right + GAP + 0.3 * len(shared) + after.left(shared))
    return places


def _in_flow(branches: Sequence[Column], blocks: Sequence[Part], ports: Sequence[str]) -> list[Column | Part]:
    """Columns and blocks, each followed by the block that it drives where there is one."""
    columns, waiting, ordered = list(branches), list(blocks), list[Column | Part]()
    while columns or waiting:
        driven = _driven(ordered[-1]) if ordered else set[str]()
        known = {*ports, *(net for item in ordered for net in _driven(item))}

        def rank(part: Part, driven: set[str] = driven, known: set[str] = known) -> tuple[bool, int]:
            inputs = {pin.net for pin in part.pins if pin.side == "left"}
            return not inputs & driven, len(inputs - known)

        following = min(waiting, key=rank, default=None)
        if columns and (following is None or rank(following)[0] or _together(ordered, columns[0])):
            ordered.append(columns.pop(0))
        elif following is not None:
            waiting.remove(following)
            ordered.append(following)
    return ordered


def _driven(item: Column | Part) -> set[str]:
    """Nets that a column has, or a block drives."""
    if isinstance(item, Column):
        return {net for net in item.nets if rail(net) is None}
    return {pin.net for pin in item.pins if pin.side == "right"}


def _together(ordered: Sequence[Column | Part], column: Column) -> bool:
    """Whether a column shares a net within it with the column before it."""
    return bool(ordered) and isinstance(ordered[-1], Column) and bool(_driven(ordered[-1]) & _driven(column))


def _row(items: Sequence[Item]) -> Drawing:
    """Items side by side, wired where neighbours share a net, all other ends named."""
    row, places, passed = Drawing(), _origins(items), set[str]()
    row.width = places[-1] + items[-1].right
    boxes = [box for item in items for box in _boxes(item)]
    top = max(box.top for box in boxes)
    row.height = top - min(box.bottom for box in boxes)
    for i, (item, place) in enumerate(zip(items, places, strict=True)):
        row.add(item.drawing, place, -top)
        if i:
            passed = _wire(row, (items[i - 1], item), (places[i - 1], place), -top, passed)
    for item, place in zip(items, places, strict=True):
        row.add(Drawing(texts=list(item.labels.values())), place, -top)
    return row


def _boxes(item: Item) -> list[Box]:
    """What stands in an item."""
    texts = (*item.drawing.texts, *item.labels.values())
    ends = [(wire.kind, x, y) for wire in item.drawing.wires for x, y in wire.points]
    wires = [Box(x, y - 0.6 if kind == "ground" else y, x, y) for kind, x, y in ends]
    return [*(symbol.box for symbol in item.drawing.symbols), *(text.box for text in texts), *wires]


def _shared(before: Item, after: Item) -> list[str]:
    return [net for net in before.exits if net in after.entries and rail(net) is None]


def _wire(
    row: Drawing, pair: tuple[Item, Item], places: tuple[float, float], y: float, passed: Collection[str]
) -> set[str]:
    """Wires of the nets that two neighbours share; one that would run along another's stays two names.

    Args:
        passed: nets that a wire has brought to the first neighbour, which need no name again.

    Returns:
        Those that one has brought to the second.
    """
    (before, after), (x, to) = pair, places
    taken: list[tuple[float, float, float]] = []
    channel, wired = x + before.right + 0.15, set[str]()
    for net in _shared(before, after):
        (ax, ay), (bx, by) = before.exits[net], after.entries[net]
        start, end = (ax + x, ay + y), (bx + to, by + y)
        straight = start[1] == end[1]
        bend = end[0] if straight else channel
        runs = [(start[1], start[0], bend), (end[1], bend, end[0])]
        if any(level == other and min(b, d) > max(a, c) for level, a, b in runs for other, c, d in taken):
            continue
        taken += runs
        row.wires.append(Wire(net, (start, end) if straight else (start, (bend, start[1]), (bend, end[1]), end)))
        row.dots += [(px, py) for px, py, local in ((x, start[1], ax), (to, end[1], bx)) if local in (0.0, STUB)]
        text = before.labels.pop((net, "right"))
        after.labels.pop((net, "left"), None)
        if net not in passed:
            row.texts.append(replace(text, x=start[0] + 0.12, y=start[1] + 0.05, along="bottom"))
        wired.add(net)
        channel += 0.0 if straight else 0.3
    return wired


def _name(net: str, x: float, y: float, across: str, ports: Sequence[str], along: str = "center") -> Text:
    """A net's name; a port's is bold."""
    return Text(net, x, y, across, along, NET, net in ports, net)


def _item(column: Column, levels: int, ports: Sequence[str]) -> Item:
    """A column around the line that its parts stand on; the upper end of the row's first level is 0."""
    item, nets = Item(Drawing()), column.nets
    at = [-PITCH * level for level in column.levels(levels)]
    before: tuple[str, float] = ("", 0.0)
    for part, y in zip(column.parts, at, strict=True):
        _symbol(item, part, y, before, ports)
        before = part.gate, y - PITCH / 2
    for place, net in enumerate(nets):
        upper = at[place - 1] - PITCH if place else at[0]
        lower = at[place] if place < len(at) else upper
        _junction(item, net, (upper, lower), place in (0, len(at)), ports)
    return item


def _symbol(item: Item, part: Part, y: float, before: tuple[str, float], ports: Sequence[str]) -> None:
    """A part from `y` down to the next level, its text on the right, its gate on the left.

    Args:
        before: gate of the part above, and where it is.
    """
    drawing, middle, transistor = item.drawing, y - PITCH / 2, part.symbol in "np"
    half = 0.05 if transistor else 0.5 if part.symbol in "avi" else 0.28
    box = Box(-GATE if part.gate else -half, middle - SYMBOL / 2, half, middle + SYMBOL / 2)
    drawing.symbols.append(Symbol(part, 0.0, y, PITCH, box))
    first = middle + _LINE * (len(part.lines) - 1) / 2
    for i, line in enumerate(part.lines):
        drawing.texts.append(Text(line, 0.2 if transistor else 0.6, first - _LINE * i, size=NOTE))
    if not part.gate:
        return
    if part.gate in (part.upper, part.lower):  # connected as a diode
        end = y if part.gate == part.upper else y - PITCH
        drawing.wires.append(Wire(part.gate, ((-GATE, middle), (-GATE, end), (0.0, end))))
        return
    if part.gate == before[0]:
        drawing.wires.append(Wire(part.gate, ((-GATE, before[1]), (-GATE, middle))))
        return
    _name_or_entry(item, part.gate, (-GATE, middle), ports)


def _name_or_entry(item: Item, net: str, tip: tuple[float, float], ports: Sequence[str]) -> None:
    """A net's end on the left: the first one may be wired to, the others are named."""
    text = _name(net, tip[0] - 0.1, tip[1], "right", ports)
    if net in item.entries:
        item.drawing.texts.append(text)
    else:
        item.entries[net] = tip
        item.labels[net, "left"] = text


def _junction(item: Item, net: str, ends: tuple[float, float], last: bool, ports: Sequence[str]) -> None:
    """A net of a column, from one part to the next; at the column's end the symbol of a rail."""
    drawing, (upper, lower) = item.drawing, ends
    if upper != lower:
        drawing.wires.append(Wire(net, ((0.0, upper), (0.0, lower))))
    kind = rail(net)
    if last and (kind == "bottom" or (kind == "top" and upper == 0.0)):
        drawing.wires.append(Wire(net, ((0.0, upper),), "rail" if kind == "top" else "ground"))
        above = _name(net, 0.0, upper + 0.05, "center", ports, "bottom")
        drawing.texts.append(above if kind == "top" else _name(net, 0.4, upper - 0.25, "left", ports))
        return
    drawing.wires.append(Wire(net, ((0.0, upper), (STUB, upper))))
    text = _name(net, STUB + 0.08, upper, "left", ports)
    if net in item.exits:
        drawing.texts.append(text)
        return
    item.exits[net] = (STUB, upper)
    item.labels[net, "right"] = text
    item.entries.setdefault(net, (0.0, upper))


def _block(part: Part, ports: Sequence[str]) -> Item:
    """A box with its names, supplies and pins; its upper left corner is the origin."""
    left, right = ([pin for pin in part.pins if pin.side == side] for side in ("left", "right"))
    supplies = [pin for pin in part.pins if pin.side in ("top", "bottom")]
    plain = len(left) < 2 and len(right) < 2  # which pin is which is plain
    named = [max((width_of(pin.name, NOTE) for pin in pins), default=0.0) for pins in (left, right)]
    lines = [Text(line, 0.0, 0.0, "center", size=NOTE, bold=i == 0) for i, line in enumerate(part.notes)]
    lines += [Text(pin.net, 0.0, 0.0, "center", size=NOTE, net=pin.net) for pin in supplies if pin.side == "top"]
    lines += [Text(pin.net, 0.0, 0.0, "center", size=NOTE, net=pin.net) for pin in supplies if pin.side == "bottom"]
    width = max(sum(named) + 0.6 if not plain else 0.0, *(line.box.right - line.box.left + 0.4 for line in lines))
    pins = 0.0 if plain else PIN * max(len(left), len(right))
    height = 0.3 + _LINE * len(lines) + pins
    drawing = Drawing([Symbol(part, 0.0, 0.0, height, Box(0.0, -height, width, 0.0))])
    item = Item(drawing)
    drawing.texts += [replace(line, x=width / 2, y=-0.15 - _LINE * (i + 0.5)) for i, line in enumerate(lines)]
    first = -height / 2 if plain else -0.15 - _LINE * len(lines) - PIN / 2
    for i, pin in enumerate(left):
        tip = (-0.3, first - PIN * i)
        drawing.wires.append(Wire(pin.net, ((0.0, tip[1]), tip)))
        drawing.texts += [] if plain else [Text(pin.name, 0.12, tip[1], size=NOTE)]
        _name_or_entry(item, pin.net, tip, ports)
    for i, pin in enumerate(right):
        tip = (width + 0.3, first - PIN * i)
        drawing.wires.append(Wire(pin.net, ((width, tip[1]), tip)))
        drawing.texts += [] if plain else [Text(pin.name, width - 0.12, tip[1], "right", size=NOTE)]
        text = _name(pin.net, tip[0] + 0.08, tip[1], "left", ports)
        if pin.net in item.exits:
            drawing.texts.append(text)
        else:
            item.exits[pin.net] = tip
            item.labels[pin.net, "right"] = text
    return item
