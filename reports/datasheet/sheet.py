"""What a datasheet says beyond cost and curves, computed for one circuit in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from energy.characterize import Characterization
from ipcircuit.families import CIRCUITS
from ipcircuit.parameters import Parameter, Variation
from ipcircuit.spice.jobs import simulate_all
from ipcircuit.spice.transient import Transient
from reports import simulated
from reports.attempt import Failure, attempt
from reports.datasheet import figures
from reports.datasheet.grid import Grid, grid_of
from reports.figures.plot import Picture, Plot, pictures
from reports.section import Run

_T = TypeVar("_T")


@dataclass(frozen=True)
class Sheet:
    """Parts of a circuit's datasheet; one that raised is its failure.

    Attributes:
        summary: the circuit in one line.
        pictures: by chapter.
        grid: its corners.
        spread: sampled uncertainty by quantity; None where copies are not simulated together, and take too long here.
        published: energy per operation and area that its source states.
        parameters, variations: of its devices, by device.
    """

    circuit: str
    summary: str = ""
    pictures: Mapping[str, Sequence[Picture] | Failure] = field(default_factory=dict)
    grid: Grid | Failure | None = None
    spread: Mapping[str, float] | Failure | None = None
    published: Mapping[str, float] = field(default_factory=dict)
    parameters: Sequence[tuple[str, Parameter]] = ()
    variations: Sequence[tuple[str, Variation]] = ()

    @property
    def failures(self) -> list[Failure]:
        """Parts that raised."""
        return [part for part in (*self.pictures.values(), self.grid, self.spread) if isinstance(part, Failure)]

    def is_whole(self) -> bool:
        """Whether nothing of it raised."""
        return not self.failures


def sheet_of(circuit: str, run: Run) -> Sheet:
    """The sheet of a circuit by name.

    Raises:
        InputError: a circuit that cannot be loaded.
    """
    bench = CIRCUITS.load(circuit)

    def part(kind: str, compute: Callable[[], _T]) -> _T | Failure:
        return attempt(f"{kind} of {circuit}", compute)

    drawn: dict[str, Callable[[], Sequence[Plot]]] = {
        "schematic": lambda: figures.schematics(circuit, _record(circuit, run).measurement),
        "curves": lambda: [figures.curves(circuit, found) for found in [simulated.curves(circuit, run.jobs)] if found],
        "waveforms": lambda: _waveforms(circuit, bench, run),
        "breakdown": lambda: [figures.breakdown(circuit, _record(circuit, run).cost)],
    }
    devices = {p.device.name: p.device for p in getattr(bench, "parts", ())}
    return Sheet(
        circuit,
        bench.summary,
        {kind: part(f"figures ({kind})", lambda d=draw: pictures(d)) for kind, draw in drawn.items()},
        part("corners", lambda: grid_of(bench, run.jobs)),
        part("copies", lambda: _spread(circuit, bench, run)),
        dict(getattr(bench, "published", {})),
        [(name, parameter) for name, device in devices.items() for parameter in device.parameters],
        [(name, variation) for name, device in devices.items() for variation in device.variations],
    )


def _spread(circuit: str, bench: Any, run: Run) -> Mapping[str, float] | None:
    """Of random copies, where the testbench simulates them together."""
    return simulated.sampled_cost(circuit, run.jobs).spread if hasattr(bench, "measure_copies") else None


def _record(circuit: str, run: Run) -> Characterization:
    return simulated.characterization(circuit, run.jobs)


def _waveforms(circuit: str, bench: Any, run: Run) -> list[Plot]:
    """Of the first deck, where it is a transient; none of a testbench that states no jobs."""
    first = next(iter(bench.jobs()), None) if hasattr(bench, "jobs") else None
    if first is None:
        return []
    [result] = simulate_all([first], n_jobs=run.jobs)
    if not isinstance(result, Transient):
        return []
    return [figures.waveforms_of(circuit, first.deck, result, first.condition)]
