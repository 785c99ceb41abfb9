"""Render a device mode as an ngspice subcircuit of behavioural sources.

A state is a current into a capacitor, scaled so that the node's voltage is of order one and one volt of slope is one
nanosecond; a definition is a voltage node. Both can be saved and measured under their own names (``x1.ap``).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy

from ipcircuit.declaration.device import Branch, Device, Mode, symbol, symbol_names
from ipcircuit.declaration.folding import Constants
from ipcircuit.declaration.printing import print_source

TIME_SCALE = 1e-9  # s; capacitance of a state node, so that currents are slopes per nanosecond


def subcircuit_name(device: Device, mode: str) -> str:
    """``mtj_thermal_mean_field`` for device ``mtj_thermal``, mode ``mean_field``."""
    return f"{device.name}_{mode}"


def node_scale(device: Device, mode: str, name: str) -> float:
    """What one volt on the node of a state or definition means, in its SI unit."""
    for entry in (*device.mode(mode).states, *device.mode(mode).definitions):
        if entry.name == name:
            return entry.scale
    raise KeyError(name)


class _Elements:
    """Elements that make a node's value, or a current, what an expression says.

    Sums of multiples of unknowns become linear sources, which ngspice need not evaluate again and again; a behavioural
    source sees a voltage between two nodes at a node of its own, for which it has one derivative instead of two.
    """

    def __init__(self, device: Device, mode: Mode) -> None:
        parameters = [p.name for p in device.parameters]
        self._values: dict[Any, Any] = {v: _node(v.name[2:-1]) for v in mode.voltages()}
        for state in mode.states:
            self._values[symbol(state.name)] = state.scale * _node(state.name)
        for d in mode.definitions:
            self._values[symbol(d.name)] = self._seen(d.expression) if d.inline else d.scale * _node(d.name)
        self._constants, self._braced = Constants(parameters), {name: f"{{{name}}}" for name in parameters}
        self._across: dict[str, str] = {}

    def _seen(self, expression: sympy.Expr) -> Any:
        """An expression in node voltages and parameters."""
        return expression.xreplace(self._values)

    def node(self, name: str, expression: sympy.Expr) -> list[str]:
        """A node whose voltage is `expression`."""
        current = self._linear(name, expression)
        return [f"R_{name} {name} 0 1", *current] if current else [f"B_{name} {name} 0 V={self._text(expression)}"]

    def into(self, name: str, expression: sympy.Expr) -> list[str]:
        """A current of `expression` amperes from ground into node `name`."""
        return self._linear(name, expression) or [f"B_{name} 0 {name} I={self._text(expression)}"]

    def between(self, branch: Branch) -> str:
        """The current of a branch, in one element whose current can be saved."""
        ends = f"{branch.positive} {branch.negative}"
        return f"B_{ends.replace(' ', '_')} {ends} I={self._text(branch.current)}"

    def shared(self) -> list[str]:
        """Constants (``.param``) and nodes for voltages between two nodes."""
        constants = self._constants.named.items()
        lines = [f".param {name}={{{_in_parameters(expression)}}}" for name, expression in constants]
        for node, ends in self._across.items():
            lines += [f"R_{node} {node} 0 1", f"G_{node} 0 {node} {ends} 1"]
        return lines

    def _linear(self, name: str, expression: sympy.Expr) -> list[str]:
        terms = self._constants.linear(self._seen(expression)) or {}
        lines = []
        for x, factor in terms.items():
            ends = x.name[2:-1].replace(",", " ") if x != 1 else ""
            control = ends if " " in ends else f"{ends} 0"
            text = repr(float(factor)) if factor.is_Number else f"{{{_in_parameters(factor)}}}"
            lines.append(f"I_{name} 0 {name} {text}" if x == 1 else f"G_{name}_{len(lines)} 0 {name} {control} {text}")
        return lines

    def _text(self, expression: sympy.Expr) -> str:
        folded = self._constants.fold(self._seen(expression))
        return print_source(folded, self._names(folded))

    def _names(self, expression: sympy.Expr) -> dict[str, str]:
        names = {name: name for name in symbol_names(expression)}
        for name in names:
            if "," in name:
                node = "across_" + name[2:-1].replace(",", "_")
                self._across[node] = name[2:-1].replace(",", " ")
                names[name] = f"V({node})"
        return names | self._braced | {name: f"{{{name}}}" for name in self._constants.named}


def _in_parameters(expression: sympy.Expr) -> str:
    return print_source(expression, {name: name for name in symbol_names(expression)})


def _node(name: str) -> sympy.Symbol:
    return sympy.Symbol(f"V({name})", real=True)


@cache
def spice_subcircuit(device: Device, mode_name: str) -> str:
    """The ``.subckt`` text; defaults are the declaration's parameter values."""
    mode = device.mode(mode_name)
    used, elements = used_parameters(device, mode), _Elements(device, mode)
    lines: list[str] = []
    for d in mode.definitions:
        if not d.inline:
            lines += [
                f"* {d.description}, {_node_unit(d.scale, d.unit)}",
                *elements.node(d.name, d.expression / d.scale),
            ]
    for s in mode.states:
        lines += [
            f"* {s.description}, {_node_unit(s.scale, s.unit)}",
            f"C_{s.name} {s.name} 0 {TIME_SCALE!r}",
            *elements.into(s.name, s.derivative * (TIME_SCALE / s.scale)),
            f".ic V({s.name})={{{_in_parameters(s.initial / s.scale)}}}",
        ]
    lines += [elements.between(branch) for branch in mode.branches]
    name = subcircuit_name(device, mode_name)
    return "\n".join(
        [
            f"* {device.summary}",
            f"* {mode.name}: {mode.description}",
            f"* {device.reference}",
            f".subckt {name} {' '.join(mode.terminals)}{' params:' if used else ''}",
            *(f"+ {p.name}={p.value!r}" for p in device.parameters if p.name in used),
            *elements.shared(),
            *lines,
            f".ends {name}\n",
        ]
    )


def _node_unit(scale: float, unit: str) -> str:
    return f"1 V = {scale:g} {unit}".rstrip() if unit or scale != 1 else "pure number"


def used_parameters(device: Device, mode: Mode) -> set[str]:
    expressions = [d.expression for d in mode.definitions] + [b.current for b in mode.branches]
    expressions += [e for s in mode.states for e in (s.derivative, s.initial)]
    return set[str]().union(*map(symbol_names, expressions)) & {p.name for p in device.parameters}
