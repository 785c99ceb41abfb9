"""The declaration type: a device as data, from which every rendering is made.

A device has terminals, parameters, and one or more *modes* (ways to run the same physics). A mode has definitions
(named intermediate expressions, in order), states with their time derivative, and branch currents. All are sympy
expressions in the symbols `symbol(name)` of parameters, states and earlier definitions, and in branch voltages
`voltage(a, b)`.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from ipcircuit.declaration.ambient import AMBIENT, UNDECLARED, Ambient, Law, NotModelled, applied
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Variation, override
from ipcircuit.sampling import Sample
from ipcircuit.spreads import NONE, deviates
from ipcircuit.units import NOMINAL_C

if TYPE_CHECKING:
    from ipcircuit.fitting.observable import Observable
    from ipcircuit.sampling.columns import SampleColumns

_NEWTON_STEPS = 3
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def symbol(name: str) -> sympy.Symbol:
    """The symbol of a parameter, state or definition."""
    return sympy.Symbol(name, real=True)


def voltage(positive: str, negative: str | None = None) -> sympy.Symbol:
    """The voltage between two terminals (or a terminal and ground), V."""
    return sympy.Symbol(f"v({positive},{negative})" if negative else f"v({positive})", real=True)


def symbol_names(expression: sympy.Basic) -> set[str]:
    """Names of the free symbols of an expression."""
    return {s.name for s in expression.free_symbols if isinstance(s, sympy.Symbol)}


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


@dataclass(frozen=True)
class Definition:
    """A named intermediate quantity.

    Attributes:
        scale: makes value/scale of order one, the number a simulator's node carries.
        inline: put into the equations that use it, without a node in ngspice: for what is used once, or costs less to
            work out again than a node, and is not measured in a deck.
        start: given where `expression` contains the quantity itself, x = f(x): from where Newton's method finds x.
            ngspice solves the equation with those of the circuit.
    """

    name: str
    expression: sympy.Expr
    unit: str
    description: str
    scale: float = 1.0
    inline: bool = False
    start: sympy.Expr | None = None

    def equations(self) -> tuple[sympy.Expr, ...]:
        """Values to assign one after the other: the expression, or the start and steps of Newton's method."""
        if self.start is None:
            return (self.expression,)
        x: Any = symbol(self.name)
        f: Any = self.expression
        return (self.start, *[x - (x - f) / (1 - f.diff(x))] * _NEWTON_STEPS)


@dataclass(frozen=True)
class State:
    """A dynamic quantity x with dx/dt = `derivative` (per second). `scale` as in `Definition`; `initial` at t = 0."""

    name: str
    derivative: sympy.Expr
    unit: str
    description: str
    initial: sympy.Expr
    scale: float = 1.0


@dataclass(frozen=True)
class Branch:
    """A current in A, flowing through the device from terminal `positive` to terminal `negative`."""

    positive: str
    negative: str
    current: sympy.Expr


@dataclass(frozen=True)
class Mode:
    """One way to run the device. `terminals` includes those that only this mode needs (say, a random variate)."""

    name: str
    description: str
    terminals: tuple[str, ...]
    definitions: tuple[Definition, ...]
    states: tuple[State, ...]
    branches: tuple[Branch, ...]

    def voltages(self) -> tuple[sympy.Symbol, ...]:
        """Branch and terminal voltages that the equations use, sorted by name."""
        expressions = [d.expression for d in self.definitions] + [s.derivative for s in self.states]
        expressions += [b.current for b in self.branches]
        names = {name for e in expressions for name in symbol_names(e) if name.startswith("v(")}
        return tuple(sympy.Symbol(name, real=True) for name in sorted(names))


@dataclass(frozen=True)
class Constraint:
    """A relation between parameters that must hold, for example R_AP > R_P."""

    relation: sympy.Basic
    message: str


