"""One simulation of many of the same circuit: what it cost, or why it did not work, and the deck to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from circuits.testbench import Testbench
from energy.characterize import cost_record
from energy.cost import SCOPES, NeuronCost
from energy.driver import WriteDriver
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.files import write_text_atomic
from ipcircuit.spice.decks import save_deck

ENERGIES = ("energy_per_operation", "energy_per_spike")


class Status(Enum):
    """What became of a run."""

    WORKS = "works"
    WRONG = "wrong"  # it ran, and did not do what it should
    FAILED = "failed"  # it was refused, or the simulator failed


@dataclass(frozen=True)
class Outcome:
    """A run.

    Attributes:
        label: what tells it from the others: a sample, or a corner.
        values: the columns that `quantities` names, None where not obtained; empty for a failed run.
        cause: what went wrong; None if it works.
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
        """Plain dictionary of a run that does not work: who, why, and where to look."""
        return {
            "circuit": self.circuit,
            "run": self.label,
            "status": self.status.value,
            "cause": self.cause,
            "deck": self.deck,
        }


def quantities(cost: NeuronCost, spikes_per_operation: float | None) -> dict[str, float | None]:
    """What is compared between runs, by name with unit."""
    found: dict[str, float | None] = {
        f"{scope}_{name}_J": getattr(cost.scopes[scope], f"{name}_J") for scope in SCOPES for name in ENERGIES
    }
    return {**found, "spikes_per_operation": spikes_per_operation, "latency_s": cost.latency_s}


def outcome(
    testbench: Testbench, label: str, *, driver: WriteDriver | None = None, folder: Path | None = None
) -> Outcome:
    """Simulate one, whatever becomes of it.

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
    """Where the deck of this run now is; a testbench that cannot even write one has none."""
    try:
        text = testbench.netlist()
    except InputError:
        return None
    if folder is None:
        saved = save_deck(testbench.name, label, text)
        return None if saved is None else str(saved)
    folder.mkdir(parents=True, exist_ok=True)
    return str(write_text_atomic(folder / f"{testbench.name}_{label.replace(' ', '_')}.cir", text))
