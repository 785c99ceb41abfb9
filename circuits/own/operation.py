"""What counts as one operation of a circuit: a length of time, or the interval between two output spikes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError

SETTLE = 10e-9  # s before the first operation
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


@dataclass(frozen=True)
class Period(Operation):
    """An operation takes `operation_s` (s) and begins with the stimulus.

    `count` operations are measured, after one that brings the circuit into its cycle.
    """

    operation_s: float
    count: int = 2

    def __post_init__(self) -> None:
        if not (self.operation_s > 0 and 1 <= self.count <= MOST):
            found = f"{self.count} of {self.operation_s:g} s"
            raise InputError("operations", where="Period", found=found, allowed=f"1 … {MOST} of more than 0 s")

    @property
    def starts(self) -> tuple[float, ...]:
        return tuple(SETTLE + i * self.operation_s for i in range(self.count + 1))

    @property
    def stop(self) -> float:
        return SETTLE + (self.count + 1) * self.operation_s

    def windows(self, spikes_s: np.ndarray) -> tuple[float, float, int] | None:
        return SETTLE + self.operation_s, self.stop, self.count


@dataclass(frozen=True)
class SpikeInterval(Operation):
    """An operation lasts from one output spike to the next, in a run of `run_s` (s)."""

    run_s: float

    def __post_init__(self) -> None:
        if not self.run_s > 0:
            raise InputError("length of the run", where="SpikeInterval", found=self.run_s, allowed="above 0 s")

    @property
    def starts(self) -> tuple[float, ...]:
        return (0.0,)

    @property
    def stop(self) -> float:
        return self.run_s

    def windows(self, spikes_s: np.ndarray) -> tuple[float, float, int] | None:
        """From the first spike to the last."""
        return None if spikes_s.size < 2 else (float(spikes_s[0]), float(spikes_s[-1]), spikes_s.size - 1)
