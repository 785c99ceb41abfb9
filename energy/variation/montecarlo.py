"""Random copies of a circuit: spread of its energy by scope, yield, and the copies that do not work.

The variations are declared: the threshold of every transistor (`ipcircuit.technology.mismatch`) and the spread of each
device.
A copy keeps the drive, the references and the write driver of the design. Energies are those of the copies that work.

docs/variation.md works out by hand what to expect: for 5 % on a junction and its reference, 3.6 % on the energy of the
pulse and 5.8 % on that of the junction; thresholds of transistors move the decision, and so the yield.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import stdev
from typing import TYPE_CHECKING, Any

from circuits.testbench import SampledTestbench, Testbench
from energy.characterize import Characterization, account
from energy.cost import SCOPES, NeuronCost
from energy.variation.outcome import ENERGIES, Outcome, csv_text, quantities
from energy.variation.run import opened_store, run_copies
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.files import write_text_atomic
from ipcircuit.journal import Replaced
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Progress
from ipcircuit.statistics import mean_interval, wilson_interval
from ipcircuit.technology.record import Technology

if TYPE_CHECKING:
    import pandas

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """Distribution of one quantity over the copies that work.

    Attributes:
        typical: of the circuit as designed; None where not obtained.
        mean, sigma: over the copies; sigma None with fewer than two.
        low, high: 95 % interval (Student) of the mean; None with fewer than two.
        minimum, maximum: over the copies.
        runs: copies that have the quantity.
    """

    typical: float | None
    mean: float
    sigma: float | None
    low: float | None
    high: float | None
    minimum: float
    maximum: float
    runs: int


@dataclass(frozen=True)
class MonteCarlo:
    """Random copies of one circuit; `typical` is the circuit as designed, `outcomes` has one entry per sample.

    Attributes:
        replaced: results of the circuit as it was before, which the folder had.
    """

    seed: int
    typical: Characterization
    outcomes: tuple[Outcome, ...]
    variations: Mapping[str, tuple[Variation, ...]]
    replaced: Replaced | None = None

    @property
    def working(self) -> int:
        """Number of copies that work."""
        return sum(o.works for o in self.outcomes)

    @property
    def simulated(self) -> int:
        """Number of copies of which anything is known: all, unless something killed their simulators."""
        return sum(o.simulated for o in self.outcomes)

    @property
    def share_working(self) -> float:
        """Yield, of the copies that were simulated."""
        return self.working / self.simulated

    @property
    def yield_interval(self) -> tuple[float, float]:
        """95 % interval of the yield (Wilson)."""
        return wilson_interval(self.working, self.simulated, CONFIDENCE)

    def spreads(self) -> dict[str, Spread]:
        """By name with unit; a quantity that no working copy has is left out."""
        typical = quantities(self.typical.cost, self.typical.measurement)
        working = [o.values for o in self.outcomes if o.works]
        sampled = {name: [v for values in working if (v := values.get(name)) is not None] for name in typical}
        return {name: _spread(typical[name], values) for name, values in sampled.items() if values}

    @property
    def cost(self) -> NeuronCost:
        """The circuit as designed, with `spread_record`."""
        return replace(self.typical.cost, spread=self.spread_record())

    def spread_record(self) -> dict[str, float]:
        """`energy.cost.NeuronCost.spread`: energies with mean, sigma and interval, and the yield."""
        low, high = self.yield_interval
        record = {
            "runs": float(self.simulated),
            "seed": float(self.seed),
            "yield": self.share_working,
            "yield_low": low,
            "yield_high": high,
        }
        spreads = self.spreads()
        for name in (f"{scope}_{energy}" for scope in SCOPES for energy in ENERGIES):
            if spread := spreads.get(f"{name}_J"):
                values = {key: getattr(spread, key) for key in ("mean", "sigma", "low", "high")}
                record |= {f"{name}_{key}_J": value for key, value in values.items() if value is not None}
        return record

    def to_json(self) -> dict[str, Any]:
        """The ``montecarlo --json`` dictionary."""
        cost = self.typical.cost
        low, high = self.yield_interval
        return {
            "circuit": cost.circuit,
            "basis": cost.basis,
            "simulator": cost.simulator,
            "conditions": cost.conditions_and_details,
            "seed": self.seed,
            "runs": len(self.outcomes),
            "yield": {"working": self.working, "share": self.share_working, "low": low, "high": high},
            "quantities": {name: asdict(spread) for name, spread in self.spreads().items()},
            "replaced": None if self.replaced is None else asdict(self.replaced),
            "variations": variation_rows(self.variations, self.typical.measurement.technology),
            "failures": [o.to_json() for o in self.outcomes if o.simulated and not o.works],
            "not_simulated": [o.to_json() for o in self.outcomes if not o.simulated],
        }

    def samples_csv(self) -> str:
        """One line per copy: its sample, its status and its quantities; empty where not obtained."""
        return csv_text(self._samples())

    def to_pandas(self) -> pandas.DataFrame:
        """A row per copy: sample, seed, status, quantities (NaN where not obtained), cause and deck."""
        import pandas

        whys = [{"cause": o.cause, "deck": o.deck} for o in self.outcomes]
        return pandas.DataFrame([{**row, **why} for row, why in zip(self._samples(), whys, strict=True)])

    def _samples(self) -> list[dict[str, Any]]:
        names = quantities(self.typical.cost, self.typical.measurement)
        return [
            {"sample": index, "seed": self.seed, "status": o.status.value, **{n: o.values.get(n) for n in names}}
            for index, o in enumerate(self.outcomes)
        ]


def monte_carlo(
    testbench: Testbench,
    runs: int,
    seed: int = 0,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
    recipe: str | None = None,
) -> MonteCarlo:
    """Simulate `runs` random copies of a circuit; the same seed gives the same copies whatever the number of workers.

    Args:
        folder: for the journal (see `ipcircuit.journal`) and the decks of copies that do not work; by default there is
            no journal, and the decks are kept with those of failed simulations. Copies of the same circuit as it was
            before move to a folder within it.
        recipe: what `ipcircuit replay` makes the circuit of (see `ipcircuit.cli.recipe`).

    Raises:
        InputError: a circuit that declares no variation, no runs, or conditions that the circuit cannot work under; a
            folder that cannot be written, is in use, or holds other copies.
        SimulationError: the circuit as designed failed, or no copy was simulated.
    """
    if not isinstance(testbench, SampledTestbench):
        raise InputError(
            "this circuit declares no variation",
            where="montecarlo",
            found=testbench.name,
            allowed="a testbench with the methods of circuits.testbench.SampledTestbench",
        )
    if runs < 1:
        raise InputError("no runs", where="runs", found=runs, allowed="1, 2, …")
    samples = [Sample(seed, index) for index in range(runs)]
    with opened_store(testbench, folder, seed=seed, recipe=recipe) as store:
        typical = account(testbench.measure(n_jobs=n_jobs))
        copies = run_copies(
            testbench, samples, driver=typical.driver, store=store, n_jobs=n_jobs, progress=progress, folder=folder
        )
        result = MonteCarlo(seed, typical, tuple(copies), testbench.variations, store.replaced)
    if not result.simulated:
        raise SimulationError(testbench.name, "random copies", str(result.outcomes[0].cause), None)
    return result


def write_monte_carlo(folder: Path, result: MonteCarlo, text: str) -> None:
    """``montecarlo.json`` (`text`) and ``samples.csv`` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomic(folder / "montecarlo.json", text)
    write_text_atomic(folder / "samples.csv", result.samples_csv())


def variation_rows(variations: Mapping[str, tuple[Variation, ...]], technology: Technology) -> list[dict[str, Any]]:
    """Variations with basis and source; transistors first."""
    names = ("what", "parameters", "sigma", "unit", "basis", "source")
    a_vt, a_beta = technology.a_vt, technology.a_beta
    of_transistors = [
        ("every transistor: threshold", ["delvto"], 1e6 * a_vt.value, "V µm / sqrt(2 W L)", a_vt.basis, a_vt.source)
    ]
    if a_beta is not None:
        factor = ("every transistor: current factor", ["w"], 1e6 * a_beta.value, "µm / sqrt(2 W L)")
        of_transistors.append((*factor, a_beta.basis, a_beta.source))
    of_devices = [
        (f"{device}: {v.name}", list(v.parameters), v.sigma, "relative", v.basis, v.source)
        for device, declared in variations.items()
        for v in declared
    ]
    return [dict(zip(names, row, strict=True)) for row in (*of_transistors, *of_devices)]


def _spread(typical: float | None, values: list[float]) -> Spread:
    mean, low, high = mean_interval(values, CONFIDENCE)
    sigma = stdev(values) if len(values) > 1 else None
    return Spread(typical, mean, sigma, low, high, min(values), max(values), len(values))
