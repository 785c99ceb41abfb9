"""Parameter set of the ECRAM: Currie et al., "Leveraging Non-Equilibrium ECRAM Dynamics for Short-Term Plasticity
in Neuromorphic Circuits", arXiv 2605.11243 (2026).

Only the transient change per spike (1.5 kΩ) and the energy per spike (2 pJ) are public. Together they bound the pulse:
a channel of some 10 kΩ under 1 V takes 2 pJ in 2e-12·R = 20 ns per 10 kΩ, so the spike that drives gate and channel
must be of that order or shorter. Devices written by 10 µs pulses with 10 µs of settling cannot be driven within 2 pJ;
their settling time is kept as the fast relaxation, their pulse is not.

The set is the output of ``ipcircuit fit ecram measured/currie2026.toml``; a test re-runs that fit.
"""

from __future__ import annotations

import math
from pathlib import Path

from ipcircuit.parameters import Variation, read_parameters
from ipcircuit.pulses import Pulse

#: The gate pulse that moves the channel by 1.5 kΩ: 10 ns wide at half height, the neuron's own spike (assumed).
GATE_PULSE = Pulse(amplitude=1.0, plateau=9e-9, rise=1e-9, fall=1e-9)
STEP_OHM = 1500.0  # Currie et al., abstract: change per spike

_R_HIGH, _R_BASE = 10e6, 30e3  # ohm, of the set's `r_high` and `weight`


#: Between devices; the source gives none.
SPREADS = (
    Variation(
        "programmed resistance",
        ("weight",),
        0.05 / math.log(_R_HIGH / _R_BASE),
        "assumed: 5 % of the resistance at rest, what a write-verify loop leaves",
        "assumed",
        short="resistance",
    ),
    Variation(
        "volatile response",
        ("volatile_gain",),
        0.10,
        "assumed: the gate's thickness and ionic conductance, not trimmed by writing the weight",
        "assumed",
        short="volatile",
    ),
)

PARAMETERS = read_parameters(Path(__file__).with_suffix(".toml"))
