"""Render a device mode as an ngspice subcircuit of behavioural sources.

A state is a current into a capacitor, scaled so that the node's voltage is of order one and one volt of slope is one
nanosecond; a definition is a voltage node. Both can be saved and measured under their own names (``x1.ap``).
"""

from __future__ import annotations

from functools import cache

from ipcircuit.declaration.device import Device, Mode
from ipcircuit.declaration.printing import print_analog

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


def _names(device: Device, mode: Mode) -> dict[str, str]:
    names = {p.name: f"{{{p.name}}}" for p in device.parameters}
    names |= {v.name: v.name.replace("v(", "V(") for v in mode.voltages()}
    for entry in (*mode.states, *mode.definitions):
        node = f"V({entry.name})"
        names[entry.name] = node if entry.scale == 1.0 else f"({entry.scale!r}*{node})"
    return names


@cache
def spice_subcircuit(device: Device, mode_name: str) -> str:
    """The ``.subckt`` text; defaults are the declaration's parameter values."""
    mode = device.mode(mode_name)
    names = _names(device, mode)
    used = used_parameters(device, mode)
    lines = [
        f"* {device.summary}",
        f"* {mode.name}: {mode.description}",
        f"* {device.reference}",
        f".subckt {subcircuit_name(device, mode_name)} {' '.join(mode.terminals)}{' params:' if used else ''}",
        *(f"+ {p.name}={p.value!r}" for p in device.parameters if p.name in used),
    ]
    for d in mode.definitions:
        text = print_analog(d.expression / d.scale, names)
        lines += [f"* {d.description}, {_node_unit(d.scale, d.unit)}", f"B_{d.name} {d.name} 0 V={text}"]
    for s in mode.states:
        slope = print_analog(s.derivative * (TIME_SCALE / s.scale), names)
        lines += [
            f"* {s.description}, {_node_unit(s.scale, s.unit)}",
            f"C_{s.name} {s.name} 0 {TIME_SCALE!r}",
            f"B_{s.name} 0 {s.name} I={slope}",
            f".ic V({s.name})={{{print_analog(s.initial / s.scale, {p.name: p.name for p in device.parameters})}}}",
        ]
    for b in mode.branches:
        lines.append(f"B_{b.positive}_{b.negative} {b.positive} {b.negative} I={print_analog(b.current, names)}")
    return "\n".join([*lines, f".ends {subcircuit_name(device, mode_name)}"]) + "\n"


def _node_unit(scale: float, unit: str) -> str:
    return f"1 V = {scale:g} {unit}".rstrip() if unit or scale != 1 else "pure number"


def used_parameters(device: Device, mode: Mode) -> set[str]:
    expressions = [d.expression for d in mode.definitions] + [b.current for b in mode.branches]
    expressions += [e for s in mode.states for e in (s.derivative, s.initial)]
    free = set[str]().union(*({str(s) for s in e.free_symbols} for e in expressions))
    return free & {p.name for p in device.parameters}
