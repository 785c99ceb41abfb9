"""What has been written of a card: its text, and the models and subcircuits in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ipcircuit.spice.cards.source import Statement


@dataclass
class WrittenSubcircuit:
    """A subcircuit of a card: where it begins, its ports and parameters, and the models that its transistors use."""

    statement: Statement
    ports: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    transistors: set[str] = field(default_factory=set)


@dataclass
class WrittenCard:
    """What has been written of a card.

    Attributes:
        lines: the text.
        models: type by name of each model, bins of one name together.
        local: names of those that only a subcircuit can use.
        subcircuits: by name, those that are not inside another.
        scale: ``.option scale``, which multiplies every width and length of the deck; 1 without one.
    """

    lines: list[str] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    local: set[str] = field(default_factory=set)
    subcircuits: dict[str, WrittenSubcircuit] = field(default_factory=dict)
    scale: float = 1.0
