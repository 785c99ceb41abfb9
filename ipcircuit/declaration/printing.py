"""Print sympy expressions in the C-like subset that ngspice B sources and Verilog-A share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy.printing.codeprinter import CodePrinter
from sympy.printing.precedence import precedence

from ipcircuit.declaration.device import softplus

_FUNCTIONS = {"exp": "exp", "log": "ln", "tanh": "tanh", "atanh": "atanh", "Abs": "abs", "sin": "sin", "cos": "cos"}


class AnalogPrinter(CodePrinter):
    """Integer powers become products: ``x^3`` of a negative x is |x|^3 in ngspice."""

    printmethod = "_analog"
    language = "analog behavioural source"

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.known_functions, self._names = _FUNCTIONS, names

    def _format_code(self, lines: list[str]) -> list[str]:
        return lines

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return self._names[expr.name]

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return f"({expr.p}.0/{expr.q}.0)"

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return f"{int(expr)}.0" if expr >= 0 else f"({int(expr)}.0)"

    def _print_Float(self, expr: sympy.Float) -> str:
        return repr(float(expr))

    def _print_Pow(self, expr: sympy.Pow) -> str:
        base, exponent = expr.as_base_exp()
        if exponent == sympy.Rational(1, 2):
            return f"sqrt({self._print(base)})"
        if not exponent.is_Integer:
            return f"exp({self._print(exponent)}*ln({self._print(base)}))"
        factor = self.parenthesize(base, precedence(expr))
        product = "*".join([factor] * abs(int(exponent)))
        return f"({product})" if exponent > 0 else f"(1.0/({product}))"

    def _print_Max(self, expr: sympy.Max | sympy.Min) -> str:
        *others, text = (self._print(argument) for argument in expr.args)
        for argument in reversed(others):
            text = f"{type(expr).__name__.lower()}({argument}, {text})"
        return text

    _print_Min = _print_Max


class SourcePrinter(AnalogPrinter):
    """Cheap forms for ngspice, which evaluates only that branch of a ternary which holds.

    softplus(x) is x from 40 on, where e^-x is below a double's digits, and ln(1 + e^x) below: within 1e-16 of the
    exact value, so it is 0 below -37.
    """

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return repr(float(expr))

    def _print_softplus(self, expr: softplus) -> str:
        x = self._print(expr.args[0])
        return f"({x} > 40.0 ? {x} : ln(1.0 + exp({x})))"


def lower(expression: sympy.Expr) -> sympy.Expr:
    """Replace `softplus` by its safe elementary form."""
    lowered: Any = expression.replace(lambda e: isinstance(e, softplus), lambda e: e.safe_form())
    return lowered


def print_analog(expression: sympy.Expr, names: Mapping[str, str]) -> str:
    """Text of `expression`; `names` maps each symbol name to how it is written there."""
    return str(AnalogPrinter(names).doprint(lower(expression)))


def print_source(expression: sympy.Expr, names: Mapping[str, str]) -> str:
    """`print_analog` for a behavioural source of ngspice."""
    return str(SourcePrinter(names).doprint(expression))
