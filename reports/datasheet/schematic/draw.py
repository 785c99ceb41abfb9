"""Drawings of a circuit's cells, put on pages and drawn with schemdraw's symbols."""

from __future__ import annotations

from collections.abc import Sequence

import schemdraw
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from schemdraw import elements

from reports.datasheet.schematic.cells import Cell
from reports.datasheet.schematic.drawing import NOTE, TITLE, Drawing, Symbol, Text, UNIT_in, Wire, width_of
from reports.datasheet.schematic.place import PAGE, placed
from reports.figures import style

_MARGIN = 0.4
_TWO_ENDED = {
    "r": elements.ResistorIEC,
    "c": elements.Capacitor,
    "l": elements.Inductor2,
    "d": elements.Diode,
    "v": elements.SourceV,
    "a": elements.MeterA,
    "i": elements.SourceI,
    "device": elements.Memristor,
}


def page(cells: Sequence[Cell]) -> Drawing:
    """Cells under their names, as many beside each other as the page is wide."""
    parts = [(cell, placed(cell)) for cell in cells]
    widths = [max(part.width, width_of(cell.name, TITLE, True)) + 1.0 for cell, part in parts]
    whole, y = Drawing(), 0.0
    for shelf in _shelves(widths, [part.height for _, part in parts]):
        x, tallest = 0.0, 0.0
        for place in shelf:
            cell, part = parts[place]
            whole.texts.append(Text(cell.name, x, y - 0.3, "left", "center", TITLE, True))
            whole.add(part, x, y - 0.8)
            x, tallest = x + widths[place], max(tallest, part.height)
        y -= tallest + 1.5
    return whole


def _shelves(widths: Sequence[float], heights: Sequence[float]) -> list[list[int]]:
    """Places of drawings by shelf: the first one, then the others, the tallest first, each where there is room."""
    shelves: list[list[int]] = []
    for place in (*range(min(1, len(widths))), *sorted(range(1, len(widths)), key=lambda i: -heights[i])):
        room = [shelf for shelf in shelves if sum(widths[i] for i in (*shelf, place)) <= PAGE + 1.0]
        if room:
            room[0].append(place)
        else:
            shelves.append([place])
    return shelves


def figure(drawing: Drawing) -> Figure:
    """The drawing as a figure of the report's width."""
    height = drawing.height + 2 * _MARGIN
    width = style.WIDTH / UNIT_in
    made = Figure(figsize=(style.WIDTH, height * UNIT_in))
    FigureCanvasAgg(made)
    axes = made.add_axes((0, 0, 1, 1))
    canvas = schemdraw.Drawing(canvas=axes, show=False)
    canvas.config(unit=1, lw=1.1, color=style.BLACK)
    for symbol in drawing.symbols:
        _symbol(canvas, axes, symbol)
    for wire in drawing.wires:
        _wire(canvas, wire)
    for dot in drawing.dots:
        canvas.add(elements.Dot(radius=0.09).at(dot))
    canvas.draw(show=False)
    for text in drawing.texts:
        _text(axes, text)
    axes.set(xlim=(-_MARGIN, width - _MARGIN), ylim=(_MARGIN - height, _MARGIN))
    axes.set_aspect("equal")
    axes.axis("off")
    return made


def _symbol(canvas: schemdraw.Drawing, axes: Axes, symbol: Symbol) -> None:
    part, x, y, box = symbol.part, symbol.x, symbol.y, symbol.box
    if part.symbol == "block":
        corner = box.right - box.left, box.bottom - box.top
        canvas.add(elements.Rect(corner1=(0, 0), corner2=corner).at((x, y)).theta(0))
        return
    low = y - symbol.height
    if part.symbol in "np":
        kind, anchor = (elements.PFet, "source") if part.symbol == "p" else (elements.NFet, "drain")
        canvas.add(kind().anchor(anchor).at((x, box.top)).theta(0).reverse())
        canvas.add(elements.Line().endpoints((x, y), (x, box.top)))
        canvas.add(elements.Line().endpoints((x, box.bottom), (x, low)))
        return
    canvas.add(_TWO_ENDED[part.symbol]().endpoints((x, y), (x, low)))
    if part.gate:
        middle = (y + low) / 2
        canvas.add(elements.Line().endpoints((box.left, middle), (x - 0.28, middle)))
        canvas.add(elements.Line().endpoints((x - 0.28, middle - 0.45), (x - 0.28, middle + 0.45)))


def _wire(canvas: schemdraw.Drawing, wire: Wire) -> None:
    for start, end in zip(wire.points, wire.points[1:], strict=False):
        if start != end:
            canvas.add(elements.Line().endpoints(start, end))
    x, y = wire.points[-1]
    if wire.kind == "rail":
        canvas.add(elements.Line().endpoints((x - 0.3, y), (x + 0.3, y)))
    elif wire.kind == "ground":
        canvas.add(elements.Ground(lead=False).at((x, y)).theta(0))


def _text(axes: Axes, text: Text) -> None:
    colour = style.GREY if text.size == NOTE else style.BLACK
    axes.text(
        text.x,
        text.y,
        text.text.replace("$", r"\$"),
        ha=text.across,
        va={"center": "center_baseline"}.get(text.along, text.along),
        fontsize=text.size,
        fontweight="bold" if text.bold else "normal",
        color=style.BLACK if text.bold else colour,
    )
