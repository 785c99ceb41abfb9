"""Trim of a copy of the signed MTJ neuron: the codes that put its comparators' thresholds amid their levels.

One calibration per copy, at 27 °C, by runs of the operation itself. Each comparator searches by itself: its next code
is the one that makes up for what its threshold lacks, by the hand formula of `TrimmedClockedComparator`; once codes on
both sides of the middle are known, the one in between where a straight line crosses it (legs deviate, so that steps
between codes are uneven and some go backwards). It stops within half of the smallest leg, or where no code is left in
between. At most `RUNS` are used, and the codes of the run with the largest margin are taken.

A run that decides steps wrongly has fewer steps to judge by, and some of its rooms are too large. A search that is back
at a code it tried goes on beyond all of them, and one that ends with less than `ENOUGH` is repeated from its codes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from circuits.signed_mtj.levels import FOLD
from circuits.signed_mtj.neuron import SignedDesign
from circuits.signed_mtj.response import LINES, SignedMtjConditions, evaluate_signed, signed_job
from circuits.signed_mtj.stimulus import Stimulus
from ipcircuit.spice.jobs import transient
from ipcircuit.spice.transient import Transient
from ipcircuit.units import NOMINAL_C

RUNS = 6  # of a search
ENOUGH = 3e-3  # V of margin, about half of what a threshold amid the narrower window has (5.8 mV)
HALF_WINDOW = 7e-3  # V between the levels of spike and silence, halved: stands in for a level that a run did not have
CLEAR = 12e-3  # V of room that is not told from more: leads saturate


@dataclass(frozen=True)
class Trimming:
    """Codes (plus, minus) of a copy, and the run of the operation with them, of that deck; None: it has no margin.

    `margin_V` is that of the run at 27 °C.
    """

    codes: tuple[int, int] = (0, 0)
    deck: str = ""
    run: Transient | None = None
    margin_V: float = -math.inf


def trim_of(design: SignedDesign, conditions: SignedMtjConditions, stimulus: Stimulus) -> Trimming:
    """Trim of a copy.

    Args:
        design, conditions: of the copy, with its sample.
        stimulus: has a spike of both signs.

    Raises:
        SimulationError: a run of the calibration failed.
    """
    design = replace(design, temperature_C=NOMINAL_C)
    conditions = replace(conditions, temperature_C=NOMINAL_C)
    first = _search(design, conditions, stimulus, (0, 0))
    if first.run is None or first.margin_V >= ENOUGH:
        return first
    again = _search(design, conditions, stimulus, first.codes)
    return max(first, again, key=lambda trimming: trimming.margin_V)


def _search(
    design: SignedDesign, conditions: SignedMtjConditions, stimulus: Stimulus, codes: tuple[int, int]
) -> Trimming:
    """The best of at most `RUNS` runs, the first of which has `codes`."""
    best = Trimming()
    tried: set[tuple[int, int]] = set()
    lacks: tuple[dict[int, float], ...] = ({}, {})  # of each comparator, by code
    while codes not in tried and len(tried) < RUNS:
        trimmed = replace(design, trim=codes)
        job = signed_job(trimmed, conditions, stimulus, f"trim {codes}")
        run = transient(job)
        rooms = evaluate_signed(trimmed, conditions, stimulus, run).rooms(stimulus.wanted)
        if rooms is None:
            break
        tried.add(codes)
        if (margin := min(min(both) for both in rooms.values())) > best.margin_V:
            best = Trimming(codes, job.deck, run, margin)
        for known, code, line in zip(lacks, codes, LINES, strict=True):
            if (volts := lack(*rooms[line])) is not None:
                known[code] = volts
        codes = _each(lacks, lambda known: next_code(design, known))
        if codes in tried or len(tried) == RUNS - 1:  # then those that were best for each are tried together
            codes = _each(lacks, closest)
    return best


def _each(lacks: Sequence[Mapping[int, float]], code: Callable[[Mapping[int, float]], int]) -> tuple[int, int]:
    plus, minus = map(code, lacks)
    return plus, minus


def lack(spike: float, silent: float) -> float | None:
    """By how much (V) a comparator should fire more readily to have the same room on both sides; None: by more than the
    run shows, as it never fired."""
    if spike < CLEAR:
        return (silent - spike) / 2 if silent < CLEAR else HALF_WINDOW - spike
    return silent - HALF_WINDOW if silent < CLEAR else None


def closest(lacks: Mapping[int, float]) -> int:
    """The code that lacks least; 0 where none is known."""
    return min(lacks or (0,), key=lambda code: (abs(lacks.get(code, 0.0)), abs(code)))


def next_code(design: SignedDesign, lacks: Mapping[int, float]) -> int:
    """The code to be tried next, from what those tried lack (V); the best of them where there is none."""
    best = closest(lacks)
    if not lacks:
        return _by_hand(design, best, HALF_WINDOW)
    if abs(lacks[best]) <= FOLD * math.log1p(design.trim_share) / 2:
        return best
    sides = [[code for code in lacks if (lacks[code] > 0) == more] for more in (True, False)]
    if all(sides):
        low, high = (min(side, key=lambda code: abs(lacks[code])) for side in sides)
        middle = low + (high - low) * lacks[low] / (lacks[low] - lacks[high])
        between = [code for code in range(min(low, high) + 1, max(low, high)) if code not in lacks]
        return min(between, key=lambda code: abs(code - middle)) if between else best
    code, step = _by_hand(design, best, lacks[best]), 1 if lacks[best] > 0 else -1
    if code in lacks:
        code = best + step
    if code in lacks:  # a step backwards, or a room that was too large: on from beyond it
        furthest = max(lacks, key=lambda tried: step * tried)
        code = _by_hand(design, furthest, lacks[furthest])
    return code if abs(code) < 2**design.legs else best


def _by_hand(design: SignedDesign, code: int, volts: float) -> int:
    """The code whose threshold is nearest to that of `code` moved by `volts`."""
    shift = math.copysign(FOLD * math.log1p(design.trim_share * abs(code)), code) + volts
    legs = math.expm1(abs(shift) / FOLD) / design.trim_share
    return round(math.copysign(min(legs, 2**design.legs - 1), shift))
