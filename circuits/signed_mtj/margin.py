"""Decision margin of the signed MTJ neuron: by how much the inputs of its comparators can be moved in each step.

They are read from the leads of their outputs (`circuits.cells.lead`), in which is all that moves a threshold: mismatch
of any transistor, what the strobe throws back at the inputs, a divider that still settles. A lead grows with the
distance from the threshold as L tanh(`SLOPE` d / L), so that each step's own says its distance.

A lead in the right direction is no decision yet: the latch must turn before the strobe ends. What `time_left` says of
that is a part of the room. Legs of a trim load the comparators and take 70 of its 130 ps; the latches of some copies
need the rest, and no threshold makes those faster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from circuits.cells.lead import RISEN
from ipcircuit.spice.transient import Transient

#: V/V, of lead over distance at the threshold, of the design as simulated, and L over the mean of both outputs. They
#: scale margins and decide no sign.
SLOPE, SATURATED = 22.0, 1.05
_CLOSEST = 0.98  # lead over L from which distances are not told apart: 24 mV
#: s, as simulated: a latch turns by as much later for each e-fold by which a level is nearer to its threshold.
REGENERATION = 12e-12
TURN = 40e-12  # s, from where a latch starts to where it cannot go back; scale of what those lack that do not get there
RELEASE = 50e-12  # s, after the strobe's fall: by then the comparator's outputs are low again


def time_left(
    run: Transient, line: str, wanted: np.ndarray, spans: Sequence[tuple[float, float]], v_dd: float
) -> np.ndarray:
    """Time (s) that the latch of a line had left when it turned, per step: until its comparator let go of it.

    Negative where it did not turn in time, infinity where it did not have to.

    Args:
        wanted: whether the line should spike in each step.
        spans: begin and end of each strobe, s.
    """
    turned = run[line] - run[f"xneuron.xlatch_{line}.bar"]
    left = np.full(len(spans), math.inf)
    for step, (begin, end) in enumerate(spans):
        inside = (run.time >= begin) & (run.time <= end + RELEASE)
        time, sign = run.time[inside], 1 if wanted[step] else -1
        way = sign * turned[inside]
        if wanted[step] == (step > 0 and wanted[step - 1]) or way[0] > 0:
            continue
        if way.max() < 0:
            left[step] = TURN * way.max() / v_dd
            continue
        winner = run[f"xneuron.{'yes' if wanted[step] else 'no'}_{line}"][inside]
        left[step] = _crossings(time, v_dd / 2 - winner)[-1] - _crossings(time, way)[0]
    return left


def _crossings(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Times at which values rise through 0, between samples by a straight line."""
    at = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
    return time[at] - values[at] * (time[at + 1] - time[at]) / (values[at + 1] - values[at])


def distances(lead: np.ndarray, v_dd: float) -> np.ndarray:
    """Distance (V) of a comparator's input from its threshold, from its leads (V); positive where it fires."""
    most = SATURATED * RISEN * v_dd
    return most / SLOPE * np.arctanh(np.clip(lead / most, -_CLOSEST, _CLOSEST))


def decided_in_right_state(spikes: np.ndarray, driven: np.ndarray) -> np.ndarray:
    """Steps whose levels are those of a neuron that decided rightly before: no driven step that a spike blocked."""
    blocked = np.concatenate([[False], spikes[:-1] != 0])
    return ~(driven & blocked)


def rooms(
    distance: Sequence[np.ndarray], left: Sequence[np.ndarray], wanted: np.ndarray, counts: np.ndarray
) -> list[tuple[float, float]]:
    """Of each comparator, plus and minus: distance (V) from where a step is decided wrongly, in the right direction,
    smallest of the steps in which it should spike, and of those in which not; infinity without such a step.

    Args:
        distance, left: of each comparator in each step, V and s (`distances`, `time_left`).
        wanted: spike of each step, +1, -1 or 0.
        counts: steps that are looked at (`decided_in_right_state`).
    """
    found = []
    for sign, volts, spare in zip((1, -1), distance, left, strict=True):
        fires = wanted == sign
        room = np.where(fires, volts, -volts)
        # An input that is nearer by the factor exp(-spare / REGENERATION) leaves the latch no time.
        room = np.where(room > 0, room * -np.expm1(-spare / REGENERATION), room)
        spike, silent = room[fires & counts], room[~fires & counts]
        found.append((float(spike.min(initial=math.inf)), float(silent.min(initial=math.inf))))
    return found
