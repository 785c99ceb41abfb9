"""Cost of one neuron: energy, area and latency in three accounting scopes, with its provenance.

The JSON form is a contract (`characterize --json`): a value that was not obtained is null, never 0 and never -1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from circuits.events import Event
from ipcircuit.errors import InputError
from ipcircuit.records import Count, Name, NonNegative, Positive, parse, record

if TYPE_CHECKING:
    import pandas

SCOPES = ("paper", "circuit", "system")
SUM_TOLERANCE = 1e-9  # relative: breakdowns are sums of the same numbers, only rounding may differ


def _require_sum(total: float | None, parts: Mapping[str, float], where: str) -> None:
    """A total equals the sum of its parts; without a total, the parts are those that were obtained."""
    if total is None:
        return
    actual = math.fsum(parts.values())
    if abs(actual - total) > SUM_TOLERANCE * max(abs(total), *map(abs, parts.values()), 0.0):
        raise InputError(f"parts add up to {actual!r}, not to the total {total!r}", where=where)


@record
class ScopeCost:
    """Energy and area of one neuron as one accounting scope counts them; None: not obtained.

    Attributes:
        energy_per_operation_J, energy_per_spike_J, area_um2: totals.
        energy_breakdown_J: the energy per operation by component; one that returns stored energy may be negative.
        area_breakdown_um2: the area by component.

    Raises:
        InputError: a value is not finite or negative, or a breakdown does not add up to its total.
    """

    energy_per_operation_J: NonNegative | None = None
    energy_per_spike_J: NonNegative | None = None
    area_um2: NonNegative | None = None
    energy_breakdown_J: Mapping[str, float] = field(default_factory=dict)
    area_breakdown_um2: Mapping[str, NonNegative] = field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: object) -> object:
        """A file states every key, null where a value was not obtained."""
        if isinstance(data, dict) and (missing := [name for name in cls.__dataclass_fields__ if name not in data]):
            raise ValueError(f"missing {', '.join(missing)}")
        return data

    def __post_init__(self) -> None:
        _require_sum(self.energy_per_operation_J, self.energy_breakdown_J, "energy_breakdown_J")
        _require_sum(self.area_um2, self.area_breakdown_um2, "area_breakdown_um2")


@record
class OperationEvents:
    """Events of one simulated operation, and which of them its components are paid for.

    Attributes:
        period_s: length of the operation.
        idle_W: power of an idle neuron, in the scope that counts it (`system`).
        per_operation: input events, their strength, time steps and output spikes of the operation, where known.
        paid_per: component to the shares of its energy by event; what is not named is paid per operation.
        drive_unit: input of strength 1, in words.

    Raises:
        InputError: a component paid for an event of which the operation has none, or shares that are not 1 together.
    """

    period_s: Positive
    idle_W: NonNegative
    per_operation: Mapping[Event, Positive] = field(default_factory=dict)
    paid_per: Mapping[str, Mapping[Event, float]] = field(default_factory=dict)
    drive_unit: str = ""

    def __post_init__(self) -> None:
        countable = {Event.OPERATION, Event.TIME, *self.per_operation}
        for component, shares in self.paid_per.items():
            where = f"paid_per of {component}"
            if unknown := [event for event in shares if event not in countable]:
                text = "the operation states no number of these events"
                raise InputError(text, where=where, found=str(unknown[0]), allowed=", ".join(sorted(countable)))
            if abs(math.fsum(shares.values()) - 1) > SUM_TOLERANCE * max(1.0, *map(abs, shares.values())):
                raise InputError("shares are not 1 together", where=where, found=math.fsum(shares.values()))

    def shares(self, component: str) -> Mapping[Event, float]:
        """Shares of a component's energy by event."""
        return self.paid_per.get(component, {Event.OPERATION: 1.0})


@record
class NeuronCost:
    """Cost of one neuron in every scope of `SCOPES`.

    Attributes:
        circuit: registry name.
        basis: where the numbers come from.
        simulator: for example ``"ngspice-39"``; required when the basis is ``simulated``.
        conditions: corner, temperature_C, amplitude_V, density …
        transistors: counted in the simulated netlist (or stated by the source).
        devices: other devices by kind.
        latency_s: input edge to valid output; None: not obtained.
        spread: sampled uncertainty by quantity (`MonteCarlo.spread_record` of `energy.variation.montecarlo.result`);
            None: not sampled.
        scopes: one `ScopeCost` for each of `SCOPES`; ``ScopeCost()`` where a scope was not obtained.
        warnings: what the circuit failed to do, a sentence each; in the JSON only if there are any.
        notes: what the simulation leaves out under its conditions, a sentence each; in the JSON only if there are any.
        details: further results, by name with unit; in the JSON also among the conditions, where they once were.
        events: of the simulated operation, and what is paid per which; None: not known. In the JSON only if known.

    Raises:
        InputError: naming the field.
    """

    circuit: Name
    basis: Literal["simulated", "measured", "published", "assumed"]
    simulator: str | None
    conditions: Mapping[str, float | str]
    transistors: Count
    devices: Mapping[str, Count]
    latency_s: NonNegative | None
    spread: Mapping[str, float] | None
    scopes: Mapping[str, ScopeCost]
    warnings: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    details: Mapping[str, float] = field(default_factory=dict)
    notes: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    events: OperationEvents | None = None

    def __post_init__(self) -> None:
        if self.simulator is None and self.basis == "simulated":
            raise InputError("a simulated cost needs its simulator and version", where="simulator")
        if missing := [scope for scope in SCOPES if scope not in self.scopes]:
            raise InputError(f"missing {', '.join(missing)}", where="scopes")
        if unknown := sorted(set(self.scopes) - set(SCOPES)):
            raise InputError("unknown key", where="scopes", found=", ".join(unknown), allowed=", ".join(SCOPES))
        object.__setattr__(self, "scopes", {name: self.scopes[name] for name in SCOPES})

    @property
    def conditions_and_details(self) -> dict[str, float | str]:
        """What ``conditions`` is in JSON, where results stood among the conditions before they had a key."""
        return {**self.conditions, **self.details}

    def to_json(self) -> dict[str, Any]:
        """The `characterize --json` dictionary; `json.dumps` takes it as it is."""
        lists = {"warnings": list(self.warnings), "notes": list(self.notes)}
        data = asdict(self) | {"conditions": self.conditions_and_details, **lists}
        return {name: value for name, value in data.items() if value or name not in (*lists, "details", "events")}

    def to_pandas(self) -> pandas.DataFrame:
        """A row for each scope: energies and area, NaN where not obtained.

        ``attrs`` has circuit, basis, simulator, transistors, latency_s and conditions.
        """
        import pandas

        names = ("energy_per_operation_J", "energy_per_spike_J", "area_um2")
        rows = [[getattr(scope, name) for name in names] for scope in self.scopes.values()]
        frame = pandas.DataFrame(rows, pandas.Index(self.scopes, name="scope"), names, dtype=float)
        described = ("circuit", "basis", "simulator", "transistors", "latency_s")
        frame.attrs |= {**{name: getattr(self, name) for name in described}, "conditions": dict(self.conditions)}
        return frame

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NeuronCost:
        """Inverse of `to_json`. Raises InputError for missing or unknown keys and for invalid values."""
        match data:
            case {"conditions": dict(conditions), "details": dict(details)}:
                data = {**data, "conditions": {k: v for k, v in conditions.items() if k not in details}}
        return parse(cls, data, "cost")
