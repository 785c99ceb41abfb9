"""A circuit by name as one object: configure, characterize, check, simulate, write as a deck."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ipcircuit.api.results import Checks, html_table
from ipcircuit.api.settings import configured, with_parameters
from ipcircuit.api.waiting import Waiting, shown_progress
from ipcircuit.errors import InputError
from ipcircuit.units import NOMINAL_C

if TYPE_CHECKING:
    import pandas

    from circuits.testbench import Testbench
    from energy.characterize import Characterization
    from energy.variation.corners import Corners
    from energy.variation.montecarlo.montecarlo import MonteCarlo
    from energy.variation.tails.rare import RareYield
    from ipcircuit.spice.jobs import Result


def load(name: str | Path) -> LoadedCircuit:
    """The circuit of a name.

    Args:
        name: as `ipcircuit list` has it, or a file of your own, as on the command line: ``"my_neuron.py"``.

    Raises:
        InputError: unknown, or the file is no circuit.
    """
    from ipcircuit.families import CIRCUITS

    CIRCUITS.get(str(name))  # a misspelt name is told before PySpice is imported
    from circuits.catalog import load as load_testbench

    return LoadedCircuit(load_testbench(str(name)))


@dataclass(frozen=True, repr=False)
class LoadedCircuit:
    """A circuit under conditions. Nothing is simulated before a method asks for it, and each deck only once.

    Attributes:
        registered: the testbench with its defaults.
        chosen: what `configured` has set.
    """

    registered: Testbench
    chosen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def testbench(self) -> Testbench:
        """The testbench under the chosen settings, for all that this class does not offer."""
        return configured(self.registered, self.chosen) if self.chosen else self.registered

    @property
    def name(self) -> str:
        """Name for lists, results and messages."""
        return self.registered.name

    @property
    def summary(self) -> str:
        """The circuit in one line."""
        return self.registered.summary

    @property
    def conditions(self) -> dict[str, float | str]:
        """What it is simulated under, by name with unit."""
        conditions = getattr(self.testbench, "conditions", None)
        return {} if conditions is None else conditions.record()

    @property
    def settings(self) -> dict[str, float | str | None]:
        """Names that `configured` and `sweep` take beside the conditions, with their values in SI units.

        None: decided by the circuit itself.
        """
        testbench = self.testbench
        values: dict[str, float | str | None] = {}
        for group in getattr(testbench, "settings", ()):
            values |= group.values(testbench)
        parts = getattr(testbench, "parts", ())
        devices = ChainMap(*(part.device.at_ambient(NOMINAL_C).values() for part in parts))  # as they are set
        return {name: devices.get(name) if value is None else value for name, value in values.items()}

    def configured(self, **settings: Any) -> LoadedCircuit:
        """The same circuit with other settings; those set before stay.

        Args:
            settings: any of `settings`, and the conditions that `circuits.testbench.Testbench.configured` takes:
                ``corner="ss"``, ``temperature_C=85.0``,
                ``technology="planar45"`` (or a TOML), ``models="my.lib"``, ``device="parameters.toml"`` (a parameter
                file) …; and the spreads of its copies: ``variation="spreads.toml"`` (or `ipcircuit.spreads.Spreads`),
                ``sigma={"mtj_thermal.resistance": 0.03}``, ``per_die=4``

        Raises:
            InputError: an unknown name, or an impossible value.
        """
        other = replace(self, chosen={**self.chosen, **with_parameters(settings)})
        _ = other.testbench  # what is wrong is said here
        return other

    def characterize(
        self, *, density: float | None = None, n_jobs: int | None = None, progress: Waiting = None
    ) -> Characterization:
        """Simulate the circuit and account for it; ``.cost`` of the result is the cost record.

        With the parameter file of a fit as `device`, the spread of the cost has the intervals that it leaves.

        Args:
            density: share of time steps with an operation, for the leakage of idle steps; None: 8.9 % (Liu et al.).
            n_jobs: simulations at a time; default one per core.
            progress: see `ipcircuit.api.waiting`.

        Raises:
            InputError: conditions the circuit cannot work under.
            SimulationError: a run failed.
        """
        from energy.characterize import characterize
        from energy.variation.fitted import fit_spread
        from ipcircuit.devices.propagation import uncertain

        with shown_progress(progress, f"characterizing {self.name}") as report:
            result = characterize(self.testbench, n_jobs=n_jobs, progress=report, density=density)
        file = self.chosen.get("device")
        if file is None or not uncertain(file):
            return result
        with shown_progress(progress, f"intervals of {self.name}") as report:
            spread = fit_spread(
                result.cost, file, lambda f: self.configured(device=f).testbench, n_jobs=n_jobs, progress=report
            )
        return replace(result, cost=spread.added_to(result.cost))

    def check(self, *, n_jobs: int | None = None, progress: Waiting = None) -> Checks:
        """Transfer curves, circuit against compact model. Raises as `characterize`."""
        with shown_progress(progress, f"checking {self.name}") as report:
            return Checks(self.testbench.check(n_jobs=n_jobs, progress=report))

    def simulate(self, signals: Iterable[str] | Literal["all"] | None = None, *, job: int = 0) -> Result:
        """Waveforms of one of the circuit's simulations.

        Args:
            signals: nodes and branch currents, such as ``["output", "i(vdd)"]``; ``"all"``: of all nodes and branches;
                default those that the circuit's own evaluation uses.
            job: which simulation; the first is one operation.

        Raises:
            InputError: there is no such job, or a testbench of a user's own lists none.
            SimulationError: the run failed, or has no such signal.
        """
        from ipcircuit.spice.jobs import simulate

        jobs_of = getattr(self.testbench, "jobs", None)
        if jobs_of is None:
            allowed = "a circuits.testbench.Testbench, or an object with its `jobs`"
            raise InputError("this circuit lists no simulations", where="simulate", found=self.name, allowed=allowed)
        jobs = jobs_of()
        if not 0 <= job < len(jobs):
            raise InputError("no such simulation", where="job", found=job, allowed=f"0 … {len(jobs) - 1}")
        chosen = jobs[job]
        if signals is not None:
            names = () if signals == "all" else (signals,) if isinstance(signals, str) else tuple(signals)
            chosen = replace(chosen, save=names)
        return simulate(chosen)

    def netlist(self) -> str:
        """A complete deck that ``ngspice -b`` runs as it is."""
        return self.testbench.netlist()

    def sweep(
        self,
        *,
        copies: int | None = None,
        seed: int = 0,
        density: float | None = None,
        n_jobs: int | None = None,
        progress: Waiting = None,
        **settings: Any,
    ) -> pandas.DataFrame:
        """Cost at every point of a grid of settings, see `ipcircuit.sweep`."""
        from energy.variation.sweep import grid, sweep_rows, to_frame

        with shown_progress(progress, f"sweep of {self.name}") as report:
            rows = sweep_rows(
                grid(settings),
                lambda point: configured(self.registered, {**self.chosen, **point}),
                copies=copies,
                seed=seed,
                density=density,
                n_jobs=n_jobs,
                progress=report,
            )
        return to_frame(rows, circuit=self.name, **({} if copies is None else {"seed": seed}))

    def montecarlo(
        self,
        copies: int,
        seed: int = 0,
        *,
        fidelity: str = "auto",
        reference: int | None = None,
        sampling: str = "plain",
        scramblings: int = 8,
        n_jobs: int | None = None,
        progress: Waiting = None,
    ) -> MonteCarlo:
        """Random copies: spread of the energies and yield.

        Args:
            fidelity, reference: how they are simulated; these and errors are those of
                `energy.variation.montecarlo.montecarlo.monte_carlo`.
            sampling: ``"plain"``, ``"lhs"`` (Latin hypercube) or ``"sobol"``.
            scramblings: independent plans of either, from whose scatter the intervals are.
        """
        from energy.variation.montecarlo.montecarlo import monte_carlo

        with shown_progress(progress, f"copies of {self.name}") as report:
            return monte_carlo(
                self.testbench,
                copies,
                seed,
                fidelity=fidelity,
                reference=reference,
                sampling=sampling,
                scramblings=scramblings,
                n_jobs=n_jobs,
                progress=report,
            )

    def yield_(
        self,
        copies: int = 2000,
        seed: int = 0,
        *,
        limit: tuple[str, float] | None = None,
        fidelity: str = "multi",
        reference: int | None = None,
        n_jobs: int | None = None,
        progress: Waiting = None,
    ) -> RareYield:
        """Yield where few copies fail, as ``ipcircuit yield``: copies are drawn where they do, and weighted.

        Args:
            copies: those of the search among them.
            limit: quantity and value that a copy must keep (SI), such as ``("margin_V", 0.005)``: margins at least,
                all else at most; default: it works.
            fidelity, reference: how they are simulated; these and errors are those of
                `energy.variation.tails.rare.rare_yield`.
        """
        from energy.variation.tails.rare import Limit, rare_yield

        with shown_progress(progress, f"copies of {self.name}") as report:
            return rare_yield(
                self.testbench,
                copies,
                seed,
                limit=None if limit is None else Limit(*limit),
                fidelity=fidelity,
                reference=reference,
                n_jobs=n_jobs,
                progress=report,
            )

    def corners(self, *, n_jobs: int | None = None, progress: Waiting = None) -> Corners:
        """Every corner of the technology at three temperatures and supplies."""
        from energy.variation.corners import corner_runs

        with shown_progress(progress, f"corners of {self.name}") as report:
            return corner_runs(self.testbench, n_jobs=n_jobs, progress=report)

    def __repr__(self) -> str:
        lines = [f"{self.name}: {self.summary}"]
        lines += [f"  {name} = {value}" for name, value in self.conditions.items()]
        lines.append(f"  settings: {', '.join(self.settings)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from ipcircuit.units import split_unit, with_unit, words

        rows = [(words(name), with_unit(value, split_unit(name)[1])) for name, value in self.conditions.items()]
        rows += [
            (name, "" if value is None else value if isinstance(value, str) else f"{value:g}")
            for name, value in self.settings.items()
        ]
        return html_table(f"{self.name}: {self.summary}", ("setting", "value"), rows)


def loaded(circuit: LoadedCircuit | Testbench | str | Path) -> LoadedCircuit:
    """A circuit given by name, as a testbench, or loaded already."""
    if isinstance(circuit, str | Path):
        return load(circuit)
    return circuit if isinstance(circuit, LoadedCircuit) else LoadedCircuit(circuit)
