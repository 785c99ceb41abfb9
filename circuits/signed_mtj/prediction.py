"""Margin of a trimmed copy of the signed neuron predicted from its deviates, without a simulation of that copy.

Rooms of both comparators (`circuits.signed_mtj.margin`) at code 0 are linear in the deviates: one run of the design
for each shows by how much. Codes move them by the hand formula of `TrimmedClockedComparator`, with legs of their own
deviations and the fold that the design shows, and a copy gets the best ones. What is left out (latches that turn too
late, comparators that disturb each other, codes that the calibration does not find) makes this inexact: it says where
to look (`ipcircuit.reliability.guided`), and no yield by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from circuits.signed_mtj.neuron import SignedDesign
from circuits.signed_mtj.response import LINES, evaluate_signed, signed_job
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, transients

if TYPE_CHECKING:
    from circuits.signed_mtj.testbench import SignedMtjTestbench

PROBE = 1.0  # standard deviations
PROBE_CODE = 3  # legs of some 8 mV: well within the room of both sides
_LEG = re.compile(r"xsense_(plus|minus)\.xleg_([ab])(\d+)\.min")
_NO_EFFECT = re.compile(r"\.x(bit|leg)_")  # bits, and the transistors that enable a leg


@dataclass(frozen=True)
class MarginPrediction:
    """Rooms as functions of the deviates `names`.

    Attributes:
        design_V: rooms of the design at code 0, shape (2, 2): comparators plus and minus; spike, silence.
        slopes_V: per standard deviation, shape (names, 2, 2).
        folds_V: of each comparator: for an e-fold of widths.
        legs: for each comparator and side (a fires it more readily, b less) the places of its legs among the names.
        leg_sigmas: standard deviation of the threshold of each leg's transistor, in folds, signed as one of the input
            transistors, shape (legs,).
        share: as `SignedDesign.trim_share`.
    """

    names: tuple[str, ...]
    design_V: np.ndarray
    slopes_V: np.ndarray
    folds_V: np.ndarray
    legs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    leg_sigmas: np.ndarray
    share: float

    def margins(self, z: np.ndarray) -> np.ndarray:
        """Margin (V) of copies, shape (n,), from their deviates `names`, shape (n, names), with the best codes."""
        rooms = self.design_V + np.tensordot(z, self.slopes_V, axes=1)
        margin = np.full(len(z), math.inf)
        for line in range(len(LINES)):
            spike, silence = rooms[:, line].T
            sides = [z[:, list(places)] for places in self.legs[line]]
            margin = np.minimum(margin, self._trimmed(spike, silence, sides, float(self.folds_V[line])))
        return margin

    def _trimmed(self, spike: np.ndarray, silence: np.ndarray, sides: Sequence[np.ndarray], fold: float) -> np.ndarray:
        """Room (V) of one comparator with its best code."""
        best = np.minimum(spike, silence)
        on = np.arange(1, 2 ** len(self.leg_sigmas))[:, None] >> np.arange(len(self.leg_sigmas)) & 1
        shares = self.share * 2.0 ** np.arange(len(self.leg_sigmas))
        for sign, z in zip((1, -1), sides, strict=True):
            widths = shares * np.exp(z * self.leg_sigmas)
            for code in on:
                shift = sign * fold * np.log1p(widths @ code)
                best = np.maximum(best, np.minimum(spike + shift, silence - shift))
        return best


def predicted_margins(
    testbench: SignedMtjTestbench, names: Sequence[str], *, n_jobs: int | None = None
) -> Callable[[np.ndarray], np.ndarray]:
    """Margins (V) of copies, shape (n,), from deviates (n, names); the design is simulated at the first call."""

    @cache
    def prediction() -> tuple[MarginPrediction, list[int]]:
        made = margin_prediction(testbench, names, n_jobs=n_jobs)
        return made, [names.index(name) for name in made.names]

    def margins(z: np.ndarray) -> np.ndarray:
        made, places = prediction()
        return made.margins(z[:, places])

    return margins


def margin_prediction(
    testbench: SignedMtjTestbench,
    names: Sequence[str],
    *,
    probed: Sequence[str] | None = None,
    n_jobs: int | None = None,
) -> MarginPrediction:
    """The prediction for a design with trim, from one run of it for each deviate that matters.

    Args:
        testbench: at the fidelity whose margins are predicted.
        names: of all deviates.
        probed: those that have a run, the first comparator's ``in_a`` among them; None: all but bits and legs.

    Raises:
        InputError: a design whose own comparators show no room.
        SimulationError: a run failed.
    """
    legs = {name: match for name in names if (match := _LEG.fullmatch(name))}
    probed = [name for name in names if not _NO_EFFECT.search(name)] if probed is None else probed
    zeros = dict.fromkeys(names, 0.0)

    def run_of(codes: tuple[int, int], name: str = "") -> Job:
        deviates = {**zeros, name: PROBE} if name else zeros
        copy = testbench.sampled(Sample(0, 0).with_deviates(deviates, f"probe {name}"))
        return signed_job(replace(copy.design, trim=codes), copy.conditions, copy.stimulus, f"probe {name} {codes}")

    trims = [(PROBE_CODE, PROBE_CODE), (-PROBE_CODE, -PROBE_CODE)]
    jobs = [run_of((0, 0)), *map(run_of, trims), *(run_of((0, 0), name) for name in probed)]
    own, up, down, *others = _rooms(testbench, jobs, n_jobs)
    # What a code takes of the room on one side; of the other, leads tell less the larger it is.
    taken = (own - up)[:, 1] + (own - down)[:, 0]
    folds = taken / (2 * math.log1p(PROBE_CODE * testbench.design.trim_share))
    places = {name: place for place, name in enumerate([*probed, *legs])}
    slopes = np.zeros((len(places), 2, 2))
    slopes[: len(probed)] = _slopes(np.array(others) - own)
    by_place = {match.groups(): places[name] for name, match in legs.items()}
    numbers = range(testbench.design.legs)
    of_lines = tuple(
        (tuple(by_place[line, "a", str(n)] for n in numbers), tuple(by_place[line, "b", str(n)] for n in numbers))
        for line in LINES
    )
    sigmas = _leg_sigmas(testbench.design, slopes, places, folds)
    return MarginPrediction(tuple(places), own, slopes, folds, of_lines, sigmas, testbench.design.trim_share)


def _rooms(testbench: SignedMtjTestbench, jobs: Sequence[Job], n_jobs: int | None) -> list[np.ndarray]:
    """Rooms (V) of both comparators in each run, shape (2, 2); what the run does not show is the design's."""
    stimulus, found = testbench.stimulus, []
    for run in transients(jobs, n_jobs=n_jobs):
        rooms = evaluate_signed(testbench.design, testbench.conditions, stimulus, run).rooms(stimulus.wanted)
        found.append(np.array([rooms[line] for line in LINES]) if rooms else np.full((2, 2), math.nan))
    if not np.isfinite(found[0]).all():
        raise InputError("the design's comparators show no room", where="signed_mtj: margin", found=str(found[0]))
    return [np.where(np.isfinite(rooms), rooms, found[0]) for rooms in found]


def _slopes(changes: np.ndarray) -> np.ndarray:
    """Rooms per standard deviation from their changes, both of shape (..., 2, 2).

    A threshold takes from one side what it gives to the other. The side that loses tells it: leads saturate, so that a
    room which is large already grows by less.
    """
    spike, silence = np.minimum(changes, 0)[..., 0], np.minimum(changes, 0)[..., 1]
    taken = np.where(spike < silence, spike, -silence) / PROBE
    return np.stack([taken, -taken], axis=-1)


def _leg_sigmas(design: SignedDesign, slopes: np.ndarray, places: dict[str, int], folds: np.ndarray) -> np.ndarray:
    """Pelgrom's law from the input transistor, as simulated, to the widths of the legs."""
    slope = slopes[places[f"xsense_{LINES[0]}.xcore.min_a"], 0]
    pair = (slope[0] - slope[1]) / 2
    shares = design.trim_share * 2.0 ** np.arange(design.legs)
    return pair / float(folds[0]) / np.sqrt(shares)
