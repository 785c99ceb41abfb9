"""What the ambient temperature does to a device: a law for each parameter that it changes, or the reason for none.

A law gives the value at the ambient temperature, in K, from the values at 27 °C, which a declaration states. Parameters
without a law stay as they are. `Device.at_ambient` applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy

from ipcircuit.errors import InputError
from ipcircuit.parameters import Basis, Parameter
from ipcircuit.units import NOMINAL_C

ZERO_C = 273.15  # K
NOMINAL_K = ZERO_C + NOMINAL_C
#: The ambient temperature in a law, K.
AMBIENT = sympy.Symbol("ambient_K", real=True)
_ROUNDING_K = 1e-9
_AGREEMENT = 1e-9  # relative, of a law at 27 °C with the value there


@dataclass(frozen=True)
class Law:
    """What the ambient temperature does to one parameter.

    Attributes:
        parameter: its name.
        value: at the temperature `AMBIENT`, in parameters at 27 °C; at 27 °C the parameter itself.
        source: paper and equation, or the reason for an assumption.
        basis: how the law was obtained.
        coldest_K, hottest_K: range in which it holds.
    """

    parameter: str
    value: sympy.Expr
    source: str
    basis: Basis
    coldest_K: float
    hottest_K: float

    def __post_init__(self) -> None:
        where = f"law of {self.parameter}"
        if not 0 < self.coldest_K <= NOMINAL_K <= self.hottest_K:
            allowed = f"temperatures in K with {NOMINAL_K:g} between them"
            raise InputError("range out of order", where=where, found=[self.coldest_K, self.hottest_K], allowed=allowed)
        if not self.source:
            raise InputError("source is missing", where=where)


@dataclass(frozen=True)
class NotModelled:
    """The ambient temperature leaves all parameters as they are, for want of a law.

    Attributes:
        reason: why there is none, in words that complete "its temperature is not modelled: …".
    """

    reason: str


Ambient = tuple[Law, ...] | NotModelled
UNDECLARED = NotModelled("its declaration says nothing of it")


class AmbientWarning(UserWarning):
    """A temperature was asked for that a device of the circuit does not model."""


def applied(
    laws: Sequence[Law], parameters: tuple[Parameter, ...], temperature_C: float, *, owner: str
) -> tuple[Parameter, ...]:
    """Parameters at an ambient temperature (°C), from those at 27 °C; each says which law it follows.

    Raises:
        InputError: a temperature at which a law does not hold, a value out of its parameter's range, or a law that does
            not give the parameter itself at 27 °C.
    """
    values, kelvin = {p.name: p.value for p in parameters}, ZERO_C + temperature_C
    changed: dict[str, Parameter] = {}
    by_name = {p.name: p for p in parameters}
    for law in laws:
        where = f"{owner}: {law.parameter}"
        if not law.coldest_K - _ROUNDING_K <= kelvin <= law.hottest_K + _ROUNDING_K:
            low, high = law.coldest_K - ZERO_C, law.hottest_K - ZERO_C
            problem = "ambient temperature at which the law of this parameter does not hold"
            allowed = f"{low:.4g} … {high:.4g} °C"
            raise InputError(problem, where=where, found=f"{temperature_C:g} °C", allowed=allowed)
        before, at = values[law.parameter], evaluated(law.value)
        if not abs((known := at(values, NOMINAL_K)) - before) <= _AGREEMENT * max(abs(before), abs(known)):
            problem = "a law that does not give its parameter at 27 °C"
            raise InputError(problem, where=where, found=known, allowed=f"{before:g}")
        source = f"{before:g} at 27 °C, here at {temperature_C:g} °C: {law.source}"
        changed[law.parameter] = replace(
            by_name[law.parameter], value=at(values, kelvin), source=source, basis=law.basis
        )
    return tuple(changed.get(p.name, p) for p in parameters)


@lru_cache(maxsize=256)
def evaluated(expression: sympy.Expr) -> Callable[[Mapping[str, float], float], float]:
    """A law's expression as a function of the values at 27 °C, by name, and of the temperature (K)."""
    names = sorted(str(s) for s in expression.free_symbols if s != AMBIENT)
    function = sympy.lambdify([*(sympy.Symbol(name, real=True) for name in names), AMBIENT], expression, "math")
    return lambda values, kelvin: float(function(*(values[name] for name in names), kelvin))
