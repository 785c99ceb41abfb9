"""Write drivers: an H-bridge per MTJ branch, sized for its peak current.

A pulse that puts 0.8-0.95 V on the junction needs 1.6-2.1 V in through the divider, and up to 3.5 mA, of both signs:
above the core supply and far above the current of a minimum transistor. The bridge consists of thick-oxide I/O devices.

Not modelled: the source of the analogue amplitude, bit-line and supply wiring, and sharing of a driver among neurons
(which divides area and idle leakage, not energy per operation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from energy.constants import FINGER_SPACE, LAYOUT_OVERHEAD, MIN_HEADROOM, TAPER
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.io_devices import io_devices
from ipcircuit.technology.record import IoDevice

Numbers = float | np.ndarray  # of one copy, or of many


@dataclass(frozen=True)
class WriteDriver:
    """A sized H-bridge (two n, two p switches). Widths in m, per switch; area in µm² with gate drivers included."""

    peak_current_A: float
    peak_voltage_V: float
    supply_V: float
    headroom_V: float
    width_n_m: float
    width_p_m: float
    area_um2: float
    gate_energy_per_cycle_J: float
    leakage_power_W: float
    parameters: tuple[Parameter, ...]


def size_write_driver(
    peak_current_A: float,
    peak_voltage_V: float,
    devices: tuple[IoDevice, ...] | None = None,
    min_headroom: Parameter = MIN_HEADROOM,
) -> WriteDriver:
    """Size an H-bridge that delivers a current at a pulse amplitude.

    The current flows through one p and one n switch; each may drop half the headroom. Both pulse signs occur, so there
    are two of each. All four gates switch once per cycle (one diagonal for set, one for reset).

    Args:
        peak_current_A: largest magnitude of the branch current in the simulated cycle.
        peak_voltage_V: pulse amplitude at the branch input at that moment, magnitude.
        devices: options in ascending supply, of which the first with enough headroom is used; default those of lp28.
        min_headroom: voltage that must remain for the two switches.

    Raises:
        InputError: current or voltage not positive, or no supply leaves the headroom (says by how much).
    """
    for name, value in (("peak_current_A", peak_current_A), ("peak_voltage_V", peak_voltage_V)):
        if not (math.isfinite(value) and value > 0):
            raise InputError("must be positive", where=name, found=value)
    needed, options = peak_voltage_V + min_headroom.value, devices or io_devices(technology())
    io = next((option for option in options if option.supply.value >= needed), None)
    if io is None:
        highest = max(option.supply.value for option in options)
        text = f"no I/O supply leaves {min_headroom.value:g} V of headroom; {needed - highest:.3g} V are missing"
        allowed = f"up to {highest - min_headroom.value:g} V"
        raise InputError(text, where="peak_voltage_V", found=peak_voltage_V, allowed=allowed)
    headroom, width_n, width_p, area, gates, leakage = map(float, _sizes(io, peak_current_A, peak_voltage_V))
    used = (*io.parameters, min_headroom, FINGER_SPACE, LAYOUT_OVERHEAD, TAPER)
    peaks = peak_current_A, peak_voltage_V
    return WriteDriver(*peaks, io.supply.value, headroom, width_n, width_p, area, gates, leakage, used)


def driver_columns(
    peak_current_A: np.ndarray,
    peak_voltage_V: np.ndarray,
    charge_C: np.ndarray,
    pulse_energy_J: np.ndarray,
    devices: tuple[IoDevice, ...] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Energy (J) that a driver of its own adds to one cycle of many neurons, and its leakage (W).

    Args:
        peak_current_A, peak_voltage_V: shape (n,), as `size_write_driver`. charge_C, pulse_energy_J: shape (n,), as
            `driver_energy`.

    Raises:
        InputError: as the two.
    """
    options = devices or io_devices(technology())
    supplies = np.array([option.supply.value for option in options])
    chosen = np.searchsorted(supplies, peak_voltage_V + MIN_HEADROOM.value)
    if len(peak_voltage_V) and chosen.max() == len(options):  # said for the one that needs most
        size_write_driver(float(peak_current_A.max()), float(peak_voltage_V.max()), options)
    added, leakage = np.empty_like(peak_current_A), np.empty_like(peak_current_A)
    for number in np.unique(chosen):
        these = chosen == number
        ampere, volts = cast(Any, peak_current_A[these]), cast(Any, peak_voltage_V[these])
        sizes = _sizes(options[number], ampere, volts)
        driver = WriteDriver(ampere, volts, options[number].supply.value, *sizes, ())
        added[these] = sum(driver_energy(driver, charge_C[these], pulse_energy_J[these]).values())
        leakage[these] = driver.leakage_power_W
    return added, leakage


