"""Membrane potentials at which the comparators of the signed neuron flip, by hand, of a design and of copies of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from circuits.signed_mtj.neuron import SignedDesign, divided
from ipcircuit.devices.orthogonal_mtj.device import resistance_window
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.distributions import factor
from ipcircuit.parameters import Variation


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
        # settled level of the design where the threshold is reached, with the bias that the junction has there
        share = divided(design.device, sign * design.threshold, design.supply, design.reference_ohm)[0]
        low, high = resistance_window(design.junction, share * design.supply)
        parallel = np.asarray(resistance) * low
        antiparallel = parallel * (1 + (high / low - 1) * np.asarray(tmr))
        share = share - sign * np.asarray(offset) / design.supply
        ohms = design.made_reference_ohm * np.asarray(reference) * share / (1 - share)
        ends.append((2 / ohms - 1 / parallel - 1 / antiparallel) / (1 / parallel - 1 / antiparallel))
    return ends[0], ends[1]


def drawn_factors(design: SignedDesign, deviates: np.ndarray) -> dict[str, np.ndarray]:
    """Declared spreads of junction and reference, as arguments of `flipping`, of standard normal `deviates` (3, n)."""
    junction = {variation.key: variation for variation in design.device.variations}
    (reference,) = mtj_reference.declare().variations
    variations = {"resistance": junction["resistance"], "tmr": junction["tmr"], "reference": reference}
    return {name: _factors(v, row) for (name, v), row in zip(variations.items(), deviates, strict=True)}


def _factors(variation: Variation, deviates: np.ndarray) -> np.ndarray:
    return np.array([factor(variation.distribution, variation.sigma, z) for z in deviates.tolist()])
