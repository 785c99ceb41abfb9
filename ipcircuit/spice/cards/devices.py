"""Transistors of a card: the one that circuits use for each polarity, a model or a subcircuit."""

from __future__ import annotations

from dataclasses import dataclass

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.written import WrittenCard, WrittenSubcircuit

PORTS = ["d", "g", "s", "b"]
_SIZES = {"w", "l"}
_JUNCTIONS = {"ad", "as", "pd", "ps"}


@dataclass(frozen=True)
class CardDevice:
    """A transistor of a card by name: a `.model` (element M), or a subcircuit with ports d g s b (element X).

    Attributes:
        junctions: the subcircuit takes areas and perimeters of source and drain, and has no junctions without them.
    """

    name: str
    subcircuit: bool = False
    junctions: bool = False


def found_device(card: WrittenCard, kind: str, name: str | None, file: str) -> CardDevice:
    """The transistor of a kind.

    Args:
        kind: ``"nmos"`` or ``"pmos"``.
        name: of the model or subcircuit; None: the only one of this kind, or that named as the project's own.
        file: for messages.

    Raises:
        InputError: none, several, or one that is no transistor.
    """
    if name is not None:
        return _named(card, kind, name.lower(), file)
    candidates = _candidates(card, kind)
    if not candidates:
        found = ", ".join(name for name in card.models if name not in card.local) or "no transistor"
        raise InputError(f"no {kind} model in the card", where=file, found=found, allowed="one nmos and one pmos model")
    own = f"{kind}28lp"
    if len(candidates) > 1 and own not in candidates:
        raise InputError(
            f"several {kind} transistors in the card",
            where=file,
            found=", ".join(candidates),
            allowed=f'a technology file that names one: [devices] {kind[0]} = "{next(iter(candidates))}"',
        )
    return candidates.get(own) or next(iter(candidates.values()))


def _named(card: WrittenCard, kind: str, name: str, file: str) -> CardDevice:
    subcircuit = card.subcircuits.get(name)
    if subcircuit is not None:
        _check(subcircuit, name)
        return CardDevice(name, subcircuit=True, junctions=set(subcircuit.parameters) >= _JUNCTIONS)
    if name in card.models and name not in card.local:
        return CardDevice(name)  # that it is of this kind has been checked where it was read
    allowed = ", ".join(_candidates(card, kind)) or "a model or subcircuit of the card"
    raise InputError(f"no such {kind} transistor in the card", where=file, found=name, allowed=allowed)


def _candidates(card: WrittenCard, kind: str) -> dict[str, CardDevice]:
    """Everything that may be the transistor of a kind, by name: plain models, and subcircuits made of one."""
    models = {name: CardDevice(name) for name, of in card.models.items() if of == kind and name not in card.local}
    subcircuits = {
        name: CardDevice(name, subcircuit=True, junctions=set(subcircuit.parameters) >= _JUNCTIONS)
        for name, subcircuit in card.subcircuits.items()
        if subcircuit.ports == PORTS
        and set(subcircuit.parameters) >= _SIZES
        and {card.models.get(model) for model in subcircuit.transistors} == {kind}
    }
    return {**models, **subcircuits}


def is_transistor(subcircuit: WrittenSubcircuit) -> bool:
    """Whether a subcircuit has the ports and the sizes of a transistor."""
    return subcircuit.ports == PORTS and set(subcircuit.parameters) >= _SIZES


def _check(subcircuit: WrittenSubcircuit, name: str) -> None:
    """Raise InputError, naming the line of the subcircuit, unless it has the ports and sizes of a transistor."""
    if subcircuit.ports != PORTS:
        problem, found = f"subcircuit {name} has other ports than a transistor", " ".join(subcircuit.ports)
        raise subcircuit.statement.error(problem, " ".join(PORTS), found or "none")
    if missing := _SIZES - set(subcircuit.parameters):
        problem = f"subcircuit {name} has no parameter {' and '.join(sorted(missing))}"
        raise subcircuit.statement.error(problem, "w and l", ", ".join(subcircuit.parameters) or "none")
