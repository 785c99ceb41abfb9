"""The rotation ω of a macrospin device as a fast function on tensors, taken from its declaration.

`m`, the spin torque and the applied field change from step to step, everything else is constant over a run. Each
component of ω is a polynomial in what changes; its coefficients are worked out once per run (`coefficients`), and terms
whose coefficient is known to be zero (no field, an axis without pinned layer) are left out of the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy

from ipcircuit.declaration.device import Device, symbol, voltage
from ipcircuit.devices.orthogonal_mtj.device import AXES, MODE

MOVING = (*(f"m_{axis}" for axis in AXES), "a_j", *(f"field_{axis}" for axis in AXES))
CURRENT_DENSITY = "current_density"
_DRIVE = symbol("drive")


@dataclass(frozen=True)
class Equation:
    """Compiled ω of one device structure.

    Attributes:
        coefficients: from a mapping of parameter values (floats or tensors) to the list of coefficients.
        torque: ``torque(m_w, m_l, m_t, drive, parameters)`` is a_j in A/m.
        torque_turns: whether a_j depends on m; if not, it is proportional to the drive.
        rotation: ``rotation(moving, coefficients)`` is (ω_w, ω_l, ω_t) in rad/s; `moving` in the order of `MOVING`.
        source: the text of `rotation`.
    """

    coefficients: Callable[[Mapping[str, Any]], list[Any]]
    torque: Callable[..., Any]
    torque_turns: bool
    rotation: Callable[[tuple[Any, ...], list[Any]], tuple[Any, Any, Any]]
    source: str


def _chain(device: Device) -> dict[str, sympy.Expr]:
    """Definitions of the mode by name, each with earlier ones substituted, but for `a_j`."""
    chain: dict[Any, Any] = {}
    for definition in device.mode(MODE).definitions:
        if definition.name != "a_j":
            chain[symbol(definition.name)] = definition.expression.xreplace(chain)
    return {str(name): expression for name, expression in chain.items()}


@lru_cache(maxsize=64)
def compile_equation(device: Device, driven_by: str, zero: frozenset[str]) -> Equation:
    """Functions for a device driven by ``"current_density"`` (A/m²) or ``"voltage"`` (V).

    Args:
        zero: names of parameters (and moving quantities) that are zero in every device of the run.
    """
    chain, nothing = _chain(device), {symbol(name): sympy.Integer(0) for name in zero}
    torque = next(d.expression for d in device.mode(MODE).definitions if d.name == "a_j")
    if driven_by == CURRENT_DENSITY:
        torque = torque.xreplace({symbol("current"): _DRIVE * symbol("area")})
    torque = torque.xreplace({symbol(name): chain[name] for name in ("current", "projection")})
    torque = sympy.cancel(torque.xreplace({voltage("p", "n"): _DRIVE, **nothing}))
    names = [p.name for p in device.parameters]
    arguments = [*MOVING[:3], "drive"]
    torque_function = sympy.lambdify([arguments, names], torque, modules=[], cse=True)

    moving, constants, lines = [symbol(name) for name in MOVING], [], []
    for axis in AXES:
        terms = sympy.Poly(chain[f"omega_{axis}"].xreplace(nothing), *moving).terms()
        products = []
        for powers, coefficient in terms:
            if coefficient != 0:
                factors = [f for power, name in zip(powers, MOVING, strict=True) for f in [name] * power]
                products.append("*".join([f"c[{len(constants)}]", *factors]))
                constants.append(coefficient)
        lines.append(" + ".join(products) or "0.0")
    source = f"def rotation(moving, c):\n    {', '.join(MOVING)} = moving\n    return (\n"
    source += "".join(f"        {line},\n" for line in lines) + "    )\n"
    space: dict[str, Any] = {}
    exec(compile(source, "<macrospin rotation>", "exec"), space)
    turns = driven_by != CURRENT_DENSITY or bool(torque.free_symbols & {symbol(name) for name in MOVING[:3]})
    listed = sympy.lambdify([names], constants, modules=[], cse=True)
    return Equation(
        lambda values: listed([values[name] for name in names]),
        lambda m_w, m_l, m_t, drive, values: torque_function([m_w, m_l, m_t, drive], [values[name] for name in names]),
        turns,
        space["rotation"],
        source,
    )
