"""One random copy of a stored run, simulated again at reference: stored against replayed values, and waveforms."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from circuits.cells.devices import DeviceSubCircuit
from circuits.cells.layout import subcircuits_of
from circuits.conditions import Fidelity
from circuits.measurement import Measurement
from circuits.testbench import SampledTestbench, Testbench
from energy.characterize import cost_record
from energy.variation.copies.dimensions import dimensions, spread_sample
from energy.variation.copies.fidelity import at_fidelity, fidelity_of
from energy.variation.copies.outcome import Outcome
from energy.variation.copies.run import COMMAND, RECIPE, Store, configuration_of, key_of
from energy.variation.copies.simulated import simulated_copies
from ipcircuit.declaration.device import Device
from ipcircuit.declaration.nodes import NodeQuantity, node_quantities
from ipcircuit.errors import InputError
from ipcircuit.files import write_bytes_atomic, write_text_atomic
from ipcircuit.journal import Journal
from ipcircuit.sampling import Sample
from ipcircuit.sampling.plans import plan_of
from ipcircuit.sampling.sample import PLAIN
from ipcircuit.spice import cache
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.spice.panels import drawn, rows, table


@dataclass(frozen=True)
class Replay:
    """One copy, simulated again.

    Attributes:
        devices: declared devices of the circuit.
        stored: outcomes of the run, by fidelity; at least one.
        replayed: outcome at reference.
        runs: its simulations with their results, in order.
    """

    sample: Sample
    devices: tuple[Device, ...]
    stored: Mapping[str, Outcome]
    replayed: Outcome
    runs: tuple[tuple[Job, Result], ...]

    @property
    def agrees(self) -> bool | None:
        """Whether the stored reference copy has the same values and status to the last bit; None without one."""
        stored = self.stored.get(Fidelity.REFERENCE)
        return (
            None
            if stored is None
            else (stored.status, _values(stored))
            == (
                self.replayed.status,
                _values(self.replayed),
            )
        )

    def to_json(self) -> dict[str, Any]:
        """The ``replay --json`` dictionary, without files."""
        records = {name: _record(outcome) for name, outcome in self.stored.items()}
        return {
            "circuit": self.replayed.circuit,
            "sample": self.sample.index,
            "seed": self.sample.seed,
            "label": self.sample.label(),
            "stored": {name: records.get(name) for name in Fidelity},
            "replayed": _record(self.replayed),
            "agrees": self.agrees,
            "simulations": [
                {"condition": job.condition, "points": len(run.axis), "cause": run.cause} for job, run in self.runs
            ],
        }

    def write(self, folder: Path) -> list[Path]:
        """Decks, waveforms (CSV, in SI) and plots (PNG) of every simulation; returns the files."""
        files = []
        for number, (job, run) in enumerate(self.runs):
            stem = folder / f"{number}_{_slug(job.condition)}"
            files.append(write_text_atomic(stem.with_suffix(".cir"), job.deck))
            if run.ok:
                nodes = node_quantities(job.deck, self.devices)
                units = {name: (q.unit, q.scale) for name, q in nodes.items()}
                text = table(run, units).to_csv()
                shown = rows(run, _shown(job, run, nodes), units)
                picture = drawn(run, shown, f"{job.circuit}: {job.condition}")
                files.append(write_text_atomic(stem.with_suffix(".csv"), text))
                files.append(write_bytes_atomic(stem.with_suffix(".png"), picture))
        return files


def replay(
    folder: Path,
    index: int,
    testbench_of: Callable[[str], Testbench],
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Simulate copy `index` of the run in a folder again, at reference.

    Args:
        folder: of ``montecarlo -o``.
        testbench_of: makes the testbench of the recipe that was stored with the run.
        progress: over the simulations whose waveforms are kept.

    Raises:
        InputError: no such folder or copy, results of something else, or a circuit that has changed since.
        SimulationError: the circuit as designed failed.
    """
    with Journal.reading(folder, Outcome) as store:
        recipe = _recipe(store, folder)
        testbench = testbench_of(recipe)
        if not isinstance(testbench, SampledTestbench):
            raise InputError("this circuit has no random copies any more", where=str(folder), found=testbench.name)
        _check_unchanged(store, testbench, folder)
        sample = _sample(store, testbench, index, folder)
        stored = _stored(store, testbench, sample, folder)
    reference = at_fidelity(testbench, Fidelity.REFERENCE)
    design = reference.measure(n_jobs=n_jobs)
    driver = cost_record(design).driver
    with tempfile.TemporaryDirectory() as scratch:
        [replayed] = simulated_copies(reference, [sample], driver=driver, folder=Path(scratch))
    with cache.bypassed():
        jobs = reference.sampled(sample).jobs()
        results = simulate_all([replace(job, save=()) for job in jobs], n_jobs=n_jobs, throw=False, progress=progress)
    return Replay(sample, _devices(design), stored, replayed, tuple(zip(jobs, results, strict=True)))


