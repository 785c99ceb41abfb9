"""Render a device mode as a vectorised function on numpy arrays or torch tensors.

The generated source mirrors the declaration line by line (one assignment per definition), in SI units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal

import sympy

from ipcircuit.declaration.device import Definition, Device, Mode, symbol_names

Backend = Literal["numpy", "torch"]
Evaluate = Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Rendering:
    """A mode as code.

    `evaluate(voltages, states, parameters)` returns a dict with every definition by name, ``d_<state>`` (time
    derivative per second) and ``i_<positive>_<negative>`` (branch current, A). Values broadcast: scalars or arrays.

    Attributes:
        voltage_names: keys expected in `voltages`, e.g. ``"v(p,n)"``.
        state_names: keys expected in `states`.
        source: the generated Python text.
        currents: `evaluate` without what the branch currents do not need; returns only these.
    """

    device: Device
    mode: Mode
    voltage_names: tuple[str, ...]
    state_names: tuple[str, ...]
    source: str
    evaluate: Evaluate
    currents: Evaluate


def _namespace(backend: Backend) -> dict[str, Any]:
    if backend == "numpy":
        import numpy as np

        return {
            "exp": np.exp,
            "log": np.log,
            "sqrt": np.sqrt,
            "tanh": np.tanh,
            "atanh": np.arctanh,
            "sin": np.sin,
            "cos": np.cos,
            "Abs": np.abs,
            "Max": np.maximum,
            "Min": np.minimum,
            "softplus": lambda x: np.logaddexp(0, x),
        }
    import torch

    def clamp_pair(operation: str) -> Callable[[Any, Any], Any]:
        return lambda a, b: getattr(torch, operation)(torch.as_tensor(a), torch.as_tensor(b))

    return {
        "exp": torch.exp,
        "log": torch.log,
        "sqrt": torch.sqrt,
        "tanh": torch.tanh,
        "atanh": torch.atanh,
        "sin": torch.sin,
        "cos": torch.cos,
        "Abs": torch.abs,
        "Max": clamp_pair("maximum"),
        "Min": clamp_pair("minimum"),
        "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    }


def _text(expression: sympy.Expr, renamed: Mapping[sympy.Symbol, sympy.Symbol]) -> str:
    return sympy.sstr(expression.xreplace(dict(renamed)), full_prec=True)


def python_source(device: Device, mode_name: str) -> str:
    """The generated function as text."""
    mode = device.mode(mode_name)
    renamed = {v: sympy.Symbol("voltage_" + v.name[2:-1].replace(",", "_"), real=True) for v in mode.voltages()}
    lines = ["def evaluate(voltages, states, parameters):"]
    lines += [f"    {renamed[v].name} = voltages[{v.name!r}]" for v in mode.voltages()]
    lines += [f"    {p.name} = parameters[{p.name!r}]" for p in device.parameters]
    lines += [f"    {s.name} = states[{s.name!r}]" for s in mode.states]
    lines += [f"    {d.name} = {_text(d.expression, renamed)}" for d in mode.definitions]
    result = [f"{d.name!r}: {d.name}" for d in mode.definitions]
    result += [f"'d_{s.name}': {_text(s.derivative, renamed)}" for s in mode.states]
    result += [f"'i_{b.positive}_{b.negative}': {_text(b.current, renamed)}" for b in mode.branches]
    return "\n".join([*lines, "    return {", *(f"        {entry}," for entry in result), "    }"]) + "\n"


def _currents_source(device: Device, mode_name: str) -> str:
    """The same function for the branch currents alone: definitions that none of them needs are left out."""
    mode = device.mode(mode_name)
    needed = {name for branch in mode.branches for name in symbol_names(branch.current)}
    kept: list[Definition] = []
    for definition in reversed(mode.definitions):
        if definition.name in needed:
            kept.insert(0, definition)
            needed |= symbol_names(definition.expression)
    states = tuple(replace(s, derivative=sympy.Integer(0)) for s in mode.states)
    lean = replace(mode, definitions=tuple(kept), states=states)
    return python_source(replace(device, modes={mode_name: lean}), mode_name)


@cache
def _compile(device_source: str, backend: Backend) -> Callable[..., dict[str, Any]]:
    namespace = _namespace(backend)
    exec(compile(device_source, "<device rendering>", "exec"), namespace)
    return namespace["evaluate"]


@lru_cache(maxsize=64)
def render_python(device: Device, mode_name: str, backend: Backend = "numpy") -> Rendering:
    """The vectorised function of one mode; parameters are arguments, so they may be arrays or require gradients."""
    mode = device.mode(mode_name)
    source = python_source(device, mode_name)
    return Rendering(
        device,
        mode,
        tuple(v.name for v in mode.voltages()),
        tuple(s.name for s in mode.states),
        source,
        _compile(source, backend),
        _compile(_currents_source(device, mode_name), backend),
    )


def initial_states(device: Device, mode_name: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """State values at t = 0, SI, for parameter `values` (scalars or arrays; default: the device's own)."""
    known = values or device.values()

    def at_start(expression: sympy.Expr) -> Any:
        names = sorted(str(s) for s in expression.free_symbols)
        return (
            sympy.lambdify(names, expression, "numpy")(*(known[name] for name in names)) if names else float(expression)
        )

    return {s.name: at_start(s.initial) for s in device.mode(mode_name).states}
