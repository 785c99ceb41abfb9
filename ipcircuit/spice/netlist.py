"""Reading SPICE text: statements, subcircuits, and the elements that a deck really contains.

The one reader of the project. Comments, continuation lines, `.subckt` hierarchies; for `expand` also `m=` multipliers,
`.param` and subcircuit parameters. No file is included: decks are self-contained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ipcircuit.errors import InputError
from ipcircuit.spice.expressions import evaluate

#: Number of nodes by kind of element.
TERMINALS = {"r": 2, "c": 2, "l": 2, "d": 2, "v": 2, "i": 2, "b": 2, "m": 4}
_COMMENT = re.compile(r";|(?<=\s)(?:\$|//)|^(?:\$|//)")
_MAX_DEPTH = 50  # a real hierarchy is a handful of levels; deeper means a subcircuit contains itself


@dataclass(frozen=True)
class Element:
    """One element of the expanded netlist.

    Args:
        path: full instance path, e.g. ``"x1.xinv.mn"``; copies from `m=` carry ``#2``, ``#3`` ….
        kind: SPICE letter in lower case (``"m"``, ``"r"`` …), or ``"x"`` for a subcircuit kept as a leaf.
        tokens: the line's tokens without the parameters (name, nodes, model or subcircuit, value).
        parameters: numbers of the line that could be evaluated, in SI.
        hierarchy: subcircuit definitions around the element, outermost first; empty at the top level.
        nodes: its nodes by their names in the deck (``"xneuron.bar"``); of a kind of `TERMINALS` only.
        device: its name in ngspice, for ``@m.x1.mn[id]``. Of a definition within a definition ngspice expands the inner
            one first and writes the letter again: ``m.x1.m.xinv.mn``.
    """

    path: str
    kind: str
    tokens: tuple[str, ...]
    parameters: Mapping[str, float]
    hierarchy: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    device: str = ""
    value: float | None = None

    @property
    def cell(self) -> str:
        """The subcircuit definition that contains the element, ``""`` at the top level."""
        return self.hierarchy[-1] if self.hierarchy else ""


@dataclass
class Subcircuit:
    """A subcircuit, or the deck around them all; definitions inside it are its own and hide outer ones of their name.

    Attributes:
        name: in lower case; empty for the deck.
        header: its ``.subckt`` statement.
        statements: everything but the definitions inside it, in order.
    """

    name: str = ""
    header: str = ""
    parent: Subcircuit | None = None
    statements: list[str] = field(default_factory=list)
    inner: dict[str, Subcircuit] = field(default_factory=dict)

    def find(self, name: str) -> Subcircuit | None:
        """The definition that a statement in this body means by `name`."""
        return self.inner.get(name.lower()) or (self.parent.find(name) if self.parent else None)

    def used_by(self, instance: str) -> tuple[str, Subcircuit | None]:
        """Name and definition of what an instance statement uses: its last word that is no parameter."""
        name = tokenize(instance)[0][-1]
        return name, self.find(name)


def numbered_lines(text: str | Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines that carry meaning, as they are, with their numbers from 1: no blank lines, no comment lines."""
    for number, line in enumerate(text.splitlines() if isinstance(text, str) else text, 1):
        content = line.lstrip()
        if content and content[0] != "*":
            yield number, line.rstrip()


def statements(text: str | Iterable[str], *, title: bool = False) -> Iterator[str]:
    """Statements of a deck: comments removed, continuation lines joined.

    Args:
        title: the first line is the deck's title, as in every complete deck, whatever it contains.
    """
    pending: str | None = None
    for number, raw in numbered_lines(text):
        line = raw.strip()
        if ";" in line or "$" in line or "//" in line:  # looked for first: most lines have no comment
            line = _COMMENT.split(line, maxsplit=1)[0].strip()
        if not line or (title and number == 1):
            continue
        if line.startswith("+"):
            pending = f"{pending or ''} {line[1:].strip()}"
            continue
        if pending is not None:
            yield pending
        pending = line
    if pending is not None:
        yield pending


def command(statement: str) -> str:
    """First word in lower case: the name of an element, or a dot command."""
    return statement.split(maxsplit=1)[0].lower()


def tokenize(line: str) -> tuple[list[str], dict[str, str]]:
    """Split a line into plain tokens and `name=value` parameters; braces and quotes keep their spaces."""
    line = re.sub(r"\s*=\s*", "=", line)
    tokens, parameters = [], {}
    for token in re.findall(r"(?:\{[^}]*\}|'[^']*'|\"[^\"]*\"|[^\s,{'\"])+", line):
        name, equals, value = token.partition("=")
        if equals and name and not name.startswith(("{", "'", '"')):
            parameters[name] = value
        elif token != "params:":
            tokens.append(token)
    return tokens, parameters


def read(text: str | Iterable[str], *, title: bool = False) -> Subcircuit:
    """A deck with the subcircuits inside it; control blocks and what follows ``.end`` are left out.

    Raises:
        InputError: a subcircuit without a name or an end, or defined twice.
    """
    owner = Subcircuit()
    control = False
    for statement in statements(text, title=title):
        word = command(statement)
        if word in (".control", ".endc"):
            control = word == ".control"
        elif control:
            continue
        elif word == ".subckt":
            words = statement.split()
            if len(words) < 2:
                raise InputError("subcircuit without a name", where="netlist", found=statement)
            name = words[1].lower()
            if name in owner.inner:
                raise InputError(f"subcircuit {name!r} is defined twice", where="netlist")
            owner.inner[name] = Subcircuit(name, statement, owner)
            owner = owner.inner[name]
        elif word == ".ends":
            if owner.parent is None:
                raise InputError(".ends without .subckt", where="netlist", found=statement)
            owner = owner.parent
        elif word == ".end":
            break
        else:
            owner.statements.append(statement)
    if owner.parent is not None:
        raise InputError(f"subcircuit {owner.name!r} has no .ends", where="netlist", found=owner.header)
    return owner