def _recipe(store: Store, folder: Path) -> str:
    """What the testbench is made of. Raises InputError: other results, or none that a command line made."""
    command = store.configuration.get("command")
    if command != COMMAND:
        raise InputError("no random copies", where=str(folder), found=command, allowed=f"a folder of {COMMAND} -o")
    if RECIPE not in store.notes:
        allowed = f"a folder that `ipcircuit {COMMAND} -o` wrote"
        raise InputError("does not say what the circuit is made of", where=str(folder), allowed=allowed)
    return store.notes[RECIPE]


def _check_unchanged(store: Store, testbench: Testbench, folder: Path) -> None:
    stored = store.configuration
    changed = store.changed(configuration_of(testbench, _seed(store, folder), stored.get("sampling", PLAIN)))
    if changed:
        raise InputError(
            "the circuit has changed since, or what simulates it",
            where=str(folder),
            found=", ".join(changed),
            allowed=f"what the copies were simulated with; ipcircuit {COMMAND} simulates others",
        )


def _seed(store: Store, folder: Path) -> int:
    text = store.configuration.get("seed", "")
    if not text.isdecimal():
        raise InputError("no seed", where=str(folder), found=text)
    return int(text)


def _sample(store: Store, testbench: SampledTestbench, index: int, folder: Path) -> Sample:
    """Copy `index`, drawn as the run drew it."""
    word = store.configuration["sampling"]
    names = () if word == PLAIN else dimensions(testbench)
    return spread_sample(testbench, plan_of(word, _seed(store, folder), names, index, where=str(folder))[index])


def _stored(store: Store, testbench: Testbench, sample: Sample, folder: Path) -> dict[str, Outcome]:
    """Outcomes of the copy, by fidelity. Raises InputError if there is none."""
    outcomes = {str(f): store.result(key_of(fidelity_of(at_fidelity(testbench, f)), sample)) for f in Fidelity}
    found = {fidelity: outcome for fidelity, outcome in outcomes.items() if outcome is not None}
    if not found:
        copies = {key.partition(": ")[2] for key in store.keys()}  # noqa: SIM118 - no mapping
        allowed = f"one of the {len(copies)} that are stored, such as 0"
        raise InputError("no such copy", where=str(folder), found=sample.index, allowed=allowed)
    return found


def _devices(design: Measurement) -> tuple[Device, ...]:
    inner = subcircuits_of(design.neuron)
    return tuple(s.device for s in inner if isinstance(s, DeviceSubCircuit))


def _values(outcome: Outcome) -> dict[str, float | None]:
    return dict(outcome.values)


def _record(outcome: Outcome) -> dict[str, Any]:
    return {"status": outcome.status.value, "cause": outcome.cause, "values": _values(outcome)}


def _slug(condition: str) -> str:
    """A file's name from the words of a condition before its first comma."""
    return re.sub(r"[^A-Za-z0-9]+", "_", condition.partition(",")[0]).strip("_")[:40] or "simulation"


def _shown(job: Job, run: Result, nodes: Mapping[str, NodeQuantity]) -> list[str]:
    """Signals worth a plot: outer nodes and currents, states of the devices, what the evaluation reads."""
    outer = [name for name in run.signals if "." not in name and not name.startswith("i(")]
    currents = [name for name in run.signals if "." not in name and name.startswith("i(v")]
    read = [name for name in job.save if name in run.signals and not name.startswith("i(")]
    states = [name for name in run.signals if name in nodes and nodes[name].state]
    return [*outer, *currents, *states, *read]
