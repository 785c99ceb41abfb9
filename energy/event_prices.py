"""Prices of a neuron's events by scope: energy per input event and its strength, step, output spike, and idle power.

A cost record holds the energy of one simulated operation. A network counts events, in proportions of its own: its
energy is the sum of events times their prices. The prices are the record's energies by the event that each component is
paid for (`circuits.measurement.Component.paid_per`), over the number of those events in the operation, so that prices
times the record's own events are the record's energy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from circuits.events import Event
from energy.characterize import Characterization
from energy.compare import IDLE_LEAKAGE
from energy.cost import SCOPES, NeuronCost, OperationEvents
from energy.intervals import Interval, Kind, intervals, record
from ipcircuit.errors import InputError

#: Names of prices by event, as in JSON.
NAMES = {
    Event.OPERATION: "operation_J",
    Event.INPUT: "input_J",
    Event.DRIVE: "drive_J",
    Event.STEP: "step_J",
    Event.SPIKE: "spike_J",
    Event.TIME: "running_W",
}
WORDS = {
    Event.OPERATION: "operation",
    Event.INPUT: "input event",
    Event.DRIVE: "unit of input strength",
    Event.STEP: "time step",
    Event.SPIKE: "output spike",
    Event.TIME: "second of work",
}
SCOPE_WITHOUT_IDLE = "this scope counts no idle power"


class EventCounts(NamedTuple):
    """Events of neurons, summed over them.

    Attributes:
        operations: as the cost record counts them; needed where a component is paid per operation. None: not known.
        inputs, steps, spikes: input events, clocked time steps, output spikes.
        drives: strength of the inputs, summed, in the circuit's unit (`EventPrices.drive_unit`).
        running_s, idle_s: neuron-seconds in and between operations.
    """

    operations: float | None = 0.0
    inputs: float = 0.0
    steps: float = 0.0
    spikes: float = 0.0
    running_s: float = 0.0
    idle_s: float = 0.0
    drives: float = 0.0


@dataclass(frozen=True)
class EventPrices:
    """Prices in one scope; a price that is None adds nothing to a sum, `reasons` says why.

    Attributes:
        input_J: of an input event, beside what goes with its strength. drive_J: of an input of strength 1.
        step_J: of a time step, silent or not, of a clocked circuit. spike_J: of an output spike.
        operation_J: of what is paid per operation only, beside the others.
        running_W: static power of a neuron at work. idle_W: power of one between operations.
        reasons: why a price is None, by its name. remarks: what a price below 0 means, by its name.
        obtained: whether the scope has an energy at all; if not, every price is None and so is every sum.
        parts: prices by event and component, J (`Event.TIME`: W).
        operation: events of the simulated operation that the prices come from, with idle seconds at the density of the
            record.
        drive_unit: input of strength 1, in words.
        driver_supply_V: of a write driver that the input needs; None: it needs none.
        intervals: of the prices by name and kind: ends of the record's energy per operation, as if the energies of all
            events were off by the same factor. Empty without sampled spread; idle power has none.
    """

    circuit: str
    basis: str
    scope: str
    input_J: float | None = None
    drive_J: float | None = None
    step_J: float | None = None
    spike_J: float | None = None
    operation_J: float | None = None
    running_W: float | None = None
    idle_W: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    obtained: bool = True
    parts: Mapping[Event, Mapping[str, float]] = field(default_factory=dict)
    operation: EventCounts = field(default_factory=EventCounts)
    intervals: Mapping[str, Mapping[Kind, Interval]] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    drive_unit: str = ""
    driver_supply_V: float | None = None

    def count(self, counts: EventCounts, name: str) -> float:
        """Events of a price by its name, ``input_J`` …; of powers the seconds."""
        by_name = {NAMES[event]: _count(counts, event) for event in NAMES}
        return {**by_name, "idle_W": counts.idle_s}[name]

    def of(self, event: Event) -> Mapping[str, float]:
        """Price of an event by component. Raises InputError: the record does not tell it; says why."""
        if event not in self.parts:
            text = f"the cost record has no price of {_article(WORDS[event])}"
            raise InputError(f"{text}: {self.reasons[NAMES[event]]}", where=self.circuit)
        return self.parts[event]

    def energies_J(self, counts: EventCounts) -> dict[str, float] | None:
        """Energy of events by price name, of prices that there are; None where the scope was not obtained, or the
        number of operations is not known and they have a price."""
        if not self.obtained or (counts.operations is None and self.operation_J is not None):
            return None
        known = {name: price for name in (*NAMES.values(), "idle_W") if (price := getattr(self, name)) is not None}
        return {name: price * self.count(counts, name) for name, price in known.items()}

    def energy_J(self, counts: EventCounts) -> float | None:
        """Energy of events, J; None as `energies_J`."""
        energies = self.energies_J(counts)
        return None if energies is None else math.fsum(energies.values())

    def energy_intervals(self, counts: EventCounts) -> dict[Kind, Interval]:
        """Intervals of `energy_J` by kind; what has no interval is taken as known."""
        energies = self.energies_J(counts) or {}
        kinds = {kind: None for by_kind in self.intervals.values() for kind in by_kind}
        total = math.fsum(energies.values())
        ends = {}
        for kind in kinds:
            low, high = (
                total
                + math.fsum(
                    energies[name] * (getattr(by_kind[kind], end) / getattr(self, name) - 1)
                    for name, by_kind in self.intervals.items()
                    if kind in by_kind and getattr(self, name)
                )
                for end in ("low", "high")
            )
            ends[kind] = Interval(low, high)
        return ends

    def silent_step_J(self, step_s: float) -> float | None:
        """Energy of a time step of `step_s` (s) without input or output: its clock, and the idle power; None where the
        record tells neither."""
        known = [part for part in (self.step_J, None if self.idle_W is None else self.idle_W * step_s) if part]
        return math.fsum(known) if known else None

    def to_json(self) -> dict[str, Any]:
        """Prices with their intervals and reasons."""
        names = (*NAMES.values(), "idle_W")
        prices = {name: getattr(self, name) for name in names}
        ends = {name: record(by_kind) for name, by_kind in self.intervals.items()} or None
        head = {"circuit": self.circuit, "basis": self.basis, "scope": self.scope}
        return {
            **head,
            **prices,
            "drive_unit": self.drive_unit,
            "reasons": dict(self.reasons),
            "remarks": dict(self.remarks),
            "intervals": ends,
        }


def event_prices(of: NeuronCost | Characterization) -> dict[str, EventPrices]:
    """Prices by scope, of a cost record."""
    cost = of.cost if isinstance(of, Characterization) else of
    return {scope: _prices(cost, scope) for scope in SCOPES}


def _prices(cost: NeuronCost, scope: str) -> EventPrices:
    known, total = cost.events, cost.scopes[scope].energy_per_operation_J
    head = cost.circuit, cost.basis, scope
    if total is None:
        text = "this scope has no energy in the cost record"
        return EventPrices(*head, reasons=dict.fromkeys((*NAMES.values(), "idle_W"), text), obtained=False)
    components = dict(cost.scopes[scope].energy_breakdown_J) or {"operation": total}
    leakage = 0.0 if known is None else components.pop(IDLE_LEAKAGE, 0.0)
    parts = _parts(components, known)
    sums = {NAMES[event]: math.fsum(by_name.values()) for event, by_name in parts.items()}
    idle_W = known.idle_W if known is not None and scope == "system" else None
    operation = _operation(cost, scope, leakage)
    prices: dict[str, Any] = {**sums, "idle_W": idle_W}
    return EventPrices(
        *head,
        **prices,
        reasons=_reasons(cost, scope, parts),
        remarks=_remarks(parts),
        parts=parts,
        operation=operation,
        intervals=_intervals(cost, scope, total - leakage, operation.spikes, sums),
        drive_unit=known.drive_unit if known else "",
        driver_supply_V=supply if isinstance(supply := cost.conditions.get("driver_supply_V"), float) else None,
    )


def _parts(components: Mapping[str, float], known: OperationEvents | None) -> dict[Event, dict[str, float]]:
    """Energy of one event by component (J), of static currents the power (W)."""
    parts: dict[Event, dict[str, float]] = {}
    for name, joule in components.items():
        for event, share in (known.shares(name) if known else {Event.OPERATION: 1.0}).items():
            number = 1.0 if known is None else _number(known, event)
            parts.setdefault(event, {})[name] = joule * share / number
    return parts


def _number(known: OperationEvents, event: Event) -> float:
    """Events of a kind in one operation; of `Event.TIME` its length."""
    if event is Event.TIME:
        return known.period_s
    return 1.0 if event is Event.OPERATION else known.per_operation[event]


def _operation(cost: NeuronCost, scope: str, leakage_J: float) -> EventCounts:
    """The simulated operation as events; its idle seconds are those of the record's leakage."""
    known, one = cost.events, cost.scopes[scope]
    spikes = (one.energy_per_operation_J or 0.0) / one.energy_per_spike_J if one.energy_per_spike_J else 0.0
    if known is None:
        return EventCounts(operations=1.0, spikes=spikes)
    inputs, steps, drives = (known.per_operation.get(event, 0.0) for event in (Event.INPUT, Event.STEP, Event.DRIVE))
    spikes = known.per_operation.get(Event.SPIKE, spikes)
    idle_s = leakage_J / known.idle_W if known.idle_W else 0.0
    return EventCounts(1.0, inputs, steps, spikes, known.period_s, idle_s, drives)


