"""Print sympy expressions in the C-like subset that ngspice B sources and Verilog-A share."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy.printing.codeprinter import CodePrinter
from sympy.printing.precedence import precedence

from ipcircuit.declaration.functions import lower

_FUNCTIONS = {"exp": "exp", "log": "ln", "tanh": "tanh", "atanh": "atanh", "Abs": "abs", "sin": "sin", "cos": "cos"}


class AnalogPrinter(CodePrinter):
    """Integer powers become products: ``x^3`` of a negative x is |x|^3 in ngspice."""

    printmethod = "_analog"
    language = "analog behavioural source"

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.known_functions = dict(_FUNCTIONS)
        self._names = dict(names)

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

    def _print_Max(self, expr: sympy.Max) -> str:
        return self._nested("max", expr)

    def _print_Min(self, expr: sympy.Min) -> str:
        return self._nested("min", expr)

    def _nested(self, function: str, expr: sympy.Expr) -> str:
        first, *rest = (self._print(argument) for argument in expr.args)
        return f"{function}({first}, {self._nested_rest(function, rest)})"

    def _nested_rest(self, function: str, rest: list[str]) -> str:
        return rest[0] if len(rest) == 1 else f"{function}({rest[0]}, {self._nested_rest(function, rest[1:])})"


def print_analog(expression: sympy.Expr, names: Mapping[str, str]) -> str:
    """Text of `expression`; `names` maps each symbol name to how it is written there."""
    return str(AnalogPrinter(names).doprint(lower(expression)))
