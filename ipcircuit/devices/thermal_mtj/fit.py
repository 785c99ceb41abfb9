"""Fit of the unstated parameters of the 200 nm device to the figures that Liu et al. do state.

Run ``python -m ipcircuit.devices.thermal_mtj.fit``: prints the fitted values, and the published figures beside what the
fitted device gives. Five unknowns, five targets: P_sw = 19.72 % at 0.80 V; 9.5 to 27.4 to 16.3 % around the pre-pulse;
the size of Fig. S1's shift (its shape is not fitted: it follows from V²/R heat, switching and the reset's heat);
the 500 ns break of Fig. S2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from ipcircuit.declaration.device import Device
from ipcircuit.devices.thermal_mtj import measure
from ipcircuit.devices.thermal_mtj.device import declare

UNKNOWNS = ("x0_set", "k_set", "midpoint_shift", "slow_share", "tau_fast")
_SCALES = np.array([0.01, 5.0, 2e-4, 0.05, 3e-8])
AMPLITUDES = np.linspace(0.5, 0.95, 10)


@dataclass(frozen=True)
class FitResult:
    """Fitted parameter values (SI) and the residual of every target."""

    values: dict[str, float]
    residuals: dict[str, float]


def _residuals(device: Device) -> dict[str, float]:
    pre = measure.pre_pulse(device)
    ratio = measure.shift_after_pulse(device, AMPLITUDES) / measure.published_shift(AMPLITUDES)
    knee = measure.break_point(measure.BREAK_DELAYS, measure.cooling_curve(device, measure.BREAK_DELAYS))[0]
    return {
        "P_sw(0.80 V) - 0.1972": float(measure.firing_probability(device, np.asarray(0.80))) - 0.1972,
        "P after pre-pulse - 0.274": pre.heated - 0.274,
        "P after 200 ns - 0.163": pre.cooled - 0.163,
        "Fig. S1 ratio, middle - 1": float(ratio.max() + ratio.min()) / 2 - 1,
        "Fig. S2 break / 500 ns - 1": knee / 500e-9 - 1,
    }


def fit(start: Device | None = None) -> FitResult:
    """Solve for `UNKNOWNS`; deterministic. The variables start at 1, because `diff_step` is relative to them."""
    device = start or declare()
    initial = np.array([device.values()[name] for name in UNKNOWNS])

    def with_values(q: np.ndarray) -> Device:
        return device.with_parameters(**dict(zip(UNKNOWNS, map(float, initial + (q - 1) * _SCALES), strict=True)))

    weights = np.array([100.0, 100.0, 100.0, 10.0, 1.0])
    solution = least_squares(
        lambda q: weights * np.array(list(_residuals(with_values(q)).values())),
        np.ones(len(UNKNOWNS)),
        diff_step=0.02,
        xtol=1e-8,
        ftol=1e-8,
        max_nfev=40,
    )
    fitted = with_values(solution.x)
    return FitResult({name: fitted.values()[name] for name in UNKNOWNS}, _residuals(fitted))


def main() -> None:
    """Print the fit beside its targets."""
    result = fit()
    for name, value in result.values.items():
        print(f"{name:16s} {value:.6g}")
    for name, value in result.residuals.items():
        print(f"{name:32s} {value:+.5f}")
    device = declare().with_parameters(**result.values)
    k, x0, deviation = measure.sigmoid_fit(device)
    print(f"effective sigmoid: k = {k:.3f} 1/V, x0 = {x0:.5f} V, largest deviation {deviation:.4f}")
    ratio = measure.shift_after_pulse(device, AMPLITUDES) / measure.published_shift(AMPLITUDES)
    for amplitude, value in zip(AMPLITUDES, ratio, strict=True):
        print(f"shift at {amplitude:.2f} V / Fig. S1: {value:.4f}")


if __name__ == "__main__":
    main()
