"""First-order yield of the comparator's decision under random threshold mismatch (no Monte-Carlo simulation).

Pelgrom's law gives σ(ΔV_th) = A_VT / √(W·L) for the difference of two equal devices, thus σ = A_VT / √(2·W·L) for one.
Assumed: Gaussian and independent; nothing else varies; a device's whole deviation moves the threshold it belongs to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from circuits.cells import LENGTH, NMOS_WIDTH
from circuits.comparator import SENSE_NMOS, SENSE_PMOS
from ipcircuit.cmos.targets import MISMATCH


def device_sigma(width_m: float, length_m: float = LENGTH) -> float:
    """σ(V_th) of one device, V."""
    return MISMATCH.a_vt_V_um / math.sqrt(2 * width_m * length_m * 1e12)


def minimum_device_sigma() -> float:
    """σ(V_th) of the smallest logic device, V."""
    return device_sigma(NMOS_WIDTH)


def sense_inverter_sigma() -> float:
    """σ of the sense inverter's switching point, V, if both devices move it with equal weight (assumed)."""
    return math.hypot(device_sigma(SENSE_NMOS), device_sigma(SENSE_PMOS)) / 2


@dataclass(frozen=True)
class DecisionYield:
    """Share of comparators that decide both states rightly, for a threshold with standard deviation `sigma_V`."""

    sigma_V: float
    margin_parallel_V: float
    margin_antiparallel_V: float

    @property
    def value(self) -> float:
        """Probability that the threshold stays between both levels."""
        return _normal(self.margin_antiparallel_V / self.sigma_V) - _normal(-self.margin_parallel_V / self.sigma_V)


def _normal(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