def _sizes(io: IoDevice, peak_current_A: Any, peak_voltage_V: Any) -> tuple[Any, Any, Any, Any, Any, Any]:
    """Headroom, widths of the n and p switches, area, gate energy and leakage, as fields of `WriteDriver`."""
    headroom = io.supply.value - peak_voltage_V
    share = _triode_share(headroom / 2, io.saturation.value)
    width_n = peak_current_A / (io.on_current_n.value * share)
    width_p = peak_current_A / (io.on_current_p.value * share)
    total_width = 2 * (width_n + width_p)
    chain = 1 + 1 / (TAPER.value - 1)
    area = total_width * (io.gate_length.value + FINGER_SPACE.value) * LAYOUT_OVERHEAD.value * chain * 1e12
    gate_energy = io.gate_capacitance.value * total_width * io.supply.value**2 * chain
    # Idle: two stacked pairs across the supply, each limited by one off switch; the p switch is the wider one.
    leakage = 2 * io.off_current.value * width_p * io.supply.value * chain
    return headroom, width_n, width_p, area, gate_energy, leakage


def _triode_share(drop_V: Any, saturation_V: float) -> Any:
    """Fraction of the drive current that a fully-on switch carries at a small drain voltage; 1 from saturation on."""
    x = np.minimum(1.0, drop_V / saturation_V)
    return x * (2 - x)


def driver_energy(
    driver: WriteDriver, charge_C: float | np.ndarray, pulse_energy_J: float | np.ndarray
) -> dict[str, Any]:
    """Energy a driver adds to one cycle, J: loss in its switches, and switching their gates.

    Args:
        driver: from `size_write_driver`.
        charge_C: ∫|i| dt through the branch over set and reset (the supply delivers both).
        pulse_energy_J: ∫ v·i dt at the branch input over the same cycle, already counted in the `circuit` scope.

    Returns:
        ``{"supply_overhead": …, "gate_switching": …}``.

    Raises:
        InputError: negative input, or more energy than the supply delivers with that charge (amplitude above supply).
    """
    _require_not_negative(charge_C=charge_C, pulse_energy_J=pulse_energy_J)
    delivered = driver.supply_V * charge_C
    if np.any(pulse_energy_J > delivered):
        text = f"pulse energy exceeds the {np.min(delivered):.4g} J that the {driver.supply_V:g} V supply delivers"
        raise InputError(text, where="pulse_energy_J", found=pulse_energy_J)
    return {"supply_overhead": delivered - pulse_energy_J, "gate_switching": driver.gate_energy_per_cycle_J}


def idle_leakage_energy(power_W: Numbers, period_s: float, density: Numbers) -> Any:
    """Leakage of the idle cycles per operation, J: P · T · (1 - d) / d; of numbers or of arrays.

    At density d there are (1 - d)/d idle neuron-cycles per operation. `period_s` is 230 ns if the array is gated off
    between frames, the frame time (tens of ms) if it stays powered.

    Raises:
        InputError: negative power or period, or a density outside (0, 1].
    """
    _require_not_negative(power_W=power_W, period_s=period_s)
    if not np.all((np.asarray(density) > 0) & (np.asarray(density) <= 1)):
        raise InputError("density out of range", where="density", found=density, allowed="0 < density <= 1")
    return power_W * period_s * (1 - density) / density


def _require_not_negative(**values: Numbers) -> None:
    for name, value in values.items():
        if not np.all((value >= 0) & (value < math.inf)):
            raise InputError("must not be negative", where=name, found=value)
