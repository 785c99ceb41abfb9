"""Parameter set of the orthogonal junction: Zheng, Liu and Yang, "Signed Spiking Neuron Enabled by an
Orthogonal-Easy-Axis Magnetic Tunnel Junction", arXiv 2606.03796 (2026).

Public are the dimensions of the free layer, 10 × 45 × 50 nm, and the axes; the paper's own table of material
parameters is not. What is assumed here says why.
"""

from __future__ import annotations

import math

from scipy import constants

from ipcircuit.declaration.variation import Variation
from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape, demagnetisation_factors
from ipcircuit.parameters import Parameter

WIDTH, LENGTH, HEIGHT = 10e-9, 45e-9, 50e-9  # m, Zheng et al., abstract
SHAPE = Shape.CYLINDER  # the paper draws an elliptical pillar
#: Electron gyromagnetic ratio times µ0, m/(A s).
GYROMAGNETIC = constants.physical_constants["electron gyromag. ratio"][0] * constants.mu_0
EXCHANGE_STIFFNESS = 15e-12  # J/m, assumed: thin CoFeB films, 10 to 20 pJ/m
#: Part of W × L that the junction fills.
AREA_SHARE = {Shape.PRISM: 1.0, Shape.ELLIPSOID: math.pi / 4, Shape.CYLINDER: math.pi / 4}
BREAKDOWN_V = 1.2  # assumed: 1 to 1.5 V/nm over nanoseconds, and about 0.9 nm of MgO at 1 Ω·µm²

_POLARISATION = 0.6
_SIZE = "Zheng et al., abstract: 10 × 45 × 50 nm"
_AXES = "Zheng et al.: the pinned layer's easy axis lies along the short axis W; the parallel design has it along T"
#: Between junctions of one wafer; the source gives none. Sizes of the free layer are left to the design window.
SPREADS = (
    Variation(
        "resistance-area product",
        ("ra",),
        0.05,
        "assumed: a few percent from the barrier's thickness, exponential in it",
        "assumed",
    ),
    Variation("tunnel magnetoresistance", ("tmr",), 0.02, "assumed: less than the resistance", "assumed"),
)
_p = Parameter  # name, value, unit, description, source, basis, minimum, maximum


def factor_parameters(
    width: float, length: float, height: float, shape: Shape
) -> tuple[Parameter, Parameter, Parameter]:
    """The three demagnetisation factors of a free layer as parameters."""
    factors = demagnetisation_factors(width, length, height, shape)
    source = f"derived: {shape.value} {1e9 * width:g} × {1e9 * length:g} × {1e9 * height:g} nm; demagnetisation.py"
    n_w, n_l, n_t = (
        _p(f"n_{axis}", float(value), "", f"demagnetisation factor along {axis.upper()}", source, "derived", 0.0, 1.0)
        for axis, value in zip("wlt", factors, strict=True)
    )
    return n_w, n_l, n_t


PARAMETERS: tuple[Parameter, ...] = (
    _p(
        "area",
        AREA_SHARE[SHAPE] * WIDTH * LENGTH,
        "m²",
        "area of the junction",
        f"derived: ellipse; {_SIZE}",
        "derived",
        1e-20,
        1e-10,
    ),
    _p("height", HEIGHT, "m", "height T of the free layer, along the current", _SIZE, "published", 1e-10, 1e-6),
    *factor_parameters(WIDTH, LENGTH, HEIGHT, SHAPE),
    _p(
        "ms",
        1e6,
        "A/m",
        "saturation magnetisation",
        "assumed: CoFeB, rounded; the paper's table is not public",
        "assumed",
        1e3,
        3e6,
    ),
    _p("alpha", 0.01, "", "Gilbert damping", "assumed: thin CoFeB, 0.005 to 0.02", "assumed", 0.0, 1.0),
    _p(
        "gyromagnetic",
        GYROMAGNETIC,
        "m/(A s)",
        "gyromagnetic ratio times µ0",
        "CODATA: free electron",
        "published",
        1e4,
        1e6,
    ),
    _p(
        "polarisation",
        _POLARISATION,
        "",
        "spin polarisation of the tunnel current",
        "assumed: CoFeB/MgO, 0.5 to 0.7",
        "assumed",
        0.0,
        1.0,
    ),
    _p(
        "asymmetry",
        0.0,
        "",
        "angle dependence of the torque per current: 0 none; 1 that of P / (1 + P² cos)",
        "assumed: 0, a constant P as in most macrospin work; 1 is J. C. Slonczewski, Phys. Rev. B 71, 024411 (2005), "
        "Eq. 14, with which the torque at constant voltage does not depend on the angle",
        "assumed",
        0.0,
        1.0,
    ),
    _p("pinned_w", 1.0, "", "pinned layer, component along W", _AXES, "published", -1.0, 1.0),
    _p("pinned_l", 0.0, "", "pinned layer, component along L", _AXES, "published", -1.0, 1.0),
    _p("pinned_t", 0.0, "", "pinned layer, component along T", _AXES, "published", -1.0, 1.0),
    _p(
        "k_bulk",
        0.0,
        "J/m³",
        "uniaxial anisotropy, easy axis T where positive",
        "assumed: none, the shape alone gives the easy axis",
        "assumed",
        -1e7,
        1e7,
    ),
    _p(
        "k_interface",
        0.0,
        "J/m²",
        "interfacial anisotropy of the barrier, easy axis T where positive",
        "assumed: none, as for k_bulk; CoFeB/MgO has up to 1.3e-3, which at 50 nm is 4 % of µ0 Ms²/2",
        "assumed",
        -1e-2,
        1e-2,
    ),
    _p("field_w", 0.0, "A/m", "external field along W", "set by the experiment", "derived", -1e8, 1e8),
    _p("field_l", 0.0, "A/m", "external field along L", "set by the experiment", "derived", -1e8, 1e8),
    _p("field_t", 0.0, "A/m", "external field along T", "set by the experiment", "derived", -1e8, 1e8),
    _p(
        "ra",
        1e-12,
        "ohm m²",
        "resistance-area product in the parallel state at low bias",
        "assumed: 1 Ω·µm², the largest with which 1e12 A/m² flow at 1 V",
        "assumed",
        1e-15,
        1e-6,
    ),
    _p(
        "tmr",
        2 * _POLARISATION**2 / (1 - _POLARISATION**2),
        "",
        "tunnel magnetoresistance at low bias",
        "derived: 2 P²/(1 - P²), M. Julliere, Phys. Lett. A 54, 225 (1975), with the same P",
        "derived",
        0.0,
        10.0,
    ),
    _p(
        "v_half",
        0.5,
        "V",
        "bias at which the TMR has halved",
        "assumed: MgO junctions, 0.3 to 0.6 V",
        "assumed",
        0.05,
        10.0,
    ),
    _p(
        "initial_polar",
        0.0,
        "rad",
        "angle between magnetisation and +T at t = 0",
        "set by the testbench",
        "derived",
        0.0,
        math.pi,
    ),
    _p(
        "initial_azimuth",
        0.0,
        "rad",
        "angle of its part across T from +W, towards +L, at t = 0",
        "set by the testbench",
        "derived",
        -math.pi,
        math.pi,
    ),
    _p(
        "restoring_rate",
        1e11,
        "1/s",
        "rate at which a numerical error of |m| is taken back",
        "assumed: fast against the membrane (1 ns); no effect at |m| = 1",
        "assumed",
        0.0,
        1e13,
    ),
)
