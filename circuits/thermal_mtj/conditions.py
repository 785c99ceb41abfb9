"""Conditions of the thermal MTJ neurons."""

from __future__ import annotations

from dataclasses import dataclass

from circuits.conditions import Conditions


@dataclass(frozen=True, kw_only=True)
class ThermalMtjConditions(Conditions):
    """Conditions with the levels of an operation.

    Attributes:
        amplitude: set voltage across a P-state junction, V.
        v_read: read voltage at the divider's input, V.
        reference: ``"mtj"`` or ``"resistor"`` in the divider.
    """

    v_dd: float = 0.80
    amplitude: float = 0.80
    v_read: float = 0.80
    reference: str = "mtj"

    def label(self) -> str:
        return f"{self.amplitude:.3f} V set, {super().label()}"

    def record(self) -> dict[str, float | str]:
        levels = {"amplitude_V": self.amplitude, "v_read_V": self.v_read}
        return {**levels, **super().record(), "reference": self.reference}
