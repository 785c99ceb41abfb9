"""Result of a Monte Carlo run: yield, spread by quantity, the copies that do not work, and a row for each copy."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from circuits.conditions import Fidelity
from energy.characterize import Characterization
from energy.cost import SCOPES, NeuronCost
from energy.variation.copies.outcome import ENERGIES, Outcome, quantities
from energy.variation.copies.spreads import correlation_rows, variation_rows
from energy.variation.montecarlo.summary import Spread, Summary, of_both, of_one
from energy.variation.montecarlo.table import Copies
from ipcircuit.journal import Replaced
from ipcircuit.parameters import Variation
from ipcircuit.sampling.plans import note, replicates
from ipcircuit.spreads import NONE, Spreads
from ipcircuit.statistics import variance_components

if TYPE_CHECKING:
    import pandas

#: What the intervals are, by method.
INTERVALS = {
    "reference": "95 %: Student's of means, Wilson's of the yield",
    "screening": "95 %, of the screening fidelity: not corrected to the reference",
    "multi": "95 %, of the reference: they include the correction by the copies simulated at both fidelities",
}
#: What they are not, where copies share a die.
DEPENDENT = "copies of a die are not independent: the intervals, of independent ones, are narrower than their scatter"


@dataclass(frozen=True)
class MonteCarlo:
    """Random copies of one circuit.

    Attributes:
        typical: the circuit as designed, at reference.
        copies: outcomes by fidelity, one entry per sample; with both, those at reference are the first of the others.
        replaced: results of the circuit as it was before, which the folder had.
        stated: what is stated in place of the declared `variations`.
        sampling, scramblings: how the copies are drawn, see `ipcircuit.sampling.plans`.
    """

    seed: int
    typical: Characterization
    copies: Mapping[Fidelity, Copies]
    variations: Mapping[str, tuple[Variation, ...]]
    replaced: Replaced | None = None
    stated: Spreads = NONE
    sampling: str = "plain"
    scramblings: int = 1

    @property
    def method(self) -> str:
        """``reference``, ``screening``, or ``multi``: statistics are of the reference unless all are at screening."""
        return "multi" if len(self.copies) > 1 else next(iter(self.copies)).value

    @cached_property
    def outcomes(self) -> Sequence[Outcome]:
        """One entry per sample, at the reference fidelity where it was simulated so."""
        return self._best

    @property
    def working(self) -> int:
        """Number of copies that work; with both fidelities `share_working` is corrected, this is not."""
        return int(self._best.works.sum())

    @property
    def simulated(self) -> int:
        """Number of copies of which anything is known: all, unless something killed their simulators."""
        return int(self._best.simulated.sum())

    @property
    def share_working(self) -> float:
        """Yield, of the copies that were simulated."""
        return self.summary.share.value

    @property
    def yield_interval(self) -> tuple[float, float]:
        """95 % interval of the yield."""
        share = self.summary.share
        assert share.low is not None
        assert share.high is not None
        return share.low, share.high

    @cached_property
    def summary(self) -> Summary:
        """Yield and spreads; with both fidelities, estimates at reference."""
        typical = quantities(self.typical.cost, self.typical.measurement)
        groups = replicates(self.sampling, len(self._best), self.scramblings)
        if self.method == "multi":
            return of_both(self.copies[Fidelity.SCREENING], self.copies[Fidelity.REFERENCE], typical, groups)
        return of_one(self._best, typical, groups)

    @cached_property
    def _best(self) -> Copies:
        screening, reference = (self.copies.get(fidelity) for fidelity in (Fidelity.SCREENING, Fidelity.REFERENCE))
        if screening is None or reference is None:
            return next(iter(self.copies.values()))
        return screening.updated(reference)

    def spreads(self) -> dict[str, Spread]:
        """By name with unit; a quantity that no copy which counts for it has is left out."""
        return dict(self.summary.spreads)

    def dies(self) -> dict[str, Any]:
        """Copies of a die, and by quantity how far dies differ and how far the copies of one do; of those that work."""
        copies, size = self._best, self.stated.per_die
        rows = {}
        for name in self.spreads():
            values = np.where(copies.works, copies.column(name), np.nan)
            dies = (values[start : start + size] for start in range(0, len(values), size))
            if (components := variance_components([die[~np.isnan(die)].tolist() for die in dies])) is not None:
                rows[name] = components._asdict()
        return {"copies_per_die": size, "quantities": rows}

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
        if Fidelity.SCREENING in self.copies:
            record["runs_at_reference"] = float(len(self.copies.get(Fidelity.REFERENCE, ())))
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
            **({"notes": list(cost.notes)} if cost.notes else {}),
            "seed": self.seed,
            "runs": len(self.outcomes),
            "fidelity": self.fidelity_record(),
            "yield": {"working": self.working, "share": self.share_working, "low": low, "high": high},
            "quantities": {name: asdict(spread) for name, spread in self.spreads().items()},
            "replaced": None if self.replaced is None else asdict(self.replaced),
            "sampling": {
                "method": self.sampling,
                "scramblings": self.scramblings if self.sampling != "plain" else None,
                "note": note(self.sampling, len(self._best), self.scramblings)
                if self.stated.per_die == 1
                else DEPENDENT,
            },
            **({} if self.stated.per_die == 1 else {"dies": self.dies()}),
            "variations": variation_rows(self.variations, self.typical.measurement.technology, self.stated),
            "correlations": correlation_rows(self.stated.correlations),
            "failures": self._failures(self._best.simulated & ~self._best.works),
            "not_simulated": self._failures(~self._best.simulated),
        }

    def fidelity_record(self) -> dict[str, Any]:
        """How the copies were simulated, and by both fidelities what correcting one by the other did.

        Copies at each fidelity and how many of them work; copies of both that work at one only; by quantity, and for
        the yield, the correction and the variance reduction (`energy.variation.spread.Summary`); what intervals are.
        """
        here, there = self.summary.disagreements
        return {
            "method": self.method,
            **{fidelity.value: len(self.copies.get(fidelity, ())) for fidelity in Fidelity},
            "working": {fidelity.value: int(copies.works.sum()) for fidelity, copies in self.copies.items()},
            "disagreements": {"works_at_reference_only": here, "works_at_screening_only": there},
            "correction": dict(self.summary.correction),
            "variance_reduction": dict(self.summary.variance_reduction),
            "intervals": INTERVALS[self.method],
        }

    def _failures(self, which: np.ndarray) -> list[dict[str, Any]]:
        places: list[int] = np.flatnonzero(which).tolist()
        return [{**self._best[i].to_json(), "fidelity": self._fidelity(i).value} for i in places]

    def _fidelity(self, index: int) -> Fidelity:
        """The fidelity of an entry of `outcomes`."""
        at_reference = index < len(self.copies.get(Fidelity.REFERENCE, ()))
        return Fidelity.REFERENCE if at_reference else Fidelity.SCREENING

    def samples_csv(self) -> str:
        """One line per copy and fidelity: its sample, its status and its quantities; empty where not obtained."""
        text = io.StringIO()
        rows = self._samples()
        writer = csv.DictWriter(text, ["sample", "seed", "fidelity", "status", *self._best.names], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row, _ in rows)
        return text.getvalue()

    def to_pandas(self) -> pandas.DataFrame:
        """A row per copy and fidelity: sample, seed, status, quantities (NaN where not obtained), cause and deck."""
        import pandas

        return pandas.DataFrame([{**row, "cause": o.cause, "deck": o.deck} for row, o in self._samples()])

    def _samples(self) -> Iterator[tuple[dict[str, Any], Outcome]]:
        """Rows in the order of the samples, those of one sample in that of the fidelities: screening last."""
        for index in range(len(self._best)):
            for fidelity in Fidelity:
                if index < len(copies := self.copies.get(fidelity, ())):
                    outcome = copies[index]
                    named = {"sample": index, "seed": self.seed, "fidelity": fidelity.value}
                    values = {name: outcome.values.get(name) for name in self._best.names}
                    yield {**named, "status": outcome.status.value, **values}, outcome
