"""How often both thresholds decide rightly under random mismatch of the comparators' input pairs, to first order.

σ of a pair's offset is A_VT / sqrt(W L) (Pelgrom). Assumed: Gaussian, independent, nothing else varies. A comparator is
right if its offset neither eats the margin of its own spike nor that of the steps in which it must stay silent.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from circuits.cells.clocked import SENSE_LENGTH
from circuits.signed_mtj.bench import SignedResult
from circuits.signed_mtj.neuron import SignedDesign
from ipcircuit.technology.targets import MISMATCH


def offset_sigma(design: SignedDesign) -> float:
    """σ of one comparator's offset, V."""
    return MISMATCH.a_vt_V_um * 1e-6 / math.sqrt(design.sense_width * SENSE_LENGTH)


def margins(response: SignedResult) -> dict[str, tuple[float, float]]:
    """Per line: smallest distance (V) to its threshold in the steps where it spikes, and where not.

    A line that has no such step has a margin of infinity there.
    """
    result = {}
    for line, sign, values in (("plus", 1, response.margin_plus_V), ("minus", -1, response.margin_minus_V)):
        fires = response.spikes == sign
        silent = ~fires
        result[line] = (
            float(values[fires].min()) if fires.any() else math.inf,
            float((-values[silent]).min()) if silent.any() else math.inf,
        )
    return result


def decision_yield(response: SignedResult) -> float | None:
    """Share of neurons whose two comparators decide every step of the run rightly; None if one of them never spikes."""
    if not all((response.spikes == sign).any() for sign in (1, -1)):
        return None
    sigma = offset_sigma(response.design)
    return float(np.prod([ndtr(on / sigma) - ndtr(-off / sigma) for on, off in margins(response).values()]))