def _reasons(cost: NeuronCost, scope: str, parts: Mapping[Event, Any]) -> dict[str, str]:
    """Why prices are None, by name."""
    within = " and ".join(WORDS[event] for event in NAMES if event in parts and event is not Event.TIME)
    reasons = {}
    for event, name in NAMES.items():
        if event in parts:
            continue
        if event is Event.OPERATION:
            reasons[name] = "every component is paid for a smaller event"
        elif event is Event.TIME:
            reasons[name] = "no component is stated to draw a static current"
        elif event is Event.DRIVE:
            reasons[name] = "no component is stated to go with the strength of an input"
        elif event is Event.STEP and Event.OPERATION not in parts:
            reasons[name] = "no component is clocked: a silent step costs its idle power"
        else:
            reasons[name] = f"the record does not tell it apart: it is within the price of {_article(within)}"
    if scope != "system":
        reasons["idle_W"] = SCOPE_WITHOUT_IDLE
    elif cost.events is None:
        leaks = IDLE_LEAKAGE in cost.scopes[scope].energy_breakdown_J
        text = "the record does not state the power of an idle neuron"
        reasons["idle_W"] = f"{text}: its leakage is that of the record's density" if leaks else text
    return reasons


def _remarks(parts: Mapping[Event, Mapping[str, float]]) -> dict[str, str]:
    """What prices below 0 mean, by name."""
    remarks = {}
    for event, by_name in parts.items():
        if math.fsum(by_name.values()) >= 0:
            continue
        less = " and ".join(name for name, part in by_name.items() if part < 0)
        others = " and ".join(WORDS[other] for other in NAMES if other in parts and other is not event)
        remarks[NAMES[event]] = (
            f"below 0, for it is a difference: the energy of {less} is lower with {_article(WORDS[event])} than "
            f"without; an energy only together with what comes with it ({others})"
        )
    return remarks


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _intervals(
    cost: NeuronCost, scope: str, events_J: float, spikes: float, sums: Mapping[str, float]
) -> dict[str, dict[Kind, Interval]]:
    """Intervals of the prices: the energy of the events moves by as much as that of the operation."""
    total = cost.scopes[scope].energy_per_operation_J
    per_spike = intervals(cost, scope, "energy_per_spike")
    ends = intervals(cost, scope) or {k: Interval(i.low * spikes, i.high * spikes) for k, i in per_spike.items()}
    if not ends or total is None or not events_J > 0:
        return {}
    factors = {kind: Interval(*(1 + (end - total) / events_J for end in (i.low, i.high))) for kind, i in ends.items()}
    return {
        name: {kind: Interval(price * factor.low, price * factor.high) for kind, factor in factors.items()}
        for name, price in sums.items()
    }


def _count(counts: EventCounts, event: Event) -> float:
    fields = {
        Event.OPERATION: counts.operations or 0.0,
        Event.INPUT: counts.inputs,
        Event.DRIVE: counts.drives,
        Event.STEP: counts.steps,
        Event.SPIKE: counts.spikes,
        Event.TIME: counts.running_s,
    }
    return fields[event]
