"""What the 28 nm card is calibrated to and checked against, with the source of every figure.

Currents are per width in A/um, so that 1000 uA/um reads 1e-3.
"""

from __future__ import annotations

from dataclasses import dataclass

from ipcircuit.parameters import Basis

VDD = 1.1  # V, supply of the published currents
TEMPERATURE_C = 27.0
GATE_LENGTH_M = 28e-9  # drawn L of every device in the calibration; published gate lengths are 24 to 33 nm
V_DRAIN_LINEAR = 0.05  # V
INVERTER_WIDTHS_M = (100e-9, 200e-9)  # n, p

_LP_SOURCE = "published, 32/28 nm low-power high-k/metal-gate bulk CMOS, gate lengths 24-33 nm"


@dataclass(frozen=True)
class Target:
    """One figure to reach: `figure` names a field of `measure.DeviceFigures`, `value` is in its unit."""

    figure: str
    value: float
    basis: Basis
    source: str


def _device_targets(i_on: float, linear_ratio: float) -> tuple[Target, ...]:
    return (
        Target("i_off", 1e-9, "published", _LP_SOURCE),
        Target("i_on", i_on, "published", _LP_SOURCE),
        Target("dibl", 0.110, "assumed", "plausible for planar 28 nm low power: 100-150 mV/V"),
        Target("swing", 0.092, "assumed", "plausible for planar 28 nm low power (85-100 mV/dec)"),
        Target("linear_ratio", linear_ratio, "assumed", "plausible at this length (0.12-0.15)"),
    )


#: Targets of the typical corner by polarity; the fitted parameters are as many as the targets.
DEVICE_TARGETS = {"n": _device_targets(1000e-6, 0.145), "p": _device_targets(575e-6, 0.130)}


@dataclass(frozen=True)
class CornerShift:
    """Global process shift of a fast device; a slow one has the opposite signs.

    `v_th`: shift of the saturation threshold magnitude in V; `i_on` and `oxide`: relative changes.
    """

    v_th: float = -0.035
    i_on: float = 0.12
    oxide: float = -0.015
    basis: Basis = "assumed"
    source: str = "about three sigma of global variation at 28 nm: V_th 30-40 mV, I_on 10-15 %"


CORNER_SHIFT = CornerShift()


@dataclass(frozen=True)
class Band:
    """A sanity bound: the figure is not fitted, it must merely fall between `low` and `high`."""

    figure: str
    low: float
    high: float
    basis: Basis
    source: str


BANDS = (
    Band("fo4_s", 10e-12, 46e-12, "derived", "32/22 nm predictive cards: 10-11 ps fast, 41-46 ps low power"),
    Band("ring_energy_J", 0.6e-15, 1.1e-15, "derived", "same cards, per ring stage and full cycle"),
)
MINIMUM_INVERTER_GAIN = 8.0  # magnitude at the switching point, VDD = 0.8 V, W 100/200 nm
INVERTER_GAIN_VDD = 0.8  # V
