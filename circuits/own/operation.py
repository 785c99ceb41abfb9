"""What counts as one operation of a circuit: a length of time, or the interval between two output spikes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import record

SETTLE = 10e-9  # s before the first operation
LONGEST = 1000.0  # s
MOST = 10_000  # operations of one run


@dataclass(frozen=True)
class Operation(ABC):
    """Operations of a run."""

    @property
    @abstractmethod
    def starts(self) -> tuple[float, ...]:
        """When the stimulus begins, s; once for each time that it is repeated."""

    @property
    @abstractmethod
    def stop(self) -> float:
        """Length of the run, s."""

    @abstractmethod
    def windows(self, spikes_s: np.ndarray) -> tuple[float, float, int] | None:
        """Start and end (s) of the operations that are measured, and their number; None if there is none."""


@record
class Period(Operation):
    """An operation takes `operation_s` (s) and begins with the stimulus.

    `count` operations are measured, after one that brings the circuit into its cycle.
    """

    operation_s: float
    count: Annotated[int, Field(ge=1, le=MOST)] = 2

    def __post_init__(self) -> None:
        _check_length("operation_s", self.operation_s)

    @property
    def starts(self) -> tuple[float, ...]:
        return tuple(SETTLE + i * self.operation_s for i in range(self.count + 1))

    @property
    def stop(self) -> float:
        return SETTLE + (self.count + 1) * self.operation_s

    def windows(self, spikes_s: np.ndarray) -> tuple[float, float, int] | None:
        return SETTLE + self.operation_s, self.stop, self.count


@record
class SpikeInterval(Operation):
    """An operation lasts from one output spike to the next, in a run of `run_s` (s)."""

    run_s: float

    def __post_init__(self) -> None:
        _check_length("run_s", self.run_s)

    @property
    def starts(self) -> tuple[float, ...]:
        return (0.0,)

    @property
    def stop(self) -> float:
        return self.run_s

    def windows(self, spikes_s: np.ndarray) -> tuple[float, float, int] | None:
        """From the first spike to the last."""
        return None if spikes_s.size < 2 else (float(spikes_s[0]), float(spikes_s[-1]), spikes_s.size - 1)


def _check_length(name: str, seconds: float) -> None:
    if not 0 < seconds <= LONGEST:
        raise InputError("a length of time", where=name, found=seconds, allowed=f"above 0 … {LONGEST:g} s")
