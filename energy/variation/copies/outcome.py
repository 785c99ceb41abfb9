"""Outcome of one copy or corner of a circuit: its cost, or why it does not work, with its deck."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from circuits.conditions import Fidelity
from circuits.copies import Columns, MeasuredCopies
from circuits.measurement import Measured, Measurement
from circuits.testbench import Testbench
from energy.characterize import cost_record, scope_energies
from energy.cost import SCOPES, NeuronCost
from energy.driver import WriteDriver
from energy.variation.copies.fidelity import fidelity_of
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.files import write_text_atomic
from ipcircuit.journal import Journal
from ipcircuit.parallel import in_order
from ipcircuit.spice.decks import save_deck
from ipcircuit.spice.jobs import Progress, simulator_build
from ipcircuit.spice.protocol import Failure

T = TypeVar("T")
Opened = AbstractContextManager[Journal["Outcome"]]
DECKS = "decks"  # folder of those that do not work, within that of the results
ENERGIES = ("energy_per_operation", "energy_per_spike")


class Status(Enum):
    """Whether a run works."""

    WORKS = "works"
    WRONG = "wrong"  # simulated, and it failed to do its task
    FAILED = "failed"  # refused, or the simulator failed
    NOT_SIMULATED = "not simulated"  # nothing is known of it: in no statistic


@dataclass(frozen=True)
class Outcome:
    """Result of one run.

    Attributes:
        label: the sample or the corner.
        values: the columns that `quantities` names, None where not obtained; empty for a failed run.
        cause: why it does not work; None if it does.
        deck: of a run that does not work; None where it could not be written, or the run is one of many
            (`energy.variation.copies.simulated`).
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

    @property
    def simulated(self) -> bool:
        """Whether it says anything of the circuit."""
        return self.status is not Status.NOT_SIMULATED

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary of a run that does not work."""
        return {
            "circuit": self.circuit,
            "run": self.label,
            "status": self.status.value,
            "cause": self.cause,
            "deck": self.deck,
        }


def energies(cost: NeuronCost) -> dict[str, float | None]:
    """Energies of a cost by name with unit."""
    scopes = cost.scopes.items()
    return _named({name: (scope.energy_per_operation_J, scope.energy_per_spike_J) for name, scope in scopes})


def _named(by_scope: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    pairs = ((scope, zip(ENERGIES, by_scope[scope], strict=True)) for scope in SCOPES)
    return {f"{scope}_{name}_J": value for scope, named in pairs for name, value in named}


def quantities(cost: NeuronCost, measurement: Measurement) -> dict[str, float | None]:
    """Quantities compared between runs, by name with unit."""
    return {**energies(cost), **_further(measurement)}


def quantities_of(measurement: Measurement | Columns, driver: WriteDriver | None) -> dict[str, Any]:
    """`quantities` of a random copy, or of many, without a cost record. Raises InputError as `scope_energies`."""
    return {**_named(scope_energies(measurement, driver)), **_further(measurement)}


def _further(measurement: Measurement | Columns) -> dict[str, Any]:
    return {
        "spikes_per_operation": measurement.spikes_per_operation,
        "latency_s": measurement.latency_s,
        "margin_V": measurement.margin_V,
    }


def opened_journal(command: str, testbench: Testbench, folder: Path | None, **settings: str) -> Opened:
    """The journal of a command's outcomes.

    Args:
        folder: see `Journal.opened`.
        settings: what decides the outcomes beside the testbench, the code and the simulator.
    """
    return Journal.opened(folder, {} if folder is None else configuration(command, testbench, settings), Outcome)


def configuration(command: str, testbench: Testbench, settings: Mapping[str, str]) -> dict[str, str]:
    """What decides the outcomes of a command: its settings, the conditions, the decks of the design, the simulator."""
    design = [job.deck for job in testbench.jobs()]
    if " at 0x" not in (text := repr(testbench)):  # an address, which the next process does not have again
        design.append(text)
    return {
        "command": command,
        "circuit": testbench.name,
        **settings,
        **{name: str(value) for name, value in testbench.conditions.record().items()},
        "design": hashlib.sha256("\n".join(design).encode()).hexdigest(),
        "simulator": simulator_build(),
    }


def outcomes(
    journal: Journal[Outcome],
    run: Callable[[T], Outcome],
    items: Mapping[str, T],
    n_jobs: int | None,
    progress: Progress | None,
) -> tuple[Outcome, ...]:
    """`run` of each item, in their order; those in the journal are not simulated again.

    Args:
        items: by label.
    """
    results = journal.resumed(
        lambda missing: in_order(run, missing, n_jobs), items, final=lambda o: o.simulated, progress=progress
    )
    return tuple(results)


def outcome(
    testbench: Testbench,
    label: str,
    *,
    driver: WriteDriver | None = None,
    density: float | None = None,
    folder: Path | None = None,
    values: Callable[[NeuronCost, Measurement], Mapping[str, float | None]] = quantities,
    decks: bool = True,
) -> Outcome:
    """Simulate one copy, corner or point; a failure is an outcome too.

    Args:
        driver, density: as `energy.characterize.cost_record`.
        values: columns of the outcome, from its cost and measurement.
        folder: of the results, for the deck of a run that does not work; default that of failed simulations.
        decks: whether to keep that deck; one that the simulator did not take is kept among the failed simulations.
    """
    try:
        measured = testbench.measure(n_jobs=1)
    except (InputError, SimulationError) as error:
        measured = error

    def saved(failed: Path | str | None) -> str | None:
        if failed and (folder is None or not decks):
            return str(failed)
        return _deck(testbench, label, folder) if decks else None

    return judged(testbench.name, label, measured, lambda m: values(cost_record(m, density, driver).cost, m), saved)


def judged(
    circuit: str,
    label: str,
    measured: Measured,
    values: Callable[[Measurement], Mapping[str, float | None]],
    saved: Callable[[Path | str | None], str | None],
) -> Outcome:
    """Outcome of a measurement, or of what came in its place.

    Args:
        values: columns of the outcome; refuses (InputError) what cannot be.
        saved: path of the deck of a run that does not work, from that of one which the simulator did not take, if any.
    """
    if isinstance(measured, Measurement):
        try:
            columns = values(measured)
        except InputError as refused:
            measured = refused
        else:
            if measured.warnings:
                return Outcome(circuit, label, Status.WRONG, columns, "; ".join(measured.warnings), saved(None))
            return Outcome(circuit, label, Status.WORKS, columns)
    if isinstance(measured, InputError):
        return Outcome(circuit, label, Status.FAILED, {}, str(measured), saved(None))
    if measured.failure == Failure.NOT_SIMULATED:
        return Outcome(circuit, label, Status.NOT_SIMULATED, {}, measured.cause)
    return Outcome(circuit, label, Status.FAILED, {}, measured.cause, saved(measured.deck_path))


def failed_deck(path: Path | str | None) -> str | None:
    """The deck that the simulator did not take, as `judged` asks for it; of other copies none is kept."""
    return None if path is None else str(path)


def judged_together(
    circuit: str, labels: Sequence[str], copies: MeasuredCopies, driver: WriteDriver | None
) -> list[Outcome] | None:
    """`judged` of copies that were measured together; None where they have to be judged one by one."""
    columns = copies.columns
    if columns is None or (driver is None and columns.pulse_input is not None):
        return None
    try:
        named = quantities_of(columns, driver)
    except InputError:  # of one of them
        return None
    count = len(columns.warnings)
    lists = [[None] * count if of is None else _obtained(np.broadcast_to(of, count)) for of in named.values()]
    outcomes: list[Outcome | None] = [None] * len(copies)
    for number, row, warnings in zip(copies.measured, zip(*lists, strict=True), columns.warnings, strict=True):
        status, cause = (Status.WRONG, "; ".join(warnings)) if warnings else (Status.WORKS, None)
        outcomes[number] = Outcome(circuit, labels[number], status, dict(zip(named, row, strict=True)), cause)
    for number, error in copies.refused.items():
        outcomes[number] = judged(circuit, labels[number], error, lambda _: {}, failed_deck)
    return [outcome for outcome in outcomes if outcome is not None]


def _obtained(column: np.ndarray) -> list[float | None]:
    return [None if value != value else value for value in column.tolist()]  # NaN is not itself


def _deck(testbench: Testbench, label: str, folder: Path | None) -> str | None:
    """Path of the saved deck; None where the testbench cannot write one, as it has to simulate before it can."""
    try:
        text = testbench.netlist()
    except (InputError, SimulationError):
        return None
    if folder is None:
        saved = save_deck(testbench.name, label, text)
        return None if saved is None else str(saved)
    ending = "_screening" if fidelity_of(testbench) is Fidelity.SCREENING else ""
    name = f"{testbench.name}_{label.replace(' ', '_')}{ending}.cir"
    (folder / DECKS).mkdir(parents=True, exist_ok=True)
    return str(write_text_atomic(folder / DECKS / name, text))


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, columns in the order of their first appearance; empty where a value was not obtained."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
