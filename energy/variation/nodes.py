"""One neuron in several CMOS technologies: energy, area, margin and yield side by side.

Each technology is simulated at the supply that scales with its nominal one, and at the circuit's own, which is the
same everywhere. At the same supply a device (junction, divider, ECRAM) takes what it took, as its levels are the same,
and the CMOS what its capacitances and currents make it take. Beside that stands the energy of a minimum inverter in the
same technology at the same supply, per cycle of a ring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from circuits.measurement import Kind
from circuits.testbench import SampledTestbench, Testbench
from energy.characterize import Characterization, cost_record
from energy.variation.copies.outcome import Status, csv_text
from energy.variation.montecarlo.montecarlo import monte_carlo
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.spice.jobs import Progress, simulate
from ipcircuit.technology.measure import Process, read_ring, ring_job
from ipcircuit.technology.record import Technology

if TYPE_CHECKING:
    import pandas

SCALED, OWN, SET = "scaled", "own", "set"  # supplies


@dataclass(frozen=True)
class NodeRun:
    """A circuit in one technology at one supply.

    Attributes:
        supply: `SCALED` with the technology's nominal supply, the circuit's `OWN`, or `SET` by the user.
        v_dd_V: None where a circuit has no `v_dd`.
        status, cause: whether it works, and if not, why.
        values: results by name with unit; None where not obtained.
        components_J: energy per operation by component, `circuit` scope.
        working, copies: random copies that work, of those simulated; None: none were asked for, or it has no variation.
        yield_interval: 95 % interval of the yield (Wilson).
    """

    technology: Technology
    supply: str
    v_dd_V: float | None
    status: Status
    cause: str | None = None
    values: Mapping[str, float | None] = field(default_factory=dict)
    components_J: Mapping[str, float] = field(default_factory=dict)
    working: int | None = None
    copies: int | None = None
    yield_interval: tuple[float, float] | None = None

    def row(self) -> dict[str, Any]:
        """Flat dictionary for tables; None where not obtained."""
        low, high = self.yield_interval or (None, None)
        share = None if not self.copies or self.working is None else self.working / self.copies
        return {
            "technology": self.technology.name,
            "length_m": self.technology.length.value,
            "supply": self.supply,
            "v_dd_V": self.v_dd_V,
            "status": self.status.value,
            **{name: self.values.get(name) for name in QUANTITIES},
            "yield": share,
            "yield_low": low,
            "yield_high": high,
            "copies": self.copies,
            "cause": self.cause,
        }

    def to_json(self) -> dict[str, Any]:
        """The row, and the energy by component."""
        return {**self.row(), "components_J": dict(self.components_J)}


#: Names of `NodeRun.values`: energies and area in `circuit` scope unless the name says otherwise.
QUANTITIES = (
    "energy_per_operation_J",
    "energy_per_spike_J",
    "device_energy_J",
    "cmos_energy_J",
    "inverter_cycle_J",
    "paper_area_um2",
    "circuit_area_um2",
    "area_low_um2",
    "area_high_um2",
    "margin_V",
    "latency_s",
)


@dataclass(frozen=True)
class Nodes:
    """All runs of one circuit, technologies in the order asked for."""

    circuit: str
    copies: int
    seed: int
    runs: tuple[NodeRun, ...]

    def to_json(self) -> dict[str, Any]:
        """The ``study nodes --json`` dictionary."""
        return {
            "circuit": self.circuit,
            "copies": self.copies,
            "seed": self.seed,
            "nodes": [run.to_json() for run in self.runs],
        }

    def csv(self) -> str:
        """One line per run; empty where not obtained."""
        return csv_text([run.row() for run in self.runs])

    def to_pandas(self) -> pandas.DataFrame:
        """A row per run, NaN where not obtained."""
        import pandas

        return pandas.DataFrame([run.row() for run in self.runs])


def node_runs(
    testbench: Testbench,
    technologies: Sequence[Technology],
    overrides: Mapping[str, float] | None = None,
    *,
    copies: int = 0,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Nodes:
    """Simulate a circuit in several technologies, at their typical corner and 27 °C.

    A technology in which it cannot work is a row with its cause.

    Args:
        overrides: of parameters, as for `Testbench.configured`; a `v_dd` among them is the only supply.
        copies: random copies of each row that works, for the yield; 0: none.

    Raises:
        InputError: no technology, one twice, or an unknown parameter.
    """
    names = [technology.name for technology in technologies]
    if not names or len(set(names)) < len(names):
        raise InputError("each technology once", where="--technology", found=", ".join(names) or "none")
    values: dict[str, Any] = dict(overrides or {})
    reference = testbench.configured(**values).conditions.technology
    rows = [row for technology in technologies for row in _rows(technology, reference, values)]
    runs, each = [], 1 + copies
    for index, (technology, supply) in enumerate(rows):
        report = None if progress is None else _part(progress, index * each, each * len(rows))
        runs.append(_run(testbench, technology, supply, values, copies, seed, n_jobs, report))
        if report is not None:
            report(each, each)
    return Nodes(testbench.name, copies, seed, tuple(runs))


def _rows(technology: Technology, reference: Technology, values: Mapping[str, float]) -> list[tuple[Technology, str]]:
    """Rows of one technology: one where scaled and own supply are the same, or the user has chosen.

    At the circuit's own supply the technology is taken as one whose nominal supply is that of the circuit's: so
    everything that would scale with it stays.
    """
    if "v_dd" in values:
        return [(technology, SET)]
    nominal, low, high = reference.v_dd.value, technology.v_dd.minimum, technology.v_dd.maximum
    if technology.v_dd.value == nominal:
        return [(technology, OWN)]
    scaled = (technology, SCALED)
    if not low <= nominal <= high:
        return [scaled]
    return [scaled, (replace(technology, v_dd=technology.v_dd.with_value(nominal)), OWN)]


def _part(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)


def _run(
    testbench: Testbench,
    technology: Technology,
    supply: str,
    values: dict[str, Any],
    copies: int,
    seed: int,
    n_jobs: int | None,
    progress: Progress | None,
) -> NodeRun:
    v_dd = values.get("v_dd")
    try:
        v_dd = getattr(testbench.in_technology(technology).conditions, "v_dd", None) if v_dd is None else v_dd
        bench = testbench.configured(technology=technology, **values)
        found = cost_record(bench.measure(n_jobs=n_jobs))
        inverter = None if v_dd is None else _inverter_cycle(technology, v_dd)
    except SimulationError as error:
        deck = f"; deck {error.deck_path}" if error.deck_path else ""
        return NodeRun(technology, supply, v_dd, Status.FAILED, f"{error.cause}{deck}")
    except InputError as refused:
        return NodeRun(technology, supply, v_dd, Status.FAILED, str(refused))
    status = Status.WRONG if found.cost.warnings else Status.WORKS
    cause = "; ".join(found.cost.warnings) or None
    components = dict(found.measurement.energy_J)
    run = NodeRun(technology, supply, v_dd, status, cause, _values(found, inverter), components)
    if status is not Status.WORKS or not copies or not isinstance(bench, SampledTestbench):
        return run
    sampled = monte_carlo(bench, copies, seed, fidelity="reference", n_jobs=n_jobs, progress=progress)
    return replace(run, working=sampled.working, copies=sampled.simulated, yield_interval=sampled.yield_interval)


def _values(found: Characterization, inverter_J: float | None) -> dict[str, float | None]:
    """Results of a row by the names of `QUANTITIES`."""
    measured, area = found.measurement, found.areas["circuit"]
    scope = found.cost.scopes["circuit"]
    cmos = measured.energy_of(Kind.CMOS)
    margins = [volts for name, volts in measured.details.items() if "margin" in name and name.endswith("_V")]
    return {
        "energy_per_operation_J": scope.energy_per_operation_J,
        "energy_per_spike_J": scope.energy_per_spike_J,
        "device_energy_J": sum(measured.energy_J.values()) - cmos,
        "cmos_energy_J": cmos,
        "inverter_cycle_J": inverter_J,
        "paper_area_um2": found.cost.scopes["paper"].area_um2,
        "circuit_area_um2": scope.area_um2,
        "area_low_um2": area.low_um2,
        "area_high_um2": area.high_um2,
        "margin_V": min(margins) if margins else None,
        "latency_s": measured.latency_s,
    }


def _inverter_cycle(technology: Technology, v_dd: float) -> float | None:
    """Energy (J) of a minimum inverter per cycle of a ring; None if that does not oscillate at this supply."""
    ring = read_ring(simulate(ring_job(Process.of(technology), vdd=v_dd)), vdd=v_dd)
    return None if ring is None else ring.energy_J
