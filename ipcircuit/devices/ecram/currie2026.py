"""Parameter set of the ECRAM: Currie et al., "Leveraging Non-Equilibrium ECRAM Dynamics for Short-Term Plasticity
in Neuromorphic Circuits", arXiv 2605.11243 (2026).

Only the transient change per spike (1.5 kΩ) and the energy per spike (2 pJ) are public. Together they bound the pulse:
a channel of some 10 kΩ under 1 V takes 2 pJ in 2e-12·R = 20 ns per 10 kΩ, so the spike that drives gate and channel
must be of that order or shorter. Devices written by 10 µs pulses with 10 µs of settling cannot be driven within 2 pJ;
their settling time is kept as the fast relaxation, their pulse is not.
"""

from __future__ import annotations

import math

from ipcircuit.declaration.variation import Variation
from ipcircuit.parameters import Parameter
from ipcircuit.pulses import Pulse

#: The gate pulse that moves the channel by 1.5 kΩ: 10 ns wide at half height, the neuron's own spike (assumed).
GATE_PULSE = Pulse(amplitude=1.0, plateau=9e-9, rise=1e-9, fall=1e-9)
STEP_OHM = 1500.0  # Currie et al., abstract: change per spike

_WINDOW = "published ECRAM channel windows, 4 kΩ to 10 MΩ"
_R_LOW, _R_HIGH, _R_BASE = 4e3, 10e6, 30e3


#: Between devices; the source gives none.
SPREADS = (
    Variation(
        "programmed resistance",
        ("weight",),
        0.05 / math.log(_R_HIGH / _R_BASE),
        "assumed: 5 % of the resistance at rest, what a write-verify loop leaves",
        "assumed",
    ),
    Variation(
        "volatile response",
        ("volatile_gain",),
        0.10,
        "assumed: the gate's thickness and ionic conductance, not trimmed by writing the weight",
        "assumed",
    ),
)
_p = Parameter  # name, value, unit, description, source, basis, minimum, maximum


PARAMETERS: tuple[Parameter, ...] = (
    _p("r_low", _R_LOW, "ohm", "lowest channel resistance at which the model holds", _WINDOW, "published", 1.0, 1e12),
    _p(
        "r_high", _R_HIGH, "ohm", "highest channel resistance at which the model holds", _WINDOW, "published", 1.0, 1e12
    ),
    _p(
        "weight",
        math.log(_R_HIGH / _R_BASE) / math.log(_R_HIGH / _R_LOW),
        "",
        "non-volatile state: 0 is r_high, 1 is r_low, logarithmic between",
        "assumed: 30 kΩ; 1.5 kΩ is 5 % of it, and 10 ns through it put 0.3 pC on a membrane",
        "assumed",
        0.0,
        1.0,
    ),
    _p(
        "sign",
        -1.0,
        "",
        "-1: a positive gate pulse lowers the resistance; +1: it raises it",
        "assumed: cation insertion into an n-type oxide; a p-type channel is +1",
        "assumed",
        -1.0,
        1.0,
    ),
    _p(
        "volatile",
        1.0,
        "",
        "share of the volatile part: 0 is the ablation",
        "set by the experiment",
        "derived",
        0.0,
        1.0,
    ),
    _p(
        "v_gate",
        0.5,
        "V",
        "gate voltage above which ions move",
        "assumed: half of the 1 V supply, so that a pulse writes and a residue does not",
        "assumed",
        0.05,
        5.0,
    ),
    _p(
        "gate_width",
        0.03,
        "V",
        "width of the gate threshold",
        "assumed: about kT/q, which thermally activated hopping has",
        "assumed",
        1e-3,
        1.0,
    ),
    _p(
        "g_ion",
        2e-6,
        "S",
        "ionic conductance of the gate above threshold",
        "assumed: 1 µA at 1 V, so about 10 fJ per pulse, as reported for scaled fast devices (fJ/µm²)",
        "assumed",
        0.0,
        1.0,
    ),
    _p(
        "volatile_gain",
        1.66255e17,
        "ohm/C",
        "volatile change per ionic charge, from rest",
        "derived: 1.5 kΩ (abstract) for GATE_PULSE; ecram.gain_for",
        "derived",
        0.0,
        1e24,
    ),
    _p(
        "r_volatile_max",
        15e3,
        "ohm",
        "volatile change at which no further ions are displaced",
        "assumed: half of the base resistance, so that long trains stay inside the window",
        "assumed",
        1.0,
        1e15,
    ),
    _p(
        "slow_share",
        0.4,
        "",
        "share of the slow pole in the change of one pulse",
        "assumed: neither pole is published; both must show in a trace",
        "assumed",
        0.0,
        1.0,
    ),
    _p(
        "tau_fast",
        10e-6,
        "s",
        "time constant of the fast relaxation",
        "assumed: 10 µs of settling after a gate pulse in a CMOS-compatible device",
        "assumed",
        1e-9,
        1e3,
    ),
    _p(
        "tau_slow",
        100e-6,
        "s",
        "time constant of the slow relaxation",
        "assumed: a decade above the fast pole, the span of a stretched exponential's tail",
        "assumed",
        1e-9,
        1e3,
    ),
    _p(
        "initial_fast",
        0.0,
        "ohm",
        "volatile change of the fast pole at t = 0",
        "set by the testbench",
        "derived",
        -1e9,
        1e9,
    ),
    _p(
        "initial_slow",
        0.0,
        "ohm",
        "volatile change of the slow pole at t = 0",
        "set by the testbench",
        "derived",
        -1e9,
        1e9,
    ),
)
