"""Outcomes of many random copies in arrays: a tenth of the memory that as many `Outcome` objects take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from energy.variation.copies.outcome import Outcome, Status
from ipcircuit.sampling import Sample

_STATUSES = tuple(Status)
_PLACES = {status: place for place, status in enumerate(_STATUSES)}


@dataclass(frozen=True, eq=False)
class Copies(Sequence[Outcome]):
    """Outcomes by sample; each `Outcome` is made when it is asked for.

    Attributes:
        names: of the quantities.
        values: NaN where not obtained, shape (copies, quantities).
        status: places in `Status`, shape (copies,).
        reasons: cause and deck by place, of those that have them.
    """

    circuit: str
    samples: Sequence[Sample]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    status: NDArray[np.uint8]
    reasons: dict[int, tuple[str | None, str | None]]

    @classmethod
    def of(cls, samples: Sequence[Sample], names: Iterable[str], outcomes: Iterable[Outcome]) -> Copies:
        """The table of outcomes that come in the order of the samples, one each."""
        columns = tuple(names)
        values = np.full((len(samples), len(columns)), np.nan)
        status = np.zeros(len(samples), np.uint8)
        reasons: dict[int, tuple[str | None, str | None]] = {}
        circuit = ""
        for row, outcome in zip(range(len(samples)), outcomes, strict=True):
            circuit = outcome.circuit
            status[row] = _PLACES[outcome.status]
            obtained = outcome.values
            if tuple(obtained) != columns:
                obtained = {name: obtained.get(name) for name in columns}
            values[row] = [*obtained.values()]  # numpy makes NaN of None
            if outcome.cause is not None or outcome.deck is not None:
                reasons[row] = outcome.cause, outcome.deck
        return cls(circuit, samples, columns, values, status, reasons)

    def __len__(self) -> int:
        return len(self.status)

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Outcome, ...]: ...
    def __getitem__(self, index: int | slice) -> Outcome | tuple[Outcome, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        row = range(len(self))[index]
        status = _STATUSES[self.status[row]]
        values: dict[str, float | None] = {}
        if status in (Status.WORKS, Status.WRONG):
            row_values = zip(self.names, self.values[row].tolist(), strict=True)
            values = {name: None if value != value else value for name, value in row_values}  # NaN is not itself
        return Outcome(self.circuit, self.samples[row].label(), status, values, *self.reasons.get(row, (None, None)))

    @property
    def works(self) -> NDArray[np.bool_]:
        """Which copies work, shape (copies,)."""
        return self.status == _STATUSES.index(Status.WORKS)

    @property
    def simulated(self) -> NDArray[np.bool_]:
        """Of which copies anything is known, shape (copies,)."""
        return self.status != _STATUSES.index(Status.NOT_SIMULATED)

    def column(self, name: str) -> NDArray[np.float64]:
        """A quantity of all copies, NaN where not obtained, shape (copies,)."""
        return self.values[:, self.names.index(name)]

    def updated(self, first: Copies) -> Copies:
        """These copies, the first ones as in another table."""
        n = len(first)
        return Copies(
            self.circuit or first.circuit,
            self.samples,
            self.names,
            np.concatenate([first.values, self.values[n:]]),
            np.concatenate([first.status, self.status[n:]]),
            {**first.reasons, **{row: reason for row, reason in self.reasons.items() if row >= n}},
        )