def expand(text: str, *, leaves: tuple[str, ...] = (), title: bool = True) -> list[Element]:
    """All elements of a deck with every `.subckt` expanded.

    Args:
        text: the deck.
        leaves: subcircuits that stand for one device (an MTJ model …): returned as one element, not looked into.
        title: the first line is a title (as in every complete deck); False for a library fragment.

    Raises:
        InputError: unknown, unfinished, doubly defined or self-containing subcircuit, or a count that is no integer.
    """
    top = read(text.lower(), title=title)
    kept = frozenset(name.lower() for name in leaves)
    return list(_walk(_Instance(top), _scope(_parameters(top), {}), kept))


@dataclass(frozen=True)
class _Instance:
    """A body in its place: `path` to it with a dot, its definition's nodes by their names in the deck."""

    body: Subcircuit
    path: str = ""
    nodes: Mapping[str, str] = field(default_factory=dict)
    outer: _Instance | None = None

    @property
    def hierarchy(self) -> tuple[str, ...]:
        return () if self.outer is None else (*self.outer.hierarchy, self.body.name)

    def node(self, name: str) -> str:
        """A node of the body by its name in the deck."""
        return self.nodes.get(name, name if name in ("0", "gnd") else f"{self.path}{name}")

    def device(self, name: str) -> str:
        """An element's name in ngspice."""
        if self.outer is None:
            return name
        owner = self.outer  # whose body holds the definition: all within it is expanded in one go
        while owner.outer is not None and owner.body is not self.body.parent:
            owner = owner.outer
        return owner.device(f"{name[0]}.{self.path.removeprefix(owner.path)}{name}")

    def at(self, path: str, definition: Subcircuit, nodes: list[str]) -> _Instance:
        """An instance within the body, connected to `nodes` of it."""
        ports = tokenize(definition.header)[0][2:]
        connected = {port: self.node(node) for port, node in zip(ports, nodes, strict=False)}
        return _Instance(definition, f"{path}.", connected, self)


def _parameters(body: Subcircuit) -> dict[str, str]:
    """Parameters of a subcircuit with their defaults, as text: those of its header and of ``.param`` inside it."""
    texts = dict(tokenize(body.header)[1])
    for statement in body.statements:
        if command(statement) in (".param", ".parameter"):
            texts.update(tokenize(statement)[1])
    return texts


def _scope(texts: Mapping[str, str], outer: Mapping[str, float]) -> dict[str, float]:
    """Evaluate parameter texts in an outer scope; one that cannot be evaluated is left out and missed only if used."""
    scope, waiting = dict(outer), dict(texts)
    for name in waiting:
        scope.pop(name, None)  # an inner parameter hides the outer one even while it waits for its own inputs
    while waiting:
        solved = {name: value for name, text in waiting.items() if (value := evaluate(text, scope)) is not None}
        if not solved:
            break
        scope.update(solved)
        waiting = {name: text for name, text in waiting.items() if name not in solved}
    return scope


def _walk(instance: _Instance, scope: Mapping[str, float], leaves: frozenset[str]) -> Iterator[Element]:
    body, hierarchy = instance.body, instance.hierarchy
    if len(hierarchy) > _MAX_DEPTH:
        raise InputError(f"subcircuit {body.name!r} contains itself", where="netlist")
    for statement in body.statements:
        if command(statement) in (".if", ".elseif", ".else"):
            raise InputError("conditional netlists cannot be counted", where="netlist", found=statement)
        if statement.startswith("."):
            continue
        tokens, texts = tokenize(statement)
        kind, name = tokens[0][0], tokens[-1] if tokens[0][0] == "x" else ""
        values = {key: value for key, text in texts.items() if (value := evaluate(text, scope)) is not None}
        for path in _copies(instance.path + tokens[0], texts, values):
            if kind != "x" or name in leaves:
                count = len(tokens) - 2 if kind == "x" else TERMINALS.get(kind, 0)
                nodes = tuple(map(instance.node, tokens[1 : 1 + count]))
                device, value = instance.device(tokens[0]), _value(kind, tokens, values, scope)
                yield Element(path, kind, tuple(tokens), values, hierarchy, nodes, device, value)
                continue
            definition = body.find(name)
            if definition is None:
                raise InputError(
                    f"{path} uses an unknown subcircuit",
                    where="netlist",
                    found=name,
                    allowed="a .subckt of this deck, or a name in `leaves`",
                )
            overridden = {key: text for key, text in _parameters(definition).items() if key not in values}
            inner = _scope(overridden, {**scope, **values})
            yield from _walk(instance.at(path, definition, tokens[1:-1]), inner, leaves)


def _value(kind: str, tokens: list[str], values: Mapping[str, float], scope: Mapping[str, float]) -> float | None:
    """Ohms, farads or henries of an element: its third word, or the parameter of its letter."""
    if kind not in "rcl":
        return None
    return evaluate(tokens[3], scope) if len(tokens) > 3 else values.get(kind)


def _copies(path: str, texts: Mapping[str, str], values: Mapping[str, float]) -> list[str]:
    """Instance paths of one line: `m` parallel copies are `m` devices."""
    if "m" not in texts:
        return [path]
    count = values.get("m")
    if count is None or count < 1 or count != int(count):
        raise InputError(f"multiplier of {path} is not a whole number", where="netlist", found=texts["m"])
    return [path if index == 0 else f"{path}#{index + 1}" for index in range(int(count))]
