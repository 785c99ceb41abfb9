"""What the ambient temperature does to a thermal junction: its laws, and what thermally activated switching predicts.

The junction's own heat and a warm room warm the same free layer, so the midpoint falls by `midpoint_shift` per kelvin
of either; a junction that its own heat does not reach has an `ambient_shift` instead. Both are kelvins of the assumed
thermal resistance: the fit knows only `midpoint_shift · r_thermal`.

Beside it stands a prediction without any heating experiment (`agitation`). A junction with an energy barrier E_b
switches within a pulse of t_p with P = 1/2 at (R. H. Koch, J. A. Katine and J. Z. Sun, Phys. Rev. Lett. 92, 088302
(2004))

    x0(T) = V_c0 (1 - ln(t_p / (τ0 ln 2)) / Δ),   Δ = E_b / (k T),

and ln of its hazard rises with slope k = Δ / V_c0. Slope and midpoint of the declaration therefore give Δ and V_c0. As
V_c0 ∝ E_b / η, the barrier cancels in the slope, which falls as 1/T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ipcircuit.declaration.ambient import AMBIENT, NOMINAL_K, Law, evaluated
from ipcircuit.declaration.device import Device, symbol
from ipcircuit.devices.temperature import (
    COLDEST_K,
    HOTTEST_K,
    STRATTON_SOURCE,
    TMR_SOURCE,
    magnetisation_factor,
    polarisation_factor,
    resistance_factor,
    tmr_at,
)

ATTEMPT_S = 1e-9  # τ0; assumed, the convention of the field
BARRIER_EXPONENT = 2.0  # E_b ∝ Ms²: shape, and within a tenth interface anisotropy; assumed
_MIDPOINT_SOURCE = (
    "fitted fall per kelvin of its own heat (Fig. S1), in kelvins of the assumed r_thermal; ambient_shift"
)
_SLOPE_SOURCE = (
    "thermally activated switching, slope Δ / V_c0 ∝ 1 / T (Koch, Katine and Sun 2004); polarisation and resistance "
    "move it by a tenth of that"
)


def _laws() -> tuple[Law, ...]:
    r_p, r_ap, x0 = symbol("r_parallel"), symbol("r_antiparallel"), symbol("x0_set")
    fall = (symbol("midpoint_shift") + symbol("ambient_shift")) * (AMBIENT - NOMINAL_K)
    parallel, cooling = r_p * resistance_factor(), NOMINAL_K / AMBIENT
    antiparallel = parallel * (1 + tmr_at(r_ap / r_p - 1))
    held = (COLDEST_K, HOTTEST_K)
    moved = (218.15, 398.15)  # -55 … 125 °C: a straight line through tens of kelvin of heating, assumed to go on
    return (
        Law("r_parallel", parallel, STRATTON_SOURCE, "assumed", *held),
        Law("r_antiparallel", antiparallel, f"{STRATTON_SOURCE}; {TMR_SOURCE}", "derived", *held),
        Law("x0_set", x0 - fall, _MIDPOINT_SOURCE, "fitted", *moved),
        Law("k_set", symbol("k_set") * cooling, _SLOPE_SOURCE, "published", *moved),
        Law(
            "x0_reset",
            symbol("x0_reset") * (1 - fall / x0),
            "assumed: by the same share as x0_set, of the same barrier",
            "assumed",
            *moved,
        ),
        Law("k_reset", symbol("k_reset") * cooling, _SLOPE_SOURCE, "published", *moved),
    )


LAWS = _laws()


@dataclass(frozen=True)
class Agitation:
    """Thermally activated switching behind a junction's sigmoid, at 27 °C.

    Attributes:
        stability: Δ. critical_V: V_c0.
        constant_barrier_V_K: fall of the midpoint per kelvin (V/K) if only k T grows.
        fall_V_K: the same with E_b ∝ Ms², and the polarisation that turns less torque out of a volt.
        fitted_V_K: that of the declaration.
    """

    stability: float
    critical_V: float
    constant_barrier_V_K: float
    fall_V_K: float
    fitted_V_K: float

    def thermal_resistance(self, assumed: float) -> float:
        """Thermal resistance (K/W) at which the fitted fall is the predicted one, from that which the fit assumed."""
        return assumed * self.fitted_V_K / self.fall_V_K


def agitation(device: Device, *, attempt_s: float = ATTEMPT_S, exponent: float = BARRIER_EXPONENT) -> Agitation:
    """What slope and midpoint of a junction's sigmoid say of its barrier, and of its midpoint in a warmer room.

    Args:
        attempt_s: τ0, s. exponent: of Ms in the barrier.
    """
    p = device.at_ambient(NOMINAL_K - 273.15).values()
    waiting = math.log(p["t_set"] / (attempt_s * math.log(2)))
    critical = p["x0_set"] + waiting / p["k_set"]
    polarisation = math.sqrt((tmr := p["r_antiparallel"] / p["r_parallel"] - 1) / (2 + tmr))

    def midpoint(kelvin: float) -> float:
        barrier = _at(magnetisation_factor(), kelvin) ** exponent
        torque = _torque(polarisation * _at(polarisation_factor(), kelvin)) / _torque(polarisation)
        return critical * (barrier - waiting / (p["k_set"] * critical) * kelvin / NOMINAL_K) / torque

    step = 0.5
    fall = (midpoint(NOMINAL_K - step) - midpoint(NOMINAL_K + step)) / (2 * step)
    fitted = p["midpoint_shift"] + p["ambient_shift"]
    return Agitation(p["k_set"] * critical, critical, waiting / (p["k_set"] * NOMINAL_K), fall, fitted)


def _torque(polarisation: float) -> float:
    """Spin torque per volt, J. C. Slonczewski, Phys. Rev. B 71, 024411 (2005): P / (1 + P²) at constant G_P."""
    return polarisation / (1 + polarisation**2)


def _at(factor: object, kelvin: float) -> float:
    return evaluated(factor)({}, kelvin)  # pyright: ignore[reportArgumentType]
