"""Statements of a model file: each is taken apart by its grammar and written anew from its parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ipcircuit.spice.cards import allowed
from ipcircuit.spice.cards.expressions import ExpressionReader
from ipcircuit.spice.cards.levels import selector
from ipcircuit.spice.cards.source import Line, Statement
from ipcircuit.spice.cards.tokens import Token, Tokens
from ipcircuit.spice.cards.written import WrittenCard, WrittenSubcircuit
from ipcircuit.spice.expressions import number

_WIDEST = 1000  # characters of a line that is written
_MAX_NESTING = 16  # of .subckt and .if
_FILE = re.compile(r".*file")
_LEAST_SCALE = 1e-9
_SCALE = f"scale=NUMBER, {_LEAST_SCALE:g} … 1, and no other option"
_NEEDS_OSDI = "is of a Verilog-A model (such as PSP), which needs OSDI: this ngspice is built without it"
_WITHOUT_OSDI = "models that ngspice itself has, such as BSIM4 (level 54)"


class Writer:
    """Writes statements anew.

    Args:
        required: type that models of these names must have.
    """

    def __init__(self, required: dict[str, str]) -> None:
        self.card: WrittenCard = WrittenCard()
        self._required = required
        self._functions: set[str] = set()
        self._open: list[Statement] = []  # .subckt and .if that have not ended
        self._around: WrittenSubcircuit | None = None  # the outermost of them
        self._statements: dict[str, Callable[[Tokens], Iterable[tuple[Line, str]]]] = {
            ".model": self._model,
            ".param": self._parameters,
            ".func": self._function,
            ".subckt": self._subcircuit,
            ".ends": self._ends,
            ".if": self._condition,
            ".elseif": self._condition,
            ".else": self._nothing,
            ".endif": self._nothing,
            ".option": self._scale,
            ".options": self._scale,
        }

    def write(self, statements: Iterable[Statement]) -> WrittenCard:
        """The card that the statements make.

        Raises:
            InputError: a statement, element, model, expression or name outside the allow-list, or without an end.
        """
        for statement in statements:
            command = statement.command
            if command in allowed.IGNORED:
                continue
            words = re.match(r"\.[a-z]*", command)
            name = words[0] if words else ""
            if not name:
                self._write("", self._element(statement))
            elif name in self._statements and (name == command or command[len(name)] == "("):
                self._nest(name, statement)
                self._write(name, self._statements[name](Tokens(statement)))
            else:
                problem = "statement that a model file may not hold"
                raise statement.error(problem, allowed.ALLOWED_STATEMENTS, statement.words[0])
        for statement in self._open:
            end = ".ends" if statement.command == ".subckt" else ".endif"
            raise statement.error(f"{statement.words[0]} without {end}", end)
        return self.card

    def _nest(self, name: str, statement: Statement) -> None:
        """Keep account of what has begun and ends."""
        begin = {".ends": ".subckt", ".endif": ".if", ".else": ".if", ".elseif": ".if"}.get(name)
        if begin is not None:
            if not self._open or not self._open[-1].command.startswith(begin):
                raise statement.error(f"{name} without {begin}", f"{begin} before it", statement.words[0])
            if name in (".ends", ".endif"):
                self._open.pop()
        elif name in (".subckt", ".if"):
            self._open.append(statement)
            if len(self._open) > _MAX_NESTING:
                raise statement.error("nested too deeply", f"{_MAX_NESTING} levels", statement.words[0])

    def _write(self, name: str, parts: Iterable[tuple[Line, str]]) -> None:
        """One statement, with a continuation line wherever the file has one."""
        text, previous = name, None
        for line, part in parts:
            if (previous is not None and line is not previous) or len(text) > _WIDEST:
                self.card.lines.append(text)
                text = "+"
            text = f"{text} {part}" if text else part
            previous = line
        self.card.lines.append(text)

    def _model(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        problem = ".model without a name or type", ".model NAME TYPE …"
        if tokens.head.kind != "name" or tokens.after.kind != "name":
            raise tokens.statement.error(*problem)
        name, kind = tokens.take(), tokens.take()
        self._declare(tokens, name, kind)
        yield name.line, f"{name.text} {kind.text}"
        inside = tokens.skip("(")
        selected: dict[str, str] = {}
        while not (tokens.at_end or (inside and tokens.head.text == ")")):
            head = tokens.head
            if head.text in allowed.FLAGS and tokens.after.text != "=":
                yield tokens.take().line, head.text
                continue
            key = self._key(tokens)
            if key.text in ("level", "version"):
                text = selector(tokens, key, kind.text, selected)
            else:
                text = self._expressions().value(tokens)
            yield key.line, f"{key.text}={text}"
            tokens.skip(",")
        if inside:
            tokens.expect(")", "a closing parenthesis")
        self._end(tokens)

    def _declare(self, tokens: Tokens, name: Token, kind: Token) -> None:
        """The model's type is known and, for a required model, the right one."""
        if kind.text.startswith("psp") or kind.text.endswith("_va"):
            raise tokens.statement.error(f"model {name.text!r} {_NEEDS_OSDI}", _WITHOUT_OSDI, kind.text, kind.line)
        if kind.text not in allowed.DEVICE_TYPES:
            raise tokens.statement.error(
                f"model {name.text!r} is of an unknown device type",
                ", ".join(allowed.DEVICE_TYPES),
                kind.text,
                kind.line,
            )
        base = re.sub(r"\.\d+$", "", name.text)
        needed = self._required.get(base, kind.text)
        if needed != kind.text:
            raise tokens.statement.error(f"model {name.text!r} has the wrong type", needed, kind.text, kind.line)
        self.card.models[base] = kind.text
        if self._around is not None:
            self.card.local.add(base)

    def _parameters(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        if tokens.at_end:
            raise tokens.error("no parameter", "NAME=VALUE")
        for line, text in self._assignments(tokens):
            if self._around is not None:  # an instance may set these, too
                self._around.parameters.append(text.partition("=")[0])
            yield line, text

    def _scale(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        """The one option of a card: it belongs to the sizes in it, and ends with the deck."""
        key = tokens.take()
        if key.text != "scale" or not tokens.skip("=") or tokens.head.kind != "number":
            raise tokens.statement.error("option that a model file may not set", _SCALE)
        text = tokens.take().text
        value = number(text)
        self._end(tokens)
        if self._open:
            raise tokens.statement.error("option inside .subckt or .if", "outside of both")
        if value is None or not _LEAST_SCALE <= value <= 1 or self.card.scale not in (1.0, value):
            raise tokens.statement.error("scale out of range, or another one than before", _SCALE, text)
        self.card.scale = value
        yield key.line, f"scale={text}"

    def _assignments(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        while not tokens.at_end:
            key = self._key(tokens)
            yield key.line, f"{key.text}={self._expressions().value(tokens)}"
            tokens.skip(",")

    def _key(self, tokens: Tokens) -> Token:
        """Take a parameter's name and the sign after it."""
        head = tokens.head
        if (
            head.kind != "name"
            or head.text[0].isdigit()
            or not (tokens.after.kind == "sign" and tokens.after.text == "=")
        ):
            raise tokens.error("not a parameter", "NAME=VALUE")
        if _FILE.fullmatch(head.text):
            raise tokens.error("parameter that names a file", "parameters with a number")
        tokens.take()
        tokens.take()
        return head

    def _function(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        name = tokens.name("no function name", ".func NAME(ARGUMENT, …) {EXPRESSION}")
        if name.text in allowed.FUNCTIONS | allowed.PROBES or not name.text[0].isalpha():
            raise tokens.statement.error("function with a name that is taken", "another name", name.text, name.line)
        tokens.expect("(", "an opening parenthesis")
        names = []
        while not tokens.skip(")"):
            names.append(tokens.name("not an argument", "names").text)
            tokens.skip(",")
        tokens.skip("=")
        body = self._expressions().value(tokens)
        self._functions.add(name.text)  # not before: one that calls itself never ends
        self._end(tokens)
        yield name.line, f"{name.text}({','.join(names)}) {body if body[0] == '{' else '{' + body + '}'}"

    def _subcircuit(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        name = tokens.name("subcircuit without a name", ".subckt NAME NODE … [NAME=VALUE …]")
        inner = WrittenSubcircuit(tokens.statement)
        if self._around is None:
            self._around = self.card.subcircuits[name.text] = inner
        yield name.line, name.text
        while tokens.head.kind in ("name", "number") and tokens.after.text != "=":
            node = tokens.take()
            if node.text == "params" and tokens.skip(":"):
                break
            inner.ports.append(node.text)
            yield node.line, node.text
        for line, text in self._assignments(tokens):
            inner.parameters.append(text.partition("=")[0])
            yield line, text

    def _ends(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        if not tokens.at_end:
            name = tokens.name("not a name", "the subcircuit's name")
            yield name.line, name.text
        self._end(tokens)
        if not any(outer.command == ".subckt" for outer in self._open):
            self._around = None

    def _condition(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        line = tokens.head.line
        tokens.expect("(", "a condition in parentheses")
        text = self._expressions().expression(tokens)
        tokens.expect(")", "a closing parenthesis")
        self._end(tokens)
        yield line, f"({text})"

    def _nothing(self, tokens: Tokens) -> Iterator[tuple[Line, str]]:
        self._end(tokens)
        return iter(())

    def _element(self, statement: Statement) -> Iterator[tuple[Line, str]]:
        letter = statement.command[0]
        if letter == "n" and self._around is not None:
            raise statement.error(f"element N {_NEEDS_OSDI}", _WITHOUT_OSDI)
        if letter not in allowed.ELEMENTS:
            raise statement.error(
                "neither a statement nor an element that a model file may hold",
                f"{allowed.ALLOWED_STATEMENTS}; in a subcircuit the elements {', '.join(allowed.ELEMENTS.values())}",
                statement.words[0],
            )
        if not any(outer.command == ".subckt" for outer in self._open):
            raise statement.error("element outside a subcircuit", "models, parameters and subcircuits")
        tokens = Tokens(statement)
        words = statement.text.lower().replace(",", " ").split()
        if letter == "m" and self._around is not None and len(words) > 5:  # name, four nodes, model
            self._around.transistors.add(words[5])
        name = tokens.name("not an element", "NAME NODE …")
        yield name.line, name.text
        expressions = self._expressions(probes=True)
        while not tokens.at_end:
            head = tokens.head
            if tokens.after.text == "=":
                key = self._key(tokens)
                yield key.line, f"{key.text}={expressions.value(tokens)}"
            elif head.text == "params" and tokens.after.text == ":":
                tokens.take()
                tokens.take()
            elif head.kind == "name" and (tokens.after.text == "(" or (letter in "vi" and head.text == "external")):
                yield head.line, self._waveform(letter, tokens)
            elif head.kind == "name":
                yield head.line, tokens.take().text
            elif head.kind == "number" or head.text in ("{", "'", "-", "+"):
                yield head.line, self._constant(tokens, expressions)
            else:
                raise tokens.error("unexpected text", "nodes, models, numbers, expressions in braces, NAME=VALUE")
            tokens.skip(",")

    def _waveform(self, letter: str, tokens: Tokens) -> str:
        if letter not in "vi" or tokens.head.text not in allowed.WAVEFORMS:
            raise tokens.error(
                "unknown waveform or function", ", ".join(sorted(allowed.WAVEFORMS)) + " of a V or I source"
            )
        name = tokens.take().text
        tokens.expect("(", "an opening parenthesis")
        numbers = []
        while not tokens.skip(")"):
            numbers.append(self._constant(tokens, self._expressions()))
            tokens.skip(",")
        return f"{name}({' '.join(numbers)})"

    def _constant(self, tokens: Tokens, expressions: ExpressionReader) -> str:
        """A number with its sign, a name, or an expression in braces: what stands between blanks."""
        if tokens.head.text in ("{", "'"):
            return expressions.value(tokens)
        sign = tokens.take().text if tokens.head.text in ("+", "-") else ""
        if tokens.head.kind not in ("number", "name"):
            raise tokens.error("not a number", "numbers, names, expressions in braces")
        return sign + tokens.take().text

    def _expressions(self, *, probes: bool = False) -> ExpressionReader:
        return ExpressionReader(self._functions, probes)

    def _end(self, tokens: Tokens) -> None:
        if not tokens.at_end:
            raise tokens.error("unexpected text", "the end of the statement")
