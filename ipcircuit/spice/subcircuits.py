"""Circuits in SPICE text: a file of subcircuits, read by the allow-list of model files and written anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.grammar import Writer
from ipcircuit.spice.cards.source import Reading, Statement
from ipcircuit.spice.expressions import number
from ipcircuit.spice.models import included_statements
from ipcircuit.spice.netlist import Subcircuit, read, tokenize

#: Words that an element needs: its name, nodes, and value or model.
_WORDS = {
    **{"r": 4, "c": 4, "l": 4, "d": 4, "m": 6, "q": 5, "j": 5, "z": 5, "v": 3, "i": 3, "x": 3},
    **{"b": 3, "e": 3, "f": 3, "g": 3, "h": 3, "k": 4, "s": 6, "w": 5},
}
_MOST = 100_000  # elements of a circuit
_OTHERS = "its name, nodes, and value or model"
_NEEDS = {
    "r": "NAME NODE NODE OHMS",  # without them ngspice takes 1 mΩ
    "c": "NAME NODE NODE FARADS",
    "l": "NAME NODE NODE HENRIES",
    "d": "NAME NODE NODE MODEL",
    "m": "NAME DRAIN GATE SOURCE BULK MODEL w=… l=…",
    "q": "NAME COLLECTOR BASE EMITTER MODEL",
    "j": "NAME DRAIN GATE SOURCE MODEL",
    "v": "NAME NODE NODE VOLTS",
    "i": "NAME NODE NODE AMPERES",
    "x": "NAME NODE … SUBCIRCUIT",
}


@dataclass(frozen=True)
class SubcircuitFile:
    """Subcircuits of a file, one of which is the circuit.

    Attributes:
        text: what is put into a deck: all of it, written anew, in lower case.
        name, ports: of the circuit.
        parameters: its numeric parameters with their defaults.
        models: names of models that the file defines.
        used_models, used_subcircuits: place by name of those that it uses and does not define.
    """

    text: str = field(repr=False)
    name: str
    ports: tuple[str, ...]
    parameters: Mapping[str, float]
    models: frozenset[str]
    used_models: Mapping[str, str]
    used_subcircuits: Mapping[str, str]


def read_subcircuit(path: Path, name: str | None = None, *, root: Path | None = None) -> SubcircuitFile:
    """A circuit of a SPICE file.

    Args:
        name: of its subcircuit; None: the only one that no other uses.
        root: folder in which it lies, with all that it includes; None: its own.

    Raises:
        InputError: with file and line: what such a file may not hold (control blocks, commands, code models, files
            elsewhere), an element without its nodes or value, a use of a subcircuit with another number of ports; a
            name that the file does not have.
    """
    statements = list(included_statements(path, Reading.below(root or path.parent)))
    card = Writer({}).write(statements)
    if card.scale != 1:
        raise InputError("a circuit may not set .option scale", where=str(path), found=f"scale={card.scale:g}")
    ports = _defined(statements)
    _check(statements, ports)
    models, subcircuits = _used(statements, "m"), _used(statements, "x")
    chosen = _chosen(path, name, list(card.subcircuits), set(subcircuits))
    text = "\n".join(card.lines)
    _check_size(read(text), path)
    return SubcircuitFile(
        text,
        chosen,
        tuple(ports[chosen]),
        _defaults(card.subcircuits[chosen].statement),
        frozenset(card.models),
        {name: place for name, place in models.items() if name not in card.models},
        {name: place for name, place in subcircuits.items() if name not in ports},
    )


def _check(statements: list[Statement], ports: Mapping[str, list[str]]) -> None:
    """Raise InputError for an element that ngspice would take for another one, or a definition for the whole deck."""
    depth = 0
    for statement in statements:
        letter, words = statement.command[0], _words(statement)
        depth += {".subckt": 1, ".ends": -1}.get(statement.command, 0)
        if statement.command == ".subckt":
            names = ports[words[1]]
            if len(set(names)) != len(names) or "0" in names or not names:
                raise statement.error("ports of a subcircuit", "different names, none of them 0", " ".join(names))
        elif letter == "." and depth == 0 and statement.command not in (".ends", ".model", ".end"):
            raise statement.error("statement outside a subcircuit", ".subckt, .model; parameters inside a subcircuit")
        elif len(words) < _WORDS.get(letter, 0) and not _value_named(statement, letter):
            raise statement.error("element without its nodes or value", _NEEDS.get(letter, _OTHERS))
        elif letter == "x" and words[-1] in ports and len(words) - 2 != len(ports[words[-1]]):
            problem = f"subcircuit {words[-1]} has another number of ports"
            raise statement.error(problem, " ".join(ports[words[-1]]), " ".join(words[1:-1]))


def _check_size(top: Subcircuit, path: Path) -> None:
    """Raise InputError for a subcircuit that contains itself, or more elements than any circuit has."""
    sizes: dict[int, int] = {}

    def size(body: Subcircuit, around: tuple[Subcircuit, ...]) -> int:
        if body in around:
            raise InputError(f"subcircuit {body.name!r} contains itself", where=str(path))
        if id(body) not in sizes:
            sizes[id(body)] = sum(copies(statement, body, (*around, body)) for statement in body.statements)
            if sizes[id(body)] > _MOST:
                raise InputError("too many elements", where=f"{path}: {body.name}", allowed=f"up to {_MOST}")
        return sizes[id(body)]

    def copies(statement: str, body: Subcircuit, around: tuple[Subcircuit, ...]) -> int:
        multiplier = tokenize(statement)[1].get("m", "1")
        count = number(multiplier)
        if count is None or count != count // 1 or not 1 <= count <= _MOST:
            raise InputError("multiplier of an element", where=str(path), found=multiplier, allowed="a whole number")
        used = body.used_by(statement)[1] if statement[0] == "x" else None
        return int(count) * (1 if used is None else 1 + size(used, around))

    for body in top.inner.values():
        size(body, ())


def _used(statements: list[Statement], letter: str) -> dict[str, str]:
    """Names of the models that transistors use (letter m), or of subcircuits (x), with the first place of each."""
    uses: dict[str, str] = {}
    for statement in statements:
        if statement.command[0] == letter:
            uses.setdefault(_words(statement)[5 if letter == "m" else -1], statement.lines[0].where)
    return uses


def _words(statement: Statement) -> list[str]:
    return tokenize(statement.text.lower())[0]


def _value_named(statement: Statement, letter: str) -> bool:
    return letter in "rcl" and letter in tokenize(statement.text.lower())[1]


def _defined(statements: list[Statement]) -> dict[str, list[str]]:
    """Ports by name of every subcircuit, inner ones too."""
    headers = (_words(s) for s in statements if s.command == ".subckt")
    return {words[1]: words[2:] for words in headers}


def _defaults(header: Statement) -> dict[str, float]:
    values = {name: number(text.strip("{}'")) for name, text in tokenize(header.text.lower())[1].items()}
    return {name: value for name, value in values.items() if value is not None}


def _chosen(path: Path, name: str | None, names: list[str], used: set[str]) -> str:
    if name is not None:
        if name.lower() not in names:
            raise InputError("no such subcircuit", where=str(path), found=name, allowed=", ".join(names) or "a .subckt")
        return name.lower()
    free = [other for other in names if other not in used]
    if len(free) != 1:
        problem = "which subcircuit is the circuit?" if free else "no subcircuit in the file"
        raise InputError(problem, where=str(path), found=", ".join(free) or None, allowed="subcircuit = NAME")
    return free[0]
