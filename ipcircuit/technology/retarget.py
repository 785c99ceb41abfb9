"""Circuits in another technology: every transistor of a reference device becomes the technology's device.

Name, width and length are replaced where a deck is written, so a circuit need not know in what technology it is
simulated. The transistor of a subcircuit is an element X in place of M; its other parameters stay as they are.
Transistors of other names (a circuit that was written for a PDK) pass untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ipcircuit.errors import InputError
from ipcircuit.spice.expressions import number
from ipcircuit.spice.models import Card
from ipcircuit.spice.netlist import tokenize
from ipcircuit.technology.record import REFERENCE_DEVICES

SHORTEST, LONGEST = 1e-9, 1e-3  # m; no transistor is smaller or larger
#: m, length of a source or drain where L is 28 nm: isolated, as in the 28 nm card; assumed to scale with L.
DIFFUSION = 90e-9
_MODEL = 5  # position in an M statement: name, four nodes, model
#: Parameters of a transistor that do not depend on its size.
_KEPT = ("m", "nf", "delvto", "mulu0", "temp", "dtemp", "off", "ic")


class Scales(Protocol):
    """Sizes of a technology in units of the circuits'; a `Technology` has them."""

    @property
    def width_scale(self) -> float: ...

    @property
    def length_scale(self) -> float: ...


def retargeted(deck: Sequence[str], technology: Scales, card: Card) -> list[str]:
    """The lines of a deck (without title and models) in a technology.

    Args:
        card: the technology's models of the corner.

    Raises:
        InputError: a transistor that cannot be scaled, or that comes out beyond reason.
    """
    same = all(card.device(polarity).name == name for name, polarity in REFERENCE_DEVICES.items())
    if same and card.unit_m == technology.width_scale == technology.length_scale == 1:
        return list(deck)
    return [_element(statement, technology, card) for statement in _joined(deck)]


def _joined(deck: Sequence[str]) -> Iterator[str]:
    """Lines as they are, but a transistor with its continuation lines in one."""
    pending: str | None = None
    for line in deck:
        if pending is not None and line.lstrip().startswith("+"):
            pending = f"{pending} {line.lstrip()[1:].strip()}"
            continue
        if pending is not None:
            yield pending
            pending = None
        if line.lstrip()[:1].lower() == "m":
            pending = line
        else:
            yield line
    if pending is not None:
        yield pending


def _element(statement: str, technology: Scales, card: Card) -> str:
    """A transistor of a reference device in the technology's own; anything else as it is."""
    if statement.lstrip()[:1].lower() != "m":
        return statement
    tokens, parameters = tokenize(statement)
    polarity = REFERENCE_DEVICES.get(tokens[_MODEL].lower()) if len(tokens) > _MODEL else None
    if polarity is None:
        return statement
    device = card.device(polarity)
    scales = {"w": technology.width_scale, "l": technology.length_scale}
    words = [f"X{tokens[0]}" if device.subcircuit else tokens[0], *tokens[1:_MODEL], device.name, *tokens[_MODEL + 1 :]]
    for name, text in parameters.items():
        key = name.lower()
        if key in scales:
            text = _size(text, scales[key], card.unit_m, f"{tokens[0]} {key}")
        elif key not in _KEPT and not (technology.width_scale == technology.length_scale == card.unit_m == 1):
            allowed = ", ".join((*scales, *_KEPT))
            raise InputError(
                "no rule scales this parameter of a transistor", where=tokens[0], found=name, allowed=allowed
            )
        words.append(f"{name}={text}")
        if key == "w" and device.junctions:
            words += _junctions(text, DIFFUSION * technology.length_scale / card.unit_m)
    return " ".join(words)


def _junctions(width: str, diffusion: float) -> list[str]:
    """Area and perimeter of a source and drain of their own, in the library's unit, as the 28 nm card has them."""
    value = number(width)
    if value is None:
        inner = width.strip("{}'\"")
        area, perimeter = f"{{({inner})*{diffusion!r}}}", f"{{2*(({inner})+{diffusion!r})}}"
    else:
        area, perimeter = f"{value * diffusion:.12g}", f"{2 * (value + diffusion):.12g}"
    return [f"ad={area}", f"as={area}", f"pd={perimeter}", f"ps={perimeter}"]


def _size(text: str, scale: float, unit_m: float, where: str) -> str:
    """A width or length in the technology, in its unit."""
    value = number(text)
    if value is None:  # an expression
        inner = text.strip("{}'\"")
        return text if scale == unit_m else f"{{({inner})*{scale / unit_m!r}}}"
    metres = value * scale
    if not SHORTEST <= metres <= LONGEST:
        allowed = f"{SHORTEST:g} … {LONGEST:g} m; see width, length and unit_m of the technology"
        raise InputError("transistor of a size beyond reason", where=where, found=f"{metres:g} m", allowed=allowed)
    return text if scale == unit_m == 1 else f"{metres / unit_m:.12g}"
