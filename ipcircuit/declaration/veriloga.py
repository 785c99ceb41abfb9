"""Render a device mode as a Verilog-A module with one internal node per state."""

from __future__ import annotations

import math

from ipcircuit.declaration.device import Device, Mode, State
from ipcircuit.declaration.printing import print_analog
from ipcircuit.declaration.spice import TIME_SCALE, subcircuit_name, used_parameters
from ipcircuit.parameters import Parameter


def _range(p: Parameter) -> str:
    low = "(-inf" if math.isinf(p.minimum) else f"[{p.minimum!r}"
    high = "inf)" if math.isinf(p.maximum) else f"{p.maximum!r}]"
    return f"from {low}:{high}"


def _parameter(p: Parameter) -> str:
    return f'  (* desc="{p.description}", units="{p.unit}" *) parameter real {p.name} = {p.value!r} {_range(p)};'


def _names(device: Device, mode: Mode) -> dict[str, str]:
    names = {p.name: p.name for p in device.parameters}
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
    """The module text; terminals, parameters and equations are those of the declaration."""
    mode = device.mode(mode_name)
    names, used = _names(device, mode), used_parameters(device, mode)
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
        f"  real {', '.join(d.name for d in mode.definitions)};",
        "  analog begin",
        *(f"    {d.name} = {print_analog(d.expression, names)};" for d in mode.definitions),
        *(line for s in mode.states for line in _state_lines(s, names)),
        *(f"    I({b.positive},{b.negative}) <+ {print_analog(b.current, names)};" for b in mode.branches),
        "  end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"
