"""What the parent and a simulator worker say to each other. Plain data, cheap to import on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np


class Failure(StrEnum):
    """Reason of a failed run, for programs to branch on; the sentence beside it is for people."""

    DECK = "deck"  # cannot be run here: no analysis or several, a control block
    REJECTED = "rejected"  # not accepted by ngspice: unknown model, subcircuit, parameter, function
    NO_CONVERGENCE = "no convergence"
    ABORTED = "aborted"  # ngspice stopped for another reason
    TIME_LIMIT = "time limit"
    INCOMPLETE = "incomplete"  # ended early, or values are missing or not finite
    NO_SIGNAL = "no signal"  # a signal that was asked for is not in the circuit
    CRASHED = "crashed"
    NOT_SIMULATED = "not simulated"  # its worker was killed from outside, twice: nothing is known of the deck


@dataclass(frozen=True)
class Request:
    """One deck to run.

    Attributes:
        lines: the deck, one statement per line.
        analysis: ``"tran"`` or ``"dc"``.
        last: value the axis must reach, in s or the swept unit; None where the deck gives an expression.
        tolerance: how far from `last` the axis may end.
        wanted: signal names to send back; empty for all.
        time_limit_s: wall time after which the run is halted.
        taints: the deck sets options that would leak into later decks of the same process.
    """

    lines: tuple[str, ...]
    analysis: str
    last: float | None
    tolerance: float
    wanted: tuple[str, ...]
    time_limit_s: float
    taints: bool = False


@dataclass(frozen=True)
class Series:
    """One deck to run several times with other numbers, which ngspice's ``alter`` puts into the loaded circuit.

    Every run sets all of them, so that none depends on the one before.

    Attributes:
        names: what is set: ``vread`` (value of a source or resistor), ``@m.x1.mn[delvto]`` (parameter of a device).
        values: of each run, in the order of the names, as text (`ipcircuit.spice.numbers`).
        at_a_time: runs that may be answered together.
    """

    request: Request
    names: tuple[str, ...]
    values: Sequence[bytes]
    at_a_time: int = 32


@dataclass(frozen=True)
class Reply:
    """Result of one deck: a cause if it failed, else the axis and the signals.

    Attributes:
        cause, failure: why it failed, as a sentence and as a reason.
        simulator: name and version, as ``"ngspice-39"``.
        build: fingerprint of the library that ran the deck; empty where none did.
        analysis: ``"tran"`` or ``"dc"``.
        spent: this worker must not run another deck.
    """

    cause: str | None
    axis: np.ndarray | None = None
    signals: dict[str, np.ndarray] | None = None
    analysis_time_s: float | None = None
    simulator: str = "ngspice"
    build: str = ""
    analysis: str = "tran"
    spent: bool = False
    failure: Failure | None = None


@dataclass(frozen=True)
class Replies:
    """Results of some runs of a series, in their order.

    Attributes:
        runs: of each that succeeded its axis and its signals, shape (1 + signals, points); one array where all are
            alike.
        names: of the signals.
        seconds: processor time of each in ngspice.
        last: the run after these, if it failed; else what all of them have in common, without axis and signals.
    """

    runs: Sequence[np.ndarray] | np.ndarray
    names: tuple[str, ...]
    seconds: tuple[float, ...]
    last: Reply

    def __len__(self) -> int:
        return len(self.runs) + (self.last.cause is not None)


@dataclass(frozen=True)
class Hello:
    """First message of a worker: the library it mapped, or why it has none.

    Attributes:
        version: major version of the library.
        library: name under which it was found.
        problem: why there is none.
        build: fingerprint of the library with its start-up files and code models.
        files: paths of these.
        protections: rights that it has given up, see `ipcircuit.spice.sandbox`.
    """

    version: int | None
    library: str | None
    problem: str | None = None
    build: str = ""
    files: tuple[str, ...] = ()
    protections: tuple[str, ...] = ()
