"""What the ambient temperature does to the orthogonal junction: magnetisation, anisotropy, polarisation, resistance.

The anisotropy of its shape is Ms times the demagnetisation factors and follows by itself. Thermal agitation is not part
of it: the torch path has it (`ipcircuit.devices.orthogonal_mtj.macrospin`), ngspice does not.
"""

from __future__ import annotations

import sympy

from ipcircuit.declaration.ambient import Law
from ipcircuit.declaration.device import symbol
from ipcircuit.devices.temperature import (
    COLDEST_K,
    HOTTEST_K,
    MAGNETISATION_SOURCE,
    POLARISATION_SOURCE,
    STRATTON_SOURCE,
    TMR_SOURCE,
    magnetisation_factor,
    polarisation_factor,
    resistance_factor,
    tmr_at,
)
from ipcircuit.parameters import Basis

BULK_EXPONENT = 3  # H. B. Callen and E. Callen, J. Phys. Chem. Solids 27, 1271 (1966): uniaxial
INTERFACE_EXPONENT = sympy.Rational(218, 100)  # J. G. Alzate et al., Appl. Phys. Lett. 104, 112410 (2014)


def _law(name: str, value: sympy.Expr, source: str, basis: Basis) -> Law:
    return Law(name, value, source, basis, COLDEST_K, HOTTEST_K)


LAWS = (
    _law("ms", symbol("ms") * magnetisation_factor(), MAGNETISATION_SOURCE, "assumed"),
    _law(
        "k_bulk",
        symbol("k_bulk") * magnetisation_factor() ** BULK_EXPONENT,
        f"Callen and Callen 1966, K ∝ Ms³; {MAGNETISATION_SOURCE}",
        "published",
    ),
    _law(
        "k_interface",
        symbol("k_interface") * magnetisation_factor() ** INTERFACE_EXPONENT,
        f"Alzate et al. 2014, K ∝ Ms^2.18 at CoFeB/MgO; {MAGNETISATION_SOURCE}",
        "published",
    ),
    _law("polarisation", symbol("polarisation") * polarisation_factor(), POLARISATION_SOURCE, "derived"),
    _law("ra", symbol("ra") * resistance_factor(), STRATTON_SOURCE, "assumed"),
    _law("tmr", tmr_at(symbol("tmr")), TMR_SOURCE, "derived"),
)
