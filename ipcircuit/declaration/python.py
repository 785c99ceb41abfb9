"""Render a device mode as a vectorised function on numpy arrays or torch tensors.

The generated source mirrors the declaration line by line (one assignment per definition), in SI units.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import sympy

from ipcircuit.declaration.device import Definition, Device, Mode, symbol_names
from ipcircuit.errors import InputError

Backend = Literal["numpy", "torch"]
Evaluate = Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Rendering:
    """A mode as code: functions of voltages (by ``"v(p,n)"``), states (by `state_names`) and parameters; all broadcast.

    `evaluate` returns a dict with every definition by name, ``d_<state>`` (time derivative per second) and
    ``i_<positive>_<negative>`` (branch current, A); `currents` only the currents, without what they do not need.
    """

    mode: Mode
    state_names: tuple[str, ...]
    evaluate: Evaluate
    currents: Evaluate


def _namespace(backend: Backend) -> dict[str, Any]:
    module: Any
    if backend == "numpy":
        import numpy as module

        names = {"atanh": "arctanh", "Max": "maximum", "Min": "minimum"}
        special = {"softplus": lambda x: module.logaddexp(0, x)}
    else:
        import torch as module

        def pair(operation: str) -> Callable[[Any, Any], Any]:
            return lambda a, b: getattr(module, operation)(module.as_tensor(a), module.as_tensor(b))

        names = {"atanh": "atanh"}
        special = {
            "Max": pair("maximum"),
            "Min": pair("minimum"),
            "softplus": lambda x: module.logaddexp(x, module.zeros_like(x)),
        }
    names |= {"Abs": "abs", **{name: name for name in ("exp", "log", "sqrt", "tanh", "sin", "cos")}}
    return {name: getattr(module, function) for name, function in names.items()} | special


def python_source(device: Device, mode_name: str, *, currents_only: bool = False, known: Collection[str] = ()) -> str:
    """The generated function as text.

    Args:
        currents_only: the currents alone, without definitions that none of them needs.
        known: definitions that are passed among the states; then without others that are not needed.

    Raises:
        InputError: `known` names what is no definition of this mode.
    """
    mode = device.mode(mode_name)
    if odd := next((name for name in known if name not in {d.name for d in mode.definitions}), None):
        raise InputError("not a definition of this mode", where=f"{device.name}, {mode_name}", found=odd)
    definitions, voltages = mode.definitions, mode.voltages()
    if currents_only or known:
        definitions, names = _needed(mode, currents_only, known)
        voltages = tuple(v for v in voltages if v.name in names)
    renamed = {v: sympy.Symbol("voltage_" + v.name[2:-1].replace(",", "_"), real=True) for v in voltages}

    def text(expression: sympy.Expr) -> str:
        return sympy.sstr(expression.xreplace(dict(renamed)), full_prec=True)

    lines = ["def evaluate(voltages, states, parameters):"]
    lines += [f"    {renamed[v].name} = voltages[{v.name!r}]" for v in voltages]
    lines += [f"    {p.name} = parameters[{p.name!r}]" for p in device.parameters]
    lines += [f"    {name} = states[{name!r}]" for name in (*(s.name for s in mode.states), *known)]
    lines += [f"    {line}" for d in definitions for step in d.equations() for line in _assignments(d, step, text)]
    result = [f"'i_{b.positive}_{b.negative}': {text(b.current)}" for b in mode.branches]
    if not currents_only:
        result += [f"{d.name!r}: {d.name}" for d in definitions]
        result += [f"'d_{s.name}': {text(s.derivative)}" for s in mode.states]
    return "\n".join([*lines, "    return {", *(f"        {entry}," for entry in result), "    }"]) + "\n"


def _needed(mode: Mode, currents_only: bool, known: Collection[str]) -> tuple[tuple[Definition, ...], set[str]]:
    """Definitions that the currents need, and the states' derivatives unless they are left out; names in all that."""
    slopes = () if currents_only else (state.derivative for state in mode.states)
    names = set[str]().union(*(symbol_names(e) for e in (*(b.current for b in mode.branches), *slopes)))
    definitions = [d for d in mode.definitions if d.name not in known]
    for definition in reversed(definitions):
        if definition.name in names:
            names |= set[str]().union(*(symbol_names(e) for e in definition.equations()))
    return tuple(d for d in definitions if d.name in names), names


def _assignments(definition: Definition, value: Any, text: Callable[[sympy.Expr], str]) -> Iterator[str]:
    """The definition's value, after what a step of Newton's method uses several times."""
    parts: Any = []
    if definition.start is not None:
        names = (sympy.Symbol(f"_{definition.name}_{i}", real=True) for i in itertools.count())
        parts, (value,) = sympy.cse([value], symbols=names, order="canonical")
    for name, part in parts:
        yield f"{name} = {text(part)}"
    yield f"{definition.name} = {text(value)}"


@cache
def _compile(source: str, backend: Backend) -> Callable[..., dict[str, Any]]:
    namespace = _namespace(backend)
    exec(compile(source, "<device rendering>", "exec"), namespace)
    return namespace["evaluate"]


@lru_cache(maxsize=64)
def render_python(device: Device, mode_name: str, backend: Backend = "numpy", known: tuple[str, ...] = ()) -> Rendering:
    """The vectorised function of one mode; parameters are arguments, so they may be arrays or require gradients.

    Args:
        known: as of `python_source`: what is worked out once need not be for each state.
    """
    mode = device.mode(mode_name)
    sources = (python_source(device, mode_name, currents_only=alone, known=known) for alone in (False, True))
    functions = [_compile(source, backend) for source in sources]
    return Rendering(mode, tuple(s.name for s in mode.states), *functions)


def initial_states(device: Device, mode_name: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """State values at t = 0, SI, for parameter `values` (scalars or arrays; default: the device's own)."""
    known, start = values or device.values(), {}
    for state in device.mode(mode_name).states:
        names, function = _initial(state.initial)
        start[state.name] = function(*(known[name] for name in names)) if names else float(state.initial)
    return start


@lru_cache(maxsize=256)
def _initial(expression: sympy.Expr) -> tuple[list[str], Any]:
    """Parameters of an initial value, and the function of them."""
    names = sorted(symbol_names(expression))
    return names, sympy.lambdify(names, expression, "numpy")
