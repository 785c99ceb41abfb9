"""What a network costs: energy by scope and layer, whether its neurons may stand there, and what others would spend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from energy.cost import SCOPES
from energy.intervals import summed
from network.accounting.counting.count import NetworkCounts
from network.accounting.counting.events import LayerEvents
from network.cost.figure import Point, draw
from network.cost.verdict import summary
from network.mapping.outcome import IDEAL

if TYPE_CHECKING:
    from network.mapping.suitability import Suitability

if TYPE_CHECKING:
    from energy.break_even.costing import Costing

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

Row = dict[str, Any]
Intervals = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class ScopeEnergy:
    """Energy of a sample in one accounting scope, J.

    Attributes:
        parts: by part (memory, neurons, synapses, …); None: not obtained.
        total_J: their sum; None: a part was not obtained.
        intervals: of the total by kind (`energy.intervals`): ends of the neurons' energy added up, as if all were off
            together; the rest is taken as known. None: no interval.
    """

    scope: str
    parts: Mapping[str, float | None]
    total_J: float | None
    intervals: Intervals | None


@dataclass(frozen=True, eq=False, repr=False)
class NetworkCost:
    """Cost of a network per sample.

    Attributes:
        network, source: its name, and where it came from. data: the samples' name.
        circuits: by path of the layer of neurons. settings: of circuits, by name, where they are not as designed.
        counts: events of all layers, of the network as it is. placed: those that are priced, by path.
        lines: the price list: rows with `layer`, `part`, `scope` (None: the same in every scope), `basis`, `source`,
            `event`, `count` (per sample), `energy_each_J`, `energy_J`, `intervals`, `reason`.
        suitability: of the circuits in the place of the neurons; None: could not be judged, see `unjudged`.
        unjudged: why not; None where it was.
        baselines: rows with `system`, `basis`, `energy_per_sample_J`, `leaves_out`.
        crossovers: sparsity at which a spiking and a quantised network cost the same, by steps and set of prices.
        time_base: as of `energy.time_base.TimeBase`; None: there is no circuit, or no step known.
        notes: what belongs with the numbers, a sentence each.
    """

    network: str
    source: str
    data: str
    circuits: Mapping[str, str]
    settings: Mapping[str, Mapping[str, float | str]]
    counts: NetworkCounts
    placed: Mapping[str, LayerEvents]
    lines: Sequence[Row]
    suitability: Suitability | None
    unjudged: str | None
    baselines: Sequence[Row]
    crossovers: Sequence[Row]
    time_base: Row | None
    notes: Sequence[str]

    @cached_property
    def energies(self) -> dict[str, ScopeEnergy]:
        """Energy of a sample by scope; empty for a network without spiking neurons."""
        return {scope: _scope_energy(self.lines, scope) for scope in SCOPES} if self.circuits else {}

    @cached_property
    def layers(self) -> list[Row]:
        """A row for each layer of neurons: its events per sample, and its energy in every scope."""
        rows = []
        for path, circuit in self.circuits.items():
            events = self.placed[path]
            own = {s: [r for r in self.lines if r["layer"] == path and r["scope"] == s] for s in SCOPES}
            spikes = events.per_trial(events.spikes)
            rows.append(
                {
                    "layer": path,
                    "circuit": circuit,
                    "neurons": events.units * events.neurons,
                    "spikes_per_sample": spikes,
                    "spikes_per_neuron_and_step": spikes / events.slots,
                    "energy_J": {scope: added(lines) for scope, lines in own.items()},
                    "intervals": {scope: _intervals(lines) for scope, lines in own.items()},
                }
            )
        return rows

    @property
    def summary(self) -> str:
        """One line: what the network spends, who spends least, and what accuracy becomes."""
        return summary(self.energies, self.baselines, self.suitability, self.unjudged)

    def points(self) -> list[Point]:
        """Marks of the figure of accuracy against energy; without targets, of agreement with the ideal neurons."""
        known: dict[str | None, float] = {s: e.total_J for s, e in self.energies.items() if e.total_J is not None}
        points = []
        for outcome in self.suitability.outcomes if self.suitability else ():
            share = outcome.accuracy or outcome.agreement
            if share is not None and known:
                name, energies = f"{outcome.name} neurons", dict(known)
                if outcome.name == IDEAL:
                    name, energies = "the network's own neurons", {}
                points.append(Point(name, energies, share.value, share.low, share.high))
        for row in self.baselines:
            share, energy = row.get("score"), row["energy_per_sample_J"]
            if share is not None and energy is not None:
                ends = share["value"], share["low"], share["high"]
                points.append(Point(row["system"], {None: energy}, *ends, partial=not row["counts_memory"]))
        return points

    @property
    def score(self) -> str:
        """What the points' vertical axis is."""
        first = self.suitability.outcomes[0] if self.suitability else None
        return "accuracy" if first is None or first.accuracy is not None else "agreement with ideal neurons"

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw accuracy against energy with matplotlib."""
        from matplotlib import pyplot

        axes = pyplot.gca() if axes is None else axes
        draw(axes, self.points(), self.score)
        return axes

    def to_pandas(self) -> pandas.DataFrame:
        """The price list as a frame, a row for each line; NaN where not obtained."""
        import pandas

        return pandas.DataFrame([{k: v for k, v in row.items() if k != "intervals"} for row in self.lines])

    def costing(self) -> Costing:
        """Costs of the network and of its baselines as functions of their parameters, for ratios (`break-even`).

        Raises InputError: it has no neurons on circuits, or no baseline has an energy.
        """
        from network.cost.costing import Priced, network_costing

        return network_costing(
            Priced(
                self.network,
                self.data,
                self.counts.samples,
                self.counts.steps,
                self.circuits,
                self.lines,
                self.baselines,
                self.settings,
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Everything as `ipcircuit cost --json` prints it."""
        energies = [
            {"scope": e.scope, "parts_J": dict(e.parts), "energy_per_sample_J": e.total_J, "intervals": e.intervals}
            for e in self.energies.values()
        ]
        return {
            "network": self.network,
            "source": self.source,
            "data": self.data,
            "samples": self.counts.samples,
            "steps": self.counts.steps,
            "circuits": dict(self.circuits),
            "settings": {circuit: dict(values) for circuit, values in self.settings.items()},
            "summary": self.summary,
            "energy": energies,
            "layers": self.layers,
            "suitability": self.suitability.to_json() if self.suitability else None,
            "not_judged": self.unjudged,
            "baselines": list(self.baselines),
            "crossover": list(self.crossovers),
            "time_base": self.time_base,
            "prices": list(self.lines),
            "counts": [events.to_json() for events in self.counts.layers.values()],
            "not_counted": [one._asdict() for one in self.counts.not_counted],
            "folded": list(self.counts.folded),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"{self.network}: {self.summary}"

    def _repr_html_(self) -> str:
        return f"<p>{self.summary}</p>{self.to_pandas().to_html(index=False)}"


def added(lines: Sequence[Row]) -> float | None:
    """Energy of lines together, J; None if one was not obtained, or there are none."""
    values = [row["energy_J"] for row in lines]
    return None if not values or None in values else math.fsum(values)


def _scope_energy(lines: Sequence[Row], scope: str) -> ScopeEnergy:
    chosen = [row for row in lines if row["scope"] in (scope, None)]
    parts = {part: added([r for r in chosen if r["part"] == part]) for part in dict.fromkeys(r["part"] for r in chosen)}
    return ScopeEnergy(scope, parts, added(chosen), _intervals(chosen))


def _intervals(lines: Sequence[Row]) -> Intervals | None:
    """Ends of a sum: those of the lines that have some, and of the others their energy."""
    total, sampled = added(lines), [row for row in lines if row["intervals"]]
    ends = summed(row["intervals"] for row in sampled)
    if total is None or ends is None:
        return None
    known = math.fsum(row["energy_J"] for row in lines if not row["intervals"])
    return {kind: {end: value + known for end, value in by_end.items()} for kind, by_end in ends.items()}
