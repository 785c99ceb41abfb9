"""Words and signs of a statement, each with the line it stands in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ipcircuit.errors import InputError
from ipcircuit.spice.cards.source import Line, Statement
from ipcircuit.spice.expressions import number

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<version>\d+\.\d+\.\d+(?![\w.]))
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*(?![\w.]))
    | (?P<name>[a-z0-9_][a-z0-9_.]*(?:!(?!=))?)
    | (?P<sign>\*\*|&&|\|\||[<>=!]=|[-+*/%^?:<>!(){}',=])
    )""",
    re.VERBOSE,
)
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign in lower case; `kind` is ``"number"``, ``"version"``, ``"name"``, ``"sign"`` or ``"end"``."""

    kind: str
    text: str
    line: Line


class Tokens:
    """The tokens of a statement, read one by one.

    Raises:
        InputError: a character that belongs to no token, or a number that is not finite.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._tokens = _tokens(statement)
        self._next = 0

    @property
    def head(self) -> Token:
        """The next token, which stays."""
        return self._tokens[self._next]

    @property
    def after(self) -> Token:
        """The one after it."""
        return self._tokens[min(self._next + 1, len(self._tokens) - 1)]

    @property
    def position(self) -> int:
        """Number of tokens taken."""
        return self._next

    def take(self) -> Token:
        """The next token."""
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def skip(self, *signs: str) -> bool:
        """Take the next token if it is one of these signs."""
        if self.head.kind == "sign" and self.head.text in signs:
            self.take()
            return True
        return False

    def expect(self, sign: str, allowed: str) -> None:
        """Take a sign.

        Raises:
            InputError: something else is next.
        """
        if not self.skip(sign):
            raise self.error("unexpected text", allowed)

    def name(self, problem: str, allowed: str) -> Token:
        """Take a name; a number in its place is one, too (a node ``1``)."""
        if self.head.kind not in ("name", "number"):
            raise self.error(problem, allowed)
        return self.take()

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.head.kind == "end"

    def error(self, problem: str, allowed: str) -> InputError:
        """Error at the next token."""
        found = self.head.text if self.head.kind != "end" else "end of the statement"
        return self.statement.error(problem, allowed, found, self.head.line)


def _tokens(statement: Statement) -> list[Token]:
    tokens = []
    for line in statement.lines:
        text, position = line.text.lower(), 0
        if text.startswith("."):  # the statement's own name has been judged
            position = len(text.split(maxsplit=1)[0])
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise statement.error("unexpected text", "numbers, names and expressions", text[position:], line)
            position = match.end()
            kind = str(match.lastgroup)
            token = Token(kind, match[kind], line)
            _judge(token, statement)
            tokens.append(token)
    return [*tokens, Token("end", "", statement.lines[-1])]


def _judge(token: Token, statement: Statement) -> None:
    if token.kind == "name" and len(token.text) > _LONGEST_NAME:
        raise statement.error("name too long", f"{_LONGEST_NAME} characters", token.text, token.line)
    if token.kind == "number":
        try:
            value = number(token.text)
        except (ArithmeticError, ValueError):
            value = None
        if value is None or not math.isfinite(value):
            raise statement.error(
                "not a finite number", "a SPICE number such as 1.5, 2e-9 or 100n", token.text, token.line
            )
