"""Reference of the declared devices: equations term by term, parameters with their sources, laws of temperature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from markdown_text import cell, table
from sympy.printing.latex import LatexPrinter

from ipcircuit.declaration.ambient import AMBIENT, NotModelled
from ipcircuit.declaration.device import Device, Mode
from ipcircuit.families import DEVICES

_GREEK = {"tau", "alpha", "omega", "gamma", "theta", "lambda", "sigma", "mu", "rho", "phi"}


class Printer(LatexPrinter):
    """Symbols are the names of the code: ``tau_fast`` is τ with the index fast, ``v(p,n)`` the voltage from p to n."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": "dot", "fold_short_frac": False})

    def _print_Symbol(self, expr: Any, style: str = "") -> str:
        return tex_name(expr.name)

    def _print_softplus(self, expr: Any) -> str:
        return rf"\mathrm{{softplus}}\left({self._print(expr.args[0])}\right)"

    def _print_Float(self, expr: Any) -> str:
        mantissa, mark, exponent = f"{float(expr):.4g}".partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if mark else mantissa


def tex_name(name: str) -> str:
    """TeX of a symbol's name."""
    if name.startswith("v("):
        return rf"V_{{\mathrm{{{name[2:-1].replace(',', '')}}}}}"
    if name == AMBIENT.name:
        return r"T_{\mathrm{ambient}}"
    base, _, index = name.partition("_")
    if len(base) == 2 and base[1].isdigit():
        base, index = base[0], f"{base[1]},{index}".rstrip(",")
    if base in _GREEK:
        base = "\\" + base
    elif len(base) > 1:
        base = rf"\mathrm{{{base}}}"
    return rf"{base}_{{\mathrm{{{index.replace('_', ',')}}}}}" if index else base


def tex(expression: sympy.Basic) -> str:
    """An expression as TeX without a bar that would end a table's cell."""
    return Printer().doprint(expression).replace(r"\left|", r"\lvert ").replace(r"\right|", r"\rvert ").replace("|", "")


def pages() -> Iterator[tuple[str, str]]:
    devices = {entry.name: DEVICES.load(entry.name) for entry in DEVICES.entries() if entry.source == "built-in"}
    rows = [(f"[`{name}`]({name}.md)", cell(device.summary)) for name, device in devices.items()]
    yield (
        "reference/devices/README.md",
        "# Devices\n\nEach device is declared once, and rendered as an ngspice subcircuit, a Verilog-A module and a "
        "Python function. These pages are made from the declarations; symbols are the code's names, and softplus is "
        "$\\ln(1 + e^x)$.\n\n" + table(("device", "is"), rows),
    )
    for name, device in devices.items():
        yield f"reference/devices/{name}.md", _page(name, device)


def _page(name: str, device: Device) -> str:
    parts = [f"# {name}\n\n{device.summary[0].upper()}{device.summary[1:]}. After {device.reference}."]
    parts.append(f"Holds up to {device.voltage_limit:g} V. Not described: {device.leaves_out}.")
    parts += [_mode(mode) for mode in device.modes.values()]
    rows = [
        (f"`{p.name}`", f"{p.value:.6g} {p.unit}".strip(), cell(p.description), f"{p.basis}: {cell(_reason(p.source))}")
        for p in device.parameters
    ]
    parts.append("## Parameters\n\n" + table(("parameter", "value", "is", "from"), rows))
    if rules := [f"- {rule.message}" for rule in device.constraints]:
        parts.append("What must hold:\n\n" + "\n".join(rules))
    parts.append("## Ambient temperature\n\n" + _ambient(device))
    return "\n\n".join(parts) + "\n"


def _reason(source: str) -> str:
    head, mark, rest = source.partition(": ")
    return rest if mark and head in ("assumed", "fitted") else source


def _mode(mode: Mode) -> str:
    """One way to run the device: definitions, states and currents."""
    rows = [
        (f"$\\displaystyle {tex_name(d.name)} = {tex(d.expression)}$", cell(d.unit), cell(d.description))
        for d in mode.definitions
    ]
    for state in mode.states:
        left = rf"\frac{{\mathrm{{d}} {tex_name(state.name)}}}{{\mathrm{{d}} t}}"
        rows.append(
            (f"$\\displaystyle {left} = {tex(state.derivative)}$", f"{state.unit or 1}/s", cell(state.description))
        )
    for branch in mode.branches:
        name = rf"I_{{\mathrm{{{branch.positive}{branch.negative}}}}}"
        rows.append(
            (
                f"$\\displaystyle {name} = {tex(branch.current)}$",
                "A",
                f"current from {branch.positive} to {branch.negative}",
            )
        )
    return (
        f"## Mode `{mode.name}`\n\n{mode.description[0].upper()}{mode.description[1:]}. Terminals: "
        f"{', '.join(f'`{name}`' for name in mode.terminals)}.\n\n" + table(("equation", "unit", "is"), rows)
    )


def _ambient(device: Device) -> str:
    if isinstance(device.ambient, NotModelled):
        return f"Not modelled: {device.ambient.reason}."
    rows = [
        (
            f"${tex_name(law.parameter)} = {tex(law.value)}$",
            f"{law.coldest_K:g} to {law.hottest_K:g} K",
            cell(law.source),
        )
        for law in device.ambient
    ]
    return table(("parameter at an ambient temperature", "holds", "from"), rows) if rows else "It changes no parameter."
