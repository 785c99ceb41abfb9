"""Render a device mode as a vectorised function on numpy arrays or torch tensors.

The generated source mirrors the declaration line by line (one assignment per definition), in SI units.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import sympy

from ipcircuit.declaration.device import Definition, Device, Mode, symbol_names

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


def python_source(device: Device, mode_name: str, *, currents_only: bool = False) -> str:
    """The generated function as text; for the currents alone, without definitions that none of them needs."""
    mode, definitions = device.mode(mode_name), device.mode(mode_name).definitions
    if currents_only:
        needed = {name for branch in mode.branches for name in symbol_names(branch.current)}
        for definition in reversed(definitions):
            if definition.name in needed:
                needed |= set[str]().union(*(symbol_names(e) for e in definition.equations()))
        definitions = tuple(d for d in definitions if d.name in needed)
    renamed = {v: sympy.Symbol("voltage_" + v.name[2:-1].replace(",", "_"), real=True) for v in mode.voltages()}

    def text(expression: sympy.Expr) -> str:
        return sympy.sstr(expression.xreplace(dict(renamed)), full_prec=True)

    lines = ["def evaluate(voltages, states, parameters):"]
    lines += [f"    {renamed[v].name} = voltages[{v.name!r}]" for v in mode.voltages()]
    lines += [f"    {p.name} = parameters[{p.name!r}]" for p in device.parameters]
    lines += [f"    {s.name} = states[{s.name!r}]" for s in mode.states]
    lines += [f"    {line}" for d in definitions for step in d.equations() for line in _assignments(d, step, text)]
    result = [f"'i_{b.positive}_{b.negative}': {text(b.current)}" for b in mode.branches]
    if not currents_only:
        result += [f"{d.name!r}: {d.name}" for d in definitions]
        result += [f"'d_{s.name}': {text(s.derivative)}" for s in mode.states]
    return "\n".join([*lines, "    return {", *(f"        {entry}," for entry in result), "    }"]) + "\n"


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
def render_python(device: Device, mode_name: str, backend: Backend = "numpy") -> Rendering:
    """The vectorised function of one mode; parameters are arguments, so they may be arrays or require gradients."""
    mode = device.mode(mode_name)
    functions = [_compile(python_source(device, mode_name, currents_only=alone), backend) for alone in (False, True)]
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
