"""Membrane potentials at which the comparators of the signed neuron flip, by hand, of a design and of copies of it.

With trim each copy's comparators have the codes that bring them nearest to where the design flips. (The calibration of
a simulated copy, `circuits.signed_mtj.trim`, aims amid the levels of a full pulse and of silence, a millivolt further
out.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from circuits.signed_mtj.neuron import SignedDesign, divided
from ipcircuit.devices.orthogonal_mtj.device import resistance_window
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.distributions import factor
from ipcircuit.parameters import Variation

#: V for an e-fold of widths of the input pair, as simulated with input transistors of 4 µm: n kT/q of weak inversion is
#: 36 mV, the outputs rise at an overdrive.
FOLD = 55e-3


def flipping(
    design: SignedDesign,
    *,
    resistance: np.ndarray | float = 1.0,
    tmr: np.ndarray | float = 1.0,
    reference: np.ndarray | float = 1.0,
    offsets: Sequence[np.ndarray | float] = (0.0, 0.0),
) -> tuple[np.ndarray, np.ndarray]:
    """u above which `plus` fires, and below which `minus` does; beyond ±1 it never, or always, does.

    The levels are those that the ladder has, which follows neither deviations nor temperature.

    Args:
        resistance, tmr: of the junction, relative to the design's at the ambient temperature. reference: of its
            reference likewise.
        offsets: of the comparators of plus and minus, V; positive ones make them fire less readily.
    """
    ends = []
    for sign, offset in zip((1, -1), offsets, strict=True):
        share, parallel, antiparallel = _made(design, sign, resistance, tmr)
        share = share - sign * np.asarray(offset) / design.supply
        ohms = design.made_reference_ohm * np.asarray(reference) * share / (1 - share)
        ends.append((2 / ohms - 1 / parallel - 1 / antiparallel) / (1 / parallel - 1 / antiparallel))
    return ends[0], ends[1]


def levelling(
    design: SignedDesign,
    *,
    resistance: np.ndarray | float = 1.0,
    tmr: np.ndarray | float = 1.0,
    reference: np.ndarray | float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets (V) with which the comparators of plus and minus flip at the design's threshold, whatever the junctions.

    Args:
        resistance, tmr, reference: as of `flipping`.
    """
    wanted = []
    for sign in (1, -1):
        share, parallel, antiparallel = _made(design, sign, resistance, tmr)
        u = sign * design.threshold
        ohms = 2 / ((1 + u) / parallel + (1 - u) / antiparallel)
        made = ohms / (ohms + design.made_reference_ohm * np.asarray(reference))
        wanted.append(sign * (share - made) * design.supply)
    return wanted[0], wanted[1]


def _made(
    design: SignedDesign, sign: int, resistance: np.ndarray | float, tmr: np.ndarray | float
) -> tuple[float, np.ndarray, np.ndarray]:
    """Settled level of the design over its supply where a threshold is reached, and a junction's resistances (ohm), P
    and AP, at the bias that it has there."""
    share = divided(design.device, sign * design.threshold, design.supply, design.reference_ohm)[0]
    low, high = resistance_window(design.junction, share * design.supply)
    parallel = np.asarray(resistance) * low
    return share, parallel, parallel * (1 + (high / low - 1) * np.asarray(tmr))


def trimmed(design: SignedDesign, offsets: np.ndarray, deviates: np.ndarray) -> np.ndarray:
    """Offsets (V) that are left with the best code of each comparator.

    A leg of the share s of the pair's width moves the threshold by `FOLD` ln(1 + s). Legs deviate as all transistors
    do, so that some steps between codes are too wide.

    Args:
        offsets: from where the comparator should flip (n,), V.
        deviates: standard normal ones of the legs, firing less and firing more readily: (2, legs, n).
    """
    sizes = design.trim_share * 2.0 ** np.arange(design.legs)
    sigma = design.offset_sigma / np.sqrt(2 * sizes)  # of a pair, whose transistors are as wide as 1, both
    best = np.array(offsets, dtype=float)
    for side, rows in zip((1, -1), deviates, strict=True):
        widths = sizes[:, None] * np.exp(sigma[:, None] * rows / FOLD)
        for code in range(1, 2**design.legs):
            on = [leg for leg in range(design.legs) if code >> leg & 1]
            left = offsets + side * FOLD * np.log1p(widths[on].sum(0))
            best = np.where(np.abs(left) < np.abs(best), left, best)
    return best


def drawn_factors(design: SignedDesign, deviates: np.ndarray) -> dict[str, np.ndarray]:
    """Declared spreads of junction and reference, as arguments of `flipping`, of standard normal `deviates` (3, n).

    A reference of n rows of n pillars has the mean of its pillars' resistances, to first order.
    """
    junction = {variation.key: variation for variation in design.device.variations}
    (reference,) = mtj_reference.declare().variations
    averaged = replace(reference, sigma=reference.sigma / design.reference_rows)
    variations = {"resistance": junction["resistance"], "tmr": junction["tmr"], "reference": averaged}
    return {name: _factors(v, row) for (name, v), row in zip(variations.items(), deviates, strict=True)}


def _factors(variation: Variation, deviates: np.ndarray) -> np.ndarray:
    return np.array([factor(variation.distribution, variation.sigma, z) for z in deviates.tolist()])
