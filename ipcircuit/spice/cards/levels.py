"""Level and version of a model, which decide its equations."""

from __future__ import annotations

from collections.abc import Iterable

from ipcircuit.spice.cards import allowed
from ipcircuit.spice.cards.tokens import Token, Tokens
from ipcircuit.spice.expressions import number


def selector(tokens: Tokens, key: Token, kind: str, selected: dict[str, str]) -> str:
    """Level or version of a model, which decide its equations: a plain number, given once, that ngspice has."""
    if key.text in selected:
        raise tokens.statement.error(f"{key.text} given twice", "once", key.text, key.line)
    if tokens.head.kind not in ("number", "version"):
        raise tokens.error(f"{key.text} is not a number", "a number")
    text = tokens.take().text
    selected[key.text] = text
    levels = allowed.LEVELS.get(kind, allowed.OTHER_LEVELS)
    level = number(selected.get("level", str(levels[0])))
    if level not in levels:
        raise tokens.statement.error(f"{kind} model of a level that ngspice does not have", _list(levels), text)
    pattern, versions = allowed.VERSIONS.get(int(level), (None, ""))
    version = selected.get("version")
    if kind in ("nmos", "pmos") and pattern is not None and version is not None and not pattern.fullmatch(version):
        problem = f"level {level:g} model of a version that ngspice does not have"
        raise tokens.statement.error(problem, versions, version, key.line)
    return text


def _list(values: Iterable[int]) -> str:
    return ", ".join(map(str, values))
