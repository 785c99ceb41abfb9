"""Random copies of one circuit that were measured together: their numbers in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from circuits.measurement import Measured, Measurement, PulseInput
from ipcircuit.errors import InputError, SimulationError


@dataclass(frozen=True)
class PulseColumns:
    """`PulseInput` of many copies, whose inputs have the same voltage; arrays of shape (copies,)."""

    charge_C: np.ndarray
    energy_J: np.ndarray
    peak_current_A: np.ndarray
    peak_voltage_V: float

    def of_row(self, row: int) -> PulseInput:
        """That of one copy."""
        charge, energy, current = (float(of[row]) for of in (self.charge_C, self.energy_J, self.peak_current_A))
        return PulseInput(charge, energy, current, self.peak_voltage_V)


@dataclass(frozen=True)
class Columns:
    """What is accounted for of many measurements, as of `Measurement`; what differs is an array of shape (copies,).

    Attributes:
        circuit, period_s, idle_power_W: as of all of them.
        energy_J, paper_energy_J: by component.
        spikes_per_operation: NaN where a copy never fires.
        warnings: of each copy.
        pulse_input: None where the input is a logic line.
        margin_V, latency_s: None where the circuit has none.
    """

    circuit: str
    period_s: float
    idle_power_W: float
    energy_J: dict[str, np.ndarray]
    paper_energy_J: dict[str, np.ndarray]
    spikes_per_operation: np.ndarray
    warnings: Sequence[tuple[str, ...]]
    pulse_input: PulseColumns | None = None
    margin_V: np.ndarray | None = None
    latency_s: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class MeasuredCopies(Sequence[Measured]):
    """Copies of one circuit; each `Measurement` is made when it is asked for.

    Attributes:
        copies: how many.
        refused: copies that could not be measured, by number.
        columns: of the other ones in their order; None without any.
        of_row: the measurement of an entry of the columns.
    """

    copies: int
    refused: Mapping[int, InputError | SimulationError]
    columns: Columns | None = None
    of_row: Callable[[int], Measurement] | None = None

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """Numbers of the copies in the columns."""
        return tuple(number for number in range(self.copies) if number not in self.refused)

    def __len__(self) -> int:
        return self.copies

    @overload
    def __getitem__(self, index: int) -> Measured: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Measured, ...]: ...
    def __getitem__(self, index: int | slice) -> Measured | tuple[Measured, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(self.copies)[index])
        number = range(self.copies)[index]
        if (refused := self.refused.get(number)) is not None:
            return refused
        assert self.of_row is not None
        return self.of_row(self.measured.index(number))
