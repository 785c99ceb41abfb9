"""The discrete neuron from the numbers that Liu et al. print alone: Eq. 12 with one pole, no device model behind it.

Liu et al., "Emergent human-like working memory …": 9.5 / 27.4 / 16.3 % (text) give the time constant and, with Fig.
S1's polynomial, the slope; 19.72 % at 0.80 V (Methods) gives the midpoint. L = 1 is assumed. Beside it the reduction of
the device declaration (`ipcircuit.compact.thermal_mtj.reduce`) has two poles and counts the heat of the reset.
"""

from __future__ import annotations

import math

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.devices.thermal_mtj.protocol import Cycle

BASE, HEATED, COOLED = 0.095, 0.274, 0.163  # text: cold, after a 500 ns 0.9 V pre-pulse, 200 ns later
COOLING = 200e-9  # s
PRE_PULSE_PLATEAU, PRE_PULSE_AMPLITUDE = 500e-9, 0.9  # s, V
ALPHA, BETA = 0.0082, 0.0087  # 1/V, 1: Fig. S1
P_SWITCH, AMPLITUDE = 0.1972, 0.80  # Methods, energy


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def published_parameters(cycle: Cycle | None = None) -> ThermalNeuronParameters:
    """One-pole parameters for the published 230 ns cycle."""
    timing = cycle or Cycle()
    hot, cool = _logit(HEATED) - _logit(BASE), _logit(COOLED) - _logit(BASE)
    tau = COOLING / math.log(hot / cool)
    edges = (timing.rise + timing.fall) / 3  # a linear edge heats like a third of its length at full voltage
    pulse, pre_pulse = (1 - math.exp(-(t + edges) / tau) for t in (timing.plateau, PRE_PULSE_PLATEAU))
    # Fig. S1 probes one cycle later (reset and delay), the pre-pulse measurement right after the reset.
    shift = (ALPHA * PRE_PULSE_AMPLITUDE**2 + BETA * PRE_PULSE_AMPLITUDE) * pre_pulse / pulse
    shift *= math.exp(timing.delay / tau)
    slope = hot / shift
    return ThermalNeuronParameters(
        slope=slope,
        midpoint=AMPLITUDE - _logit(P_SWITCH) / slope,
        decay=(math.exp(-timing.period / tau),),
        alpha=(ALPHA,),
        beta=(BETA,),
        delta=(0.0,),
        period=timing.period,
        valid=(0.5, 0.95),
        origin="the numbers that Liu et al. print alone, one pole",
    )
