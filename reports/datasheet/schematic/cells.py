"""Subcircuits of a netlist as a drawing needs them: parts with the nets that they connect."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ipcircuit.spice.expressions import number
from ipcircuit.spice.netlist import Subcircuit, tokenize
from ipcircuit.technology.record import REFERENCE_DEVICES
from ipcircuit.units import si

Side = Literal["left", "right", "top", "bottom"]
TWO_ENDED = "rcldvi"
#: Nodes of the other elements by letter; the first two of a controlled source are its own.
_NODES = {"q": 3, "j": 3, "z": 3, "e": 4, "g": 4, "s": 4, "f": 2, "h": 2, "w": 2, "b": 2, "k": 0, "m": 4}
_UNITS = {"r": "Ω", "c": "F", "l": "H", "v": "V", "i": "A"}
_FET, _P_TYPE = re.compile(r"[np](mos|fet|ch)"), re.compile(r"^p|p(mos|fet|ch)")
_TOP, _BOTTOM = re.compile(r"v(dd|cc|pwr|pb)"), re.compile(r"(v(ss|ee|gnd|nb)|a?gnd|0$)")


@dataclass(frozen=True)
class Pin:
    """Terminal of a block, and the net on it."""

    name: str
    net: str
    side: Side


@dataclass(frozen=True)
class Part:
    """What is drawn as one symbol.

    Attributes:
        path: names of its element in the netlist, with those of the cells that are drawn as their only transistor.
        symbol: ``n`` or ``p`` (transistor), a letter of `TWO_ENDED`, ``a`` (a source of 0 V, which measures a current),
            ``device``, or ``block``.
        notes: lines beside the symbol, or in the block.
        upper, lower: nets of what has two ends.
        gate: net that controls it; empty without one.
        pins: of a block.
        further: nets that are only named beside it, by terminal.
    """

    path: str
    symbol: str
    notes: tuple[str, ...]
    upper: str = ""
    lower: str = ""
    gate: str = ""
    pins: tuple[Pin, ...] = ()
    further: tuple[tuple[str, str], ...] = ()

    @property
    def nets(self) -> set[str]:
        """All nets that it connects."""
        named = {self.upper, self.lower, self.gate, *(pin.net for pin in self.pins), *(net for _, net in self.further)}
        return named - {""}

    @property
    def lines(self) -> tuple[str, ...]:
        """Text beside it."""
        return (*self.notes, *(f"{terminal}: {net}" for terminal, net in self.further))

    def turned(self) -> Part:
        """The same with its ends exchanged."""
        return replace(self, upper=self.lower, lower=self.upper)


@dataclass(frozen=True)
class Cell:
    """A subcircuit: its name, ports and parts."""

    name: str
    ports: tuple[str, ...]
    parts: tuple[Part, ...]


def rail(net: str) -> Side | None:
    """Whether a net is a supply (``top``) or ground (``bottom``), by its name."""
    name = net.lower()
    return "top" if _TOP.match(name) else "bottom" if _BOTTOM.match(name) else None


def cells(circuit: Subcircuit, devices: Mapping[str, str]) -> list[Cell]:
    """The cell of a circuit and those that it is made of, each once, from the whole to the parts.

    Args:
        circuit: as `ipcircuit.spice.netlist.read` found it.
        devices: subcircuits that are one device, which are not looked into: name to what it is.
    """
    reader = _Reader({name.lower(): kind for name, kind in devices.items()})
    waiting, drawn = [circuit], dict[str, Cell]()
    while waiting:
        body = waiting.pop(0)
        if _key(body) not in drawn:
            drawn[_key(body)] = reader.cell(body)
            waiting += reader.used(body)
    return list(drawn.values())


def _key(body: Subcircuit) -> str:
    """Definitions of the same content are one cell."""
    return "\n".join((body.header, *body.statements)).lower()


def _ports(body: Subcircuit) -> list[str]:
    return tokenize(body.header)[0][2:]


def _nodes(words: Sequence[str]) -> list[str]:
    letter = words[0][0].lower()
    count = len(words) - 2 if letter == "x" else 2 if letter in TWO_ENDED else _NODES.get(letter, 0)
    return list(words[1 : 1 + count])


@dataclass(frozen=True)
class _Reader:
    devices: Mapping[str, str]

    def cell(self, body: Subcircuit) -> Cell:
        return Cell(body.name, tuple(_ports(body)), tuple(self._parts(body)))

    def used(self, body: Subcircuit) -> Iterator[Subcircuit]:
        """Subcircuits of a body that are drawn on their own."""
        for statement in _elements(body):
            name, inner = body.used_by(statement) if statement[0].lower() == "x" else ("", None)
            if inner is not None and name.lower() not in self.devices and self._only(inner) is None:
                yield inner

    def _parts(self, body: Subcircuit) -> Iterator[Part]:
        for statement in _elements(body):
            words, values = tokenize(statement)
            if words[0][0].lower() != "x":
                yield _element(words, values)
                continue
            name, inner = body.used_by(statement)
            kind = self.devices.get(name.lower())
            if kind is not None and len(words) > 3:
                yield _device(words, [] if inner is None else _ports(inner), kind)
            elif inner is None and len(words) == 6 and _FET.search(name.lower()):  # of a process's library
                yield _transistor(words[0], words[1:5], name, values)
            elif inner is None:
                yield _block(words, [str(i + 1) for i in range(len(words) - 2)], name)
            elif (only := self._only(inner)) is not None:
                yield _renamed(only, words[0], name, dict(zip(_ports(inner), _nodes(words), strict=False)))
            else:
                yield _block(words, _ports(inner), name, self._driven(inner))

    def _only(self, body: Subcircuit) -> Part | None:
        """The transistor of a cell that holds nothing else."""
        elements = list(_elements(body))
        if len(elements) != 1 or elements[0][0].lower() != "m":
            return None
        return _element(*tokenize(elements[0]))

    def _driven(self, body: Subcircuit) -> Collection[str]:
        """Ports that lead to something else than gates."""
        nets: set[str] = set()
        for statement in _elements(body):
            words, _ = tokenize(statement)
            nodes, letter = _nodes(words), words[0][0].lower()
            if letter == "m":
                nets |= {nodes[0], nodes[2]}
            elif letter == "x":
                name, inner = body.used_by(statement)
                if inner is None or name.lower() in self.devices:
                    nets |= set(nodes[:2])
                else:
                    named = dict(zip(_ports(inner), nodes, strict=False))
                    nets |= {named[port] for port in self._driven(inner) if port in named}
            else:
                nets |= set(nodes[:2])
        return nets & set(_ports(body))


def _elements(body: Subcircuit) -> Iterator[str]:
    return (statement for statement in body.statements if not statement.startswith("."))


def _element(words: list[str], values: Mapping[str, str]) -> Part:
    letter, nodes = words[0][0].lower(), _nodes(words)
    if letter == "m" and len(words) >= 6:
        return _transistor(words[0], nodes, words[5], values)
    if letter in TWO_ENDED and len(nodes) == 2:
        text = words[3] if len(words) > 3 else values.get(letter, "")
        value = number(text)
        symbol = "a" if letter == "v" and value == 0 else letter
        shown = si(value, _UNITS[letter], 3) if value is not None and letter in _UNITS else text[:16]
        upper, lower = nodes
        return Part(words[0], symbol, (words[0],) if symbol == "a" else (words[0], shown), upper, lower)
    return _block([words[0], *nodes, ""], [str(i + 1) for i in range(len(nodes))], words[-1][:16])


def _transistor(name: str, nodes: list[str], model: str, values: Mapping[str, str]) -> Part:
    drain, gate, source, bulk = nodes
    polarity = REFERENCE_DEVICES.get(model.lower()) or ("p" if _P_TYPE.search(model.lower()) else "n")
    sizes = [number(values.get(key, "")) for key in ("w", "l")]
    size = "/".join("?" if value is None else f"{1e9 * value:.4g}" for value in sizes) + " nm"
    copies = f" × {values['m']}" if "m" in values else ""
    usual = rail(bulk) == ("top" if polarity == "p" else "bottom") or bulk == source
    upper, lower = (source, drain) if polarity == "p" else (drain, source)
    further = () if usual else (("bulk", bulk),)
    return Part(name, polarity, (name, size + copies), upper, lower, gate, further=further)


def _device(words: list[str], ports: list[str], kind: str) -> Part:
    """A declared device: its first two terminals are its ends, a third one controls it."""
    nodes = _nodes(words)
    names = [*ports, *(str(i + 1) for i in range(len(ports), len(nodes)))]
    controls = list(zip(names, nodes, strict=False))[2:]
    gate, further = controls[0][1] if controls else "", tuple(controls[1:])
    return Part(words[0], "device", (words[0], kind), nodes[0], nodes[1], gate, further=further)


def _renamed(part: Part, instance: str, cell: str, nets: Mapping[str, str]) -> Part:
    """The only transistor of a cell, with the nets of the instance."""
    upper, lower, gate = (nets.get(net, f"{instance}.{net}") for net in (part.upper, part.lower, part.gate))
    further = tuple(
        (terminal, nets.get(net, net))
        for terminal, net in part.further
        if rail(nets.get(net, net)) != ("top" if part.symbol == "p" else "bottom")
    )
    notes = (instance, cell, *part.notes[1:])
    return Part(f"{instance}.{part.path}", part.symbol, notes, upper, lower, gate, further=further)


def _block(words: list[str], ports: list[str], name: str, driven: Collection[str] | None = None) -> Part:
    pins = []
    for place, (port, net) in enumerate(zip(ports, _nodes([f"x{words[0]}", *words[1:]]), strict=False)):
        side: Side = "left" if 2 * place < len(ports) else "right"
        if driven is not None:
            side = rail(port) or ("right" if port in driven else "left")
        pins.append(Pin(port, net, side))
    return Part(words[0], "block", (words[0], name), pins=tuple(pins))
