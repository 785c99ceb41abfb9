"""Render a device mode as a Verilog-A module with one internal node per state.

Its parameters are values at 27 °C; those with a law of temperature follow ``$temperature``.
"""

from __future__ import annotations

import math

from ipcircuit.declaration.ambient import AMBIENT, Law, NotModelled
from ipcircuit.declaration.device import Device, Mode, State, symbol_names
from ipcircuit.declaration.printing import print_analog
from ipcircuit.declaration.spice import TIME_SCALE, subcircuit_name, used_parameters
from ipcircuit.parameters import Parameter
from ipcircuit.units import NOMINAL_C


def _range(p: Parameter) -> str:
    low = "(-inf" if math.isinf(p.minimum) else f"[{p.minimum!r}"
    high = "inf)" if math.isinf(p.maximum) else f"{p.maximum!r}]"
    return f"from {low}:{high}"


def _parameter(p: Parameter) -> str:
    return f'  (* desc="{p.description}", units="{p.unit}" *) parameter real {p.name} = {p.value!r} {_range(p)};'


def _laws(device: Device, used: set[str]) -> tuple[Law, ...]:
    """Laws of temperature of the parameters that are used."""
    laws = () if isinstance(device.ambient, NotModelled) else device.ambient
    return tuple(law for law in laws if law.parameter in used)


def _law_lines(device: Device, laws: tuple[Law, ...]) -> list[str]:
    """Values at the ambient temperature; where there are none, a comment says so."""
    if isinstance(device.ambient, NotModelled):
        return [f"    // parameters do not follow $temperature: {device.ambient.reason}"]
    names = {**{p.name: p.name for p in device.parameters}, AMBIENT.name: "$temperature"}
    head = ["    // values at the ambient temperature, from the parameters at 27 degrees Celsius"] if laws else []
    return [*head, *(f"    {_at(law.parameter)} = {print_analog(law.value, names)};" for law in laws)]


def _at(parameter: str) -> str:
    return f"ambient_{parameter}"


def _names(device: Device, mode: Mode, laws: tuple[Law, ...]) -> dict[str, str]:
    names = {p.name: p.name for p in device.parameters}
    names |= {law.parameter: _at(law.parameter) for law in laws}
    names |= {v.name: v.name.replace("v(", "V(") for v in mode.voltages()}
    names |= {d.name: d.name for d in mode.definitions}
    names |= {s.name: f"({s.scale!r}*V({s.name}))" for s in mode.states}
    return names


def _state_lines(state: State, names: dict[str, str]) -> list[str]:
    slope = print_analog(state.derivative * (TIME_SCALE / state.scale), names)
    initial = print_analog(state.initial / state.scale, names)
    return [
        f"    // {state.description}; starts at V({state.name}) = {initial}",
        f"    I({state.name}) <+ ddt({TIME_SCALE!r}*V({state.name}));",
        f"    I({state.name}) <+ -({slope});",
    ]


def verilog_a_module(device: Device, mode_name: str) -> str:
    """The module text; terminals, parameters (at 27 °C), equations and laws are those of the declaration."""
    device, mode = device.at_ambient(NOMINAL_C), device.mode(mode_name)
    used = used_parameters(device, mode)
    laws = _laws(device, used)
    names = _names(device, mode, laws)
    used |= {name for law in laws for name in symbol_names(law.value)}
    lines = [
        f"// {device.summary}",
        f"// {mode.name}: {mode.description}",
        f"// {device.reference}",
        '`include "disciplines.vams"',
        "",
        f"module {subcircuit_name(device, mode_name)}({', '.join(mode.terminals)});",
        f"  inout {', '.join(mode.terminals)};",
        f"  electrical {', '.join([*mode.terminals, *(s.name for s in mode.states)])};",
        *(_parameter(p) for p in device.parameters if p.name in used),
        f"  real {', '.join([*(_at(law.parameter) for law in laws), *(d.name for d in mode.definitions)])};",
        "  analog begin",
        *_law_lines(device, laws),
        *(f"    {d.name} = {print_analog(step, names)};" for d in mode.definitions for step in d.equations()),
        *(line for s in mode.states for line in _state_lines(s, names)),
        *(f"    I({b.positive},{b.negative}) <+ {print_analog(b.current, names)};" for b in mode.branches),
        "  end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"
