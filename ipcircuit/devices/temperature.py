"""Laws of temperature that several junctions share, with their constants.

Conductance (R. Stratton, J. Phys. Chem. Solids 23, 1177 (1962)), of electrons that tunnel elastically:

    G(T) = G(0) C T / sin(C T),   C = π k d sqrt(2 m / φ) / ħ

Polarisation (C. H. Shang, J. Nowak, R. Jansen and J. S. Moodera, Phys. Rev. B 58, R2917 (1998)), which follows the
magnetisation of the interface, and with it the TMR (M. Julliere, Phys. Lett. A 54, 225 (1975)):

    P(T) = P(0) (1 - α T^1.5),   TMR = 2 P² / (1 - P²)

Magnetisation (F. Bloch, Z. Phys. 61, 206 (1930)): Ms(T) = Ms(0) (1 - (T / T_C)^1.5).

All are written from the value at 27 °C. Left out: the spin-independent conductance that Shang et al. find beside these
(∝ T^1.35), and R_P that rises with temperature where the barrier is thin and crystalline (Q. L. Ma et al., Appl. Phys.
Lett. 95, 052506 (2009)).
"""

from __future__ import annotations

import math

import sympy
from scipy import constants

from ipcircuit.declaration.ambient import AMBIENT, NOMINAL_K
from ipcircuit.parameters import Parameter

#: Range in which Shang et al. measured.
COLDEST_K, HOTTEST_K = 77.0, 420.0
BARRIER = Parameter("barrier", 1.0e-9, "m", "thickness of the barrier", "assumed: MgO at 1 to 10 Ω·µm²", "assumed")
BARRIER_EV = Parameter(
    "barrier_height", 1.0, "eV", "effective height of the barrier", "assumed: sputtered MgO, 0.4 to 3 eV", "assumed"
)
BLOCH = Parameter(
    "bloch",
    1.1e-5,
    "K^-1.5",
    "decrease of the polarisation, α",
    "derived: CoFeB/MgO with a TMR of 230 % at 300 K and 294 % at 20 K (D. D. Djayaprawira et al., Appl. Phys. Lett. "
    "86, 092502 (2005)) has 1.0e-5, with 604 % at 300 K and 1144 % at 5 K (S. Ikeda et al., Appl. Phys. Lett. 93, "
    "082508 (2008)) 1.2e-5",
    "derived",
)
CURIE = Parameter("curie", 1300.0, "K", "T_C in Bloch's law", "assumed: CoFeB, extrapolated from thin films", "assumed")
_BARRIER = f"an assumed barrier of {1e9 * BARRIER.value:g} nm and {BARRIER_EV.value:g} eV"
STRATTON_SOURCE = f"Stratton 1962, G ∝ T / sin(C T), with {_BARRIER}"
POLARISATION_SOURCE = f"Shang et al. 1998, P ∝ 1 - α T^1.5, α = {BLOCH.value:g}, from two TMR of CoFeB/MgO"
TMR_SOURCE = f"{POLARISATION_SOURCE}; TMR of P by Julliere"
MAGNETISATION_SOURCE = f"Bloch's law with an assumed T_C of {CURIE.value:g} K"


def barrier_constant() -> float:
    """Stratton's C, 1/K; C T is 0.42 at 27 °C."""
    wave = math.sqrt(2 * constants.m_e / (BARRIER_EV.value * constants.e)) / constants.hbar
    return math.pi * constants.k * BARRIER.value * wave


def resistance_factor() -> sympy.Expr:
    """Resistance of a state at constant polarisation, over that at 27 °C."""
    c = barrier_constant()
    return sympy.sin(c * AMBIENT) / AMBIENT * (NOMINAL_K / math.sin(c * NOMINAL_K))


def polarisation_factor() -> sympy.Expr:
    """P over that at 27 °C."""
    return (1 - BLOCH.value * _power(AMBIENT)) / (1 - BLOCH.value * NOMINAL_K**1.5)


def magnetisation_factor() -> sympy.Expr:
    """Ms over that at 27 °C."""
    curie = CURIE.value
    return (1 - _power(AMBIENT) / curie**1.5) / (1 - (NOMINAL_K / curie) ** 1.5)


def tmr_at(tmr: sympy.Expr) -> sympy.Expr:
    """TMR of two equal electrodes from that at 27 °C."""
    squared = tmr / (2 + tmr) * polarisation_factor() ** 2
    return 2 * squared / (1 - squared)


def _power(kelvin: sympy.Expr) -> sympy.Expr:
    return kelvin ** sympy.Rational(3, 2)
