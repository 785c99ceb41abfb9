"""Traces that an input leaves in a circuit, as they fade, and how long they can be told from the noise of a read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ipcircuit.errors import InputError

LONGEST_S = 1e4  # beyond, a trace counts as one that stays
_ACCURACY = 1e-6  # relative, of a span


@dataclass(frozen=True)
class Trace:
    """What one input leaves behind in a circuit.

    Attributes:
        state: where it is kept, in words. unit: of the trace and of its noise.
        left: the trace a time (s) after the input; it falls.
        noise: standard deviation of one read.
        noise_source: of the noise, in words.
        averaged: whether several neurons with the same input average the noise.
    """

    state: str
    unit: str
    left: Callable[[float], float] = field(repr=False)
    noise: float
    noise_source: str
    averaged: bool = True

    def span_s(self, neurons: int = 1, deviations: float = 1.0) -> float:
        """Time (s) for which the trace exceeds `deviations` standard deviations of the mean of `neurons` reads.

        0: it never does; infinite: it still does after `LONGEST_S`.

        Raises:
            InputError: no neuron, or no positive number of deviations.
        """
        if neurons < 1:
            raise InputError("needs a neuron", where="neurons", found=neurons, allowed=">= 1")
        if not 0 < deviations < math.inf:
            raise InputError("out of range", where="deviations", found=deviations, allowed="above 0")
        level = deviations * self.noise / (math.sqrt(neurons) if self.averaged else 1.0)
        if self.left(LONGEST_S) > level:
            return math.inf
        if self.left(0.0) <= level:
            return 0.0
        low, high = 0.0, LONGEST_S
        while high - low > _ACCURACY * high and high > 1e-15:
            middle = math.sqrt(low * high) if low else high / 1e3
            low, high = (middle, high) if self.left(middle) > level else (low, middle)
        return low


def leaked_V(start_V: float, saturation_A: float, capacitance_F: float, thermal_V: float, time_s: float) -> float:
    """Voltage (V) of a capacitor above a subthreshold transistor, I = I_s (1 - exp(-V/V_t)), after a time.

    A straight fall of I_s/C above the thermal voltage, exponential with C V_t/I_s below it.
    """
    fall, ratio = saturation_A * time_s / (capacitance_F * thermal_V), start_V / thermal_V
    # V/V_t = ln(1 + (exp(V0/V_t) - 1) exp(-fall)), written so that nothing overflows
    exponent = ratio + math.log1p(-math.exp(-ratio)) - fall if ratio > 0 else -math.inf
    grown = exponent + math.log1p(math.exp(-exponent)) if exponent > 0 else math.log1p(math.exp(exponent))
    return thermal_V * grown
