"""Area of a neuron in three scopes, from the transistors that the simulated netlist really contains.

paper    transistors times 80 F² (Liu et al.), nothing else.
circuit  standard cells: contacted poly pitch times cell height of the technology, widths counted in pitches. MTJs lie
         above the logic, between metal layers: they are listed with their own area and cost footprint only where they
         need more of it than the logic below.
system   the same, plus write drivers and the other additions of `system_area`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from circuits.cells.layout import FINGER, columns
from energy.constants import LAYOUT_FACTOR
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.spice.cards.needed import undefined
from ipcircuit.spice.models import Card
from ipcircuit.spice.netlist import Element, expand
from ipcircuit.technology import catalog
from ipcircuit.technology.record import REFERENCE_DEVICES, Technology, bounds, with_bounds

_WIDTH_SOURCE = "assumed: one gate column per input pair and one shared break, as in common minimum-drive cells"


@dataclass(frozen=True)
class Transistor:
    """One MOSFET of the expanded netlist: instance path, model, drawn size (None: not stated as a number), cell.

    Sizes are in the circuits' units, in which a minimum transistor is 100 nm wide and 28 nm long.
    """

    name: str
    model: str
    width_m: float | None
    length_m: float | None
    cell: str
    fingers: int = 1
    hierarchy: tuple[str, ...] = ()

    def instance(self, known_cells: Collection[str] = ()) -> tuple[str, str]:
        """Path and name of its cell: the outermost known one, else the innermost subcircuit.

        An AND gate made of a NAND and an inverter is laid out as one AND cell, so the outermost known cell counts.
        """
        path = self.name.split(".")
        for level, cell in enumerate(self.hierarchy):
            if cell in known_cells:
                return ".".join(path[: level + 1]), cell
        return ".".join(path[:-1]), self.cell


@lru_cache(maxsize=128)
def _elements(netlist_text: str, leaves: tuple[str, ...]) -> tuple[Element, ...]:
    """`expand`, once for a netlist: transistors and devices are counted in it, and a sweep has one at all points."""
    return tuple(expand(netlist_text, leaves=leaves))


def transistors_of(
    netlist_text: str, *, leaves: Sequence[str] = (), technology: Technology | None = None
) -> tuple[Transistor, ...]:
    """Every MOSFET of a deck, subcircuits expanded. `m=` copies count one each; `nf=` fingers are one transistor.

    Args:
        netlist_text: complete deck.
        leaves: subcircuits that are devices, not logic (their internals are not looked into).
        technology: whose library's subcircuits a circuit may use; default lp28.

    Raises:
        InputError: a MOSFET without a model, or anything `ipcircuit.spice.netlist.expand` refuses.
    """
    process, card = technology or catalog.technology(), _card(technology, netlist_text)
    of_card, unit_m = (card.subcircuits, card.unit_m) if card else ({}, 1.0)
    transistors = []
    for e in _elements(netlist_text, (*leaves, *of_card)):
        if e.kind == "m":
            if len(e.tokens) < 6:
                raise InputError("a MOSFET needs four nodes and a model", where=e.path, found=" ".join(e.tokens))
            transistors.append(_transistor(e, process, unit_m))
        elif e.kind == "x" and of_card.get(e.tokens[-1]) and e.tokens[-1] not in leaves:
            transistors.append(_transistor(e, process, unit_m))
    return tuple(transistors)


def _card(technology: Technology | None, netlist_text: str) -> Card | None:
    """The library of a technology, whose subcircuits a circuit may use; our own has none."""
    if technology is None or technology.card is None:
        return None
    return technology.models(technology.corner_names[0], undefined(netlist_text.splitlines()))


def _transistor(e: Element, process: Technology, unit_m: float) -> Transistor:
    width, length = e.parameters.get("w"), e.parameters.get("l")
    if e.tokens[5] not in REFERENCE_DEVICES:  # drawn in the technology itself
        width = None if width is None else width * unit_m / process.width_scale
        length = None if length is None else length * unit_m / process.length_scale
    return Transistor(e.path, e.tokens[5], width, length, e.cell, int(e.parameters.get("nf", 1)), e.hierarchy)


_KINDS = {"m": "transistor", "r": "resistor", "c": "capacitor", "l": "inductor", "d": "diode", "q": "bipolar"}


def count_devices(
    netlist_text: str, *, leaves: Sequence[str] = (), technology: Technology | None = None
) -> Counter[str]:
    """Devices of a deck by kind. A leaf subcircuit counts under its own name, as do those of the technology's library;
    sources and probes are not devices.

    Behavioural sources are a way to write a model down, so a device model must be named in `leaves` to be counted.
    """
    card = _card(technology, netlist_text)
    elements = _elements(netlist_text, (*leaves, *(card.subcircuits if card else ())))
    kinds = (element.tokens[-1] if element.kind == "x" else _KINDS.get(element.kind) for element in elements)
    return Counter(kind for kind in kinds if kind)


def cell_instances(transistors: Sequence[Transistor], known_cells: Collection[str] = ()) -> Counter[str]:
    """Cell instances that hold transistors, by cell name; each transistor belongs to one (`Transistor.instance`)."""
    instances = dict.fromkeys(t.instance(known_cells) for t in transistors)  # a set has another order in each process
    return Counter(cell for _, cell in instances)


def cell_widths(transistors: Sequence[Transistor], declared: Mapping[str, float]) -> dict[str, float]:
    """Layout width of every cell of a netlist, contacted poly pitches.

    Args:
        declared: by cell name; another cell is as wide as its widest row, all transistors of a model side by side.
    """
    rows: dict[tuple[str, str, str], list[float]] = {}
    for t in transistors:
        path, cell = t.instance(declared)
        rows.setdefault((path, cell, t.model), []).append(max(t.width_m or 0.0, t.fingers * FINGER))
    widths: dict[str, float] = {}
    for (_, cell, _), row in rows.items():
        widths[cell] = max(widths.get(cell, 0.0), columns(*row))
    return {cell: declared.get(cell, width) for cell, width in widths.items()}


@dataclass(frozen=True)
class AreaEstimate:
    """Area in one scope, µm².

    Attributes:
        low_um2, high_um2: bounds of the total where the scope has a range.
        mtj_um2: what lies above the logic; not part of the total unless it overhangs.
        parameters: the constants used.
        overhangs: components of the breakdown that are no logic but what overhangs it.
    """

    scope: str
    breakdown_um2: Mapping[str, float]
    low_um2: float
    high_um2: float
    mtj_um2: float
    parameters: tuple[Parameter, ...]
    overhangs: tuple[str, ...] = ()

    @property
    def logic_um2(self) -> float:
        """Sum of the breakdown without overhangs."""
        return sum(area for name, area in self.breakdown_um2.items() if name not in self.overhangs)

    @property
    def total_um2(self) -> float:
        """Sum of the breakdown."""
        return math.fsum(self.breakdown_um2.values())


def mtj_area_um2(diameters_m: Sequence[float]) -> float:
    """Area of round pillars, π d²/4 each, in µm². Raises InputError for a diameter that is not positive."""
    for diameter in diameters_m:
        if not (math.isfinite(diameter) and diameter > 0):
            raise InputError("MTJ diameter must be positive", where="diameters_m", found=diameter)
    return math.fsum(math.pi * diameter**2 / 4 for diameter in diameters_m) * 1e12


def paper_area(
    transistors: int, diameters_m: Sequence[float] = (), technology: Technology | None = None
) -> AreaEstimate:
    """Area as Liu et al. count it: transistors times 80 F²; 24 transistors of lp28 (F = 28 nm) make 1.505 µm².

    Raises:
        InputError: a negative count.
    """
    if transistors < 0:
        raise InputError("negative transistor count", where="transistors", found=transistors)
    feature_size = (technology or catalog.technology()).feature_size
    total = transistors * LAYOUT_FACTOR.value * feature_size.value**2 * 1e12
    used = (feature_size, LAYOUT_FACTOR)
    return AreaEstimate("paper", {"transistors": total}, total, total, mtj_area_um2(diameters_m), used)


def circuit_area(
    cells: Mapping[str, int],
    widths_cpp: Mapping[str, float],
    diameters_m: Sequence[float] = (),
    overlay_um2: Mapping[str, float] | None = None,
    technology: Technology | None = None,
) -> AreaEstimate:
    """Standard-cell area of a netlist's cells, with devices on top, of which only an overhang costs area.

    Args:
        cells: instances by cell name, from `cell_instances`.
        widths_cpp: layout width by cell name, from `cell_widths`.
        diameters_m: one per MTJ.
        overlay_um2: of other devices above the logic (capacitors, ECRAMs).
        technology: whose pitch and cell height count; default lp28.

    Raises:
        InputError: a cell without a width, a negative area.
    """
    if unknown := sorted(set(cells) - set(widths_cpp)):
        known = ", ".join(sorted(widths_cpp))
        raise InputError("no layout width is known for a cell", where="cells", found=unknown, allowed=known)
    overlay = dict(overlay_um2 or {})
    _require_areas("overlay_um2", overlay)
    process = technology or catalog.technology()
    site = process.poly_pitch.value * process.row_height.value * 1e12
    extremes = zip(bounds(process.poly_pitch), bounds(process.row_height), strict=True)
    columns = math.fsum(widths_cpp[name] * count for name, count in cells.items())
    mtj = mtj_area_um2(diameters_m)
    above = mtj + math.fsum(overlay.values())
    breakdown = {name: widths_cpp[name] * count * site for name, count in cells.items()}
    # Stacked, not side by side: the footprint is the larger of logic and devices.
    breakdown["mtj_overhang"] = max(0.0, mtj - columns * site)
    if overlay:
        breakdown[f"overhang of {', '.join(overlay)}"] = max(0.0, above - math.fsum(breakdown.values()))
    widths = (
        Parameter(f"width of {name or 'top-level transistors'}", widths_cpp[name], "CPP", "", _WIDTH_SOURCE, "assumed")
        for name in cells
    )
    used = (*with_bounds(process.poly_pitch), *with_bounds(process.row_height), *widths)
    low, high = (max(columns * (pitch * height * 1e12), above) for pitch, height in extremes)
    overhangs = tuple(name for name in breakdown if name not in cells)
    return AreaEstimate("circuit", breakdown, low, high, above, used, overhangs)


def _require_areas(where: str, areas_um2: Mapping[str, float]) -> None:
    for name, area in areas_um2.items():
        if not 0 <= area < math.inf:
            raise InputError("area must not be negative", where=f"{where}.{name}", found=area)


def system_area(circuit: AreaEstimate, additions_um2: Mapping[str, float], used: Sequence[Parameter]) -> AreaEstimate:
    """Circuit area plus what the neuron needs around it (write drivers, access devices), by component.

    Args:
        circuit: from `circuit_area`.
        additions_um2: area by component, µm²; for a driver `WriteDriver.area_um2`.
        used: the parameters of the additions, for the report's list of assumptions.

    Raises:
        InputError: a negative addition or one that hides a component of the circuit.
    """
    if counted := sorted(set(additions_um2) & set(circuit.breakdown_um2)):
        raise InputError("component is already counted in the circuit", where="additions_um2", found=counted[0])
    _require_areas("additions_um2", additions_um2)
    extra = math.fsum(additions_um2.values())
    breakdown = {**circuit.breakdown_um2, **additions_um2}
    low, high = circuit.low_um2 + extra, circuit.high_um2 + extra
    return AreaEstimate(
        "system", breakdown, low, high, circuit.mtj_um2, (*circuit.parameters, *used), circuit.overhangs
    )
