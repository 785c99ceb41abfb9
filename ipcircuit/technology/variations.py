"""How transistors differ, in the words of devices: ``transistor.vth``, ``beta``, ``vth_n`` and ``vth_p``.

By Pelgrom's law (`ipcircuit.technology.mismatch`) threshold and current factor of each differ by themselves. What all
transistors of a polarity on a die share is a shift in V, whatever their size; corners are that, so it is 0 by default.
Thresholds are signed, negative in p transistors, like ``delvto``.
"""

from __future__ import annotations

from functools import lru_cache

from ipcircuit.distributions import Distribution
from ipcircuit.parameters import Variation
from ipcircuit.technology.record import Technology

OWNER = "transistor"
POLARITIES = "np"


@lru_cache(maxsize=16)
def variations(technology: Technology) -> tuple[Variation, ...]:
    """Of the threshold, of the current factor, and of the threshold of all n and of all p transistors of a die."""
    a_vt, a_beta = technology.a_vt, technology.a_beta
    threshold = Variation(
        "threshold",
        ("delvto",),
        1e6 * a_vt.value,
        a_vt.source,
        a_vt.basis,
        distribution=Distribution.NORMAL,
        short="vth",
        unit="V µm / sqrt(2 W L)",
        shifts=True,
    )
    factor = Variation(
        "current factor",
        ("w",),
        0.0 if a_beta is None else 1e6 * a_beta.value,
        f"assumed: technology {technology.name} states none" if a_beta is None else a_beta.source,
        "assumed" if a_beta is None else a_beta.basis,
        distribution=Distribution.NORMAL,
        short="beta",
        unit="µm / sqrt(2 W L)",
    )
    return threshold, factor, *(_of_die(polarity) for polarity in POLARITIES)


def _of_die(polarity: str) -> Variation:
    return Variation(
        f"threshold of {polarity} transistors",
        ("delvto",),
        0.0,
        "assumed: corners are what dies differ by",
        "assumed",
        distribution=Distribution.NORMAL,
        die=1.0,
        short=f"vth_{polarity}",
        unit="V",
        shifts=True,
    )
