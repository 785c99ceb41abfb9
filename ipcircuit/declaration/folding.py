"""Parts of an expression that depend on parameters alone, worked out once instead of in every evaluation.

ngspice evaluates a behavioural source, and a tree of its own for the derivative to each unknown, twice per Newton
iteration, and works nothing out beforehand: in its trees a parameter is a number, `1/(a*b)` three operations.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from typing import Any

import sympy

from ipcircuit.declaration.device import symbol, symbol_names

_DIGITS = 10  # of a number in a behavioural source, beyond which ngspice rounds it


class Constants:
    """Named constants of one subcircuit, in the order in which `fold` met them.

    Args:
        parameters: names of the device's parameters.
    """

    def __init__(self, parameters: Collection[str]) -> None:
        self._parameters, self._names = frozenset(parameters), dict[sympy.Expr, str]()

    @property
    def named(self) -> dict[str, sympy.Expr]:
        """Constant to its expression in the parameters."""
        return {name: expression for expression, name in self._names.items()}

    def linear(self, expression: Any) -> dict[Any, Any] | None:
        """Factors of the unknowns (and of 1) in a sum of multiples of them; None if the expression is none."""
        terms = self._linear(expression)
        return None if terms is None else {x: self._constant(factor) for x, factor in terms.items()}

    def fold(self, expression: Any) -> sympy.Expr:
        """The same value, with constants for what depends on parameters alone; a sum of unknowns has one for each."""
        terms = self.linear(expression)
        if terms is not None:
            return sympy.Add(*(x * factor for x, factor in terms.items()))
        operation: Callable[..., Any] = expression.func
        if not isinstance(expression, sympy.Add | sympy.Mul):
            return operation(*(self.fold(argument) for argument in expression.args))
        fixed, moving = sympy.sift(expression.args, self._is_fixed, binary=True)
        return operation(self._constant(operation(*fixed)), *(self.fold(argument) for argument in moving))

    def _is_fixed(self, expression: Any) -> bool:
        return self._parameters >= symbol_names(expression)

    def _linear(self, expression: Any) -> dict[Any, Any] | None:
        """Unknown (and 1) to its factor in the parameters; None if the expression is not linear in the unknowns."""
        if self._is_fixed(expression):
            return {sympy.S.One: expression}
        if expression.is_Symbol:
            return {expression: sympy.S.One}
        if isinstance(expression, sympy.Mul):
            fixed, moving = sympy.sift(expression.args, self._is_fixed, binary=True)
            terms = self._linear(moving[0]) if len(moving) == 1 else None
            return None if terms is None else {x: sympy.Mul(*fixed, factor) for x, factor in terms.items()}
        if not isinstance(expression, sympy.Add):
            return None
        total: dict[Any, Any] = {}
        for terms in map(self._linear, expression.args):
            if terms is None:
                return None
            total |= {x: total.get(x, sympy.S.Zero) + factor for x, factor in terms.items()}
        return total

    def _constant(self, expression: Any) -> Any:
        if expression.is_Number:
            value = float(expression)
            if value.is_integer() and abs(value) < 10**_DIGITS:
                return sympy.Integer(int(value))
            if float(f"{value:.{_DIGITS - 1}e}") == value:
                return expression
        if expression.is_Symbol or (-expression).is_Symbol:
            return expression
        if (negative := -expression) in self._names:
            return -symbol(self._names[negative])
        if expression not in self._names:
            taken = {*self._parameters, *self._names.values()}
            self._names[expression] = next(name for i in itertools.count() if (name := f"k{i}") not in taken)
        return symbol(self._names[expression])
