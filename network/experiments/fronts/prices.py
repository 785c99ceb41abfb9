"""Cost records that the fronts are counted with: one per circuit and amplitude, and the spread of each circuit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict

from circuits.catalog import load
from energy.characterize import cost_at
from energy.cost import SCOPES, NeuronCost
from energy.intervals import Kind, intervals
from energy.variation.montecarlo.montecarlo import monte_carlo
from network.accounting.counting.events import LayerEvents
from network.threads import Progress
from network.training.store import OPEN, Number

COPIES = 40  # of each circuit, at reference fidelity


def amplitude_of(layer: LayerEvents) -> float | None:
    """Amplitude at which a layer's circuit is simulated, to 10 mV (1 % of energy); None: its own."""
    return None if layer.amplitude_V is None else round(layer.amplitude_V, 2)


class PriceRow(TypedDict):
    """Cost record of a circuit at an amplitude (None: its own)."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    circuit: str
    amplitude_V: Number | None
    cost: dict[str, Any]


class SpreadRow(TypedDict):
    """Ends of the 95 % interval of the mean of random copies, over that mean, by scope."""

    __pydantic_config__ = OPEN  # pyright: ignore[reportGeneralTypeIssues]
    circuit: str
    copies: int
    seed: int
    low: dict[str, Number]
    high: dict[str, Number]


@dataclass(frozen=True)
class Prices:
    """Cost records and spreads."""

    costs: Mapping[tuple[str, float | None], NeuronCost]
    spreads: Mapping[str, SpreadRow]

    def cost(self, layer: LayerEvents) -> NeuronCost | None:
        """Of a layer of neurons; None: no circuit, or not simulated."""
        circuit = layer.billing.circuit if layer.billing else None
        return None if circuit is None else self.costs.get((circuit, amplitude_of(layer)))

    def ends(self, circuit: str, scope: str) -> tuple[float, float]:
        """Interval of a circuit's price over the price; 1 and 1 where none was sampled."""
        spread = self.spreads.get(circuit)
        return (1.0, 1.0) if spread is None else (spread["low"].get(scope, 1.0), spread["high"].get(scope, 1.0))

    def to_json(self) -> tuple[list[PriceRow], list[SpreadRow]]:
        """Rows of both."""
        rows: list[PriceRow] = [
            {"circuit": circuit, "amplitude_V": volts, "cost": cost.to_json()}
            for (circuit, volts), cost in sorted(self.costs.items(), key=str)
        ]
        return rows, list(self.spreads.values())

    @classmethod
    def from_json(cls, rows: Iterable[PriceRow], spreads: Iterable[SpreadRow]) -> Prices:
        """Inverse of `to_json`."""
        costs = {(row["circuit"], row["amplitude_V"]): NeuronCost.from_json(row["cost"]) for row in rows}
        return cls(costs, {row["circuit"]: row for row in spreads})


def simulated_prices(
    layers: Iterable[LayerEvents], *, copies: int = COPIES, seed: int = 0, progress: Progress | None = None
) -> Prices:
    """Simulate every circuit that layers need, and random copies of each at its own amplitude.

    Args:
        copies: of each circuit; 0: no spread.

    Raises:
        InputError: an amplitude that the circuit cannot have.
        SimulationError: a run failed.
    """
    wanted = sorted({(e.billing.circuit, amplitude_of(e)) for e in layers if e.billing and e.billing.circuit}, key=str)
    circuits = sorted({circuit for circuit, _ in wanted}) if copies else []
    total, costs, spreads = len(wanted) + len(circuits), {}, {}
    for circuit, volts in wanted:
        costs[circuit, volts] = cost_at(circuit, volts)
        if progress is not None:
            progress(len(costs), total)
    for circuit in circuits:
        spreads[circuit] = _spread(circuit, copies, seed)
        if progress is not None:
            progress(len(costs) + len(spreads), total)
    return Prices(costs, spreads)


def _spread(circuit: str, copies: int, seed: int) -> SpreadRow:
    cost = monte_carlo(load(circuit), copies, seed, n_jobs=1).cost
    low, high = dict[str, float](), dict[str, float]()
    for scope in SCOPES:
        interval = intervals(cost, scope).get(Kind.MEAN)
        mean = (cost.spread or {}).get(f"{scope}_energy_per_operation_mean_J")
        if interval is not None and mean:
            low[scope], high[scope] = interval.low / mean, interval.high / mean
    return {"circuit": circuit, "copies": copies, "seed": seed, "low": low, "high": high}
