"""Reading a SPICE deck for accounting: which transistors and devices does it really contain?

Only what counting needs: continuation lines, comments, `.subckt` hierarchies, `m=` multipliers, `.param` and
subcircuit parameters in widths and lengths. Nothing is simulated and no file is included: decks are self-contained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ipcircuit.errors import InputError
from ipcircuit.spice.expressions import evaluate

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
    """

    path: str
    kind: str
    tokens: tuple[str, ...]
    parameters: Mapping[str, float]
    hierarchy: tuple[str, ...]

    @property
    def cell(self) -> str:
        """The subcircuit definition that contains the element, ``""`` at the top level."""
        return self.hierarchy[-1] if self.hierarchy else ""


@dataclass
class _Definition:
    """A subcircuit or the top level; definitions inside it are its own and hide outer ones of the same name."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    parent: _Definition | None = None
    lines: list[str] = field(default_factory=list)
    inner: dict[str, _Definition] = field(default_factory=dict)

    def find(self, name: str) -> _Definition | None:
        """The definition that a line in this body means by `name`."""
        return self.inner.get(name) or (self.parent.find(name) if self.parent else None)


def logical_lines(text: str, *, title: bool = True) -> Iterator[str]:
    """Lower-case lines with comments removed, continuations joined and control blocks left out.

    `title`: the first line is the deck's title, as SPICE itself treats it, whatever it contains.
    """
    pending: str | None = None
    control = False
    for raw in text.splitlines()[1 if title else 0 :]:
        line = re.split(r";|(?<=\s)(?:\$|//)|^(?:\$|//)", raw, maxsplit=1)[0].strip().lower()
        if not line or line.startswith("*"):
            continue
        if line.startswith((".control", ".endc")):
            control = line.startswith(".control")
            continue
        if control:
            continue
        if line.startswith("+"):
            pending = f"{pending or ''} {line[1:].strip()}"
            continue
        if pending is not None:
            yield pending
        pending = line
    if pending is not None:
        yield pending


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


def _read(text: str, title: bool) -> _Definition:
    """The top level of a deck, with all subcircuit definitions inside it."""
    owner = _Definition("")
    for line in logical_lines(text, title=title):
        word = line.split()[0]
        if word == ".subckt":
            tokens, parameters = tokenize(line)
            if len(tokens) < 2:
                raise InputError("subcircuit without a name", where="netlist", found=line)
            if tokens[1] in owner.inner:
                raise InputError(f"subcircuit {tokens[1]!r} is defined twice", where="netlist")
            definition = _Definition(tokens[1], parameters, owner)
            owner.inner[definition.name] = definition
            owner = definition
        elif word == ".ends":
            if owner.parent is None:
                raise InputError(".ends without .subckt", where="netlist", found=line)
            owner = owner.parent
        elif word == ".end":
            break
        elif word in (".if", ".elseif", ".else"):
            raise InputError("conditional netlists cannot be counted", where="netlist", found=line)
        elif word in (".param", ".parameter"):
            owner.parameters.update(tokenize(line)[1])
        elif not word.startswith("."):
            owner.lines.append(line)
    if owner.parent is not None:
        raise InputError(f"subcircuit {owner.name!r} has no .ends", where="netlist")
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
    top = _read(text, title)
    kept = frozenset(name.lower() for name in leaves)
    return list(_walk(top, "", _scope(top.parameters, {}), kept, ()))


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


def _walk(
    body: _Definition,
    prefix: str,
    scope: Mapping[str, float],
    leaves: frozenset[str],
    hierarchy: tuple[str, ...],
) -> Iterator[Element]:
    if len(hierarchy) > _MAX_DEPTH:
        raise InputError(f"subcircuit {body.name!r} contains itself", where="netlist")
    for line in body.lines:
        tokens, texts = tokenize(line)
        given = {key: value for key, text in texts.items() if (value := evaluate(text, scope)) is not None}
        name = tokens[-1] if tokens[0][0] == "x" else ""
        for path in _copies(prefix + tokens[0], texts, given):
            if tokens[0][0] != "x" or name in leaves:
                yield Element(path, tokens[0][0], tuple(tokens), given, hierarchy)
                continue
            definition = body.find(name)
            if definition is None:
                raise InputError(
                    f"{path} uses an unknown subcircuit",
                    where="netlist",
                    found=name,
                    allowed="a .subckt of this deck, or a name in `leaves`",
                )
            overridden = {key: text for key, text in definition.parameters.items() if key not in given}
            inner = _scope(overridden, {**scope, **given})
            yield from _walk(definition, f"{path}.", inner, leaves, (*hierarchy, name))


def _copies(path: str, texts: Mapping[str, str], given: Mapping[str, float]) -> list[str]:
    """Instance paths of one line: `m` parallel copies are `m` devices."""
    if "m" not in texts:
        return [path]
    count = given.get("m")
    if count is None or count < 1 or count != int(count):
        raise InputError(f"multiplier of {path} is not a whole number", where="netlist", found=texts["m"])
    return [path if index == 0 else f"{path}#{index + 1}" for index in range(int(count))]
