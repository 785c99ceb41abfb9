"""Trim of a copy of the signed MTJ neuron: the codes that put its comparators' thresholds amid their levels.

One calibration per copy, at 27 °C, by runs of the operation itself. A comparator's code is changed by what its
threshold lacks, through the hand formula of `TrimmedClockedComparator`, until it stays or `RUNS` are used; the codes of
the run with the largest margin are taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from circuits.signed_mtj.levels import FOLD
from circuits.signed_mtj.neuron import SignedDesign
from circuits.signed_mtj.response import LINES, SignedMtjConditions, evaluate_signed, signed_job
from circuits.signed_mtj.stimulus import Stimulus
from ipcircuit.spice.jobs import transient
from ipcircuit.spice.transient import Transient
from ipcircuit.units import NOMINAL_C

RUNS = 5
HALF_WINDOW = 7e-3  # V between the levels of spike and silence, halved: stands in for a level that a run did not have


@dataclass(frozen=True)
class Trimming:
    """Codes (plus, minus) of a copy, and the run of the operation with them, of that deck; None: it has no margin."""

    codes: tuple[int, int] = (0, 0)
    deck: str = ""
    run: Transient | None = None


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
    codes, best, largest = (0, 0), Trimming(), -math.inf
    tried: set[tuple[int, int]] = set()
    for _ in range(RUNS):
        trimmed = replace(design, trim=codes)
        job = signed_job(trimmed, conditions, stimulus, f"trim {codes}")
        run = transient(job)
        rooms = evaluate_signed(trimmed, conditions, stimulus, run).rooms(stimulus.wanted)
        if rooms is None:
            break
        tried.add(codes)
        if (margin := min(min(both) for both in rooms.values())) > largest:
            best, largest = Trimming(codes, job.deck, run), margin
        lacks = [_lack(*rooms[line]) for line in LINES]
        plus, minus = (_next(design, code, lack) for code, lack in zip(codes, lacks, strict=True))
        codes = plus, minus
        if codes in tried:
            break
    return best


def _lack(spike: float, silent: float) -> float:
    """By how much (V) a comparator should fire more readily to have the same room on both sides."""
    if not math.isfinite(spike):
        return silent - HALF_WINDOW if math.isfinite(silent) else 0.0
    return (silent - spike) / 2 if math.isfinite(silent) else HALF_WINDOW - spike


def _next(design: SignedDesign, code: int, lack: float) -> int:
    """The code whose threshold is nearest to that of `code` moved by `lack` (V)."""
    # `FOLD` decides how fast the codes are found, not which.
    shift = math.copysign(FOLD * math.log1p(design.trim_share * abs(code)), code) + lack
    legs = math.expm1(abs(shift) / FOLD) / design.trim_share
    return round(math.copysign(min(legs, 2**design.legs - 1), shift))
