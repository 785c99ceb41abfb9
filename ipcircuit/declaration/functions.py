"""The few functions device equations use beyond sympy's own, with one numerically safe form for every rendering."""

from __future__ import annotations

from typing import Any

import sympy


class softplus(sympy.Function):  # noqa: N801 (sympy names functions in lower case)
    """ln(1 + e^x), the hazard of a sigmoid: 1 - exp(-softplus(x)) = 1 / (1 + e^-x).

    Renderings use max(x, 0) + 2 atanh(z / (2 + z)) with z = e^-|x|, which equals ln(1 + e^x) and neither
    overflows nor loses digits far below the midpoint, where ln(1 + z) would round to 0.
    """

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        x: Any = self.args[0]
        return 1 / (1 + sympy.exp(-x))

    def safe_form(self) -> sympy.Expr:
        """The overflow-free expression in elementary functions."""
        x: Any = self.args[0]
        z = sympy.exp(-sympy.Abs(x))
        return sympy.Max(x, 0) + 2 * sympy.atanh(z / (2 + z))


def smooth_step(x: sympy.Expr, width: sympy.Expr | float) -> sympy.Expr:
    """0 to 1 around x = 0 over about `width`; a hard ternary on a state's own voltage breaks the time step."""
    return (1 + sympy.tanh(x / width)) / 2


def lower(expression: sympy.Expr) -> sympy.Expr:
    """Replace this module's functions by their safe elementary forms."""
    lowered: Any = expression.replace(lambda e: isinstance(e, softplus), lambda e: e.safe_form())
    return lowered
