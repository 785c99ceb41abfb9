"""First-order yield of the comparator's decision under random threshold mismatch (no Monte-Carlo simulation).

σ of one device is `ipcircuit.technology.mismatch`'s, and `ipcircuit montecarlo` samples it. Assumed: Gaussian,
independent; nothing else varies; a device's whole deviation moves the threshold it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtr

from circuits.cells.static import LENGTH, NMOS_WIDTH
from circuits.thermal_mtj.sense.sizes import MtjSizes
from ipcircuit.technology.mismatch import device_sigma


def minimum_device_sigma() -> float:
    """σ(V_th) of the smallest logic device, V."""
    return device_sigma(NMOS_WIDTH, LENGTH)


def sense_inverter_sigma() -> float:
    """σ of the sense inverter's switching point, V, if both devices move it with equal weight (assumed)."""
    return MtjSizes().threshold_sigma()


@dataclass(frozen=True)
class DecisionYield:
    """Share of comparators that decide both states rightly, for a threshold with standard deviation `sigma_V`."""

    sigma_V: float
    margin_parallel_V: float
    margin_antiparallel_V: float

    @property
    def value(self) -> float:
        """Probability that the threshold stays between both levels."""
        return float(ndtr(self.margin_antiparallel_V / self.sigma_V) - ndtr(-self.margin_parallel_V / self.sigma_V))
