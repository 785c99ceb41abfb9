"""Part of a large library: without the subcircuits that nothing uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ipcircuit.spice.cards.source import Statement
from ipcircuit.spice.netlist import statements, tokenize


@dataclass
class _Block:
    """An outermost subcircuit, or (without a name) what stands between two."""

    name: str
    statements: list[Statement] = field(default_factory=list)

    @property
    def uses(self) -> set[str]:
        """Names of the subcircuits that its elements X are."""
        return {instance(s.text) for s in self.statements if s.command[0] == "x"}


def instance(statement: str) -> str:
    """Name in lower case of what an element X is: its last word that is no parameter."""
    return tokenize(statement.lower())[0][-1]


def undefined(netlist: Iterable[str]) -> frozenset[str]:
    """Subcircuits that a netlist uses and does not define."""
    lines = list(statements(netlist))
    defined = {line.split()[1].lower() for line in lines if line.lower().startswith(".subckt ")}
    return frozenset(instance(line) for line in lines if line[0] in "xX") - defined


def needed(library: Sequence[Statement], names: Collection[str]) -> list[Statement]:
    """A library's statements without the outermost subcircuits that are neither of `names` nor used by one of these."""
    blocks = list(_blocks(library))
    by_name = {block.name: block for block in blocks if block.name}
    kept, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in kept:
            kept.add(name)
            waiting.extend(by_name[name].uses)
    return [s for block in blocks if not block.name or block.name in kept for s in block.statements]


def _blocks(library: Sequence[Statement]) -> Iterator[_Block]:
    block, depth = _Block(""), 0
    for statement in library:
        if statement.command == ".subckt" and len(statement.words) > 1:
            if depth == 0:
                yield block
                block = _Block(statement.words[1].lower())
            depth += 1
        block.statements.append(statement)
        if statement.command == ".ends" and depth:
            depth -= 1
            if depth == 0:
                yield block
                block = _Block("")
    yield block
