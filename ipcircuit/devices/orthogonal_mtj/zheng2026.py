"""Parameter set of the orthogonal junction: Zheng, Liu and Yang, "Signed Spiking Neuron Enabled by an
Orthogonal-Easy-Axis Magnetic Tunnel Junction", arXiv 2606.03796 (2026).

Public are the dimensions of the free layer, 10 × 45 × 50 nm, and the axes; the paper's own table of material
parameters is not. What is assumed here says why. There is no published curve to fit: ``ipcircuit fit mtj_orthogonal
measured/zheng2026.toml`` has no free parameter and hands the set on as it is.
"""

from __future__ import annotations

import math
from pathlib import Path

from scipy import constants

from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape, demagnetisation_factors
from ipcircuit.parameters import Parameter, Variation, read_parameters

WIDTH, LENGTH, HEIGHT = 10e-9, 45e-9, 50e-9  # m, Zheng et al., abstract
SHAPE = Shape.CYLINDER  # the paper draws an elliptical pillar
#: Electron gyromagnetic ratio times µ0, m/(A s).
GYROMAGNETIC: float = constants.physical_constants["electron gyromag. ratio"][0] * constants.mu_0
EXCHANGE_STIFFNESS = 15e-12  # J/m, assumed: thin CoFeB films, 10 to 20 pJ/m
#: Part of W × L that the junction fills.
AREA_SHARE = {Shape.PRISM: 1.0, Shape.ELLIPSOID: math.pi / 4, Shape.CYLINDER: math.pi / 4}
BREAKDOWN_V = 1.2  # assumed: 1 to 1.5 V/nm over nanoseconds, and about 0.9 nm of MgO at 1 Ω·µm²

#: Between junctions of one wafer; the source gives none. Sizes of the free layer are left to the design window.
SPREADS = (
    Variation(
        "resistance-area product",
        ("ra",),
        0.05,
        "assumed: a few percent from the barrier's thickness, exponential in it",
        "assumed",
        short="resistance",
    ),
    Variation("tunnel magnetoresistance", ("tmr",), 0.02, "assumed: less than the resistance", "assumed", short="tmr"),
)


def factor_parameters(
    width: float, length: float, height: float, shape: Shape | str
) -> tuple[Parameter, Parameter, Parameter]:
    """The three demagnetisation factors of a free layer as parameters."""
    factors = demagnetisation_factors(width, length, height, shape)
    source = (
        f"derived: {Shape(shape).value} {1e9 * width:g} × {1e9 * length:g} × {1e9 * height:g} nm; demagnetisation.py"
    )
    n_w, n_l, n_t = (
        Parameter(
            f"n_{axis}", float(value), "", f"demagnetisation factor along {axis.upper()}", source, "derived", 0.0, 1.0
        )
        for axis, value in zip("wlt", factors, strict=True)
    )
    return n_w, n_l, n_t


PARAMETERS = read_parameters(Path(__file__).with_suffix(".toml"))
