"""Expressions of model files: parsed by a small grammar, written from what was parsed.

value       number | name | ' choice ' | { choice } | choice
choice      compared [ ? choice : choice ]
compared    signed { operator signed }
signed      { + | - | ! } atom
atom        number | name | name ( choice, … ) | ( choice )
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ipcircuit.spice.cards.allowed import FUNCTIONS, PROBES
from ipcircuit.spice.cards.tokens import Tokens

_MAX_DEPTH = 40
_OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "**", "==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_ALLOWED = "numbers, names, + - * / ** % comparisons, ?:, parentheses and functions"


@dataclass
class ExpressionReader:
    """Reads expressions and writes them.

    Attributes:
        functions: names of functions that the card defines itself.
        probes: whether node voltages and branch currents may be asked for.
    """

    functions: set[str] = field(default_factory=set)
    probes: bool = False

    def value(self, tokens: Tokens) -> str:
        """A parameter's value: a number as it is, an expression in braces.

        Raises:
            InputError: not an expression of the grammar.
        """
        for opening, closing in (("{", "}"), ("'", "'")):
            if tokens.skip(opening):
                text = self.expression(tokens)
                tokens.expect(closing, f"a closing {closing}")
                return f"{{{text}}}"
        start = tokens.position
        text = self.expression(tokens)
        alone = tokens.position - start == (2 if text[0] in "+-" else 1)
        return text if alone else f"{{{text}}}"

    def expression(self, tokens: Tokens, depth: int = 0) -> str:
        """Text of an expression, written anew."""
        if depth > _MAX_DEPTH:
            raise tokens.error("expression nested too deeply", f"{_MAX_DEPTH} levels")
        text = self._signed(tokens, depth)
        while tokens.head.kind == "sign" and tokens.head.text in _OPERATORS:
            operator = tokens.take().text
            text += operator + _apart(self._signed(tokens, depth))
        if tokens.skip("?"):
            first = self.expression(tokens, depth + 1)
            tokens.expect(":", "a colon between the two values of ?:")
            return f"{text} ? {first} : {self.expression(tokens, depth + 1)}"
        return text

    def _signed(self, tokens: Tokens, depth: int) -> str:
        signs = ""
        while tokens.head.kind == "sign" and tokens.head.text in ("+", "-", "!"):
            signs += tokens.take().text
            if len(signs) > 2:
                raise tokens.error("too many signs", _ALLOWED)
        return signs + self._atom(tokens, depth)

    def _atom(self, tokens: Tokens, depth: int) -> str:
        if tokens.skip("("):
            text = self.expression(tokens, depth + 1)
            tokens.expect(")", "a closing parenthesis")
            return f"({text})"
        head = tokens.head
        if head.kind == "number":
            return tokens.take().text
        if head.kind != "name" or head.text[0].isdigit():
            raise tokens.error("not an expression", _ALLOWED)
        name = tokens.take().text
        if not (tokens.head.kind == "sign" and tokens.head.text == "("):
            return name
        return f"{name}({self._arguments(name, tokens, depth)})"

    def _arguments(self, name: str, tokens: Tokens, depth: int) -> str:
        if self.probes and name in PROBES:
            tokens.take()
            names = [tokens.name("not a node", "a node's name").text]
            while tokens.skip(","):
                names.append(tokens.name("not a node", "a node's name").text)
            tokens.expect(")", "a closing parenthesis")
            return ",".join(names)
        if name not in FUNCTIONS and name not in self.functions:
            known = ", ".join(sorted(FUNCTIONS | self.functions))
            raise tokens.statement.error("unknown function", known, name, tokens.head.line)
        tokens.take()
        parts = [self.expression(tokens, depth + 1)]
        while tokens.skip(","):
            parts.append(self.expression(tokens, depth + 1))
        tokens.expect(")", "a closing parenthesis")
        return ",".join(parts)


def _apart(text: str) -> str:
    """A signed operand is set apart from the operator before it."""
    return f" {text}" if text[0] in "+-!" else text
