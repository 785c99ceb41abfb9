"""Numbers and small arithmetic as SPICE writes them: ``100n``, ``2meg``, ``{2*wn}``."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

# Decimal text, so that 100n is exactly the float 1e-07.
_SUFFIXES = {
    "t": "1e12",
    "g": "1e9",
    "meg": "1e6",
    "k": "1e3",
    "mil": "25.4e-6",
    "m": "1e-3",
    "u": "1e-6",
    "n": "1e-9",
    "p": "1e-12",
    "f": "1e-15",
    "a": "1e-18",
}
_UNSIGNED = r"(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)(meg|mil|[tgkmunpfa])?"
_IN_EXPRESSION = re.compile(rf"(?<![\w.]){_UNSIGNED}\w*")
_NUMBER = re.compile(rf"([+-]?){_UNSIGNED}[a-z]*")
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def number(text: str) -> float | None:
    """A SPICE number such as ``230n``, ``2.5MEG`` or ``1e-9s``; None for an expression."""
    match = _NUMBER.fullmatch(text.strip().lower())
    return None if match is None else (-1.0 if match[1] == "-" else 1.0) * _scaled(match[2], match[3])


def evaluate(text: str, names: Mapping[str, float]) -> float | None:
    """Value of a SPICE number or arithmetic expression (lower case), SI; None where it is neither.

    Knows ``+ - * / **``, parentheses, suffixes and the given names; functions and node voltages give None.
    """
    plain = _IN_EXPRESSION.sub(lambda match: repr(_scaled(match[1], match[2])), text.strip("{}'\" "))
    try:
        value = _value(ast.parse(plain, mode="eval").body, names)
        return float(value)
    except (SyntaxError, ValueError, KeyError, ArithmeticError, TypeError):
        return None


def _scaled(digits: str, suffix: str | None) -> float:
    return float(Decimal(digits) * Decimal(_SUFFIXES.get(suffix or "", "1")))


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand, names)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left, names), _value(node.right, names))
    raise ValueError("not arithmetic")
