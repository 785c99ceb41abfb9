"""Running one deck many times with other numbers: `simulate_series`, with results in columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.spice import deck as deck_text
from ipcircuit.spice.jobs import Job, Result, result_of
from ipcircuit.spice.numbers import written
from ipcircuit.spice.protocol import Request, Series
from ipcircuit.spice.workers import pool

_SETTABLE = re.compile(r"[\w.]+|@[\w.]+\[\w+\]")


@dataclass(frozen=True)
class Runs:
    """Results of several runs of one circuit; those that succeeded together.

    Attributes:
        arrays: axis and signals of each run that succeeded, shape (1 + signals, points), in the order of the runs.
        names: of the signals.
        succeeded: numbers of these runs.
        failed: the other ones by number.
        simulator: name and version.
        seconds: processor time of all of them in ngspice, where it was measured.
    """

    arrays: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    succeeded: tuple[int, ...]
    failed: Mapping[int, Result]
    simulator: str
    seconds: float = 0.0

    @classmethod
    def of(cls, results: Sequence[Result]) -> Runs:
        """Results that came one by one."""
        good = {number: result for number, result in enumerate(results) if result.ok}
        names = tuple(next(iter(good.values())).signals) if good else ()
        arrays = tuple(np.vstack([r.axis, *(r[name] for name in names)]) for r in good.values())
        failed = {number: result for number, result in enumerate(results) if number not in good}
        return cls(arrays, names, tuple(good), failed, results[0].simulator if results else "")

    def __getitem__(self, name: str) -> np.ndarray:
        """A signal of the runs that succeeded, which have the same axis; shape (runs, points)."""
        return self._stacked[:, 1 + self.names.index(name)]

    @cached_property
    def _stacked(self) -> np.ndarray:
        return np.stack(self.arrays)


def simulate_series(job: Job, names: Sequence[str], values: np.ndarray, job_of: Callable[[int], Job]) -> Runs:
    """Results of one deck with other numbers each time, all in one worker and not from the cache.

    They do not depend on each other, and are those of freshly loaded decks with the same numbers: to the bit, unless
    ngspice reads a number otherwise from a deck than from ``alter``, which changes its last digit.

    Args:
        job: its deck is loaded once; all its numbers of `names` are set.
        names: what is set, see `ipcircuit.spice.protocol.Series`.
        values: of each run, in the order of the names, shape (runs, names).
        job_of: the same run as a job of its own, for its condition and the deck of one that failed.

    Raises:
        InputError: a deck that cannot be run here, or a name that cannot be set.
        MissingDependencyError: no usable libngspice.
    """
    if odd := next((name for name in names if not _SETTABLE.fullmatch(name)), None):
        raise InputError("cannot be set", where="series", found=odd, allowed="a source, or @device[parameter]")
    request = _request(job.deck, job.save, job.time_limit_s)
    arrays: list[np.ndarray] = []
    succeeded: list[int] = []
    failed: dict[int, Result] = {}
    signals: tuple[str, ...] = ()
    simulator, seconds, number = "", 0.0, 0
    for replies in pool().run_series(Series(request, tuple(names), written(np.asarray(values, float)))):
        arrays.extend(replies.runs)
        succeeded.extend(range(number, number + len(replies.runs)))
        number += len(replies)
        if replies.last.cause is not None:
            failed[number - 1] = result_of(job_of(number - 1), replies.last)
        signals, simulator = replies.names or signals, replies.last.simulator
        seconds += sum(replies.seconds)
    return Runs(tuple(arrays), signals, tuple(succeeded), failed, simulator, seconds)


@lru_cache(maxsize=8)  # of a deck that has a thousand lines, for each chunk of copies
def _request(deck: str, save: tuple[str, ...], time_limit_s: float) -> Request:
    return deck_text.request(deck, save, time_limit_s)
