"""The resistive divider that reads an MTJ: levels, window, and the input amplitude for a wanted device voltage."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.optimize import root_scalar

from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError


def antiparallel_resistance(device: Device, volts: float) -> float:
    """R_AP (ohm) at a bias of `volts`, from the declaration's own equation."""
    from ipcircuit.declaration.python import render_python

    rendering = render_python(device, "sampled")
    on = {"hazard": 1.0, "t_fast": 0.0, "t_slow": 0.0}
    bias = volts if abs(volts) > 1e-9 else 1e-9
    out = rendering.evaluate({"v(p,n)": bias, "v(variate)": 0.0}, on, device.values())
    return float(bias / out["current"])


@dataclass(frozen=True)
class Divider:
    """Reference resistance in series with `device` to ground; the output is the voltage across the device (Eq. 1)."""

    device: Device
    reference_ohm: float

    @property
    def gain_parallel(self) -> float:
        """V_OUT / V_IN while the device is P."""
        r_p = self.device.values()["r_parallel"]
        return r_p / (r_p + self.reference_ohm)

    def input_for(self, device_volts: float) -> float:
        """V_IN (V) that puts `device_volts` across a P-state device."""
        return device_volts / self.gain_parallel

    def input_for_antiparallel(self, device_volts: float) -> float:
        """V_IN (V) that puts `device_volts` across an AP-state device."""
        return device_volts * (1 + self.reference_ohm / antiparallel_resistance(self.device, device_volts))

    def level_parallel(self, v_in: float) -> float:
        """V_OUT (V) at `v_in` while P."""
        return v_in * self.gain_parallel

    def level_antiparallel(self, v_in: float) -> float:
        """V_OUT (V) at `v_in` while AP, with the bias dependence of R_AP."""

        def excess(v: float) -> float:
            return v * (1 + self.reference_ohm / antiparallel_resistance(self.device, v)) - v_in

        return float(root_scalar(excess, bracket=(0.0, v_in)).root)

    def level_antiparallel_low_bias(self, v_in: float) -> float:
        """V_OUT (V) at `v_in` if R_AP kept its low-bias value: what Eq. 2 assumes."""
        r_ap = self.device.values()["r_antiparallel"]
        return v_in * r_ap / (r_ap + self.reference_ohm)

    def check_window(self, threshold: float, v_read: float, *, where: str) -> None:
        """Raise InputError when the comparator's threshold is not between both levels (Eq. 2), and say by how much."""
        low, high = self.level_parallel(v_read), self.level_antiparallel(v_read)
        if not low < threshold < high:
            miss = low - threshold if threshold <= low else threshold - high
            raise InputError(
                f"comparator window closed: the threshold misses the divider levels by {miss * 1e3:.1f} mV",
                where=where,
                found=f"threshold {threshold * 1e3:.1f} mV",
                allowed=f"between {low * 1e3:.1f} mV (P) and {high * 1e3:.1f} mV (AP) at V_READ = {v_read:g} V",
            )
