"""Outcome of one copy or corner of a circuit: its cost, or why it does not work, with its deck."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from circuits.testbench import Testbench
from energy.characterize import cost_record
from energy.cost import SCOPES, NeuronCost
from energy.driver import WriteDriver
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.files import write_text_atomic
from ipcircuit.spice.decks import save_deck
from ipcircuit.spice.jobs import Progress

T = TypeVar("T")
ENERGIES = ("energy_per_operation", "energy_per_spike")


class Status(Enum):
    """Whether a run works."""

    WORKS = "works"
    WRONG = "wrong"  # simulated, and it failed to do its task
    FAILED = "failed"  # refused, or the simulator failed


@dataclass(frozen=True)
class Outcome:
    """Result of one run.

    Attributes:
        label: the sample or the corner.
        values: the columns that `quantities` names, None where not obtained; empty for a failed run.
        cause: why it does not work; None if it does.
        deck: of a run that does not work; None where it could not be written.
    """

    circuit: str
    label: str
    status: Status
    values: Mapping[str, float | None]
    cause: str | None = None
    deck: str | None = None

    @property
    def works(self) -> bool:
        return self.status is Status.WORKS

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary of a run that does not work."""
        return {
            "circuit": self.circuit,
            "run": self.label,
            "status": self.status.value,
            "cause": self.cause,
            "deck": self.deck,
        }


def quantities(cost: NeuronCost, spikes_per_operation: float | None) -> dict[str, float | None]:
    """Quantities compared between runs, by name with unit."""
    energies: dict[str, float | None] = {
        f"{scope}_{name}_J": getattr(cost.scopes[scope], f"{name}_J") for scope in SCOPES for name in ENERGIES
    }
    return {**energies, "spikes_per_operation": spikes_per_operation, "latency_s": cost.latency_s}


def outcome(
    testbench: Testbench, label: str, *, driver: WriteDriver | None = None, folder: Path | None = None
) -> Outcome:
    """Simulate one copy or corner; a failure is an outcome too.

    Args:
        driver: as `energy.characterize.cost_record`.
        folder: for the deck of a run that does not work; default that of failed simulations.
    """
    try:
        measured = testbench.measure(n_jobs=1)
        cost = cost_record(measured, driver=driver).cost
    except SimulationError as error:
        deck = str(error.deck_path) if error.deck_path and folder is None else _deck(testbench, label, folder)
        return Outcome(testbench.name, label, Status.FAILED, {}, error.cause, deck)
    except InputError as refused:
        return Outcome(testbench.name, label, Status.FAILED, {}, str(refused), _deck(testbench, label, folder))
    values = quantities(cost, measured.spikes_per_operation)
    if cost.warnings:
        return Outcome(
            testbench.name, label, Status.WRONG, values, "; ".join(cost.warnings), _deck(testbench, label, folder)
        )
    return Outcome(testbench.name, label, Status.WORKS, values)


def _deck(testbench: Testbench, label: str, folder: Path | None) -> str | None:
    """Path of the saved deck; None where the testbench cannot write one."""
    try:
        text = testbench.netlist()
    except InputError:
        return None
    if folder is None:
        saved = save_deck(testbench.name, label, text)
        return None if saved is None else str(saved)
    folder.mkdir(parents=True, exist_ok=True)
    return str(write_text_atomic(folder / f"{testbench.name}_{label.replace(' ', '_')}.cir", text))


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, columns in the order of their first appearance; empty where a value was not obtained."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def reported(results: Iterable[T], progress: Progress | None, total: int) -> Iterator[T]:
    """Pass results on as they come, reporting the number of them to `progress`."""
    for number, result in enumerate(results, 1):
        if progress is not None:
            progress(number, total)
        yield result
