"""Magnetic tunnel junction with its free layer along the pillar (T) and its pinned layer along the short axis (W).

The signed neuron of Zheng, Liu and Yang, arXiv 2606.03796. One macrospin m = (m_w, m_l, m_t) of unit length under the
Landau-Lifshitz-Gilbert equation with the spin torque of a current polarised along p, a = ħ P I / (2 e µ0 Ms volume):

    dm/dt = ω × m - λ (|m|² - 1) m,   ω = γ/(1 + α²) [H - α a p + m × (α H + a p)]
    H = applied - Ms (N_w m_w, N_l m_l, N_t m_t) + anisotropy along T,   in A/m

Terminal p is on the side of the free layer: current from p to n turns m towards +p, the state of low resistance. The
membrane potential is `projection`, m · p; the conductance is linear in it, and the TMR falls with bias. Reasons and
sources: docs/physics/signed_mtj.md. The conventional parallel design has the pinned layer along T (`parallel`).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import sympy
from scipy import constants
from scipy.optimize import brentq

from ipcircuit.declaration.device import Branch, Constraint, Definition, Device, Mode, State, symbol, voltage
from ipcircuit.devices.orthogonal_mtj.ambient import LAWS
from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape
from ipcircuit.devices.orthogonal_mtj.zheng2026 import (
    AREA_SHARE,
    BREAKDOWN_V,
    EXCHANGE_STIFFNESS,
    PARAMETERS,
    SPREADS,
    factor_parameters,
)
from ipcircuit.errors import InputError

MODE = "macrospin"
AXES = "wlt"
#: a = SPIN_TORQUE · P · J / (Ms T), A/m: ħ / (2 e µ0).
SPIN_TORQUE: float = constants.hbar / (2 * constants.e * constants.mu_0)
_UNIT_TOLERANCE = 1e-6
#: Largest short side in exchange lengths: above it a wire reverses by curling (E. H. Frei, S. Shtrikman and D. Treves,
#: Phys. Rev. 106, 446 (1957): 2 · 1.04 · sqrt(2 π) lengths across).
LARGEST_SHORT_SIDE = 5.2
#: Largest long side in exchange lengths. Assumed: thin discs of a few exchange lengths leave the single-domain state at
#: about 15 to 20 lengths across (R. P. Cowburn et al., Phys. Rev. Lett. 83, 1042 (1999)).
LARGEST_LONG_SIDE = 15.0
Vector = tuple[sympy.Expr, sympy.Expr, sympy.Expr]


def _vector(stem: str) -> Vector:
    w, length, t = (symbol(f"{stem}_{axis}") for axis in AXES)
    return w, length, t


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _readout() -> tuple[Definition, ...]:
    v, u, tmr, v_half = voltage("p", "n"), symbol("projection"), symbol("tmr"), symbol("v_half")
    projection = sum(a * b for a, b in zip(_vector("m"), _vector("pinned"), strict=True))
    # (1 + u) / 2 in parallel with (1 - u) / (2 (1 + TMR(V))); TMR(V) / (1 + TMR(V)) = tmr / (1 + tmr + V²/V_half²).
    lost = tmr / (2 * (1 + tmr + 1 / (v_half * v_half) * v * v))
    conductance = symbol("area") / symbol("ra") * (1 - (1 - u) * lost)
    return (
        Definition("projection", sympy.sympify(projection), "", "m along the pinned layer, the membrane potential"),
        Definition("tmr_bias", tmr / (1 + v * v / (v_half * v_half)), "", "TMR at this bias", inline=True),
        Definition("conductance", conductance, "S", "conductance at this angle and bias", 1e-4, inline=True),
        Definition("resistance", 1 / symbol("conductance"), "ohm", "resistance at this angle and bias", inline=True),
        Definition("current", v * symbol("conductance"), "A", "current from p to n", 1e-4),
        Definition("heat", v * symbol("current"), "W", "Joule heat", 1e-4),
    )


def _torque() -> tuple[Definition, ...]:
    m, p = _vector("m"), _vector("pinned")
    moment, pol = symbol("ms") * symbol("area") * symbol("height"), symbol("polarisation")
    a, alpha = symbol("a_j"), symbol("alpha")
    efficiency = pol / (1 + symbol("asymmetry") * pol**2 * symbol("projection"))
    anisotropy = 2 * (symbol("k_bulk") + symbol("k_interface") / symbol("height")) / (constants.mu_0 * symbol("ms"))
    field = [symbol(f"field_{axis}") - symbol("ms") * symbol(f"n_{axis}") * symbol(f"m_{axis}") for axis in AXES]
    field[2] = field[2] + anisotropy * symbol("m_t")
    precession: Any = tuple(symbol(f"h_{axis}") - alpha * a * p[i] for i, axis in enumerate(AXES))
    damping: Any = tuple(alpha * symbol(f"h_{axis}") + a * p[i] for i, axis in enumerate(AXES))
    turn, rate = _cross(m, _vector("damping")), symbol("gyromagnetic") / (1 + alpha**2)
    return (
        Definition("a_j", SPIN_TORQUE * efficiency * symbol("current") / moment, "A/m", "spin torque as a field", 1e3),
        *_along("h", field, "A/m", "effective field", inline=True),
        *_along("precession", precession, "A/m", "field about which m precesses", 1e6),
        *_along("damping", damping, "A/m", "field towards which m turns", 1e4),
        *_along(
            "omega",
            [rate * (w + t) for w, t in zip(_vector("precession"), turn, strict=True)],
            "rad/s",
            "rotation of m",
            1e10,
        ),
        Definition("square", sum((x * x for x in m), sympy.Integer(0)), "", "|m|²"),
    )


def _along(
    stem: str, vector: Sequence[Any], unit: str, description: str, scale: float = 1.0, inline: bool = False
) -> Iterator[Definition]:
    """The components of a vector as definitions ``stem_w``, ``stem_l``, ``stem_t``."""
    for axis, component in zip(AXES, vector, strict=True):
        yield Definition(f"{stem}_{axis}", component, unit, f"{description}, along {axis.upper()}", scale, inline)


def _macrospin() -> Mode:
    m, turning = _vector("m"), _cross(_vector("omega"), _vector("m"))
    polar, azimuth = symbol("initial_polar"), symbol("initial_azimuth")
    start = (
        sympy.sin(polar) * sympy.cos(azimuth),
        sympy.sin(polar) * sympy.sin(azimuth),
        sympy.cos(polar),
    )
    states = (
        State(
            f"m_{axis}",
            turning[i] - symbol("restoring_rate") * (symbol("square") - 1) * m[i],
            "",
            f"magnetisation along {axis.upper()}",
            start[i],
        )
        for i, axis in enumerate(AXES)
    )
    return Mode(
        MODE,
        "one macrospin under field, damping and spin torque",
        ("p", "n"),
        (*_readout(), *_torque()),
        tuple(states),
        (Branch("p", "n", symbol("current")),),
    )


@cache
def declare() -> Device:
    """The declaration, with the published dimensions and axes; the material is assumed."""
    norm = sum(component**2 for component in _vector("pinned"))
    trace = symbol("n_w") + symbol("n_l") + symbol("n_t")
    return Device(
        name="mtj_orthogonal",
        summary="MTJ with a macrospin free layer along the pillar and a pinned layer along its short axis",
        reference='Zheng, Liu and Yang, "Signed Spiking Neuron Enabled by an Orthogonal-Easy-Axis Magnetic Tunnel '
        'Junction", arXiv 2606.03796',
        leaves_out="non-uniform magnetisation (edge and spin-wave modes), field-like torque, stray field of the pinned "
        "layer, voltage control of the anisotropy, heating of the junction by its current, drift of the resistance; "
        "thermal agitation is in the torch path only",
        voltage_limit=BREAKDOWN_V,
        parameters=PARAMETERS,
        constraints=(
            Constraint(sympy.Abs(norm - 1) <= _UNIT_TOLERANCE, "the pinned layer's direction must be a unit vector"),
            Constraint(sympy.Abs(trace - 1) <= 1e-3, "the demagnetisation factors must add up to 1"),
        ),
        modes={MODE: _macrospin()},
        variations=SPREADS,
        parameter_sets={"zheng2026": PARAMETERS},
        observables="ipcircuit.devices.orthogonal_mtj.observables:OBSERVABLES",
        ambient=LAWS,
    )


def with_dimensions(
    device: Device, width: float, length: float, height: float, shape: Shape | str = Shape.CYLINDER
) -> Device:
    """The same device with a free layer of other size (m) and shape: area, height and demagnetisation factors follow.

    Volume and area are those of a straight pillar; an ellipsoid lends only its factors to an elliptical one.

    Raises:
        InputError: a dimension that is not positive, an unknown shape, or a size out of the parameters' range.
    """
    factors = factor_parameters(width, length, height, shape)
    values = {p.name: p.value for p in factors}
    values |= {"area": AREA_SHARE[Shape(shape)] * width * length, "height": height}
    changed = device.with_parameters(**values)
    by_name = {p.name: p for p in factors}
    return replace(changed, parameters=tuple(by_name.get(p.name, p) for p in changed.parameters))


class MacrospinWarning(UserWarning):
    """The free layer is larger than a macrospin describes."""


def exchange_length(ms: float, stiffness: float = EXCHANGE_STIFFNESS) -> float:
    """sqrt(2 A / (µ0 Ms²)), m, of saturation magnetisation `ms` (A/m) and exchange stiffness (J/m)."""
    return math.sqrt(2 * stiffness / (constants.mu_0 * ms * ms))


def check_dimensions(dimensions: Any, ms: float) -> bool:
    """Whether free layers of sides (m, shape (3, …)) are small enough for one macrospin; warns where not."""
    sides = np.sort(np.asarray(dimensions, float).reshape(3, -1), axis=0)
    length = exchange_length(ms)
    short, long = float(sides[0].max()) / length, float(sides[2].max()) / length
    if short <= LARGEST_SHORT_SIDE and long <= LARGEST_LONG_SIDE:
        return True
    warnings.warn(
        f"free layer larger than a macrospin: with an exchange length of {1e9 * length:.2f} nm the short side is "
        f"{short:.1f} lengths (up to {LARGEST_SHORT_SIDE:g} turn coherently) and the longest {long:.1f} (up to "
        f"{LARGEST_LONG_SIDE:g})",
        MacrospinWarning,
        stacklevel=2,
    )
    return False


def parallel(device: Device, tilt: float = 0.2) -> Device:
    """The conventional design: the pinned layer along the free layer's own easy axis T; it starts near -T.

    Args:
        tilt: rad, angle from ±T at rest, held by a field along L. Exactly on the axis no torque would act; the default
            is the thermal angle in the L-T plane at 300 K, sqrt(kT / (µ0 Ms volume H_k)).
    """
    p = device.values()
    field = p["ms"] * (p["n_l"] - p["n_t"]) * math.sin(tilt)
    return device.with_parameters(
        pinned_w=0.0,
        pinned_l=0.0,
        pinned_t=1.0,
        field_l=field,
        initial_polar=math.pi - tilt,
        initial_azimuth=math.pi / 2,
    )


def resistance_window(device: Device, volts: float = 0.0) -> tuple[float, float]:
    """Resistances (ohm) with m along the pinned layer and against it, at a bias of `volts`."""
    p = device.values()
    low = p["ra"] / p["area"]
    return low, low * (1 + p["tmr"] / (1 + (volts / p["v_half"]) ** 2))


def voltage_for(device: Device, current_density: float, projection: float = 0.0) -> float:
    """Bias (V) that drives `current_density` (A/m²) at a given `projection`; no limit is applied."""
    p, target = device.values(), abs(current_density)
    if not math.isfinite(target):
        return current_density

    def excess(volts: float) -> float:
        parallel_ohm, antiparallel_ohm = resistance_window(device, volts)
        conductance = (1 + projection) / (2 * parallel_ohm) + (1 - projection) / (2 * antiparallel_ohm)
        return conductance * volts / p["area"] - target

    highest = target * p["ra"] * (1 + p["tmr"])
    return math.copysign(float(brentq(excess, 0.0, highest, xtol=1e-15)), current_density)  # pyright: ignore


def largest_ra(device: Device, current_density: float, projection: float = 0.0) -> float:
    """Resistance-area product (ohm m²) at which `current_density` (A/m²) flows just at the breakdown voltage."""
    low, high = resistance_window(device, device.voltage_limit)
    share = (1 + projection) / 2 + (1 - projection) / 2 * low / high
    return device.voltage_limit * share / abs(current_density)


def check_current(device: Device, current_density: float, *, where: str = "current density") -> float:
    """Bias (V) that `current_density` (A/m²) needs with m across the pinned layer, its state at rest.

    Raises:
        InputError: beyond the barrier's breakdown at this resistance-area product; says which product would do.
    """
    volts = voltage_for(device, current_density)
    if not abs(volts) <= device.voltage_limit:  # also true of NaN
        raise InputError(
            f"{current_density:.4g} A/m² through {1e12 * device.values()['ra']:.4g} Ω·µm² is beyond breakdown",
            where=where,
            found=f"{volts:.4g} V",
            allowed=f"within ±{device.voltage_limit:g} V: {1e12 * largest_ra(device, current_density):.3g} "
            "Ω·µm² or less at this current",
        )
    return volts