@dataclass(frozen=True)
class Device:
    """A device declaration.

    Attributes:
        name: identifier, also the stem of the subcircuit and module names.
        summary: one line.
        reference: paper and equations.
        leaves_out: what the model does not describe.
        voltage_limit: largest |V| across the device for which it holds, V.
        parameters, constraints, modes, variations: see their types.
        ambient: what the ambient temperature does to the parameters.
        parameter_sets: published sets by name, such as `liu2025`; a fit can start from them.
        observables: what `ipcircuit fit` compares with measurements, a sequence of `fitting.observable.Observable`:
            ``module:attribute``, or a function that returns it; loaded when a fit asks for it.
        temperature_C: ambient temperature that `parameters` hold at; another one comes from `at_ambient`.
        nominal: parameters at 27 °C of a device at another temperature, else empty.
    """

    name: str
    summary: str
    reference: str
    leaves_out: str
    voltage_limit: float
    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()
    modes: Mapping[str, Mode] = field(default_factory=dict, hash=False)
    variations: tuple[Variation, ...] = ()
    parameter_sets: Mapping[str, tuple[Parameter, ...]] = field(
        default_factory=dict, hash=False, compare=False, repr=False
    )
    observables: str | Callable[[], Sequence[Observable]] = field(default="", compare=False, repr=False)
    ambient: Ambient = field(default=UNDECLARED, kw_only=True, compare=False, repr=False)
    temperature_C: float = field(default=NOMINAL_C, kw_only=True)
    nominal: tuple[Parameter, ...] = field(default=(), kw_only=True, repr=False)

    def __post_init__(self) -> None:
        self._check_names()
        self._check_constraints()

    def mode(self, name: str) -> Mode:
        """A mode by name; InputError lists the allowed ones."""
        if name not in self.modes:
            raise InputError(f"device {self.name} has no such mode", found=name, allowed=", ".join(self.modes))
        return self.modes[name]

    def values(self) -> dict[str, float]:
        """Parameter values by name, SI."""
        return {p.name: p.value for p in self.parameters}

    def with_parameters(self, **values: float) -> Device:
        """The same device with other parameter values, of 27 °C; ranges and constraints are checked again."""
        if self.nominal:
            return self.at_ambient(NOMINAL_C).with_parameters(**values).at_ambient(self.temperature_C)
        return replace(self, parameters=override(self.parameters, values, owner=f"device {self.name}"))

    def with_set(self, parameters: tuple[Parameter, ...]) -> Device:
        """The same device with a named parameter set, of 27 °C (each value keeps its own source)."""
        if self.nominal:
            return self.at_ambient(NOMINAL_C).with_set(parameters).at_ambient(self.temperature_C)
        by_name = {p.name: p for p in parameters}
        override(self.parameters, {p.name: p.value for p in parameters}, owner=f"device {self.name}")
        return replace(self, parameters=tuple(by_name.get(p.name, p) for p in self.parameters))

    def at_ambient(self, temperature_C: float) -> Device:
        """The same device at an ambient temperature, by its laws; as it is where its temperature is not modelled.

        Raises:
            InputError: a temperature at which a law does not hold, or a value out of its parameter's range.
        """
        if temperature_C == self.temperature_C or isinstance(self.ambient, NotModelled):
            return self
        nominal = self.nominal or self.parameters
        if temperature_C == NOMINAL_C:
            return replace(self, parameters=nominal, nominal=(), temperature_C=NOMINAL_C)
        parameters = applied(self.ambient, nominal, temperature_C, owner=f"device {self.name}")
        return replace(self, parameters=parameters, nominal=nominal, temperature_C=temperature_C)

    def varied(self, sample: Sample, instance: str) -> Device:
        """The copy of this device that `sample` has at `instance` (a name of its place in the circuit).

        Raises:
            InputError: a parameter leaves the range in which the model holds.
        """
        if self.nominal:
            return self.at_ambient(NOMINAL_C).varied(sample, instance).at_ambient(self.temperature_C)
        values = self._drawn(sample, instance)
        changed = {name for variation in self.variations for name in variation.parameters}
        return self.with_parameters(**{name: values[name] for name in changed})

    def varied_values(self, sample: Sample, instance: str) -> dict[str, float]:
        """`values` of `varied`, at 27 °C some ten times faster. Raises InputError as it does."""
        if self.nominal:
            return self.varied(sample, instance).values()
        values = self._drawn(sample, instance)
        holds = all(p.minimum <= values[p.name] <= p.maximum for p in self.parameters)
        return values if holds and self._broken(values) is None else self.varied(sample, instance).values()

    def varied_columns(self, samples: SampleColumns, instance: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """`varied_values` of many copies, and of which of them `varied` refuses none; arrays of shape (copies,)."""
        values, hold = self._drawn(samples, instance), np.ones(len(samples), bool)
        for p in self.parameters:
            hold &= (p.minimum <= values[p.name]) & (values[p.name] <= p.maximum)
        columns = {name: np.broadcast_to(value, hold.shape) for name, value in values.items()}
        for constraint in self.constraints:
            names, holds = _test(constraint.relation)
            rows = zip(*(columns[name].tolist() for name in names), strict=True)
            hold &= [bool(holds(*row)) for row in rows]
        return columns, hold

    def _drawn(self, sample: Any, instance: str) -> dict[str, Any]:
        values: dict[str, Any] = self.values()
        spreads = sample.spreads or NONE
        variations = spreads.of(self.name, self.variations)
        drawn = deviates(sample, self.name, variations, [f"{instance}.{v.name}" for v in variations])
        for variation, deviate in zip(variations, drawn, strict=True):
            values |= {name: variation.applied(values[name], deviate) for name in variation.parameters}
        return values

    def check_voltage(self, volts: float, *, where: str) -> None:
        """Raise InputError when a drive leaves the range in which the model holds."""
        if not abs(volts) <= self.voltage_limit:  # also true of NaN
            raise InputError(
                f"voltage across {self.name} leaves the range in which the model holds",
                where=where,
                found=f"{volts:.4g} V",
                allowed=f"within ±{self.voltage_limit:g} V",
            )

    def _check_constraints(self) -> None:
        values = self.values()
        if (constraint := self._broken(values)) is not None:
            listed = (f"{name} = {values[name]:g}" for name in sorted(symbol_names(constraint.relation)))
            raise InputError(f"device {self.name}: {constraint.message}", found=", ".join(listed))

    def _broken(self, values: Mapping[str, float]) -> Constraint | None:
        """The first constraint that values do not meet."""
        for constraint in self.constraints:
            names, holds = _test(constraint.relation)
            if not holds(*(values[name] for name in names)):
                return constraint
        return None

    def _check_names(self) -> None:
        parameters = tuple(p.name for p in self.parameters)
        unknown = {name for v in self.variations for name in v.parameters}.difference(parameters)
        if unknown:
            raise InputError(f"device {self.name}: a variation of what is no parameter", found=sorted(unknown))
        if not isinstance(self.ambient, NotModelled):
            _check_laws(f"device {self.name}", self.ambient, parameters)
        for mode in self.modes.values():
            _check_mode(f"device {self.name}, mode {mode.name}", mode, parameters)


@lru_cache(
    maxsize=256
)  # names do not change with the parameters' values, of which a sweep has another set at each point
def _check_mode(where: str, mode: Mode, parameters: tuple[str, ...]) -> None:
    """Raise InputError for a bad name in a mode, or a symbol that is not declared."""
    names = [*parameters, *(entry.name for entry in (*mode.states, *mode.definitions)), *mode.terminals]
    bad = sorted({n for n in names if not _NAME.match(n) or keyword.iskeyword(n) or names.count(n) > 1})
    if bad:
        raise InputError(f"{where}: names must be unique and lower_case", found=bad)
    used = {name for v in mode.voltages() for name in v.name[2:-1].split(",")}
    used |= {name for branch in mode.branches for name in (branch.positive, branch.negative)}
    _refuse(f"{where}: no such terminal", used, mode.terminals)
    known = {*parameters, *(s.name for s in mode.states)}
    equations = [(d.name, d.expression) for d in mode.definitions]
    equations += [(s.name, s.derivative) for s in mode.states]
    equations += [("branch current", branch.current) for branch in mode.branches]
    implicit = {d.name: d.start for d in mode.definitions if d.start is not None}
    for name, expression in equations:
        if name in implicit:
            _check_symbols(where, f"start of {name}", implicit[name], known)
        _check_symbols(where, name, expression, known | ({name} & implicit.keys()))
        known.add(name)
    for state in mode.states:
        _check_symbols(where, f"initial value of {state.name}", state.initial, set(parameters))


@lru_cache(maxsize=256)
def _check_laws(where: str, laws: tuple[Law, ...], parameters: tuple[str, ...]) -> None:
    """Raise InputError for laws of what is no parameter, two of one, or none at all."""
    named = [law.parameter for law in laws]
    if not named:
        raise InputError(f"{where}: no law of temperature", allowed="laws, or NotModelled with a reason")
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise InputError(f"{where}: two laws of temperature of one parameter", found=twice[0])
    _refuse(f"{where}: a law of temperature of what is no parameter", set(named), parameters)
    for law in laws:
        known = {*parameters, AMBIENT.name}
        _check_symbols(where, f"law of {law.parameter}", law.value, known)


@lru_cache(maxsize=256)
def _test(relation: sympy.Basic) -> tuple[list[str], Callable[..., bool]]:
    """Parameters of a relation, and whether it holds as a function of their values."""
    names = sorted(symbol_names(relation))
    return names, sympy.lambdify([symbol(name) for name in names], relation, "math")


def _check_symbols(where: str, name: str, expression: sympy.Expr, known: set[str]) -> None:
    used = {symbol for symbol in symbol_names(expression) if not symbol.startswith("v(")}
    _refuse(f"{where}: {name} uses a symbol that is not declared before it", used, sorted(known))


def _refuse(problem: str, used: set[str], known: Iterable[str]) -> None:
    if unknown := used.difference(known):
        raise InputError(problem, found=", ".join(sorted(unknown)), allowed=", ".join(known))
