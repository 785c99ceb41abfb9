"""Decision margin of the signed MTJ neuron: levels at the strobe against the thresholds that its comparators have.

A comparator's own threshold is read from the same run. After the strobe its two outputs rise together and apart, apart
in proportion to the distance of its input from the threshold, until the latch takes over; so the *lead* of one over the
other at `RISEN` of the supply is zero at the threshold, whatever moves it: mismatch of any of its transistors, and
what the strobe throws back at its inputs. Comparators with a lead of 0 to -10 mV, half a millivolt, still fire.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ipcircuit.spice.transient import Transient

#: Of the supply, mean of both outputs; the sign of the margin is hardly another at 0.16 to 0.35.
RISEN = 0.2
SLOPE = 15.0  # V/V, of lead over distance near the threshold, of the design as simulated


def leads(run: Transient, yes: str, no: str, spans: Sequence[tuple[float, float]], v_dd: float) -> np.ndarray:
    """By how much (V) `yes` is above `no` where their mean first rises through `RISEN`, within each span (s).

    NaN where it does not.
    """
    mean, lead = (run[yes] + run[no]) / 2, run[yes] - run[no]
    level, found = RISEN * v_dd, []
    for begin, end in spans:
        inside = np.flatnonzero(
            (run.time[1:] > begin) & (run.time[1:] < end) & (mean[:-1] < level) & (mean[1:] >= level)
        )
        if not len(inside):
            found.append(np.nan)
            continue
        i = inside[0]
        part = (level - mean[i]) / (mean[i + 1] - mean[i])
        found.append(lead[i] + part * (lead[i + 1] - lead[i]))
    return np.array(found)


def own_thresholds(levels: Sequence[np.ndarray], lead: Sequence[np.ndarray]) -> list[float]:
    """The distance (V) beyond its tap at which each comparator flips.

    Between the two steps whose leads are nearest to zero on both sides, by a straight line. A comparator that decides
    alike in all steps has only one side: it takes the other's slope, or `SLOPE`.

    Args:
        levels: of each comparator, distance beyond its tap in each step, V.
        lead: of each comparator in each step, V; not NaN.
    """
    pairs, slopes = [], []
    for x, y in zip(levels, lead, strict=True):
        near = int(np.argmin(np.abs(y)))
        beyond = np.where(np.sign(y) == -np.sign(y[near]), np.abs(y), np.inf)
        far = int(np.argmin(beyond))
        slope = (y[near] - y[far]) / (x[near] - x[far]) if np.isfinite(beyond[far]) and x[near] != x[far] else 0.0
        pairs.append((x[near], y[near]))
        slopes.append(slope)
    common = max(slopes) if max(slopes) > 0 else SLOPE
    return [float(x - y / (slope if slope > 0 else common)) for (x, y), slope in zip(pairs, slopes, strict=True)]


def decided_in_right_state(spikes: np.ndarray, driven: np.ndarray) -> np.ndarray:
    """Steps whose levels are those of a neuron that decided rightly before: no driven step that a spike blocked."""
    blocked = np.concatenate([[False], spikes[:-1] != 0])
    return ~(driven & blocked)


def rooms(
    levels: Sequence[np.ndarray], lead: Sequence[np.ndarray], wanted: np.ndarray, counts: np.ndarray
) -> list[tuple[float, float]]:
    """Of each comparator, plus and minus: distance (V) of its level from its own threshold, in the right direction,
    smallest of the steps in which it should spike, and of those in which not; infinity without such a step.

    Args:
        levels, lead: as of `own_thresholds`.
        wanted: spike of each step, +1, -1 or 0.
        counts: steps that are looked at (`decided_in_right_state`).
    """
    found = []
    for sign, volts, own in zip((1, -1), levels, own_thresholds(levels, lead), strict=True):
        fires = wanted == sign
        spike, silent = (volts - own)[fires & counts], (own - volts)[~fires & counts]
        found.append((float(spike.min(initial=math.inf)), float(silent.min(initial=math.inf))))
    return found
